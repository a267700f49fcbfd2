/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define NS_PER_US 1000ull

/* One place of a trace: wait, then have so many pages. */
struct step {
	uint64_t wait_us;
	uint64_t pages;
};

/* Reads "WAIT:PAGES", and what follows it from *text on. False when there is no more, or it is no step. */
static bool next_step(const char **text, struct step *step)
{
	char *end = NULL;

	errno = 0;
	step->wait_us = strtoull(*text, &end, 10);
	if (**text < '0' || **text > '9' || *end != ':' || end[1] < '0' || end[1] > '9')
		return false;
	step->pages = strtoull(end + 1, &end, 10);
	if (errno != 0 || (*end == ',' ? end[1] == '\0' : *end != '\0'))
		return false;
	*text = *end == ',' ? end + 1 : end;
	return true;
}

/* The most pages of all steps; 0 when one is none, or there are none. */
static uint64_t most_pages(const char *text)
{
	struct step step;
	uint64_t most = 0;

	while (*text != '\0') {
		if (!next_step(&text, &step))
			return 0;
		most = step.pages > most ? step.pages : most;
	}
	return most;
}

static void tell_step(const char *word, uint64_t begun_ns, uint64_t took_ns, uint64_t pages)
{
	report_text(word);
	report_number(begun_ns);
	report_text(" ");
	report_number(took_ns);
	report_text(" ");
	report_number(pages);
	report_text("\n");
	/* At once: who is killed has told how far he came. */
	report_flush();
}

/* Touches or gives back pages at the end of what is had. */
static void reach(char *memory, uint64_t had, uint64_t wanted, size_t page)
{
	for (uint64_t at = had; at < wanted && !pace_stopped(); at += 1)
		((volatile char *)memory)[at * page] = 1;
	if (wanted < had)
		madvise(memory + wanted * page, (had - wanted) * page, MADV_DONTNEED);
}

int run_trace(const struct worker_options *options)
{
	const char *text = options->steps;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = most_pages(text) * page;
	struct step step;
	uint64_t had = 0, start = 0, before;
	char *memory;

	if (bytes == 0)
		return EXIT_USAGE;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	pace_hold_signals();
	for (bool first = true; !pace_stopped() && !report_broken() && next_step(&text, &step); first = false) {
		before = now_ns();
		if (!first) {
			pace_until(before + step.wait_us * NS_PER_US);
			before = now_ns();
		}
		if (pace_stopped())
			break;
		reach(memory, had, step.pages, page);
		had = step.pages;
		tell_step(first ? "ready " : "step ", first ? 0 : before - start, now_ns() - before, had);
		if (first) {
			pace_wait_for_start();
			if (!pace_stopped())
				start = now_ns();
		}
	}
	report_text(pace_stopped() ? "stopped " : "end ");
	report_number(start == 0 ? 0 : now_ns() - start);
	report_text("\n");
	report_flush();
	return 0;
}
