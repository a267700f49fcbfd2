/* SPDX-License-Identifier: Apache-2.0 */
/* Workers that are threads of one process, of one set or of several. */
#include "set.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

struct thread {
	pthread_t handle;
	const struct load_set *set;
	uint32_t index;
};

/* One that cannot begin ends the process: all of them begin, or none. */
static void *run_thread(void *data)
{
	const struct thread *thread = data;

	if (run_task(thread->set, thread->index) != 0)
		_exit(1);
	return NULL;
}

static uint32_t count_workers(const struct load_crew *crew)
{
	uint32_t workers = 0;

	for (uint32_t at = 0; at < crew->count; at += 1)
		workers += crew->sets[at].options->workers;
	return workers;
}

int run_threads(const struct load_crew *crew, pid_t leader)
{
	struct load_record *first = set_record(&crew->sets[0], 0);
	struct thread *threads = calloc(count_workers(crew), sizeof(*threads));
	uint32_t made = 0;

	prctl(PR_SET_NAME, crew->pcomm);
	if (threads == NULL || !enter_process(crew->sets[0].options, first, leader))
		return 1;
	for (uint32_t at = 0; at < crew->count; at += 1)
		for (uint32_t index = 0; index < crew->sets[at].options->workers; index += 1) {
			struct thread *thread = &threads[made];

			*thread = (struct thread){ .set = &crew->sets[at], .index = index };
			first->failure_errno = pthread_create(&thread->handle, NULL, run_thread, thread);
			if (first->failure_errno != 0)
				return 1;
			made += 1;
		}
	for (uint32_t at = 0; at < made; at += 1)
		pthread_join(threads[at].handle, NULL);
	return 0;
}
