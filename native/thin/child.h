/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORRAL_THIN_CHILD_H
#define CORRAL_THIN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* fork(2), the child in a group of cgroup v2 from its birth on; -1: it cannot be. */
int clone_into(const char *group);
/* fork(2), the child in our own groups. */
int clone_beside(void);
/* read(2) that no signal breaks off. */
ssize_t read_some(int fd, void *bytes, size_t length);

/* A child that is to execute a command, and waits for the word to do so. */
struct child {
	int pid;
	int channel;
	/* Whether it was made in its group, and needs not be moved there. */
	bool born;
};

/* Makes it, in the group where that is possible; false: there can be none. */
bool hold_child(struct child *child, const char *group, const char *file, char **argv);
/* Lets it execute the command; 0, or the errno of its failure, and then it ends. */
int let_go(struct child *child);
/* Kills it. */
void drop_child(struct child *child);

#endif
