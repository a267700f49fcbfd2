/* SPDX-License-Identifier: Apache-2.0 */
/* Made of native/client/parts by tools/join-client.mjs; do not edit. */
/*
 * corral-enrol.h: the client of Corral's enrolment protocol, version 2 (docs/protocol.md), in one C99 file without
 * dependencies. In exactly one source file, before any other header:
 *
 *     #define CORRAL_ENROL_IMPLEMENTATION
 *     #include "corral-enrol.h"
 *
 * A workload enrols, is told when to act, acts when it comes to a safe point, and answers:
 *
 *     struct corral_client client;
 *     struct corral_options options = { .name = "my-workload" };
 *     corral_init(&client, &options);
 *     for (;;) {
 *             struct corral_action *action;
 *             ... some work ...
 *             corral_poll(&client);
 *             while ((action = corral_safe_point(&client)) != NULL)
 *                     corral_done(&client, action, compress_everything() ? &stats : NULL);
 *     }
 *     corral_close(&client);
 *
 * No function waits, whatever the server does, and none ends the process or raises SIGPIPE. A server that is not there, hangs or
 * restarts is dealt with by the calls of corral_poll. One client is for one thread. After fork the child enrols as itself with its
 * first corral_poll. The connection is close-on-exec: another program has to enrol anew.
 */

/* What a program that includes corral-enrol.h sees. */

#ifndef CORRAL_ENROL_H
#define CORRAL_ENROL_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CORRAL_HEADER_BYTES 16
#define CORRAL_MAX_PAYLOAD_BYTES 65520
#define CORRAL_TOKEN_BYTES 32
#define CORRAL_ID_BYTES 128
#define CORRAL_VERB_BYTES 32
#define CORRAL_PENDING 16
#define CORRAL_ANSWERED 32
#define CORRAL_ANSWER_BYTES 512
#define CORRAL_OUTBOX_BYTES 16384

/* Bytes and counts; docs/protocol.md says what each means. */
struct corral_stats {
	uint64_t trigger_count;
	uint64_t total_input_bytes_attempted;
	uint64_t chunks_admitted;
	uint64_t logical_input_bytes;
	uint64_t compressed_bytes_live;
	uint64_t pool_bytes_live;
	uint64_t pool_bytes_free;
	uint64_t pool_compactions;
	uint64_t compress_ops;
	uint64_t decompress_ops;
	uint64_t evictions_lru;
	uint64_t incompressible_chunks;
};

struct corral_arena {
	int use_mem_arena;
	uint32_t cap_mb;
	uint32_t min_savings_percent;
	uint32_t region_mb;
};

/* What it points to must stay as it is until corral_close: it is sent with every enrolment. */
struct corral_options {
	/* NULL: CORRAL_ENROL_SOCKET, else this user's, else the host's. */
	const char *socket_path;
	/* 1 to 64 bytes of UTF-8. */
	const char *name;
	/* What the workload can be asked to do, ended by NULL; NULL: "compress" alone. */
	const char *const *verbs;
	/* Keys and values in turn, ended by NULL; NULL: none. */
	const char *const *tags;
	/* NULL: none. */
	const struct corral_arena *arena;
};

/* A request. Times are CLOCK_MONOTONIC in nanoseconds. */
struct corral_action {
	/* Of the enrolment that was asked. */
	char token[CORRAL_TOKEN_BYTES + 1];
	char request_id[CORRAL_ID_BYTES + 1];
	char verb[CORRAL_VERB_BYTES + 1];
	/* A JSON object, ended by NUL; untrusted. */
	char *params;
	uint64_t expires_ns;
	uint64_t received_ns;
	uint64_t safe_point_ns;
	uint64_t start_ns;
};

/* Nothing in here is for the user. */
struct corral_answer {
	char request_id[CORRAL_ID_BYTES + 1];
	uint8_t type;
	size_t length;
	unsigned char payload[CORRAL_ANSWER_BYTES];
};

