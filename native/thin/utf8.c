/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"

#include <stdio.h>
#include <string.h>

#define REPLACEMENT 0xfffd

/* As the Encoding standard decodes, and Node with it: each longest beginning of a character that is none becomes one U+FFFD. */
size_t utf8_first(const char *text, unsigned *character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned first = bytes[0], lower = 0x80, upper = 0xbf;
	size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;

	*character = first;
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4) {
		*character = REPLACEMENT;
		return 1;
	}
	/* Neither a longer form than needed, nor a half of a surrogate pair, nor beyond U+10FFFF. */
	if (first == 0xe0)
		lower = 0xa0;
	else if (first == 0xed)
		upper = 0x9f;
	else if (first == 0xf0)
		lower = 0x90;
	else if (first == 0xf4)
		upper = 0x8f;
	*character = first & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if (bytes[i] < lower || bytes[i] > upper) {
			*character = REPLACEMENT;
			return i;
		}
		*character = *character << 6 | (bytes[i] & 0x3f);
		lower = 0x80;
		upper = 0xbf;
	}
	return more + 1;
}

bool utf8_valid(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";

	while (*text != '\0') {
		unsigned character;
		size_t length = utf8_first(text, &character);

		if (character == REPLACEMENT && (length != 3 || memcmp(text, replacement, 3) != 0))
			return false;
		text += length;
	}
	return true;
}

void put_bytes(struct text *out, const char *bytes, size_t length)
{
	if (out->used + length > out->size) {
		out->cut = true;
		return;
	}
	memcpy(out->bytes + out->used, bytes, length);
	out->used += length;
}

void put(struct text *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

void put_character(struct text *out, unsigned character)
{
	char bytes[4];
	size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = more; i > 0; i--, character >>= 6)
		bytes[i] = (char)(0x80 | (character & 0x3f));
	bytes[0] = (char)(lead[more] | character);
	put_bytes(out, bytes, more + 1);
}

void put_decimal(struct text *out, long long value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", value);
	put(out, digits);
}

/* The characters that `quote` of src/report/units.ts escapes besides those of JSON. */
static bool changes_line(unsigned c)
{
	return (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static void put_one_escaped(struct text *out, unsigned c, bool plain)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *form = short_forms; *form != '\0'; form += 2)
		if (c == (unsigned char)*form) {
			put_character(out, '\\');
			put_character(out, (unsigned char)form[1]);
			return;
		}
	if (c < 0x20 || (plain && changes_line(c))) {
		char code[16];

		snprintf(code, sizeof(code), "\\u%02x%02x", c >> 8 & 0xff, c & 0xff);
		put(out, code);
		return;
	}
	put_character(out, c);
}

size_t put_escaped(struct text *out, const char *text, size_t most, bool plain)
{
	while (*text != '\0' && most > 0) {
		unsigned character;
		size_t length = utf8_first(text, &character);
		size_t units = character >= 0x10000 ? 2 : 1;

		/* JavaScript would keep half of it; nobody can read that. */
		if (units > most)
			return 0;
		put_one_escaped(out, character, plain);
		text += length;
		most -= units;
	}
	return most;
}
