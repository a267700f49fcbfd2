/* SPDX-License-Identifier: Apache-2.0 */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* A string vector in one allocation: pointers first, bytes after them. */
static char **read_strings(napi_env env, napi_value array)
{
	uint32_t count = 0;
	size_t bytes = 0, length;
	char **vector, *text;
	napi_value item;

	CHECK(env, napi_get_array_length(env, array, &count));
	for (uint32_t i = 0; i < count; i++) {
		CHECK(env, napi_get_element(env, array, i, &item));
		CHECK(env, napi_get_value_string_latin1(env, item, NULL, 0, &length));
		bytes += length + 1;
	}
	vector = malloc((count + 1) * sizeof(*vector) + bytes);
	if (vector == NULL) {
		throw_errno(env, ENOMEM, "malloc");
		return NULL;
	}
	text = (char *)(vector + count + 1);
	for (uint32_t i = 0; i < count; i++) {
		vector[i] = text;
		if (napi_get_element(env, array, i, &item) != napi_ok ||
		    napi_get_value_string_latin1(env, item, text, bytes, &length) != napi_ok) {
			free(vector);
			throw_napi_error(env, "argv or env is not an array of strings");
			return NULL;
		}
		text += length + 1;
		bytes -= length + 1;
	}
	vector[count] = NULL;
	return vector;
}

/* A string of bytes, one per character, or null; false leaves an exception pending. */
static bool read_text(napi_env env, napi_value value, char **text)
{
	napi_valuetype type;
	size_t length;

	*text = NULL;
	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	if (type == napi_null)
		return true;
	if (napi_get_value_string_latin1(env, value, NULL, 0, &length) != napi_ok) {
		throw_napi_error(env, "file or cwd is not a string");
		return false;
	}
	*text = malloc(length + 1);
	if (*text == NULL) {
		throw_errno(env, ENOMEM, "malloc");
		return false;
	}
	return napi_get_value_string_latin1(env, value, *text, length + 1, &length) == napi_ok;
}

static bool read_descriptors(napi_env env, napi_value array, struct child *child)
{
	uint32_t count;
	napi_value item;

	if (napi_get_array_length(env, array, &count) != napi_ok) {
		throw_napi_error(env, "fds is not an array");
		return false;
	}
	/* One block for both lists; one spare element so that an empty list allocates. */
	child->fds = calloc(2 * (size_t)count + 1, sizeof(int));
	if (child->fds == NULL) {
		throw_errno(env, ENOMEM, "calloc");
		return false;
	}
	child->moved = child->fds + count;
	child->fd_count = (int)count;
	for (uint32_t i = 0; i < count; i++)
		if (napi_get_element(env, array, i, &item) != napi_ok || !get_int(env, item, &child->fds[i]))
			return false;
	return true;
}

static void *child_stack(struct instance *instance)
{
	long page = sysconf(_SC_PAGESIZE);
	void *stack;

	if (instance->child_stack != NULL)
		return instance->child_stack;
	stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return NULL;
	mprotect(stack, (size_t)page, PROT_NONE);
	instance->child_stack = stack;
	return stack;
}

static napi_value throw_child_error(napi_env env, const struct child *child)
{
	static const char *const names[] = {
		[STAGE_NONE] = "clone3", [STAGE_DUP] = "dup3", [STAGE_CHDIR] = "chdir", [STAGE_EXEC] = "execve",
	};

	return throw_errno(env, child->error, names[child->stage]);
}

static napi_value clone_and_report(napi_env env, struct child *child, int cgroup_fd)
{
	void *stack = child_stack(instance_of(env));
	napi_value result;
	int pidfd = -1;
	long pid;

	if (stack == NULL)
		return throw_errno(env, errno, "mmap");
	pid = clone_child(child, stack, cgroup_fd, &pidfd);
	if (pid < 0)
		return throw_errno(env, (int)-pid, "clone3");
	if (child->error != 0) {
		siginfo_t info;

		/* It is exiting already; nobody else knows this pidfd, so the wait cannot be stolen. */
		while (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, NULL) < 0 && errno == EINTR)
			;
		close(pidfd);
		return throw_child_error(env, child);
	}
	CHECK(env, napi_create_object(env, &result));
	CHECK(env, set_number(env, result, "pid", (double)pid));
	CHECK(env, set_number(env, result, "pidfd", pidfd));
	return result;
}

/* spawn(file, argv, env, cwd, fds, cgroupFd) */
napi_value spawn_process(napi_env env, napi_callback_info info)
{
	struct child child = { 0 };
	char *file = NULL, *cwd = NULL;
	napi_value arguments[6], result = NULL;
	int32_t cgroup_fd;

	if (!get_arguments(env, info, 6, arguments))
		return NULL;
	if (read_text(env, arguments[0], &file) && (child.argv = read_strings(env, arguments[1])) != NULL &&
	    (child.env = read_strings(env, arguments[2])) != NULL && read_text(env, arguments[3], &cwd) &&
	    read_descriptors(env, arguments[4], &child) && get_int(env, arguments[5], &cgroup_fd)) {
		child.file = file;
		child.cwd = cwd;
		result = clone_and_report(env, &child, cgroup_fd);
	}
	free(file);
	free(cwd);
	free(child.argv);
	free(child.env);
	free(child.fds);
	return result;
}