struct corral_client {
	struct corral_options options;
	pid_t pid;
	int fd;
	/* 0 nothing, 1 hello was said, 2 enroll was said, 3 enrolled, 4 closed, or replaced by another enrolment */
	int state;
	char token[CORRAL_TOKEN_BYTES + 1];
	unsigned path_index;
	uint32_t seq;
	uint32_t heartbeat_ms;
	uint32_t silent_ms;
	uint64_t heard_ns;
	uint64_t retry_ns;
	uint32_t backoff_ms;
	unsigned char *in;
	size_t in_length;
	unsigned char out[CORRAL_OUTBOX_BYTES];
	size_t out_length;
	struct corral_action actions[CORRAL_PENDING];
	unsigned pending;
	/* actions[0] was handed out and is not answered yet. */
	int running;
	struct corral_answer answered[CORRAL_ANSWERED];
	unsigned answered_next;
	/* Messages thrown away because the server did not read, or was gone. */
	uint64_t dropped;
};

/* Fills the client in; the first corral_poll connects. Never fails: without memory the client stays without a server. */
void corral_init(struct corral_client *client, const struct corral_options *options);
/* For poll(2): the descriptor, or -1 while there is none; what to wait for; and for how long at most. */
int corral_fd(const struct corral_client *client);
short corral_events(const struct corral_client *client);
int corral_timeout_ms(const struct corral_client *client);
/* Connects, reads, answers heartbeats, writes: whatever can be done without waiting. */
void corral_poll(struct corral_client *client);
int corral_is_enrolled(const struct corral_client *client);
/* The workload is where an action may run: the oldest pending one, or NULL. It is yours until corral_done or corral_refuse. */
struct corral_action *corral_safe_point(struct corral_client *client);
/* The action was done; statistics may be NULL. */
void corral_done(struct corral_client *client, struct corral_action *action, const struct corral_stats *stats);
/* It was not: code is "refused", "failed" or a word of your own of at most 32 bytes; message one line of at most 200. */
void corral_refuse(struct corral_client *client, struct corral_action *action, const char *code, const char *message);
/* Statistics that nobody asked for. */
void corral_tell_stats(struct corral_client *client, const struct corral_stats *stats);
/* Ends the enrolment and frees what the client holds. */
void corral_close(struct corral_client *client);

#ifdef __cplusplus
}
#endif
#endif

#ifdef CORRAL_ENROL_IMPLEMENTATION
#ifndef CORRAL_ENROL_IMPLEMENTED
#define CORRAL_ENROL_IMPLEMENTED

/* What the calls of the system and the protocol are made of. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	CORRAL_HELLO = 1,
	CORRAL_HELLO_OK = 2,
	CORRAL_ENROLL = 3,
	CORRAL_ENROLL_OK = 4,
	CORRAL_ENROLL_DENIED = 5,
	CORRAL_ACTION = 6,
	CORRAL_ACTION_ACCEPTED = 7,
	CORRAL_ACTION_RESULT = 8,
	CORRAL_ACTION_REJECTED = 9,
	CORRAL_STATS = 10,
	CORRAL_HEARTBEAT = 11,
	CORRAL_UNENROLL = 12,
	CORRAL_UNENROLLED = 13,
	CORRAL_ERROR = 14
};

#define CORRAL_GREETING_MS 3000
#define CORRAL_FIRST_BACKOFF_MS 50
#define CORRAL_LAST_BACKOFF_MS 1000
#define CORRAL_DENIED_MS 10000
#define CORRAL_MESSAGE_BYTES 200

static uint64_t corral__now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* A payload being written; `full` when it did not fit. */

struct corral__writer {
	unsigned char *bytes;
	size_t capacity;
	size_t length;
	int full;
};

static void corral__put(struct corral__writer *writer, uint64_t value, int width)
{
	int i;

	if (writer->length + (size_t)width > writer->capacity) {
		writer->full = 1;
		return;
	}
	for (i = 0; i < width; i++)
		writer->bytes[writer->length++] = (unsigned char)(value >> (8 * i));
}

