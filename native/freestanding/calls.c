/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of libc that the launcher and the thin client use, system calls: on x86_64 and aarch64 they are linked without
 * one. The start of a static glibc takes 0.4 ms of every run (docs/benchmarks.md); a part of it are 43 cpuid, which trap in
 * a virtual machine. Declarations come from libc's headers; each function does what its manual page says and no more than
 * these two need. One thread, no locale, no stdio. Elsewhere libc is linked and this file is empty.
 */
#ifdef CORRAL_FREESTANDING
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's NSIG in bytes. */
#define KERNEL_SIGSET_BYTES 8

int main(int argc, char **argv);

static int last_error;
char **environ;

/* What the macro `errno` calls, in glibc and musl alike. */
int *__errno_location(void)
{
	return &last_error;
}

static long raw(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#else
#error "no system call for this architecture: link libc"
#endif
}

long syscall(long number, ...)
{
	long a[6], result;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	result = raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	/* MAX_ERRNO, include/linux/err.h */
	if (result < 0 && result >= -4095) {
		last_error = (int)-result;
		return -1;
	}
	return result;
}

void _exit(int status)
{
	for (;;)
		raw(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

/* The stack at the start (System V ABI): argc, argv, NULL, environment, NULL. */
__attribute__((used)) static void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	environ = argv + stack[0] + 1;
	_exit(main((int)stack[0], argv));
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl start\n");
#endif

/* Each a mapping of its own; a launcher asks a few times and soon is another program. */
void *calloc(size_t count, size_t size)
{
	long address = syscall(SYS_mmap, NULL, count * size + 1, (long)(PROT_READ | PROT_WRITE),
			       (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L);

	return address == -1 ? NULL : (void *)address;
}

void free(void *pointer)
{
	(void)pointer;
}

/* With the mode that O_CREAT wants; the kernel heeds it then only. */
int open(const char *path, int flags, ...)
{
	va_list list;
	long mode = 0;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, int);
	va_end(list);
	return (int)syscall(SYS_openat, (long)AT_FDCWD, path, (long)flags, mode);
}

int close(int fd)
{
	return (int)syscall(SYS_close, (long)fd);
}

ssize_t read(int fd, void *buffer, size_t length)
{
	return syscall(SYS_read, (long)fd, buffer, length);
}

ssize_t write(int fd, const void *buffer, size_t length)
{
	return syscall(SYS_write, (long)fd, buffer, length);
}

int fcntl(int fd, int command, ...)
{
	va_list list;
	long value;

	va_start(list, command);
	value = va_arg(list, long);
	va_end(list);
	return (int)syscall(SYS_fcntl, (long)fd, (long)command, value);
}

int rmdir(const char *path)
{
	return (int)syscall(SYS_unlinkat, (long)AT_FDCWD, path, (long)AT_REMOVEDIR);
}

int chdir(const char *path)
{
	return (int)syscall(SYS_chdir, path);
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	return (int)syscall(SYS_ppoll, fds, count, ms < 0 ? NULL : &time, NULL, 0L);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	return (int)syscall(SYS_clock_gettime, (long)clock, time);
}

int kill(pid_t pid, int number)
{
	return (int)syscall(SYS_kill, (long)pid, (long)number);
}

/* Only for SIG_IGN and SIG_DFL: a handler would need a restorer. The kernel's struct begins with the handler. */
sighandler_t signal(int number, sighandler_t handler)
{
	unsigned long action[8] = { (unsigned long)handler };

	return syscall(SYS_rt_sigaction, (long)number, action, NULL, (long)KERNEL_SIGSET_BYTES) < 0 ? SIG_ERR : SIG_DFL;
}

pid_t setsid(void)
{
	return (pid_t)syscall(SYS_setsid);
}

int setpgid(pid_t pid, pid_t group)
{
	return (int)syscall(SYS_setpgid, (long)pid, (long)group);
}

pid_t getpgrp(void)
{
	return (pid_t)syscall(SYS_getpgid, 0L);
}

int setpriority(__priority_which_t which, id_t who, int value)
{
	return (int)syscall(SYS_setpriority, (long)which, (long)who, (long)value);
}

/* The call answers 20 minus the nice value, so that no answer is negative. */
int getpriority(__priority_which_t which, id_t who)
{
	long result = syscall(SYS_getpriority, (long)which, (long)who);

	return result < 0 ? -1 : 20 - (int)result;
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0L, (long)resource, limit, NULL);
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0L, (long)resource, NULL, limit);
}

int setgroups(size_t count, const gid_t *list)
{
	return (int)syscall(SYS_setgroups, count, list);
}

int setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return (int)syscall(SYS_setresgid, (long)real, (long)effective, (long)saved);
}

int setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return (int)syscall(SYS_setresuid, (long)real, (long)effective, (long)saved);
}

gid_t getegid(void)
{
	return (gid_t)syscall(SYS_getegid);
}

uid_t geteuid(void)
{
	return (uid_t)syscall(SYS_geteuid);
}
#endif
