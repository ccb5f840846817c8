#include "work.h"

#include "make.h"
#include "perform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	WRITE_BYTES = 1 << 20
};

static FILE *open_labels(const char *dir)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/truth/work.jsonl", dir);
	FILE *file = fopen(path, "we");
	if (!file)
		fprintf(stderr, "hospital-sim: %s: %s\n", path, strerror(errno));
	return file;
}

static int write_schedule(const struct schedule *schedule, FILE *file)
{
	struct buf buf = {0};
	for (size_t i = 0; i < schedule->count; i++) {
		request_label(schedule->town, &schedule->acts[i], NULL, &buf);
		if (buf.size < WRITE_BYTES && i + 1 < schedule->count)
			continue;
		fwrite(buf.at, 1, buf.size, file);
		buf_clear(&buf);
	}
	buf_done(&buf);
	return ferror(file);
}

static void summarize(const struct schedule *schedule)
{
	size_t whys[WHYS] = {0};
	for (size_t i = 0; i < schedule->count; i++)
		whys[schedule->acts[i].why]++;
	printf("%zu requests in %d days:", schedule->count, schedule->wish.days);
	for (size_t i = 0; i < WHYS; i++)
		if (whys[i])
			printf(" %zu %s", whys[i], why_texts[i]);
	putchar('\n');
}

static int dry_run(const struct town *town, const struct work_wish *wish)
{
	struct schedule schedule;
	const struct schedule_wish wanted = {
		.seed = wish->seed, .days = wish->days, .misuse = wish->misuse};
	FILE *file = open_labels(wish->dir);
	if (!file)
		return 1;
	schedule_make(town, &wanted, &schedule);
	int failed = write_schedule(&schedule, file);
	failed = fclose(file) != 0 || failed;
	summarize(&schedule);
	schedule_done(&schedule);
	return failed;
}

static double share_ms(const struct results *r, double share)
{
	return r->sent ? r->took_us[(size_t)((double)(r->sent - 1) * share)] / 1000.0 : 0;
}

static void report(const struct work_wish *wish, const struct results *r)
{
	double seconds = (double)r->elapsed_us / 1e6,
	       rate = seconds > 0 ? (double)r->sent / seconds : 0;
	const char *comma = "";
	if (!wish->json) {
		printf("%zu requests in %.1f s: %.0f/s; half within %.1f ms, 99 %% within %.1f ms, the slowest %.1f ms\n",
			r->sent, seconds, rate, share_ms(r, 0.5), share_ms(r, 0.99),
			share_ms(r, 1));
		for (int i = 0; i < STATUSES; i++)
			if (r->statuses[i])
				printf("  %8zu  %d%s\n", r->statuses[i], i,
					i ? "" : " (no answer)");
		printf("  %8zu  not as expected\n", r->unexpected);
		return;
	}
	printf("{\"requests\":%zu,\"kept\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
	       "\"max_ms\":%.2f,\"unexpected\":%zu,\"unanswered\":%zu,\"statuses\":{",
		r->sent, r->kept, seconds, rate, share_ms(r, 0.5), share_ms(r, 0.99),
		share_ms(r, 1), r->unexpected, r->unanswered);
	for (int i = 0; i < STATUSES; i++) {
		if (!r->statuses[i])
			continue;
		printf("%s\"%d\":%zu", comma, i, r->statuses[i]);
		comma = ",";
	}
	puts("}}");
}

static int carry_out(
	const struct work_wish *wish, const struct schedule *schedule, struct sessions *sessions)
{
	struct results results;
	FILE *file = open_labels(wish->dir);
	if (!file)
		return 1;
	const struct performance performance = {.schedule = schedule,
		.sessions = sessions,
		.url = wish->url,
		.speed = wish->speed,
		.connections = wish->connections,
		.labels = file,
		.quiet = !isatty(STDERR_FILENO)};
	perform(&performance, &results);
	int failed = fclose(file) != 0 || results.unexpected;
	report(wish, &results);
	results_done(&results);
	return failed;
}

// Only those with an account can work.
static int do_real(const struct town *town, const struct work_wish *wish)
{
	struct sessions sessions;
	struct schedule schedule;
	int failed = sessions_open(town, wish->dir, &sessions);
	const struct schedule_wish wanted = {.seed = wish->seed,
		.days = wish->days,
		.misuse = wish->misuse,
		.able = sessions.able};
	if (!failed) {
		schedule_make(town, &wanted, &schedule);
		failed = carry_out(wish, &schedule, &sessions);
		schedule_done(&schedule);
	}
	sessions_close(town, &sessions);
	return failed;
}

int work_do(const struct work_wish *wish)
{
	struct town *town = make_again(wish->dir);
	int failed = 1;
	if (town && wish->days > town->days)
		fprintf(stderr, "hospital-sim: %s has only %d days\n", wish->dir, town->days);
	else if (town)
		failed = wish->dry_run ? dry_run(town, wish) : do_real(town, wish);
	town_free(town);
	return failed;
}
