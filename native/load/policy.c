/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <errno.h>
#include <sched.h>

void load_set_class(struct load *load, enum load_class class, int priority)
{
	static const int policies[] = {
		[CLASS_NORMAL] = SCHED_OTHER, [CLASS_BATCH] = SCHED_BATCH, [CLASS_IDLE] = SCHED_IDLE,
		[CLASS_FIFO] = SCHED_FIFO,    [CLASS_RR] = SCHED_RR,
	};
	struct sched_param param = { .sched_priority = class == CLASS_FIFO || class == CLASS_RR ? priority : 0 };

	if (sched_setscheduler(0, policies[class], &param) != 0)
		load->record->policy_errno = errno;
}
