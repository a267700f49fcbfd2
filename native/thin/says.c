/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A reader that has gone ends the writing, a pipe that somebody made non-blocking does not. */
void write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EAGAIN) {
			struct pollfd room = { .fd = fd, .events = POLLOUT };

			poll(&room, 1, -1);
			continue;
		}
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return;
		bytes += written;
		length -= (size_t)written;
	}
}

void say(const char *line)
{
	static char bytes[8192];
	struct text out = { bytes, 0, sizeof(bytes), false };

	put(&out, "[corral] ");
	put(&out, line);
	put(&out, "\n");
	write_all(STDERR_FILENO, out.bytes, out.used);
}

const char *errno_name(int number)
{
#define NAMED(name) { name, #name }
	static const struct {
		int number;
		const char *name;
	} names[] = {
		NAMED(EPERM), NAMED(ENOENT), NAMED(EIO), NAMED(E2BIG), NAMED(ENOEXEC), NAMED(EAGAIN), NAMED(ENOMEM),
		NAMED(EACCES), NAMED(EBUSY), NAMED(EEXIST), NAMED(ENOTDIR), NAMED(EISDIR), NAMED(EINVAL), NAMED(ENFILE),
		NAMED(EMFILE), NAMED(ETXTBSY), NAMED(EFBIG), NAMED(ENOSPC), NAMED(EROFS), NAMED(ENAMETOOLONG),
		NAMED(ELOOP), NAMED(ELIBBAD), NAMED(EDQUOT), NAMED(ECANCELED),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == number)
			return names[i].name;
	return "an unknown error";
}

/* src/report/units.ts */
void quote(struct text *out, const char *text)
{
	static const size_t most = 80;
	size_t units = 0;
	unsigned character;

	for (const char *at = text; *at != '\0' && units <= most; units += character >= 0x10000 ? 2 : 1)
		at += utf8_first(at, &character);
	put(out, "\"");
	put_escaped(out, text, most, true);
	if (units > most)
		put_character(out, 0x2026);
	put(out, "\"");
}

/* The characters of a string of the guard's, on one line. */
static void put_member(struct text *out, const char *before, struct span value)
{
	size_t from;

	if (value.length == 0 || value.bytes[0] != '"')
		return;
	put(out, before);
	from = out->used;
	json_string(value, out);
	for (; from < out->used; from++)
		if ((unsigned char)out->bytes[from] < 0x20)
			out->bytes[from] = '?';
}

static bool is_text(struct span value, const char *text)
{
	size_t length = strlen(text);

	return value.length == length + 2 && memcmp(value.bytes + 1, text, length) == 0;
}

int say_error(struct span body)
{
	struct span error = json_member(body, "error");
	struct span code = json_member(error, "code");
	char bytes[4096];
	struct text out = { bytes, 0, sizeof(bytes) - 1, false };

	put_member(&out, "", json_member(error, "message"));
	put_member(&out, "; ", json_member(error, "fix"));
	bytes[out.used] = '\0';
	say(bytes);
	return is_text(code, "USAGE") || is_text(code, "CONFIG") ? EXIT_USAGE : EXIT_CORRAL;
}

/* src/run/start-error.ts */
static const char *reason_of(int error)
{
	switch (error) {
	case EACCES:
		return "permission denied";
	case ENOEXEC:
		return "not a program for this machine";
	case ENOTDIR:
		return "a part of its path is not a directory";
	case ENAMETOOLONG:
		return "its name is too long";
	default:
		return errno_name(error);
	}
}

int say_not_executed(const char *command, int error)
{
	char bytes[1024];
	struct text out = { bytes, 0, sizeof(bytes) - 1, false };
	struct stat found;
	bool there = strchr(command, '/') != NULL && fstatat(AT_FDCWD, command, &found, 0) == 0;

	quote(&out, command);
	if (error == ENOENT && there)
		put(&out, " needs an interpreter that does not exist; check its first line (#!) or its dynamic loader");
	else if (error == ENOENT)
		put(&out, ": command not found");
	else if (there && S_ISDIR(found.st_mode))
		put(&out, " is a directory");
	else {
		put(&out, " cannot be executed: ");
		put(&out, reason_of(error));
	}
	bytes[out.used] = '\0';
	say(bytes);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
