/* SPDX-License-Identifier: Apache-2.0 */
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
