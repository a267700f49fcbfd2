/* SPDX-License-Identifier: Apache-2.0 */
/* A payload being written; `full` when it did not fit. */

struct corral__writer {
	unsigned char *bytes;
	size_t capacity;
	size_t length;
	int full;
};

static void corral__put(struct corral__writer *writer, uint64_t value, int width)
{
	int i;

	if (writer->length + (size_t)width > writer->capacity) {
		writer->full = 1;
		return;
	}
	for (i = 0; i < width; i++)
		writer->bytes[writer->length++] = (unsigned char)(value >> (8 * i));
}

static void corral__put_text(struct corral__writer *writer, const char *text, size_t most)
{
	size_t length = strlen(text);

	if (length > most)
		length = most;
	/* Not in the middle of a character. */
	while (length > 0 && length < strlen(text) && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	corral__put(writer, length, 2);
	if (writer->full || writer->length + length > writer->capacity) {
		writer->full = 1;
		return;
	}
	memcpy(writer->bytes + writer->length, text, length);
	writer->length += length;
}

static void corral__put_stats(struct corral__writer *writer, const struct corral_stats *stats)
{
	corral__put(writer, stats != NULL, 1);
	if (stats == NULL)
		return;
	corral__put(writer, stats->trigger_count, 8);
	corral__put(writer, stats->total_input_bytes_attempted, 8);
	corral__put(writer, stats->chunks_admitted, 8);
	corral__put(writer, stats->logical_input_bytes, 8);
	corral__put(writer, stats->compressed_bytes_live, 8);
	corral__put(writer, stats->pool_bytes_live, 8);
	corral__put(writer, stats->pool_bytes_free, 8);
	corral__put(writer, stats->pool_compactions, 8);
	corral__put(writer, stats->compress_ops, 8);
	corral__put(writer, stats->decompress_ops, 8);
	corral__put(writer, stats->evictions_lru, 8);
	corral__put(writer, stats->incompressible_chunks, 8);
}
