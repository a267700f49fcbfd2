/* SPDX-License-Identifier: Apache-2.0 */
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
