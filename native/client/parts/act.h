/* SPDX-License-Identifier: Apache-2.0 */
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
