/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FdWatcher: one uv_poll on a descriptor that somebody else owns. The strong references are dropped
 * in one place, the uv close callback, whether close() or the end of the environment led there.
 *
 *   active --close() or environment ends--> closing --uv close callback--> closed --finalizer--> freed
 */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

/* Bits of the events argument; the numbers are libuv's own. */
_Static_assert(UV_READABLE == 1 && UV_WRITABLE == 2 && UV_DISCONNECT == 4 && UV_PRIORITIZED == 8, "event bits");
#define ALL_EVENTS 15

struct watcher {
	napi_env env;
	napi_ref self;
	napi_ref callback;
	napi_async_context context;
	napi_async_cleanup_hook_handle hook;
	struct watch_hook first;
	/* NULL without a hook. */
	napi_ref owner;
	/* Outlives the wrapper object: libuv needs it until the close callback. NULL once closed. */
	uv_poll_t *poll;
	bool closing;
	bool finalized;
};

static void free_if_done(struct watcher *watcher)
{
	if (watcher->poll == NULL && watcher->finalized)
		free(watcher);
}

static void on_closed(uv_handle_t *handle)
{
	struct watcher *watcher = handle->data;
	napi_env env = watcher->env;
	napi_async_cleanup_hook_handle hook = watcher->hook;
	napi_handle_scope scope;
	bool scoped = napi_open_handle_scope(env, &scope) == napi_ok;

	free(watcher->poll);
	watcher->poll = NULL;
	watcher->hook = NULL;
	napi_async_destroy(env, watcher->context);
	napi_delete_reference(env, watcher->callback);
	napi_delete_reference(env, watcher->self);
	if (watcher->owner != NULL)
		napi_delete_reference(env, watcher->owner);
	if (scoped)
		napi_close_handle_scope(env, scope);
	free_if_done(watcher);
	/* Last: when the environment is ending, this lets it go. */
	if (hook != NULL)
		napi_remove_async_cleanup_hook(hook);
}

static void start_close(struct watcher *watcher)
{
	if (watcher->closing)
		return;
	watcher->closing = true;
	uv_poll_stop(watcher->poll);
	uv_close((uv_handle_t *)watcher->poll, on_closed);
}

static void on_environment_end(napi_async_cleanup_hook_handle handle, void *data)
{
	(void)handle;
	start_close(data);
}

static void on_finalized(napi_env env, void *data, void *hint)
{
	struct watcher *watcher = data;

	(void)env;
	(void)hint;
	watcher->finalized = true;
	free_if_done(watcher);
}

/* callback(events, status): status is 0, or a negative errno after which libuv has stopped polling. */
static void on_event(uv_poll_t *handle, int status, int events)
{
	struct watcher *watcher = handle->data;
	napi_env env = watcher->env;
	napi_value self, callback, arguments[2], thrown;
	napi_handle_scope scope;
	bool pending = false;

	if (watcher->closing)
		return;
	if (watcher->first.run != NULL && status == 0)
		watcher->first.run(watcher->first.data);
	if (napi_open_handle_scope(env, &scope) != napi_ok)
		return;
	if (napi_get_reference_value(env, watcher->self, &self) == napi_ok &&
	    napi_get_reference_value(env, watcher->callback, &callback) == napi_ok &&
	    napi_create_int32(env, status < 0 ? 0 : events, &arguments[0]) == napi_ok &&
	    napi_create_int32(env, status, &arguments[1]) == napi_ok)
		napi_make_callback(env, watcher->context, self, callback, 2, arguments, NULL);
	if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
	    napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
		napi_fatal_exception(env, thrown);
	napi_close_handle_scope(env, scope);
}

static struct watcher *unwrap(napi_env env, napi_callback_info info)
{
	napi_value self;
	void *data;

	if (napi_get_cb_info(env, info, NULL, NULL, &self, NULL) == napi_ok &&
	    napi_unwrap(env, self, &data) == napi_ok)
		return data;
	napi_throw_type_error(env, "EINVAL", "not an FdWatcher");
	return NULL;
}

static napi_value watcher_close(napi_env env, napi_callback_info info)
{
	struct watcher *watcher = unwrap(env, info);

	if (watcher != NULL)
		start_close(watcher);
	return NULL;
}

static napi_value watcher_ref(napi_env env, napi_callback_info info)
{
	struct watcher *watcher = unwrap(env, info);

	if (watcher != NULL && !watcher->closing)
		uv_ref((uv_handle_t *)watcher->poll);
	return NULL;
}

static napi_value watcher_unref(napi_env env, napi_callback_info info)
{
	struct watcher *watcher = unwrap(env, info);

	if (watcher != NULL && !watcher->closing)
		uv_unref((uv_handle_t *)watcher->poll);
	return NULL;
}

/* setEvents(events): level-triggered as before, for other events from now on. */
static napi_value watcher_set_events(napi_env env, napi_callback_info info)
{
	napi_value argument, self;
	size_t count = 1;
	int32_t events;
	void *data;
	int error;

	CHECK(env, napi_get_cb_info(env, info, &count, &argument, &self, NULL));
	CHECK(env, napi_unwrap(env, self, &data));
	if (count != 1 || !get_int(env, argument, &events))
		return NULL;
	if (events <= 0 || (events & ~ALL_EVENTS) != 0)
		return throw_errno(env, EINVAL, "uv_poll_start");
	if (((struct watcher *)data)->closing)
		return NULL;
	error = uv_poll_start(((struct watcher *)data)->poll, events, on_event);
	return error == 0 ? NULL : throw_errno(env, -error, "uv_poll_start");
}

