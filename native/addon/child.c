/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/sched.h clashes with sched.h on some systems, so the ABI is spelled here (clone(2)). */
#define CLONE_PIDFD_FLAG 0x00001000ULL
#define CLONE_INTO_CGROUP_FLAG 0x200000000ULL
/* Never seen by the workload's parent as such: the spawn call reaps this child and throws. */
#define EXIT_FAILURE_IN_CHILD 127
#define KERNEL_SIGNALS 64
#define KERNEL_SIGSET_BYTES 8
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

struct clone3_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};
_Static_assert(sizeof(struct clone3_args) == 88, "CLONE_ARGS_SIZE_VER2");

static _Noreturn void give_up(struct child *child, enum child_stage stage, int error)
{
	child->stage = stage;
	child->error = error;
	for (;;)
		syscall(SYS_exit_group, EXIT_FAILURE_IN_CHILD);
}

/*
 * Sources that are also targets are first copied out of the way, so that no dup3 can destroy a
 * descriptor that a later one needs, swaps and cycles included.
 */
static void map_descriptors(struct child *child)
{
	for (int i = 0; i < child->fd_count; i++) {
		child->moved[i] = child->fds[i];
		if (child->fds[i] < 0 || child->fds[i] == i || child->fds[i] >= child->fd_count)
			continue;
		child->moved[i] = (int)syscall(SYS_fcntl, child->fds[i], F_DUPFD_CLOEXEC, child->fd_count);
		if (child->moved[i] < 0)
			give_up(child, STAGE_DUP, errno);
	}
	for (int i = 0; i < child->fd_count; i++) {
		long result = 0;

		if (child->moved[i] < 0)
			syscall(SYS_close, i);
		else if (child->moved[i] == i)
			result = syscall(SYS_fcntl, i, F_SETFD, 0);
		else
			result = syscall(SYS_dup3, child->moved[i], i, 0);
		if (result < 0)
			give_up(child, STAGE_DUP, errno);
	}
}

static void reset_handlers(void)
{
	/* Zero is SIG_DFL, no flags, empty mask; larger than any architecture's struct. */
	static const unsigned long action[8];

	for (int number = 1; number <= KERNEL_SIGNALS; number++)
		if (number != SIGKILL && number != SIGSTOP)
			syscall(SYS_rt_sigaction, number, action, NULL, KERNEL_SIGSET_BYTES);
}

static __attribute__((used)) void child_main(void *argument)
{
	static const unsigned long empty[KERNEL_SIGSET_BYTES / sizeof(unsigned long)];
	struct child *child = argument;

	/* Before the mask opens: a handler of the parent must never run in here. */
	reset_handlers();
	map_descriptors(child);
	if (child->cwd != NULL && syscall(SYS_chdir, child->cwd) < 0)
		give_up(child, STAGE_CHDIR, errno);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, empty, NULL, KERNEL_SIGSET_BYTES);
	syscall(SYS_execve, child->file, child->argv, child->env);
	give_up(child, STAGE_EXEC, errno);
}

/*
 * clone3 with its own stack cannot be a C call: the child would return into a frame that is not on
 * its stack. All registers but the result survive, so it finds its function and argument there.
 */
#if defined(__x86_64__)
static long raw_clone3(struct clone3_args *args, void (*run)(void *), void *argument)
{
	register void (*r12)(void *) __asm__("r12") = run;
	register void *r13 __asm__("r13") = argument;
	long result;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "movq %%r13, %%rdi\n\t"
			 "callq *%%r12\n\t"
			 "hlt\n\t"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory", "cc");
	return result;
}
#elif defined(__aarch64__)
static long raw_clone3(struct clone3_args *args, void (*run)(void *), void *argument)
{
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);
	register void (*x9)(void *) __asm__("x9") = run;
	register void *x10 __asm__("x10") = argument;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x30, xzr\n\t"
			 "mov x0, x10\n\t"
			 "blr x9\n\t"
			 "brk #1\n\t"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x9), "r"(x10)
			 : "memory", "cc");
	return x0;
}
#else
static long raw_clone3(struct clone3_args *args, void (*run)(void *), void *argument)
{
	(void)args;
	(void)run;
	(void)argument;
	return -ENOSYS;
}
#endif

long clone_child(struct child *child, void *stack, int cgroup_fd, int *pidfd)
{
	struct clone3_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD_FLAG | (cgroup_fd >= 0 ? CLONE_INTO_CGROUP_FLAG : 0),
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = CHILD_STACK_BYTES,
		.cgroup = cgroup_fd >= 0 ? (uint64_t)cgroup_fd : 0,
	};
	unsigned long all[KERNEL_SIGSET_BYTES / sizeof(unsigned long)], before[sizeof(all) / sizeof(all[0])];
	long result;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		all[i] = ~0UL;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, before, KERNEL_SIGSET_BYTES);
	result = raw_clone3(&args, child_main, child);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, KERNEL_SIGSET_BYTES);
	return result;
}
