/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A write that may hang in the kernel, on a thread of its own: libuv's pool has four, which everybody shares, and waits for
 * them when the process exits. Nobody waits for this one.
 */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_BYTES (128 * 1024)

struct aside {
	napi_threadsafe_function done;
	napi_deferred deferred;
	char *path;
	char *text;
	size_t length;
	int flags;
	int error;
	const char *syscall_name;
};

static void free_aside(struct aside *work)
{
	free(work->path);
	free(work->text);
	free(work);
}

static void perform(struct aside *work)
{
	int fd = open(work->path, work->flags | O_CLOEXEC);

	work->syscall_name = "open";
	if (fd < 0) {
		work->error = errno;
		return;
	}
	work->syscall_name = "write";
	if (write(fd, work->text, work->length) < 0)
		work->error = errno;
	close(fd);
}

/* The work is the event loop's from the call on; when the environment has ended, nobody takes it. */
static void *run(void *data)
{
	struct aside *work = data;
	napi_threadsafe_function done = work->done;

	perform(work);
	if (napi_call_threadsafe_function(done, work, napi_tsfn_nonblocking) != napi_ok) {
		free_aside(work);
		return NULL;
	}
	napi_release_threadsafe_function(done, napi_tsfn_release);
	return NULL;
}

/* In the event loop; without an environment nothing can be settled. */
static void settle(napi_env env, napi_value callback, void *context, void *data)
{
	struct aside *work = data;
	napi_value outcome;

	(void)callback;
	(void)context;
	if (env != NULL && work->error != 0) {
		outcome = errno_error(env, work->error, work->syscall_name);
		if (outcome != NULL)
			napi_reject_deferred(env, work->deferred, outcome);
	} else if (env != NULL && napi_get_undefined(env, &outcome) == napi_ok) {
		napi_resolve_deferred(env, work->deferred, outcome);
	}
	free_aside(work);
}

/* Signals are for the threads of Node. */
static int start_thread(struct aside *work)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, run, work);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

/* A string of its own; NULL with an exception pending. */
static char *copy_text(napi_env env, napi_value value, size_t *length)
{
	char *text;

	CHECK(env, napi_get_value_string_utf8(env, value, NULL, 0, length));
	text = malloc(*length + 1);
	if (text == NULL)
		return (char *)throw_errno(env, ENOMEM, "malloc");
	if (napi_get_value_string_utf8(env, value, text, *length + 1, length) == napi_ok)
		return text;
	free(text);
	throw_napi_error(env, "writeAside");
	return NULL;
}

/* Takes path and text from the arguments. */
static bool read_texts(napi_env env, const napi_value *arguments, struct aside *work)
{
	size_t path_length;

	work->path = copy_text(env, arguments[0], &path_length);
	if (work->path == NULL)
		return false;
	if (strlen(work->path) != path_length) {
		throw_errno(env, EINVAL, "open");
		return false;
	}
	work->text = copy_text(env, arguments[1], &work->length);
	return work->text != NULL;
}

/* writeAside(path, text, flags): one write(2). */
napi_value write_aside_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], name, promise;
	struct aside *work;
	int32_t flags;
	int error;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[2], &flags))
		return NULL;
	work = calloc(1, sizeof(*work));
	if (work == NULL)
		return throw_errno(env, ENOMEM, "calloc");
	work->flags = flags;
	if (!read_texts(env, arguments, work))
		goto failed;
	if (napi_create_string_latin1(env, "CorralWriteAside", NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_promise(env, &work->deferred, &promise) != napi_ok ||
	    napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, settle, &work->done) != napi_ok) {
		throw_napi_error(env, "writeAside");
		goto failed;
	}
	error = start_thread(work);
	if (error == 0)
		return promise;
	napi_release_threadsafe_function(work->done, napi_tsfn_abort);
	throw_errno(env, error, "pthread_create");
failed:
	free_aside(work);
	return NULL;
}
