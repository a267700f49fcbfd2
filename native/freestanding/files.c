/* SPDX-License-Identifier: Apache-2.0 */
/* More system calls without libc (calls.c): files, sockets and children, for the thin client. */
#ifdef CORRAL_FREESTANDING
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel's struct, which is that of glibc and musl on both architectures. */
int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
	return (int)syscall(SYS_newfstatat, (long)directory, path, status, (long)flags);
}

ssize_t readlink(const char *restrict path, char *restrict text, size_t size)
{
	return syscall(SYS_readlinkat, (long)AT_FDCWD, path, text, size);
}

int access(const char *path, int mode)
{
	return (int)syscall(SYS_faccessat, (long)AT_FDCWD, path, (long)mode);
}

int rename(const char *from, const char *to)
{
	return (int)syscall(SYS_renameat, (long)AT_FDCWD, from, (long)AT_FDCWD, to);
}

int unlink(const char *path)
{
	return (int)syscall(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
}

int fsync(int fd)
{
	return (int)syscall(SYS_fsync, (long)fd);
}

int isatty(int fd)
{
	/* Of termios.h; the kernel writes 36 bytes at most. */
	char modes[64];

	return syscall(SYS_ioctl, (long)fd, 0x5401L, modes) == 0;
}

pid_t getpid(void)
{
	return (pid_t)syscall(SYS_getpid);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return (pid_t)syscall(SYS_wait4, (long)pid, status, (long)options, NULL);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	return (pid_t)syscall(SYS_wait4, (long)pid, status, (long)options, usage);
}

int dup2(int from, int to)
{
	/* Of the same two it would complain. */
	return from == to ? to : (int)syscall(SYS_dup3, (long)from, (long)to, 0L);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)syscall(SYS_setsockopt, (long)fd, (long)level, (long)name, value, (long)length);
}

int socket(int domain, int type, int protocol)
{
	return (int)syscall(SYS_socket, (long)domain, (long)type, (long)protocol);
}

int socketpair(int domain, int type, int protocol, int pair[2])
{
	return (int)syscall(SYS_socketpair, (long)domain, (long)type, (long)protocol, pair);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)syscall(SYS_connect, (long)fd, address, (long)length);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	return syscall(SYS_sendto, (long)fd, bytes, length, (long)flags, NULL, 0L);
}
#endif
