/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that ends at once. Latency: of waitpid(2). */
void work_fork_exit(struct load *load)
{
	while (load_goes_on(load)) {
		pid_t child = fork();
		uint64_t before;

		if (child == 0)
			_exit(0);
		if (child < 0) {
			load_failed(load, errno);
			load_sleep_until(load, load_look(load) + LOAD_NS_PER_MS);
			continue;
		}
		before = now_ns();
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		load_latency(load, load_look(load) - before);
		load_count(load, 1);
	}
}
