/* SPDX-License-Identifier: Apache-2.0 */
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
