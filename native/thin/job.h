/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORRAL_THIN_JOB_H
#define CORRAL_THIN_JOB_H

#include "thin.h"
#include "launch.h"

#include <limits.h>
#include <sys/resource.h>

/* A job that the guard has planned. */
struct job {
	int connection;
	char run[128], name[128];
	char group[PATH_MAX], report[PATH_MAX];
	bool has_report, json, own_group;
	struct launch launch;
	struct ahead ahead;
};

/* tell.c: what the guard is told; its answers are read elsewhere. False: it has gone. */
bool tell_held(const struct job *job, const struct launched *launched);
bool tell_started(const struct job *job, const struct launched *launched);
/* As wait4(2) told it just now. */
bool tell_end(const struct job *job, int status, const struct rusage *usage);
bool tell_leave(const struct job *job, int number);

#endif