static void corral__put_text(struct corral__writer *writer, const char *text, size_t most)
{
	size_t length = strlen(text);

	if (length > most)
		length = most;
	/* Not in the middle of a character. */
	while (length > 0 && length < strlen(text) && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	corral__put(writer, length, 2);
	if (writer->full || writer->length + length > writer->capacity) {
		writer->full = 1;
		return;
	}
	memcpy(writer->bytes + writer->length, text, length);
	writer->length += length;
}

static void corral__put_stats(struct corral__writer *writer, const struct corral_stats *stats)
{
	corral__put(writer, stats != NULL, 1);
	if (stats == NULL)
		return;
	corral__put(writer, stats->trigger_count, 8);
	corral__put(writer, stats->total_input_bytes_attempted, 8);
	corral__put(writer, stats->chunks_admitted, 8);
	corral__put(writer, stats->logical_input_bytes, 8);
	corral__put(writer, stats->compressed_bytes_live, 8);
	corral__put(writer, stats->pool_bytes_live, 8);
	corral__put(writer, stats->pool_bytes_free, 8);
	corral__put(writer, stats->pool_compactions, 8);
	corral__put(writer, stats->compress_ops, 8);
	corral__put(writer, stats->decompress_ops, 8);
	corral__put(writer, stats->evictions_lru, 8);
	corral__put(writer, stats->incompressible_chunks, 8);
}

/* A payload being read; `bad` when it ended too early. */

struct corral__reader {
	const unsigned char *bytes;
	size_t left;
	int bad;
};

static uint64_t corral__get(struct corral__reader *reader, int width)
{
	uint64_t value = 0;
	int i;

	if (reader->left < (size_t)width) {
		reader->bad = 1;
		reader->left = 0;
		return 0;
	}
	for (i = 0; i < width; i++)
		value |= (uint64_t)reader->bytes[i] << (8 * i);
	reader->bytes += width;
	reader->left -= (size_t)width;
	return value;
}

/* The bytes of a text and how many; a text longer than `most` is bad. */
static const char *corral__get_text(struct corral__reader *reader, int width, size_t most, size_t *length)
{
	const char *text;

	*length = (size_t)corral__get(reader, width);
	if (*length > reader->left || *length > most) {
		reader->bad = 1;
		reader->left = 0;
		*length = 0;
	}
	text = (const char *)reader->bytes;
	reader->bytes += *length;
	reader->left -= *length;
	return text;
}

static void corral__copy_text(struct corral__reader *reader, char *to, size_t most)
{
	size_t length;
	const char *text = corral__get_text(reader, 2, most, &length);

	memcpy(to, text, length);
	to[length] = '\0';
}

/* The connection: what is sent, and what its end means. */

static void corral__forget_actions(struct corral_client *client)
{
	unsigned i;

	/* One that is handed out stays valid until it is answered. */
	for (i = client->running ? 1 : 0; i < client->pending; i++) {
		free(client->actions[i].params);
		client->dropped++;
	}
	client->pending = client->running ? 1 : 0;
}

static void corral__disconnect(struct corral_client *client, uint32_t delay_ms)
{
	uint32_t spread = (uint32_t)((corral__now() >> 10) ^ (uint64_t)client->pid) % 41;

	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->state = 0;
	client->token[0] = '\0';
	client->in_length = 0;
	client->out_length = 0;
	client->path_index++;
	corral__forget_actions(client);
	/* 80 to 120 %, so that a thousand workloads of one server do not knock in step. */
	client->retry_ns = corral__now() + (uint64_t)delay_ms * (80 + spread) * 10000;
}

static void corral__lost(struct corral_client *client)
{
	uint32_t delay_ms = client->backoff_ms;

	client->backoff_ms = delay_ms * 2 > CORRAL_LAST_BACKOFF_MS ? CORRAL_LAST_BACKOFF_MS : delay_ms * 2;
	corral__disconnect(client, delay_ms);
}

static void corral__flush(struct corral_client *client)
{
	while (client->fd >= 0 && client->out_length > 0) {
		ssize_t sent = send(client->fd, client->out, client->out_length, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		/* A broken connection is noticed by reading: what the server said before its end counts. */
		if (sent <= 0)
			return;
		client->out_length -= (size_t)sent;
		memmove(client->out, client->out + sent, client->out_length);
	}
}

static void corral__send(struct corral_client *client, uint8_t type, const unsigned char *payload, size_t length)
{
	unsigned char *to = client->out + client->out_length;
	struct corral__writer writer = { NULL, CORRAL_HEADER_BYTES, 0, 0 };

	if (client->fd < 0 || client->out_length + CORRAL_HEADER_BYTES + length > sizeof(client->out)) {
		client->dropped++;
		return;
	}
	writer.bytes = to;
	memcpy(to, "COR2", 4);
	writer.length = 4;
	corral__put(&writer, 2, 1);
	corral__put(&writer, type, 1);
	corral__put(&writer, 0, 2);
	corral__put(&writer, length, 4);
	corral__put(&writer, ++client->seq, 4);
	memcpy(to + CORRAL_HEADER_BYTES, payload, length);
	client->out_length += CORRAL_HEADER_BYTES + length;
	corral__flush(client);
}

static void corral__send_written(struct corral_client *client, uint8_t type, const struct corral__writer *writer)
{
	if (writer->full)
		client->dropped++;
	else
		corral__send(client, type, writer->bytes, writer->length);
}

/* Finding a server, and telling it who this is. */

static void corral__say_hello(struct corral_client *client)
{
	unsigned char bytes[64];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	corral__put(&writer, 2, 2);
	corral__put(&writer, 2, 2);
	corral__put_text(&writer, "corral-enrol.h", 32);
	corral__send_written(client, CORRAL_HELLO, &writer);
}

static size_t corral__count(const char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

static void corral__say_enroll(struct corral_client *client)
{
	static const char *const compress_only[] = { "compress", NULL };
	const struct corral_options *options = &client->options;
	const char *const *verbs = options->verbs != NULL ? options->verbs : compress_only;
	size_t i, tags = corral__count(options->tags) / 2;
	unsigned char bytes[CORRAL_OUTBOX_BYTES / 2];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	corral__put(&writer, (uint64_t)client->pid, 4);
	corral__put(&writer, 0, 8);
	corral__put(&writer, corral__now(), 8);
	corral__put_text(&writer, options->name, 65535);
	corral__put(&writer, tags, 2);
	for (i = 0; i < tags * 2; i++)
		corral__put_text(&writer, options->tags[i], 65535);
	corral__put(&writer, corral__count(verbs), 2);
	for (i = 0; verbs[i] != NULL; i++)
		corral__put_text(&writer, verbs[i], 65535);
	corral__put(&writer, options->arena != NULL, 1);
	if (options->arena != NULL) {
		corral__put(&writer, options->arena->use_mem_arena != 0, 1);
		corral__put(&writer, options->arena->cap_mb, 4);
		corral__put(&writer, options->arena->min_savings_percent, 4);
		corral__put(&writer, options->arena->region_mb, 4);
	}
	corral__send_written(client, CORRAL_ENROLL, &writer);
}

/* Where a server may listen, in the order in which to look; 0 when there is no such place. */
static int corral__path(const struct corral_client *client, unsigned index, char *path, size_t size)
{
	const char *told = getenv("CORRAL_ENROL_SOCKET"), *state = getenv("CORRAL_STATE_DIR");
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");
	int length;

	if (client->options.socket_path != NULL)
		told = client->options.socket_path;
	if (told != NULL && *told != '\0')
		length = snprintf(path, size, "%s", told);
	else if (index % 2 == 1)
		length = snprintf(path, size, "/run/corral-enrol/enrol.sock");
	else if (state != NULL && *state != '\0')
		length = snprintf(path, size, "%s/run/enrol/enrol.sock", state);
	else if (geteuid() == 0)
		length = snprintf(path, size, "/run/corral-enrol/enrol.sock");
	else if (runtime != NULL && *runtime != '\0')
		length = snprintf(path, size, "%s/corral-enrol/enrol.sock", runtime);
	else
		length = snprintf(path, size, "%s/.local/state/corral/enrol/enrol.sock", home != NULL ? home : "");
	return length > 0 && (size_t)length < size;
}

static void corral__connect(struct corral_client *client)
{
	struct sockaddr_un address;
	int fd = -1, flags;

	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	if (corral__path(client, client->path_index, address.sun_path, sizeof(address.sun_path)))
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
	flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
	/* Of this family a connect that would wait fails with EAGAIN: the queue of the server is full. */
	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		if (fd >= 0)
			close(fd);
		corral__lost(client);
		return;
	}
	client->fd = fd;
	client->seq = 0;
	client->state = 1;
	client->heard_ns = corral__now();
	corral__say_hello(client);
}

/* Requests to act: taken, known again, answered. */

static void corral__answer(struct corral_client *client, const char *request_id, uint8_t type,
			   const struct corral__writer *writer)
{
	struct corral_answer *answer = &client->answered[client->answered_next];

	if (writer->full)
		return;
	client->answered_next = (client->answered_next + 1) % CORRAL_ANSWERED;
	memcpy(answer->request_id, request_id, sizeof(answer->request_id));
	answer->type = type;
	answer->length = writer->length;
	memcpy(answer->payload, writer->bytes, writer->length);
	/* When the enrolment that asked is over nobody waits; the answer is kept for a request that is made again. */
	if (memcmp(writer->bytes + 2, client->token, CORRAL_TOKEN_BYTES) == 0)
		corral__send(client, type, writer->bytes, writer->length);
	else
		client->dropped++;
}

static void corral__reject(struct corral_client *client, const struct corral_action *action, const char *code,
			   const char *message)
{
	unsigned char bytes[CORRAL_ANSWER_BYTES];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	corral__put_text(&writer, action->token, CORRAL_TOKEN_BYTES);
	corral__put_text(&writer, action->request_id, CORRAL_ID_BYTES);
	corral__put_text(&writer, code, 32);
	corral__put_text(&writer, message, CORRAL_MESSAGE_BYTES);
	corral__answer(client, action->request_id, CORRAL_ACTION_REJECTED, &writer);
}

/* True when this request is known: it was answered, and is answered the same way again, or it is pending. */
static int corral__is_known(struct corral_client *client, const char *request_id)
{
	unsigned i;

	for (i = 0; i < CORRAL_ANSWERED; i++) {
		struct corral_answer *answer = &client->answered[i];

		if (answer->length == 0 || strcmp(answer->request_id, request_id) != 0)
			continue;
		/* The token comes first in every answer; it may be a new one by now. */
		memcpy(answer->payload + 2, client->token, CORRAL_TOKEN_BYTES);
		corral__send(client, answer->type, answer->payload, answer->length);
		return 1;
	}
	for (i = 0; i < client->pending; i++)
		if (strcmp(client->actions[i].request_id, request_id) == 0)
			return 1;
	return 0;
}

static int corral__offers(const struct corral_client *client, const char *verb)
{
	size_t i;

	if (client->options.verbs == NULL)
		return strcmp(verb, "compress") == 0;
	for (i = 0; client->options.verbs[i] != NULL; i++)
		if (strcmp(client->options.verbs[i], verb) == 0)
			return 1;
	return 0;
}

static void corral__accept(struct corral_client *client, const struct corral_action *action)
{
	unsigned char bytes[CORRAL_ANSWER_BYTES];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	corral__put_text(&writer, client->token, CORRAL_TOKEN_BYTES);
	corral__put_text(&writer, action->request_id, CORRAL_ID_BYTES);
	corral__put(&writer, action->received_ns, 8);
	corral__send_written(client, CORRAL_ACTION_ACCEPTED, &writer);
}

static void corral__take_action(struct corral_client *client, struct corral__reader *reader)
{
	struct corral_action action;
	const char *params;
	size_t length;

	memset(&action, 0, sizeof(action));
	corral__copy_text(reader, action.token, CORRAL_TOKEN_BYTES);
	corral__copy_text(reader, action.request_id, CORRAL_ID_BYTES);
	corral__copy_text(reader, action.verb, CORRAL_VERB_BYTES);
	action.expires_ns = corral__get(reader, 8);
	params = corral__get_text(reader, 4, CORRAL_MAX_PAYLOAD_BYTES, &length);
	if (reader->bad || strcmp(action.token, client->token) != 0 || corral__is_known(client, action.request_id))
		return;
	if (!corral__offers(client, action.verb)) {
		corral__reject(client, &action, "unknown_verb", "not a verb that was offered");
		return;
	}
	action.params = client->pending < CORRAL_PENDING ? (char *)malloc(length + 1) : NULL;
	if (action.params == NULL) {
		corral__reject(client, &action, "busy", "too many requests wait for a safe point");
		return;
	}
	memcpy(action.params, params, length);
	action.params[length] = '\0';
	action.received_ns = corral__now();
	client->actions[client->pending++] = action;
	corral__accept(client, &action);
}

/* What the server says, frame by frame. */

static void corral__take_heartbeat(struct corral_client *client, struct corral__reader *reader)
{
	unsigned char bytes[16];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };
	uint64_t is_reply = corral__get(reader, 1), sent_ns = corral__get(reader, 8);

	if (reader->bad || is_reply != 0)
		return;
	writer.bytes = bytes;
	corral__put(&writer, 1, 1);
	corral__put(&writer, sent_ns, 8);
	corral__send_written(client, CORRAL_HEARTBEAT, &writer);
}

static void corral__take(struct corral_client *client, uint8_t type, struct corral__reader *reader)
{
	char token[CORRAL_TOKEN_BYTES + 1], why[CORRAL_VERB_BYTES + 1];

	switch (type) {
	case CORRAL_HELLO_OK:
		corral__get(reader, 2);
		client->heartbeat_ms = (uint32_t)corral__get(reader, 4);
		client->silent_ms = (uint32_t)corral__get(reader, 4);
		client->state = 2;
		corral__say_enroll(client);
		break;
	case CORRAL_ENROLL_OK:
		corral__copy_text(reader, client->token, CORRAL_TOKEN_BYTES);
		client->state = 3;
		client->backoff_ms = CORRAL_FIRST_BACKOFF_MS;
		break;
	case CORRAL_ENROLL_DENIED:
		corral__disconnect(client, CORRAL_DENIED_MS);
		break;
	case CORRAL_ACTION:
		corral__take_action(client, reader);
		break;
	case CORRAL_HEARTBEAT:
		corral__take_heartbeat(client, reader);
		break;
	case CORRAL_UNENROLLED:
		corral__copy_text(reader, token, CORRAL_TOKEN_BYTES);
		corral__copy_text(reader, why, sizeof(why) - 1);
		if (reader->bad || strcmp(token, client->token) != 0)
			break;
		corral__lost(client);
		/* Somebody else in this process enrolled, and counts: to insist would take turns for ever. */
		if (strcmp(why, "unenrolled") == 0)
			client->state = 4;
		break;
	default:
		/* An error is followed by the end of the connection, or of no concern; so is what a later version adds. */
		break;
	}
}

/* Takes whole frames off the front of what was read; false when these are no frames. */
static int corral__take_frames(struct corral_client *client)
{
	size_t at = 0;

	while (client->fd >= 0 && client->in_length - at >= CORRAL_HEADER_BYTES) {
		const unsigned char *frame = client->in + at;
		struct corral__reader header = { frame + 8, 4, 0 }, payload = { NULL, 0, 0 };
		size_t length = (size_t)corral__get(&header, 4);

		if (memcmp(frame, "COR2", 4) != 0 || length > CORRAL_MAX_PAYLOAD_BYTES)
			return 0;
		if (client->in_length - at < CORRAL_HEADER_BYTES + length)
			break;
		payload.bytes = frame + CORRAL_HEADER_BYTES;
		payload.left = length;
		corral__take(client, frame[5], &payload);
		at += CORRAL_HEADER_BYTES + length;
	}
	if (client->fd >= 0) {
		client->in_length -= at;
		memmove(client->in, client->in + at, client->in_length);
	}
	return 1;
}

static void corral__receive(struct corral_client *client)
{
	const size_t capacity = CORRAL_HEADER_BYTES + CORRAL_MAX_PAYLOAD_BYTES;
	int rounds;

	/* A bound, so that a server that talks without end does not keep the workload. */
	for (rounds = 0; rounds < 16 && client->fd >= 0; rounds++) {
		ssize_t count = recv(client->fd, client->in + client->in_length, capacity - client->in_length, MSG_DONTWAIT);

		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (count <= 0) {
			corral__lost(client);
			return;
		}
		client->heard_ns = corral__now();
		client->in_length += (size_t)count;
		if (!corral__take_frames(client))
			corral__lost(client);
	}
}

/* Milliseconds without a word after which the server counts as hung. */
static uint32_t corral__patience_ms(const struct corral_client *client)
{
	if (client->state < 3 || client->silent_ms == 0)
		return CORRAL_GREETING_MS;
	return client->silent_ms;
}

/* Functions for the user: the life of a client. */

void corral_init(struct corral_client *client, const struct corral_options *options)
{
	memset(client, 0, sizeof(*client));
	client->options = *options;
	client->pid = getpid();
	client->fd = -1;
	client->backoff_ms = CORRAL_FIRST_BACKOFF_MS;
	client->in = (unsigned char *)malloc(CORRAL_HEADER_BYTES + CORRAL_MAX_PAYLOAD_BYTES);
}

int corral_fd(const struct corral_client *client)
{
	return client->fd;
}

short corral_events(const struct corral_client *client)
{
	return (short)(client->out_length > 0 ? POLLIN | POLLOUT : POLLIN);
}

int corral_timeout_ms(const struct corral_client *client)
{
	uint64_t now = corral__now();
	uint64_t due = client->fd < 0 ? client->retry_ns :
					client->heard_ns + (uint64_t)corral__patience_ms(client) * 1000000u;

	if (client->state == 4 || client->in == NULL)
		return -1;
	return due <= now ? 0 : (int)((due - now) / 1000000u + 1);
}

void corral_poll(struct corral_client *client)
{
	if (client->state == 4 || client->in == NULL)
		return;
	if (client->pid != getpid()) {
		/* A child of fork: the enrolment is its parent's. */
		client->pid = getpid();
		corral__disconnect(client, 0);
	}
	if (client->fd < 0 && corral__now() >= client->retry_ns)
		corral__connect(client);
	corral__flush(client);
	corral__receive(client);
	if (client->fd >= 0 && corral__now() - client->heard_ns > (uint64_t)corral__patience_ms(client) * 1000000u)
		corral__lost(client);
}

int corral_is_enrolled(const struct corral_client *client)
{
	return client->state == 3;
}

void corral_close(struct corral_client *client)
{
	unsigned char bytes[64];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	if (client->state == 3 && client->pid == getpid()) {
		corral__put_text(&writer, client->token, CORRAL_TOKEN_BYTES);
		corral__send_written(client, CORRAL_UNENROLL, &writer);
	}
	client->running = 0;
	corral__disconnect(client, 0);
	free(client->in);
	client->in = NULL;
	client->state = 4;
}

/* Functions for the user: acting at safe points. */

static void corral__remove_first(struct corral_client *client)
{
	free(client->actions[0].params);
	client->pending--;
	client->running = 0;
	memmove(&client->actions[0], &client->actions[1], client->pending * sizeof(client->actions[0]));
}

struct corral_action *corral_safe_point(struct corral_client *client)
{
	while (client->pending > 0 && !client->running) {
		struct corral_action *action = &client->actions[0];
		uint64_t now = corral__now();

		if (now <= action->expires_ns) {
			action->safe_point_ns = now;
			action->start_ns = now;
			client->running = 1;
			return action;
		}
		corral__reject(client, action, "expired", "the safe point came after the request had expired");
		corral__remove_first(client);
	}
	return NULL;
}

void corral_done(struct corral_client *client, struct corral_action *action, const struct corral_stats *stats)
{
	unsigned char bytes[CORRAL_ANSWER_BYTES];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	corral__put_text(&writer, action->token, CORRAL_TOKEN_BYTES);
	corral__put_text(&writer, action->request_id, CORRAL_ID_BYTES);
	corral__put(&writer, action->received_ns, 8);
	corral__put(&writer, action->safe_point_ns, 8);
	corral__put(&writer, action->start_ns, 8);
	corral__put(&writer, corral__now(), 8);
	corral__put_stats(&writer, stats);
	corral__answer(client, action->request_id, CORRAL_ACTION_RESULT, &writer);
	corral__remove_first(client);
}

void corral_refuse(struct corral_client *client, struct corral_action *action, const char *code, const char *message)
{
	corral__reject(client, action, code, message);
	corral__remove_first(client);
}

void corral_tell_stats(struct corral_client *client, const struct corral_stats *stats)
{
	unsigned char bytes[CORRAL_ANSWER_BYTES];
	struct corral__writer writer = { NULL, sizeof(bytes), 0, 0 };

	writer.bytes = bytes;
	if (client->state != 3) {
		client->dropped++;
		return;
	}
	corral__put_text(&writer, client->token, CORRAL_TOKEN_BYTES);
	corral__put_stats(&writer, stats);
	corral__send_written(client, CORRAL_STATS, &writer);
}

#endif
#endif
