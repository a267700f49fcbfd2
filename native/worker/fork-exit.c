/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

int fork_exit_child(const struct worker_options *options)
{
	(void)options;
	return 0;
}
