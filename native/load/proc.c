/* SPDX-License-Identifier: Apache-2.0 */
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

int open_schedstat(void)
{
	return open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

bool read_schedstat(int fd, struct schedstat *stat)
{
	char text[128];
	ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	char *at = text;

	if (length <= 0)
		return false;
	text[length] = '\0';
	stat->run_ns = strtoull(at, &at, 10);
	stat->delay_ns = strtoull(at, &at, 10);
	stat->slices = strtoull(at, &at, 10);
	return true;
}

uint64_t read_pages_migrated(void)
{
	static const char name[] = "numa_pages_migrated ";
	FILE *file = fopen("/proc/vmstat", "re");
	char line[256];
	uint64_t pages = 0;

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			pages = strtoull(line + sizeof(name) - 1, NULL, 10);
	fclose(file);
	return pages;
}

/* A line is an address, a policy and words; " N3=17" are 17 pages on node 3. */
static void add_pages(char *line, uint64_t *pages)
{
	for (char *at = strstr(line, " N"); at != NULL; at = strstr(at, " N")) {
		unsigned long node = strtoul(at + 2, &at, 10);

		if (*at == '=' && node < LOAD_NODES)
			pages[node] += strtoull(at + 1, &at, 10);
	}
}

void read_numa_pages(uint64_t *pages)
{
	FILE *file = fopen("/proc/self/numa_maps", "re");
	char line[4096];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		add_pages(line, pages);
	fclose(file);
}
