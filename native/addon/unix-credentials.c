/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of unix(7) together with the kernel's word on who sent each (SCM_CREDENTIALS), and when (SCM_TIMESTAMPNS). */
#include "addon.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64

/* What JavaScript reads per datagram: its whole length, also when cut; the sender, pid 0 when there is no word; its age. */
struct sender {
	uint32_t length, pid, uid, gid, age_us;
};
_Static_assert(sizeof(struct sender) == 20, "five numbers per datagram of unix-datagrams.ts");

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(struct timespec))];
};

/* The kernel stamps with the wall clock, which may have been set meanwhile: nothing is older than fits, or not sent yet. */
static uint32_t age_us(const struct timespec *now, const struct timespec *sent)
{
	int64_t age = (int64_t)(now->tv_sec - sent->tv_sec) * 1000000 + (now->tv_nsec - sent->tv_nsec) / 1000;

	return age < 0 ? 0 : age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
}

static void read_sender(struct mmsghdr *received, const struct timespec *now, struct sender *sender)
{
	struct ucred credentials;
	struct timespec sent;

	*sender = (struct sender){ .length = received->msg_len };
	for (struct cmsghdr *one = CMSG_FIRSTHDR(&received->msg_hdr); one != NULL;
	     one = CMSG_NXTHDR(&received->msg_hdr, one)) {
		if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&credentials, CMSG_DATA(one), sizeof(credentials));
			sender->pid = (uint32_t)credentials.pid;
			sender->uid = credentials.uid;
			sender->gid = credentials.gid;
		}
		if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&sent, CMSG_DATA(one), sizeof(sent));
			sender->age_us = age_us(now, &sent);
		}
	}
}

static int receive(int fd, char *bytes, size_t slot_bytes, struct sender *senders, size_t room)
{
	union control controls[BATCH];
	struct iovec vectors[BATCH];
	struct mmsghdr headers[BATCH];
	struct timespec now;
	int received;

	for (size_t i = 0; i < room; i++) {
		vectors[i] = (struct iovec){ .iov_base = bytes + i * slot_bytes, .iov_len = slot_bytes };
		headers[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &vectors[i],
							    .msg_iovlen = 1,
							    .msg_control = &controls[i],
							    .msg_controllen = sizeof(controls[i]) } };
	}
	do
		received = recvmmsg(fd, headers, (unsigned)room, MSG_DONTWAIT | MSG_TRUNC, NULL);
	while (received < 0 && errno == EINTR);
	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < received; i++)
		read_sender(&headers[i], &now, &senders[i]);
	return received < 0 && errno == EAGAIN ? 0 : received;
}

/* datagramReceive(fd, bytes: Uint8Array, senders: Uint32Array) -> number of datagrams, 64 at most */
napi_value datagram_receive_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], result;
	size_t length, sender_bytes, room;
	void *bytes, *senders;
	int32_t fd;
	int count;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &fd) ||
	    !get_typed_bytes(env, arguments[1], napi_uint8_array, &bytes, &length) ||
	    !get_typed_bytes(env, arguments[2], napi_uint32_array, &senders, &sender_bytes))
		return NULL;
	room = sender_bytes / sizeof(struct sender);
	if (room == 0 || room > BATCH)
		return throw_errno(env, EINVAL, "recvmmsg");
	count = receive(fd, bytes, length / room, senders, room);
	if (count < 0)
		return throw_errno(env, errno, "recvmmsg");
	CHECK(env, napi_create_int32(env, count, &result));
	return result;
}
