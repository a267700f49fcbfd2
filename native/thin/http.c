/* SPDX-License-Identifier: Apache-2.0 */
/* As much of HTTP/1.1 as src/guard/rpc answers with: a status line, headers with a content-length, a body. */
#include "thin.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A result with the outcome of every limit is a few KiB; the guard takes 64 KiB itself. */
#define MOST_REPLY (256 * 1024)

/* src/guard/client/connection.ts */
static const char default_socket[] = "/run/corral-guard/guard.sock";

const char *guard_socket(void)
{
	const char *named = variable("CORRAL_GUARD_SOCKET");

	return named != NULL && named[0] != '\0' ? named : default_socket;
}

int guard_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int connection, result;

	if (length == 0 || length >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, length);
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection < 0)
		return -1;
	do
		result = connect(connection, (struct sockaddr *)&address, sizeof(address));
	while (result < 0 && errno == EINTR);
	if (result == 0)
		return connection;
	close(connection);
	return -1;
}

static bool silent;

void guard_patience(int connection, int seconds)
{
	struct timeval patience = { .tv_sec = seconds };

	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

bool guard_is_silent(void)
{
	return silent;
}

bool guard_has_gone(int connection)
{
	struct pollfd end = { .fd = connection };

	return poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR)) != 0;
}

static bool send_all(int connection, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Where a text begins in the bytes, in small letters; NULL: nowhere. */
static const char *find(struct span in, const char *wanted)
{
	size_t length = strlen(wanted);

	for (size_t at = 0; at + length <= in.length; at++) {
		size_t same = 0;

		while (same < length && lower(in.bytes[at + same]) == wanted[same])
			same++;
		if (same == length)
			return in.bytes + at;
	}
	return NULL;
}

/* Digits up to the end of a line; -1 for anything else, and for what is too large. */
static long read_length(const char *digits, const char *end)
{
	long value = 0;

	while (digits < end && *digits == ' ')
		digits++;
	if (digits == end || *digits == '\r')
		return -1;
	for (; digits < end && *digits != '\r'; digits++) {
		if (*digits < '0' || *digits > '9' || value > MOST_REPLY)
			return -1;
		value = value * 10 + (*digits - '0');
	}
	return value;
}

/* One that says that the reply is still to come. */
static bool is_interim(int status)
{
	return status >= 100 && status < 200;
}

/* Status and length of the body; false for what is no such reply. */
static bool read_head(struct span head, int *status, long *length)
{
	static const char version[] = "HTTP/1.1 ", name[] = "\r\ncontent-length:";
	const char *digits = head.bytes + sizeof(version) - 1, *found;

	if (head.length < sizeof(version) + 3 || memcmp(head.bytes, version, sizeof(version) - 1) != 0)
		return false;
	*status = 0;
	for (int i = 0; i < 3; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		*status = *status * 10 + (digits[i] - '0');
	}
	*length = 0;
	if (*status == 204 || is_interim(*status))
		return true;
	found = find(head, name);
	if (found == NULL)
		return false;
	*length = read_length(found + sizeof(name) - 1, head.bytes + head.length);
	return *length >= 0;
}

static bool receive(int connection, struct reply *reply)
{
	static char buffer[MOST_REPLY];
	/* What has come of the replies to later requests. */
	static size_t used, taken;
	struct span head = { NULL, 0 };
	long length = 0;

	for (size_t i = taken; i < used; i++)
		buffer[i - taken] = buffer[i];
	used -= taken;
	taken = 0;

	for (;;) {
		ssize_t count;

		if (head.bytes == NULL) {
			const char *end = find((struct span){ buffer, used }, "\r\n\r\n");

			if (end != NULL) {
				/* With the end of its last line. */
				head = (struct span){ buffer, (size_t)(end - buffer) + 2 };
				if (!read_head(head, &reply->status, &length))
					return false;
			}
		}
		if (head.bytes != NULL && used >= head.length + 2 + (size_t)length) {
			reply->body = (struct span){ buffer + head.length + 2, (size_t)length };
			taken = head.length + 2 + (size_t)length;
			return length == 0 || json_valid(reply->body);
		}
		if (used == sizeof(buffer))
			return false;
		count = read(connection, buffer + used, sizeof(buffer) - used);
		if (count < 0 && errno == EINTR)
			continue;
		silent = count < 0 && errno == EAGAIN;
		if (count <= 0)
			return false;
		used += (size_t)count;
	}
}

bool guard_receive(int connection, struct reply *reply)
{
	do
		if (!receive(connection, reply))
			return false;
	while (is_interim(reply->status));
	return true;
}

/* Of a session that this process acts for from outside. A line of a header is no place for anything else. */
static void put_token(struct text *request)
{
	const char *token = variable("CORRAL_SESSION_TOKEN");

	if (token == NULL || token[0] == '\0')
		return;
	for (const char *at = token; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return;
	put(request, "authorization: Bearer ");
	put(request, token);
	put(request, "\r\n");
}

bool guard_send(int connection, const char *path, struct span body)
{
	static char bytes[68 * 1024];
	struct text request = { bytes, 0, sizeof(bytes), false };
	char length[24];

	put(&request, "POST ");
	put(&request, path);
	put(&request, " HTTP/1.1\r\nhost: guard\r\n");
	put_token(&request);
	put(&request, "content-type: application/json\r\ncontent-length: ");
	snprintf(length, sizeof(length), "%lu", (unsigned long)body.length);
	put(&request, length);
	put(&request, "\r\n\r\n");
	put_bytes(&request, body.bytes, body.length);
	return !request.cut && send_all(connection, request.bytes, request.used);
}

bool guard_post(int connection, const char *path, struct span body, struct reply *reply)
{
	return guard_send(connection, path, body) && guard_receive(connection, reply);
}
