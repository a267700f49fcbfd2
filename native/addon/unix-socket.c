/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of unix(7) that others find by name: bound, listening, accepting with the kernel's word on who connected. */
#include "addon.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unix-address.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* Every datagram shall come with the kernel's word on who sent it, and when. */
static int want_senders(int fd)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static int bind_new(int type, int mode, const struct sockaddr_un *address, socklen_t size)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -1;
	/* The file that bind makes takes its mode from the socket: there is no moment with a wider one. */
	if (fchmod(fd, (mode_t)mode) == 0 &&
	    (type != SOCK_DGRAM || want_senders(fd) == 0) &&
	    bind(fd, (const struct sockaddr *)address, size) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* unixBind(type, path, mode) -> fd */
napi_value unix_bind_call(napi_env env, napi_callback_info info)
{
	struct sockaddr_un address;
	napi_value arguments[3], result;
	int32_t type, mode;
	socklen_t size;
	int fd;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &type) ||
	    !get_unix_address(env, arguments[1], "bind", &address, &size) || !get_int(env, arguments[2], &mode))
		return NULL;
	fd = bind_new(type, mode, &address, size);
	if (fd < 0)
		return throw_errno(env, errno, "bind");
	CHECK(env, napi_create_int32(env, fd, &result));
	return result;
}

/* unixListen(fd, backlog) */
napi_value unix_listen_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int32_t fd, backlog;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd) ||
	    !get_int(env, arguments[1], &backlog))
		return NULL;
	return listen(fd, backlog) < 0 ? throw_errno(env, errno, "listen") : NULL;
}

/* unixProbe(type, path): throws what connect(2) says; whatever it reached is left at once. */
napi_value unix_probe_call(napi_env env, napi_callback_info info)
{
	struct sockaddr_un address;
	napi_value arguments[2];
	socklen_t size;
	int32_t type;
	int fd, error = 0;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &type) ||
	    !get_unix_address(env, arguments[1], "connect", &address, &size))
		return NULL;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return throw_errno(env, errno, "socket");
	if (connect(fd, (const struct sockaddr *)&address, size) < 0)
		error = errno;
	close(fd);
	return error == 0 ? NULL : throw_errno(env, error, "connect");
}

/* -1 where the kernel has no such option (before 6.5) and when the peer was reaped already. */
static int peer_pidfd(int fd)
{
	int pidfd = -1;
	socklen_t size = sizeof(pidfd);

	return getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0 ? pidfd : -1;
}

static napi_value peer_object(napi_env env, int fd, const struct ucred *peer)
{
	napi_value result;

	CHECK(env, napi_create_object(env, &result));
	CHECK(env, set_number(env, result, "fd", fd));
	CHECK(env, set_number(env, result, "pid", peer->pid));
	CHECK(env, set_number(env, result, "uid", peer->uid));
	CHECK(env, set_number(env, result, "gid", peer->gid));
	CHECK(env, set_number(env, result, "pidfd", peer_pidfd(fd)));
	return result;
}

/* unixAccept(fd) -> { fd, pid, uid, gid, pidfd } or null when nobody waits */
napi_value unix_accept_call(napi_env env, napi_callback_info info)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	napi_value argument, result;
	int32_t listener;
	int fd;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &listener))
		return NULL;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && errno != EAGAIN)
		return throw_errno(env, errno, "accept4");
	if (fd < 0) {
		CHECK(env, napi_get_null(env, &result));
		return result;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		int error = errno;

		close(fd);
		return throw_errno(env, error, "getsockopt(SO_PEERCRED)");
	}
	return peer_object(env, fd, &peer);
}
