/* SPDX-License-Identifier: Apache-2.0 */
/* A payload being read; `bad` when it ended too early. */

struct corral__reader {
	const unsigned char *bytes;
	size_t left;
	int bad;
};

static uint64_t corral__get(struct corral__reader *reader, int width)
{
	uint64_t value = 0;
	int i;

	if (reader->left < (size_t)width) {
		reader->bad = 1;
		reader->left = 0;
		return 0;
	}
	for (i = 0; i < width; i++)
		value |= (uint64_t)reader->bytes[i] << (8 * i);
	reader->bytes += width;
	reader->left -= (size_t)width;
	return value;
}

/* The bytes of a text and how many; a text longer than `most` is bad. */
static const char *corral__get_text(struct corral__reader *reader, int width, size_t most, size_t *length)
{
	const char *text;

	*length = (size_t)corral__get(reader, width);
	if (*length > reader->left || *length > most) {
		reader->bad = 1;
		reader->left = 0;
		*length = 0;
	}
	text = (const char *)reader->bytes;
	reader->bytes += *length;
	reader->left -= *length;
	return text;
}

static void corral__copy_text(struct corral__reader *reader, char *to, size_t most)
{
	size_t length;
	const char *text = corral__get_text(reader, 2, most, &length);

	memcpy(to, text, length);
	to[length] = '\0';
}
