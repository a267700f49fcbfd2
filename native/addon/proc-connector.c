/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proc connector (drivers/connector/cn_proc.c): a netlink multicast group to which the kernel sends
 * one message per fork, exec, exit and change of name of every thread. Only whole processes
 * (pid == tgid) are passed on. They are told apart here and not by a socket filter, because the sequence
 * numbers count every message: a gap is a loss only if nothing was filtered before.
 */
#include "addon.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
#define MEMINFO_DROPS 8

/* Of linux/cn_proc.h, whose names moved between versions; the numbers are ABI. */
#define WHAT_ACK 0
#define WHAT_FORK 0x1u
#define WHAT_EXEC 0x2u
#define WHAT_COMM 0x200u
#define WHAT_EXIT 0x80000000u

#define BATCH 64
#define MESSAGE_BYTES 256

/* What JavaScript decodes (src/kernel/proc-connector.ts); unused fields are 0. */
struct record {
	uint64_t timestamp_ns;
	uint32_t what;
	uint32_t ack;
	int32_t tgid;
	int32_t parent_pid;
	int32_t parent_tgid;
	/* Exit: wait status and signal to the parent. Ack: errno. */
	uint32_t status;
	uint32_t exit_signal;
	uint32_t cpu;
	char comm[16];
};
_Static_assert(sizeof(struct record) == 56, "record of proc-connector.ts");

/* Three numbers per CPU in the caller's array, after the drop counter: seen, next, lost. */
#define STATE_DROPS 0
#define STATE_HEADER 1
#define STATE_PER_CPU 3

struct message {
	_Alignas(8) char bytes[MESSAGE_BYTES];
};

static int prepare(int fd, int receive_bytes)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int on = 1;

	/* Beyond net.core.rmem_max only with CAP_NET_ADMIN. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof(receive_bytes)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes)) < 0)
		return -1;
	/* Else an overrun is an error of the socket, which ends libuv's polling, and nothing more arrives until it is empty. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)) < 0)
		return -1;
	return bind(fd, (struct sockaddr *)&address, sizeof(address));
}

/* procConnectorOpen(receiveBytes) -> [fd, granted bytes] */
napi_value proc_connector_open_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result, number;
	int32_t receive_bytes;
	int fd, granted = 0;
	socklen_t size = sizeof(granted);

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &receive_bytes))
		return NULL;
	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0)
		return throw_errno(env, errno, "socket(NETLINK_CONNECTOR)");
	if (prepare(fd, receive_bytes) < 0) {
		int error = errno;

		close(fd);
		return throw_errno(env, error, "bind(NETLINK_CONNECTOR)");
	}
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size);
	CHECK(env, napi_create_array_with_length(env, 2, &result));
	CHECK(env, napi_create_int32(env, fd, &number));
	CHECK(env, napi_set_element(env, result, 0, number));
	CHECK(env, napi_create_int32(env, granted, &number));
	CHECK(env, napi_set_element(env, result, 1, number));
	return result;
}