/* Takes the references and starts polling; on failure everything taken so far is given back. */
static bool start(struct watcher *watcher, napi_value self, napi_value callback, int events)
{
	napi_env env = watcher->env;
	napi_value name;
	int error;

	if (napi_create_string_utf8(env, "CorralFdWatcher", NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_async_init(env, self, name, &watcher->context) != napi_ok)
		return false;
	if (napi_create_reference(env, callback, 1, &watcher->callback) != napi_ok)
		goto no_callback;
	if (napi_create_reference(env, self, 1, &watcher->self) != napi_ok)
		goto no_self;
	if (napi_add_async_cleanup_hook(env, on_environment_end, watcher, &watcher->hook) != napi_ok)
		goto no_hook;
	error = uv_poll_start(watcher->poll, events, on_event);
	if (error == 0)
		return true;
	throw_errno(env, -error, "uv_poll_start");
	napi_remove_async_cleanup_hook(watcher->hook);
no_hook:
	napi_delete_reference(env, watcher->self);
no_self:
	napi_delete_reference(env, watcher->callback);
no_callback:
	napi_async_destroy(env, watcher->context);
	return false;
}

static void free_poll(uv_handle_t *handle)
{
	free(handle);
}

static struct watcher *create(napi_env env, int fd)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));
	uv_poll_t *poll = malloc(sizeof(*poll));
	uv_loop_t *loop;
	int error = UV_ENOMEM;

	if (watcher != NULL && poll != NULL && napi_get_uv_event_loop(env, &loop) == napi_ok &&
	    (error = uv_poll_init(loop, poll, fd)) == 0) {
		poll->data = watcher;
		*watcher = (struct watcher){ .env = env, .poll = poll };
		return watcher;
	}
	free(poll);
	free(watcher);
	throw_errno(env, -error, "uv_poll_init");
	return NULL;
}

/* new FdWatcher(fd, events, callback) */
static napi_value construct(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], self;
	struct watcher *watcher;
	int32_t fd, events;
	size_t count = 3;
	bool wrapped;

	CHECK(env, napi_get_cb_info(env, info, &count, arguments, &self, NULL));
	if (!get_int(env, arguments[0], &fd) || !get_int(env, arguments[1], &events))
		return NULL;
	if (events <= 0 || (events & ~ALL_EVENTS) != 0)
		return throw_errno(env, EINVAL, "uv_poll_start");
	watcher = create(env, fd);
	if (watcher == NULL)
		return NULL;
	wrapped = napi_wrap(env, self, watcher, on_finalized, NULL, NULL) == napi_ok;
	if (wrapped && start(watcher, self, arguments[2], events))
		return self;
	/* With an exception pending the wrap cannot be undone; its finalizer frees the watcher. */
	watcher->closing = true;
	uv_close((uv_handle_t *)watcher->poll, free_poll);
	watcher->poll = NULL;
	if (!wrapped)
		free(watcher);
	throw_napi_error(env, "FdWatcher");
	return NULL;
}

napi_status define_watcher(napi_env env, struct instance *instance)
{
	const napi_property_descriptor methods[] = {
		{ "close", NULL, watcher_close, NULL, NULL, NULL, napi_default_method, NULL },
		{ "setEvents", NULL, watcher_set_events, NULL, NULL, NULL, napi_default_method, NULL },
		{ "ref", NULL, watcher_ref, NULL, NULL, NULL, napi_default_method, NULL },
		{ "unref", NULL, watcher_unref, NULL, NULL, NULL, napi_default_method, NULL },
	};
	napi_value class;
	napi_status status = napi_define_class(env, "FdWatcher", NAPI_AUTO_LENGTH, construct, NULL,
					       sizeof(methods) / sizeof(methods[0]), methods, &class);

	return status == napi_ok ? napi_create_reference(env, class, 1, &instance->watcher_class) : status;
}

static napi_value new_watcher(napi_env env, napi_value *arguments)
{
	napi_value class, result;
	int32_t fd;

	CHECK(env, napi_get_reference_value(env, instance_of(env)->watcher_class, &class));
	CHECK(env, napi_new_instance(env, class, 3, arguments, &result));
	/* Its arguments were checked by the constructor. */
	if (get_int(env, arguments[0], &fd))
		claim_child(instance_of(env), fd);
	return result;
}

napi_value watch_with_hook(napi_env env, napi_value *arguments, struct watch_hook hook, napi_value owner)
{
	napi_value result = new_watcher(env, arguments);
	struct watcher *watcher;
	void *data;

	if (result == NULL)
		return NULL;
	CHECK(env, napi_unwrap(env, result, &data));
	watcher = data;
	CHECK(env, napi_create_reference(env, owner, 1, &watcher->owner));
	watcher->first = hook;
	return result;
}

/* watchFd(fd, events, callback) -> FdWatcher */
napi_value watch_fd(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];

	return get_arguments(env, info, 3, arguments) ? new_watcher(env, arguments) : NULL;
}
