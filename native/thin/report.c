/* SPDX-License-Identifier: Apache-2.0 */
/* --report FILE, as src/cli/report-file.ts writes it, of the plain case. */
#include "thin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where the directory of a path really is; false when it cannot be told. */
static bool real_directory(const char *path, char *real, size_t size)
{
	char directory[PATH_MAX], link[64];
	const char *slash = strchr(path, '/'), *last = slash;
	ssize_t length;
	int fd;

	while (slash != NULL) {
		last = slash;
		slash = strchr(slash + 1, '/');
	}
	if (last == NULL)
		strcpy(directory, ".");
	else {
		size_t used = last == path ? 1 : (size_t)(last - path);

		if (used >= sizeof(directory))
			return false;
		memcpy(directory, path, used);
		directory[used] = '\0';
	}
	if (access(directory, W_OK) < 0)
		return false;
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, real, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	real[length] = '\0';
	return true;
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool report_is_plain(const char *path)
{
	char real[PATH_MAX];
	struct stat found;
	size_t length = strlen(path);

	if (length == 0 || path[length - 1] == '/' || length + 64 > PATH_MAX || strcmp(path, "-") == 0)
		return false;
	if (fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) == 0 ? !S_ISREG(found.st_mode) : errno != ENOENT)
		return false;
	return real_directory(path, real, sizeof(real)) && !is_below(real, "/proc") && !is_below(real, "/dev");
}

static bool write_whole(int fd, const struct text *text, bool durable)
{
	for (size_t at = 0; at < text->used;) {
		ssize_t written = write(fd, text->bytes + at, text->used - at);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0)
			at += (size_t)written;
	}
	return !durable || fsync(fd) == 0;
}

/* Under a name that nobody can have prepared. */
bool replace_file(const char *path, const struct text *text, bool durable)
{
	char temporary[PATH_MAX + 64];
	struct timespec now;
	int fd, error = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(temporary, sizeof(temporary), "%s.%d.%lld.tmp", path, (int)getpid(),
		 now.tv_sec * 1000000000LL + now.tv_nsec);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return false;
	if (!write_whole(fd, text, durable))
		error = errno;
	close(fd);
	if (error == 0 && rename(temporary, path) == 0)
		return true;
	error = error == 0 ? errno : error;
	unlink(temporary);
	errno = error;
	return false;
}

static struct text format(struct span result)
{
	/* Indentation makes it three times as long at most, at the depth that results have. */
	static char bytes[1024 * 1024];
	struct text text = { bytes, 0, sizeof(bytes), false };

	json_indented(result, &text);
	put(&text, "\n");
	return text;
}

void print_report(struct span result)
{
	struct text text = format(result);

	write_all(STDOUT_FILENO, text.bytes, text.used);
}

int write_report(const char *path, struct span result, const char *before)
{
	struct text text = format(result);
	char line[1024];
	struct text why = { line, 0, sizeof(line) - 1, false };

	if (!text.cut && replace_file(path, &text, true))
		return 0;
	put(&why, before);
	put(&why, "cannot write the report ");
	quote(&why, path);
	put(&why, ": ");
	put(&why, text.cut ? "it is too long" : errno_name(errno));
	put(&why, "; choose a file in a directory you can write to, on a file system with room");
	line[why.used] = '\0';
	say(line);
	return EXIT_CORRAL;
}
