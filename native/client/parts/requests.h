/* SPDX-License-Identifier: Apache-2.0 */
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
