/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of both spawn entries: (file, argv, env, cwd, fds, cgroup). */
#include "spawn.h"

#include <errno.h>
#include <stdlib.h>

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
		throw_napi_error(env, "file, cwd or cgroup is not a string");
		return false;
	}
	*text = malloc(length + 1);
	if (*text == NULL) {
		throw_errno(env, ENOMEM, "malloc");
		return false;
	}
	return napi_get_value_string_latin1(env, value, *text, length + 1, &length) == napi_ok;
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
	napi_value arguments[6];

	*spawn = (struct spawn){ .pidfd = -1 };
	if (!get_arguments(env, info, 6, arguments) || !read_text(env, arguments[0], &spawn->file) ||
	    (child->argv = read_strings(env, arguments[1])) == NULL ||
	    (child->env = read_strings(env, arguments[2])) == NULL || !read_text(env, arguments[3], &spawn->cwd) ||
	    !read_descriptors(env, arguments[4], spawn) || !read_text(env, arguments[5], &spawn->cgroup))
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
	free(spawn->child.argv);
	free(spawn->child.env);
	free(spawn->wanted);
}
