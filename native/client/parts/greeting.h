/* SPDX-License-Identifier: Apache-2.0 */
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
