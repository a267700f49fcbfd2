/* SPDX-License-Identifier: Apache-2.0 */
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
