/* SPDX-License-Identifier: Apache-2.0 */
#include "views.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const void *map_view(int fd, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *view = mmap(NULL, (bytes + page - 1) / page * page, PROT_READ, MAP_SHARED, fd, 0);

	return view == MAP_FAILED ? NULL : view;
}

/* The kernel gives one value per possible CPU. */
static int possible_cpus(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	int first = 0, last = 0, fields;

	if (file == NULL)
		return -1;
	fields = fscanf(file, "%d-%d", &first, &last);
	fclose(file);
	if (fields < 1)
		return -1;
	return fields == 1 ? first + 1 : last + 1;
}

static uint32_t value_bytes(const struct object *object, const char *map)
{
	for (uint32_t i = 0; i < object->map_count; i++)
		if (strcmp(object->maps[i].name, map) == 0)
			return object->maps[i].value_bytes;
	return 0;
}

int open_views(const struct object *object, const struct loaded *loaded, struct views *views)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const char *bss = map_view(find_map(object, loaded, "bss"), value_bytes(object, "bss"));

	views->nodes = map_view(find_map(object, loaded, "nodes"), sizeof(*views->nodes) * MOST_NODES);
	views->counters = find_map(object, loaded, "counters");
	views->places = find_map(object, loaded, "places");
	views->boosts = find_map(object, loaded, "boosts");
	views->wakes = find_map(object, loaded, "wakes");
	views->tick = find_program(object, loaded, "tick");
	views->read = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, views->wakes, 0);
	views->written = mmap(NULL, page, PROT_READ, MAP_SHARED, views->wakes, (off_t)page);
	views->cpus = possible_cpus();
	if (bss == NULL || views->nodes == NULL || views->read == MAP_FAILED || views->written == MAP_FAILED || views->cpus < 0) {
		printf("fail mmap %d maps\n", errno);
		return -1;
	}
	views->state = (const struct scheduler_state *)(bss + object->state_at);
	return 0;
}

void clear_wake(const struct views *views)
{
	*views->read = *(const volatile uint64_t *)views->written;
}

void run_tick(const struct views *views)
{
	union bpf_attr run = { .test = { .prog_fd = (uint32_t)views->tick } };

	bpf(BPF_PROG_RUN, &run);
}

int await_enabled(const struct views *views)
{
	struct pollfd ending = { .fd = views->wakes, .events = POLLIN };

	while (views->state->exited == 0) {
		FILE *file = fopen("/sys/kernel/sched_ext/state", "re");
		char state[16] = "";
		int fields = file == NULL ? 0 : fscanf(file, "%15s", state);

		if (file != NULL)
			fclose(file);
		if (fields == 1 && strcmp(state, "enabled") == 0)
			return 0;
		poll(&ending, 1, 20);
	}
	return -1;
}

static void print_counters(const struct views *views)
{
	struct scheduler_counters *all = calloc((size_t)views->cpus, sizeof(*all)), sum = { 0 };
	uint32_t zero = 0;
	union bpf_attr look = { .map_fd = (uint32_t)views->counters,
				.key = (uintptr_t)&zero,
				.value = (uintptr_t)all };

	if (all == NULL || bpf(BPF_MAP_LOOKUP_ELEM, &look) < 0)
		memset(&sum, 0, sizeof(sum));
	else
		for (int cpu = 0; cpu < views->cpus; cpu++) {
#define ADD(name) sum.name += all[cpu].name;
			SCHEDULER_COUNTERS(ADD)
		}
	free(all);
	printf("counters");
#define PRINT(name) printf(" " #name " %llu", (unsigned long long)sum.name);
	SCHEDULER_COUNTERS(PRINT)
	putchar('\n');
}

void print_sample(struct views *views)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("sample %lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	print_counters(views);
	for (uint32_t place = 0; place < MOST_NODES; place++) {
		const struct scheduler_node *node = &views->nodes[place];
		uint64_t ran = node->ran_ns;

		if (node->group == 0 || (ran == views->printed[place] && node->runnable <= 0))
			continue;
		views->printed[place] = ran;
		printf("group %llu %u %llu %d\n", (unsigned long long)node->group, node->idle ? 1 : node->weight,
		       (unsigned long long)ran, node->runnable);
	}
	printf("end\n");
	fflush(stdout);
}

/* One word, whatever is in the text. */
static void print_word(const char *text, size_t most)
{
	for (size_t i = 0; i < most && text[i] != '\0'; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte <= ' ' || byte >= 0x7f || byte == '\\')
			printf("\\x%02x", byte);
		else
			putchar(byte);
	}
}

void print_exit(const struct views *views)
{
	printf("exit %u %lld ", views->state->exit_kind, (long long)views->state->exit_code);
	print_word(views->state->reason, sizeof(views->state->reason));
	putchar(' ');
	print_word(views->state->message, sizeof(views->state->message));
	putchar('\n');
	fflush(stdout);
}

int set_boost(const struct views *views, const struct scheduler_boost *boost)
{
	uint64_t group = boost->group;
	uint32_t place;
	union bpf_attr look = { .map_fd = (uint32_t)views->places,
				.key = (uintptr_t)&group,
				.value = (uintptr_t)&place };
	union bpf_attr update = { .map_fd = (uint32_t)views->boosts,
				  .key = (uintptr_t)&place,
				  .value = (uintptr_t)boost };

	if (bpf(BPF_MAP_LOOKUP_ELEM, &look) < 0)
		return errno;
	/* The group has no place of its own: its parent's is not its to boost. */
	if (place >= MOST_NODES || views->nodes[place].group != group)
		return ENOSPC;
	return bpf(BPF_MAP_UPDATE_ELEM, &update) < 0 ? errno : 0;
}
