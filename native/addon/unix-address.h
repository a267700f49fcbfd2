/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORRAL_UNIX_ADDRESS_H
#define CORRAL_UNIX_ADDRESS_H

#include <node_api.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * A byte string as an address of unix(7); a leading '@' means an abstract name, whose first byte is NUL. False with an
 * exception pending: not a string, or ENAMETOOLONG of `syscall_name`.
 */
bool get_unix_address(napi_env env, napi_value value, const char *syscall_name, struct sockaddr_un *address,
		      socklen_t *size);

#endif
