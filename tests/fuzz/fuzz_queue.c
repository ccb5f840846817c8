// An errand's file as somebody with a hand on the disk would leave it, with a hash that is right:
// set aside, or an errand within its ceilings that is the same when it is queued again.
#include "folder.h"

#include "common/crypto/crypto.h"
#include "courier/queue.h"

static const struct queue_limits limits = {100, 1 << 24};

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct queue queue, copy;
	struct queued *again;
	struct buf file = {0}, content = {0};
	if (!folder_owner)
		folder_make();
	folder_empty();
	buf_add(&file, at, size);
	if (!size || at[0] != '!') {
		struct hash hash = crypto_sha256(bytes_of(at, size));
		buf_add(&file, hash.bytes, HASH_BYTES);
	}
	folder_write("0000000000000001-3.errand", buf_bytes(&file), file.size);
	fuzz_rule(queue_open(&queue, folder, &limits) == OK, "the queue opens");
	fuzz_rule(queue.count + queue.damaged == 1, "an errand, or set aside");
	if (queue.count) {
		const struct errand *e = &queue.first->errand;
		fuzz_rule(e->id && errand_is_name(e->destination) && errand_is_line(e->subject) &&
				  errand_is_type(e->type) && e->kind < ERRAND_KINDS &&
				  e->size <= ERRAND_CONTENT_BYTES,
			"an errand within its ceilings");
		fuzz_rule(queue_content(&queue, queue.first, &content) == OK &&
				  content.size == e->size,
			"its content");
		fuzz_rule(queue_add(&queue, e, buf_bytes(&content), queue.first->created_us,
				  &again) == OK,
			"it can be queued again");
		fuzz_rule(queue_open(&copy, folder, &limits) == OK && copy.count == 2 &&
				  memcmp(&copy.first->errand, &copy.last->errand,
					  sizeof copy.first->errand) == 0,
			"and is the same");
		queue_close(&copy);
	}
	queue_close(&queue);
	buf_done(&content);
	buf_done(&file);
	return 0;
}
