/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the launcher's own libc tell each other; see freestanding-calls.c. */
#ifndef CORRAL_FREESTANDING_H
#define CORRAL_FREESTANDING_H

#include <stdbool.h>
#include <stddef.h>

/* `NAME=value` entries of this process, NULL at the end. */
extern char **environment;

#endif
