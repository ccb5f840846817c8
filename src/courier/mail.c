// Mail: SMTP, with TLS from the start or STARTTLS, which is then demanded. libcurl makes the MIME.
#include "courier/carrier.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	WORD_BYTES = 42, // of text in one encoded word: 56 of base64, within RFC 2047's 75
	TO_BYTES = 900,  // a line of a mail has at most 998
};

static const char many[] = "many-recipients:;"; // a group without members, as RFC 5322 has it

// RFC 2047, where a subject is not plain ASCII: each word holds whole characters.
static void encode_subject(const char *text, struct buf *out)
{
	char base64[2 * WORD_BYTES];
	bool ascii = !strstr(text, "=?");
	for (const char *at = text; *at; at++)
		ascii = ascii && *at >= 0x20 && *at < 0x7f;
	if (ascii) {
		buf_add_text(out, text);
		buf_add(out, "", 1);
		return;
	}
	while (*text) {
		size_t length = strlen(text);
		if (length > WORD_BYTES)
			length = WORD_BYTES;
		while (((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
		text_base64(bytes_of(text, length), base64);
		buf_printf(out, "%s=?UTF-8?B?%s?=", out->size ? " " : "", base64);
		text += length;
	}
	buf_add(out, "", 1);
}

static void add_heads(struct transfer *t)
{
	struct buf text = {0};
	char date[64];
	struct tm tm;
	time_t created = (time_t)(t->created_us / 1000000);
	gmtime_r(&created, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	transfer_header(t, "Date: %s", date);
	transfer_header(t, "From: Hospitaller <%s>", t->to->from);
	for (size_t i = 0; t->to->recipients[i] && text.size < TO_BYTES; i++)
		buf_printf(&text, "%s<%s>", i ? ", " : "", t->to->recipients[i]);
	buf_add(&text, "", 1);
	transfer_header(t, "To: %s", text.size < TO_BYTES ? (char *)text.at : many);
	buf_clear(&text);
	encode_subject(*t->errand.subject ? t->errand.subject : "Hospitaller", &text);
	transfer_header(t, "Subject: %s", (char *)text.at);
	transfer_header(t, "Message-ID: <%s%s>", t->delivery, strchr(t->to->from, '@'));
	transfer_header(t, "Auto-Submitted: auto-generated");
	transfer_header(t, "Hospitaller-Kind: %s", errand_kind_text(t->errand.kind));
	buf_done(&text);
}

static void add_part(struct transfer *t, struct bytes content, const char *type, const char *name)
{
	curl_mimepart *part = curl_mime_addpart(t->mime);
	bool words = strncmp(type, "text/", 5) == 0;
	t->unfit |= !part ||
		    curl_mime_data(part, content.size ? (const char *)content.at : "",
			    content.size) != CURLE_OK ||
		    curl_mime_type(part, type) != CURLE_OK ||
		    curl_mime_encoder(part, words ? "quoted-printable" : "base64") != CURLE_OK ||
		    (name && curl_mime_filename(part, name) != CURLE_OK);
}

// When libcurl has said QUIT it waits for the answer, in our loop and for up to two minutes. By
// then the mail was taken or refused; so nothing more is read.
static int on_talk(CURL *easy, curl_infotype type, char *text, size_t size, void *context)
{
	static const char quit[] = "QUIT\r\n";
	struct transfer *t = context;
	(void)easy;
	if (type == CURLINFO_HEADER_OUT && size == sizeof quit - 1 && t->socket > 0 &&
		memcmp(text, quit, sizeof quit - 1) == 0)
		shutdown(t->socket, SHUT_RD);
	return 0;
}

// Text is shown; anything else is attached under a sentence.
static void prepare_mail(struct transfer *t)
{
	struct bytes content = buf_bytes(&t->content);
	bool words = strncmp(t->errand.type, "text/", 5) == 0;
	add_heads(t);
	t->mime = curl_mime_init(t->easy);
	if (!words)
		add_part(t, bytes_text(t->errand.subject), "text/plain; charset=utf-8", NULL);
	add_part(t, content, t->errand.type,
		words                            ? NULL
		: strstr(t->errand.type, "json") ? "hospitaller.json"
						 : "hospitaller.bin");
	for (size_t i = 0; t->to->recipients[i]; i++) {
		struct curl_slist *more = curl_slist_append(t->recipients, t->to->recipients[i]);
		t->unfit |= !more;
		t->recipients = more ? more : t->recipients;
	}
	TRANSFER_SET(t, CURLOPT_VERBOSE, 1L);
	TRANSFER_SET(t, CURLOPT_DEBUGFUNCTION, on_talk);
	TRANSFER_SET(t, CURLOPT_DEBUGDATA, t);
	TRANSFER_SET(t, CURLOPT_MAIL_FROM, t->to->from);
	TRANSFER_SET(t, CURLOPT_MAIL_RCPT, t->recipients);
	TRANSFER_SET(t, CURLOPT_MIMEPOST, t->mime);
	TRANSFER_SET(
		t, CURLOPT_USE_SSL, (long)(t->to->insecure ? CURLUSESSL_NONE : CURLUSESSL_ALL));
}

// A mail server that says 55x has understood and will not; everything else may pass.
static void judge_mail(const struct transfer *t, CURLcode code, struct outcome *outcome)
{
	long status = 0;
	char words[ERRAND_WORDS_BYTES + 48];
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK && status >= 400) { // curl does not always say what was answered
		snprintf(words, sizeof words, "it answered %ld (%s)", status, outcome->words);
		outcome_words(outcome, words);
	}
	if (code == CURLE_OK) {
		outcome->what = OUTCOME_DONE;
		outcome_words(outcome, "");
	} else if (status >= 550 && status <= 559 && code != CURLE_OPERATION_TIMEDOUT) {
		outcome->what = OUTCOME_NEVER;
	}
}

const struct kind kind_mail = {
	.protocols = "smtp,smtps",
	.prepare = prepare_mail,
	.judge = judge_mail,
};