/* procConnectorControl(fd, operation, ack): the kernel answers with an acknowledgement whose number is ack + 1. */
napi_value proc_connector_control_call(napi_env env, napi_callback_info info)
{
	struct message message = { 0 };
	struct nlmsghdr *header = (struct nlmsghdr *)message.bytes;
	struct cn_msg *body = NLMSG_DATA(header);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	napi_value arguments[3];
	int32_t fd, operation, ack;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &fd) ||
	    !get_int(env, arguments[1], &operation) || !get_int(env, arguments[2], &ack))
		return NULL;
	/* The short form of the request: kernels before 6.6 ignore any other length. */
	body->id.idx = CN_IDX_PROC;
	body->id.val = CN_VAL_PROC;
	body->ack = (uint32_t)ack;
	body->len = sizeof(operation);
	memcpy(body->data, &operation, sizeof(operation));
	header->nlmsg_len = NLMSG_LENGTH(sizeof(*body) + sizeof(operation));
	header->nlmsg_type = NLMSG_DONE;
	if (sendto(fd, header, header->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return throw_errno(env, errno, "sendto(NETLINK_CONNECTOR)");
	return NULL;
}

static void count_sequence(uint32_t *state, size_t length, uint32_t cpu, uint32_t sequence)
{
	size_t at = STATE_HEADER + (size_t)cpu * STATE_PER_CPU;

	if (cpu >= length || at + STATE_PER_CPU > length)
		return;
	if (state[at] != 0)
		state[at + 2] += sequence - state[at + 1];
	state[at] = 1;
	state[at + 1] = sequence + 1;
}

/* False for what concerns a thread only or is of no interest. */
static bool to_record(const struct cn_msg *body, const struct proc_event *event, struct record *record)
{
	uint32_t what = (uint32_t)event->what;

	*record = (struct record){ .timestamp_ns = event->timestamp_ns, .what = what, .cpu = event->cpu };
	switch (what) {
	case WHAT_ACK:
		record->ack = body->ack;
		record->status = event->event_data.ack.err;
		return true;
	case WHAT_FORK:
		record->tgid = event->event_data.fork.child_tgid;
		record->parent_pid = event->event_data.fork.parent_pid;
		record->parent_tgid = event->event_data.fork.parent_tgid;
		return event->event_data.fork.child_pid == event->event_data.fork.child_tgid;
	case WHAT_EXEC:
		record->tgid = event->event_data.exec.process_tgid;
		return event->event_data.exec.process_pid == event->event_data.exec.process_tgid;
	case WHAT_COMM:
		record->tgid = event->event_data.comm.process_tgid;
		memcpy(record->comm, event->event_data.comm.comm, sizeof(record->comm));
		return event->event_data.comm.process_pid == event->event_data.comm.process_tgid;
	case WHAT_EXIT:
		record->tgid = event->event_data.exit.process_tgid;
		record->status = event->event_data.exit.exit_code;
		record->exit_signal = event->event_data.exit.exit_signal;
		record->parent_pid = event->event_data.exit.parent_pid;
		record->parent_tgid = event->event_data.exit.parent_tgid;
		return event->event_data.exit.process_pid == event->event_data.exit.process_tgid;
	default:
		return false;
	}
}

/* Bytes of the cn_msg when the message is whole, from the kernel and from cn_proc. */
static const struct cn_msg *body_of(const struct mmsghdr *received)
{
	const struct sockaddr_nl *from = received->msg_hdr.msg_name;
	const struct nlmsghdr *header = received->msg_hdr.msg_iov->iov_base;
	const struct cn_msg *body = NLMSG_DATA(header);

	if ((received->msg_hdr.msg_flags & MSG_TRUNC) != 0 || from->nl_pid != 0 ||
	    received->msg_len < NLMSG_LENGTH(sizeof(*body) + sizeof(struct proc_event)))
		return NULL;
	return body->id.idx == CN_IDX_PROC && body->id.val == CN_VAL_PROC ? body : NULL;
}

/* Fills `records` until it is full or the socket is empty; -1 with errno. Never takes more than it can keep. */
static int receive(int fd, struct record *records, size_t capacity, uint32_t *state, size_t state_length)
{
	struct message messages[BATCH];
	struct sockaddr_nl from[BATCH];
	struct iovec vectors[BATCH];
	struct mmsghdr headers[BATCH];
	size_t count = 0;

	while (count < capacity) {
		size_t room = capacity - count < BATCH ? capacity - count : BATCH;
		int received;

		for (size_t i = 0; i < room; i++) {
			vectors[i] = (struct iovec){ .iov_base = messages[i].bytes, .iov_len = MESSAGE_BYTES };
			headers[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i],
								    .msg_namelen = sizeof(from[i]),
								    .msg_iov = &vectors[i],
								    .msg_iovlen = 1 } };
		}
		received = recvmmsg(fd, headers, (unsigned)room, MSG_DONTWAIT, NULL);
		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0 && errno != EAGAIN)
			return -1;
		for (int i = 0; i < received; i++) {
			const struct cn_msg *body = body_of(&headers[i]);
			struct proc_event event;

			if (body == NULL)
				continue;
			/* In the message it is not aligned for its 64-bit time. */
			memcpy(&event, body->data, sizeof(event));
			count_sequence(state, state_length, event.cpu, body->seq);
			if (to_record(body, &event, &records[count]))
				count++;
		}
		if (received < (int)room)
			break;
	}
	return (int)count;
}

static uint32_t read_drops(int fd)
{
	uint32_t values[MEMINFO_DROPS + 1] = { 0 };
	socklen_t size = sizeof(values);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &size) == 0 ? values[MEMINFO_DROPS] : 0;
}

/* procConnectorReceive(fd, records: Uint8Array, state: Uint32Array) -> number of records */
napi_value proc_connector_receive_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], result;
	napi_typedarray_type records_type, state_type;
	size_t bytes, length;
	void *records, *state;
	int32_t fd;
	int count;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &fd))
		return NULL;
	CHECK(env, napi_get_typedarray_info(env, arguments[1], &records_type, &bytes, &records, NULL, NULL));
	CHECK(env, napi_get_typedarray_info(env, arguments[2], &state_type, &length, &state, NULL, NULL));
	if (records_type != napi_uint8_array || state_type != napi_uint32_array || (uintptr_t)records % 8 != 0 ||
	    length < STATE_HEADER) {
		napi_throw_type_error(env, "EINVAL", "records or state has a wrong type");
		return NULL;
	}
	count = receive(fd, records, bytes / sizeof(struct record), state, length);
	if (count < 0)
		return throw_errno(env, errno, "recvmmsg");
	((uint32_t *)state)[STATE_DROPS] = read_drops(fd);
	CHECK(env, napi_create_int32(env, count, &result));
	return result;
}
