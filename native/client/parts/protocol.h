/* SPDX-License-Identifier: Apache-2.0 */
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
