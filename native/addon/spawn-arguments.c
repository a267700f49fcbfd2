/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of both spawn entries: (file, argv, env, cwd, fds, cgroup, readMs). */
#include "spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A string of bytes, or NULL for null. */
static bool read_text(napi_env env, napi_value value, char **text)
{
	napi_valuetype type;
	size_t length;

	*text = NULL;
	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	if (type == napi_null)
		return true;
	return get_bytes(env, value, text, &length) && (strlen(*text) == length || refuse_nul(env));
}

static bool read_descriptors(napi_env env, napi_value array, struct spawn *spawn)
{
	struct child *child = &spawn->child;
	uint32_t count;
	napi_value item;

	if (napi_get_array_length(env, array, &count) != napi_ok) {
		throw_napi_error(env, "fds is not an array");
		return false;
	}
	/* One block for all lists; one spare element so that an empty list allocates. */
	spawn->wanted = calloc(5 * (size_t)count + 1, sizeof(int));
	if (spawn->wanted == NULL) {
		throw_errno(env, ENOMEM, "calloc");
		return false;
	}
	spawn->ours = spawn->wanted + count;
	spawn->theirs = spawn->ours + count;
	child->fds = spawn->theirs + count;
	child->moved = child->fds + count;
	child->fd_count = (int)count;
	for (uint32_t i = 0; i < count; i++) {
		spawn->ours[i] = spawn->theirs[i] = -1;
		if (napi_get_element(env, array, i, &item) != napi_ok || !get_int(env, item, &spawn->wanted[i]))
			return false;
	}
	return true;
}

bool read_spawn(napi_env env, napi_callback_info info, struct spawn *spawn)
{
	struct child *child = &spawn->child;
	napi_value arguments[7];

	*spawn = (struct spawn){ .pidfd = -1, .output_length = -1 };
	if (!get_arguments(env, info, 7, arguments) || !read_text(env, arguments[0], &spawn->file) ||
	    (child->argv = get_strings(env, arguments[1], &spawn->argv_block)) == NULL ||
	    (child->env = get_strings(env, arguments[2], &spawn->env_block)) == NULL || !read_text(env, arguments[3], &spawn->cwd) ||
	    !read_descriptors(env, arguments[4], spawn) || !read_text(env, arguments[5], &spawn->cgroup) ||
	    !get_int(env, arguments[6], &spawn->read_ms))
		return false;
	child->file = spawn->file;
	child->cwd = spawn->cwd;
	return true;
}

void free_spawn(struct spawn *spawn)
{
	free(spawn->file);
	free(spawn->cwd);
	free(spawn->cgroup);
	free(spawn->argv_block);
	free(spawn->env_block);
	free(spawn->child.argv);
	free(spawn->child.env);
	free(spawn->wanted);
}
