/* SPDX-License-Identifier: Apache-2.0 */
#include "addon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance *instance_of(napi_env env)
{
	void *data = NULL;

	napi_get_instance_data(env, &data);
	return data;
}

void throw_napi_error(napi_env env, const char *call)
{
	bool pending = false;

	/* A second throw would abort the process; the first one tells more anyway. */
	if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
		napi_throw_error(env, "EINVAL", call);
}

/* Negative errno and syscall, as Node's own system errors; TypeScript adds the errno's name as `code`. */
napi_value errno_error(napi_env env, int error, const char *syscall_name)
{
	char text[96];
	napi_value message, failure, name;

	snprintf(text, sizeof(text), "%s failed: errno %d", syscall_name, error);
	CHECK(env, napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message));
	CHECK(env, napi_create_string_utf8(env, syscall_name, NAPI_AUTO_LENGTH, &name));
	CHECK(env, napi_create_error(env, NULL, message, &failure));
	CHECK(env, set_number(env, failure, "errno", -error));
	CHECK(env, napi_set_named_property(env, failure, "syscall", name));
	return failure;
}

napi_value throw_errno(napi_env env, int error, const char *syscall_name)
{
	napi_value failure = errno_error(env, error, syscall_name);

	if (failure != NULL)
		CHECK(env, napi_throw(env, failure));
	return NULL;
}

bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments)
{
	size_t given = count;

	if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) == napi_ok && given == count)
		return true;
	napi_throw_type_error(env, "EINVAL", "wrong number of arguments");
	return false;
}

bool get_int(napi_env env, napi_value value, int32_t *result)
{
	if (napi_get_value_int32(env, value, result) == napi_ok)
		return true;
	napi_throw_type_error(env, "EINVAL", "an argument is not a number");
	return false;
}

bool get_typed_bytes(napi_env env, napi_value value, napi_typedarray_type type, void **data, size_t *bytes)
{
	bool is_array = false;
	napi_typedarray_type found;
	size_t length;

	if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
	    napi_get_typedarray_info(env, value, &found, &length, data, NULL, NULL) == napi_ok && found == type) {
		*bytes = length * (type == napi_bigint64_array ? sizeof(int64_t) :
				   type == napi_uint32_array   ? sizeof(uint32_t) :
								 1);
		return true;
	}
	napi_throw_type_error(env, "EINVAL", "an argument is not a typed array of the right type");
	return false;
}

bool get_bytes(napi_env env, napi_value value, char **text, size_t *length)
{
	if (napi_get_value_string_latin1(env, value, NULL, 0, length) != napi_ok) {
		throw_napi_error(env, "an argument is not a string");
		return false;
	}
	*text = malloc(*length + 1);
	if (*text == NULL) {
		throw_errno(env, ENOMEM, "malloc");
		return false;
	}
	return napi_get_value_string_latin1(env, value, *text, *length + 1, length) == napi_ok;
}

bool refuse_nul(napi_env env)
{
	napi_throw_error(env, "EINVAL", "a string has a NUL in it");
	return false;
}

char **get_strings(napi_env env, napi_value value, char **block)
{
	size_t length, count = 0;
	char **vector;

	if (!get_bytes(env, value, block, &length))
		return NULL;
	for (size_t i = 0; i < length; i++)
		count += (*block)[i] == '\0';
	if (strtoul(*block, NULL, 10) != count) {
		refuse_nul(env);
		return NULL;
	}
	vector = malloc((count + 1) * sizeof(*vector));
	if (vector == NULL) {
		throw_errno(env, ENOMEM, "malloc");
		return NULL;
	}
	vector[count] = NULL;
	for (size_t i = 0, end = 0; i < count; i++) {
		end += strlen(*block + end);
		vector[i] = *block + ++end;
	}
	return vector;
}

napi_status set_number(napi_env env, napi_value object, const char *name, double number)
{
	napi_value value;
	napi_status status = napi_create_double(env, number, &value);

	return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

napi_status set_null(napi_env env, napi_value object, const char *name)
{
	napi_value value;
	napi_status status = napi_get_null(env, &value);

	return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

napi_status set_function(napi_env env, napi_value object, const char *name, napi_callback callback)
{
	napi_value value;
	napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &value);

	return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}
