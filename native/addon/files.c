/* SPDX-License-Identifier: Apache-2.0 */
/* Short file operations, many in one call: of a control file, to get here and back takes longer than the kernel does. */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a file that is read; a longer one is refused with EFBIG. */
#define MOST_TEXT 65536

/* What one operation came to: an errno, or a text; neither: it was done. */
struct outcome {
	int error;
	ssize_t length;
};

typedef struct outcome operation(const char *path, const char *value, char *text);

static struct outcome failed(void)
{
	return (struct outcome){ errno, -1 };
}

static const struct outcome done = { 0, -1 };

static struct outcome read_file(const char *path, const char *value, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t count;
	int error;

	(void)value;
	if (fd < 0)
		return failed();
	do {
		count = read(fd, text + used, MOST_TEXT - used);
		if (count > 0)
			used += (size_t)count;
	} while ((count > 0 && used < MOST_TEXT) || (count < 0 && errno == EINTR));
	error = count < 0 ? errno : used == MOST_TEXT ? EFBIG : 0;
	close(fd);
	return (struct outcome){ error, (ssize_t)used };
}

/* In one write(2), which does not wait for memory to be reclaimed (mm/memcontrol.c, memory_max_write). */
static struct outcome write_file(const char *path, const char *value, char *text)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	struct outcome outcome = done;

	(void)text;
	if (fd < 0)
		return failed();
	if (write(fd, value, strlen(value)) < 0)
		outcome = failed();
	close(fd);
	return outcome;
}

/* A file of Corral's own, which was not there before: all of it, or none. */
static struct outcome create_file(const char *path, const char *value, char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	size_t length = strlen(value), at = 0;
	struct outcome outcome = done;

	(void)text;
	if (fd < 0)
		return failed();
	while (at < length) {
		ssize_t count = write(fd, value + at, length - at);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			outcome = failed();
			break;
		}
		at += (size_t)count;
	}
	close(fd);
	if (outcome.error != 0)
		unlink(path);
	return outcome;
}

static struct outcome move_file(const char *path, const char *value, char *text)
{
	(void)text;
	return rename(path, value) < 0 ? failed() : done;
}

/* Not over another one: EEXIST. */
static struct outcome move_into_gap(const char *path, const char *value, char *text)
{
	(void)text;
	if (renameat2(AT_FDCWD, path, AT_FDCWD, value, RENAME_NOREPLACE) == 0)
		return done;
	/* The file system does not know how. */
	if (errno != EINVAL && errno != ENOSYS)
		return failed();
	return link(path, value) < 0 || unlink(path) < 0 ? failed() : done;
}

static struct outcome tell_identity(const char *path, const char *value, char *text)
{
	struct stat found;

	(void)value;
	if (stat(path, &found) < 0)
		return failed();
	return (struct outcome){ 0, snprintf(text, MOST_TEXT, "%llu %llu", (unsigned long long)found.st_dev,
					     (unsigned long long)found.st_ino) };
}

static struct outcome make_directory(const char *path, const char *value, char *text)
{
	return mkdir(path, 0777) < 0 ? failed() : tell_identity(path, value, text);
}

/* Only the one of that identity; any other, and none, is passed over. */
static struct outcome remove_directory(const char *path, const char *value, char *text)
{
	struct outcome now = tell_identity(path, value, text);

	if (now.error != 0)
		return now.error == ENOENT ? done : (struct outcome){ now.error, -1 };
	if (strlen(value) != (size_t)now.length || memcmp(value, text, (size_t)now.length) != 0)
		return done;
	return rmdir(path) < 0 && errno != ENOENT ? failed() : done;
}

static struct outcome read_link(const char *path, const char *value, char *text)
{
	ssize_t length = readlink(path, text, MOST_TEXT);

	(void)value;
	return length < 0 ? failed() : (struct outcome){ 0, length };
}

/* Whether a file of /proc that is open here, such as mountinfo, tells of a change since this was asked before, or since it was opened. */
static struct outcome ask_change(const char *path, const char *value, char *text)
{
	struct pollfd change = { .fd = (int)strtol(path, NULL, 10), .events = POLLPRI };

	(void)value;
	if (poll(&change, 1, 0) < 0)
		return failed();
	text[0] = change.revents == 0 ? '0' : '1';
	return (struct outcome){ 0, 1 };
}

static operation *operation_of(char letter)
{
	static const struct {
		char letter;
		operation *perform;
	} known[] = {
		{ 'r', read_file },	 { 'w', write_file },	 { 'i', tell_identity },
		{ 'm', make_directory }, { 'd', remove_directory }, { 'l', read_link },
		{ 'c', create_file },	 { 'v', move_file },	 { 'n', move_into_gap },
		{ 'p', ask_change },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].letter == letter)
			return known[i].perform;
	return NULL;
}

static napi_status make_result(napi_env env, struct outcome outcome, const char *text, napi_value *result)
{
	if (outcome.error != 0)
		return napi_create_int32(env, -outcome.error, result);
	if (outcome.length < 0)
		return napi_create_int32(env, 0, result);
	return napi_create_string_utf8(env, text, (size_t)outcome.length, result);
}

/* Texts in pairs: a letter with a path, and a value. A capital letter: only when the one before did not fail. */
static napi_value perform_all(napi_env env, char **pairs, char *text)
{
	struct outcome outcome = done;
	napi_value results, result;

	CHECK(env, napi_create_array(env, &results));
	for (uint32_t at = 0; pairs[2 * at] != NULL; at++) {
		const char *what = pairs[2 * at], *value = pairs[2 * at + 1];
		bool follows = what[0] >= 'A' && what[0] <= 'Z';
		operation *perform = operation_of(follows ? (char)(what[0] - 'A' + 'a') : what[0]);

		if (perform == NULL || value == NULL)
			return throw_errno(env, EINVAL, "fileCalls");
		if (!follows || outcome.error == 0)
			outcome = perform(what + 1, value, text);
		CHECK(env, make_result(env, outcome, text, &result));
		CHECK(env, napi_set_element(env, results, at, result));
	}
	return results;
}

/* fileCalls(block) -> per pair a text, 0, or a negative errno */
napi_value file_calls(napi_env env, napi_callback_info info)
{
	napi_value argument, results = NULL;
	char *block = NULL, **pairs, *text;

	if (!get_arguments(env, info, 1, &argument))
		return NULL;
	pairs = get_strings(env, argument, &block);
	text = malloc(MOST_TEXT);
	if (pairs != NULL)
		results = text == NULL ? throw_errno(env, ENOMEM, "malloc") : perform_all(env, pairs, text);
	free(text);
	free(pairs);
	free(block);
	return results;
}
