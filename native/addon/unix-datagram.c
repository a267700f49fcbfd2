/* SPDX-License-Identifier: Apache-2.0 */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "unix-address.h"

static int send_once(const struct sockaddr_un *address, socklen_t size, const char *text, size_t length)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	/* Never waits for a receiver that does not read. */
	if (sendto(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)address, size) < 0)
		error = errno;
	close(fd);
	return error;
}

/* sendDatagram(path, text) */
napi_value send_datagram_call(napi_env env, napi_callback_info info)
{
	struct sockaddr_un address;
	napi_value arguments[2];
	socklen_t size;
	size_t length;
	char *text;
	int error;

	if (!get_arguments(env, info, 2, arguments) ||
	    !get_unix_address(env, arguments[0], "sendto", &address, &size))
		return NULL;
	CHECK(env, napi_get_value_string_utf8(env, arguments[1], NULL, 0, &length));
	text = malloc(length + 1);
	if (text == NULL)
		return throw_errno(env, ENOMEM, "malloc");
	if (napi_get_value_string_utf8(env, arguments[1], text, length + 1, &length) != napi_ok) {
		free(text);
		throw_napi_error(env, "text is not a string");
		return NULL;
	}
	error = send_once(&address, size, text, length);
	free(text);
	return error == 0 ? NULL : throw_errno(env, error, "sendto");
}
