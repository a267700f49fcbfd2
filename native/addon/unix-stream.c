/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a connected socket of unix(7), never waiting. */
#include "addon.h"

#include <errno.h>
#include <sys/socket.h>

static napi_value count_or_errno(napi_env env, ssize_t count, const char *syscall_name)
{
	napi_value result;

	if (count < 0 && errno != EAGAIN)
		return throw_errno(env, errno, syscall_name);
	CHECK(env, napi_create_int32(env, (int32_t)count, &result));
	return result;
}

/* unixReceive(fd, bytes) -> number of bytes, 0 at the end, -1 when there is nothing yet */
napi_value unix_receive_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	size_t length;
	ssize_t count;
	void *bytes;
	int32_t fd;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd) ||
	    !get_typed_bytes(env, arguments[1], napi_uint8_array, &bytes, &length))
		return NULL;
	do
		count = recv(fd, bytes, length, MSG_DONTWAIT);
	while (count < 0 && errno == EINTR);
	return count_or_errno(env, count, "recv");
}

/* unixSend(fd, bytes) -> number of bytes taken, -1 when there is no room */
napi_value unix_send_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	size_t length;
	ssize_t count;
	void *bytes;
	int32_t fd;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd) ||
	    !get_typed_bytes(env, arguments[1], napi_uint8_array, &bytes, &length))
		return NULL;
	do
		count = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (count < 0 && errno == EINTR);
	return count_or_errno(env, count, "send");
}
