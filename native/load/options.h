/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORRAL_LOAD_OPTIONS_H
#define CORRAL_LOAD_OPTIONS_H

#include "load.h"

/* Reads the command line after the word "load"; false when it is none. */
bool parse_load_options(int argc, char **argv, struct load_options *options);
uint32_t load_group_size(const struct load_options *options);

#endif
