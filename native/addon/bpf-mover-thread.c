/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mover's own thread: the kernel wakes it for each exec, whatever JavaScript is doing then. It moves nobody whose exec JavaScript
 * has read, and nobody while JavaScript holds the lock.
 */
#include "bpf-mover.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* It copies a record of 5 KiB. */
#define STACK_BYTES (128 * 1024)

static void *watch_ring(void *data)
{
	struct mover *mover = data;
	struct mover_thread *thread = &mover->thread;
	struct epoll_event ready;
	int count;

	pthread_setname_np(pthread_self(), "corral-mover");
	thread->tid = (int)syscall(SYS_gettid);
	sem_post(&thread->begun);
	do {
		count = epoll_wait(thread->epoll, &ready, 1, -1);
		if (count > 0 && ready.data.fd == thread->stop)
			return NULL;
		if (count > 0)
			mover_run(mover);
	} while (count >= 0 || errno == EINTR);
	return NULL;
}

/* Signals are for the threads of Node. */
static int start_thread(struct mover *mover)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&mover->thread.thread, &attributes, watch_ring, mover);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

/* Edge-triggered: what JavaScript has yet to read wakes it once. */
static int watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* 0 or a positive errno; what it has opened by then is the caller's to close. */
static int open_thread(struct mover *mover, const char **call)
{
	struct mover_thread *thread = &mover->thread;

	*call = "epoll_create1";
	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (thread->epoll < 0)
		return errno;
	*call = "eventfd";
	thread->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->stop < 0)
		return errno;
	*call = "epoll_ctl";
	if (watch(thread->epoll, mover->ring.fd, EPOLLIN | EPOLLET) < 0 || watch(thread->epoll, thread->stop, EPOLLIN) < 0)
		return errno;
	*call = "pthread_create";
	return start_thread(mover);
}

static void close_thread(struct mover_thread *thread)
{
	if (thread->epoll >= 0)
		close(thread->epoll);
	if (thread->stop >= 0)
		close(thread->stop);
	sem_destroy(&thread->begun);
	*thread = (struct mover_thread){ 0 };
}

int mover_start(struct mover *mover, const char **call)
{
	struct mover_thread *thread = &mover->thread;
	int error;

	if (thread->tid != 0)
		return 0;
	thread->epoll = thread->stop = -1;
	sem_init(&thread->begun, 0, 0);
	error = open_thread(mover, call);
	if (error != 0) {
		close_thread(thread);
		return error;
	}
	while (sem_wait(&thread->begun) < 0)
		;
	return 0;
}

void mover_stop(struct mover *mover)
{
	if (mover->thread.tid == 0)
		return;
	eventfd_write(mover->thread.stop, 1);
	pthread_join(mover->thread.thread, NULL);
	close_thread(&mover->thread);
}
