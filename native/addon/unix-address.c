/* SPDX-License-Identifier: Apache-2.0 */
#include "unix-address.h"

#include <errno.h>
#include <string.h>

#include "addon.h"

bool get_unix_address(napi_env env, napi_value value, const char *syscall_name, struct sockaddr_un *address,
		      socklen_t *size)
{
	size_t length;
	/* One more than fits, so that a longer path shows. */
	char path[sizeof(address->sun_path) + 2];

	if (napi_get_value_string_latin1(env, value, path, sizeof(path), &length) != napi_ok) {
		throw_napi_error(env, "path is not a string");
		return false;
	}
	if (length > sizeof(address->sun_path)) {
		throw_errno(env, ENAMETOOLONG, syscall_name);
		return false;
	}
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return true;
}
