/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259, read strictly and in place. Numbers stay the text that they are. */
#include "thin.h"

#include <string.h>

#define DEEPEST 32

static void skip(struct span *at, size_t length)
{
	at->bytes += length;
	at->length -= length;
}

static void skip_blanks(struct span *at)
{
	while (at->length > 0 &&
	       (at->bytes[0] == ' ' || at->bytes[0] == '\t' || at->bytes[0] == '\r' || at->bytes[0] == '\n'))
		skip(at, 1);
}

static bool take_one(struct span *at, char wanted)
{
	if (at->length == 0 || at->bytes[0] != wanted)
		return false;
	skip(at, 1);
	return true;
}

static bool take(struct span *at, const char *word)
{
	size_t length = strlen(word);

	if (at->length < length || memcmp(at->bytes, word, length) != 0)
		return false;
	skip(at, length);
	return true;
}

/* Four hexadecimal digits; -1 for anything else. */
static int take_hex(struct span *at)
{
	int value = 0;

	if (at->length < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = at->bytes[i];

		value = value * 16 + (c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
						c >= 'A' && c <= 'F' ? c - 'A' + 10 : -0x100000);
	}
	skip(at, 4);
	return value < 0 ? -1 : value;
}

static bool take_escape(struct span *at, struct text *out)
{
	static const char forms[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	int unit, low;

	for (const char *form = forms; *form != '\0'; form += 2)
		if (at->length > 0 && at->bytes[0] == *form) {
			skip(at, 1);
			put_character(out, (unsigned char)form[1]);
			return true;
		}
	if (!take(at, "u"))
		return false;
	unit = take_hex(at);
	if (unit < 0)
		return false;
	if (unit < 0xd800 || unit > 0xdfff) {
		put_character(out, (unsigned)unit);
		return true;
	}
	/* Half of a pair alone is no character. */
	struct span after = *at;

	low = unit < 0xdc00 && take(&after, "\\u") ? take_hex(&after) : -1;
	if (low < 0xdc00 || low > 0xdfff) {
		put_character(out, 0xfffd);
		return true;
	}
	*at = after;
	put_character(out, 0x10000 + (((unsigned)unit - 0xd800) << 10) + ((unsigned)low - 0xdc00));
	return true;
}

/* How many of the first bytes stand for themselves: a reply is looked at several times, and most of it are these. */
static size_t plain_run(const struct span *at)
{
	size_t run = 0;

	while (run < at->length && (unsigned char)at->bytes[run] >= 0x20 && at->bytes[run] != '"' && at->bytes[run] != '\\')
		run++;
	return run;
}

static bool take_string(struct span *at, struct text *out)
{
	if (!take_one(at, '"'))
		return false;
	for (;;) {
		size_t run = plain_run(at);

		put_bytes(out, at->bytes, run);
		skip(at, run);
		if (take_one(at, '"'))
			return true;
		if (!take_one(at, '\\') || !take_escape(at, out))
			return false;
	}
}

static bool take_digits(struct span *at)
{
	size_t before = at->length;

	while (at->length > 0 && at->bytes[0] >= '0' && at->bytes[0] <= '9')
		skip(at, 1);
	return at->length < before;
}

static bool take_number(struct span *at)
{
	take(at, "-");
	if (!take(at, "0") && !take_digits(at))
		return false;
	if (take(at, ".") && !take_digits(at))
		return false;
	if (take(at, "e") || take(at, "E")) {
		if (!take(at, "+"))
			take(at, "-");
		return take_digits(at);
	}
	return true;
}

/* What an array and an object are made of is told to `each`, when there is one. */
struct visitor {
	/* A member, or an element with no name. */
	void (*each)(struct visitor *self, struct span name, struct span value);
};

static bool take_value(struct span *at, int depth, struct visitor *visitor);

static bool take_elements(struct span *at, int depth, bool named, struct visitor *visitor)
{
	const char end = named ? '}' : ']';
	struct text nowhere = { 0 };

	skip_blanks(at);
	if (take_one(at, end))
		return true;
	do {
		struct span name = { NULL, 0 }, value;

		skip_blanks(at);
		if (named) {
			name = *at;
			if (!take_string(at, &nowhere))
				return false;
			name.length -= at->length;
			skip_blanks(at);
			if (!take_one(at, ':'))
				return false;
			skip_blanks(at);
		}
		value = *at;
		if (!take_value(at, depth + 1, NULL))
			return false;
		value.length -= at->length;
		if (visitor != NULL)
			visitor->each(visitor, name, value);
		skip_blanks(at);
	} while (take_one(at, ','));
	return take_one(at, end);
}

static bool take_value(struct span *at, int depth, struct visitor *visitor)
{
	struct text nowhere = { 0 };

	if (depth > DEEPEST || at->length == 0)
		return false;
	if (take_one(at, '{'))
		return take_elements(at, depth, true, visitor);
	if (take_one(at, '['))
		return take_elements(at, depth, false, visitor);
	if (at->bytes[0] == '"')
		return take_string(at, &nowhere);
	return take(at, "true") || take(at, "false") || take(at, "null") || take_number(at);
}

bool json_valid(struct span text)
{
	skip_blanks(&text);
	if (!take_value(&text, 0, NULL))
		return false;
	skip_blanks(&text);
	return text.length == 0;
}

struct search {
	struct visitor visitor;
	const char *name;
	struct span found;
};

static void compare_name(struct visitor *visitor, struct span name, struct span value)
{
	struct search *search = (struct search *)visitor;
	size_t length = strlen(search->name);

	/* Names of the guard's documents need no escapes. */
	if (name.length == length + 2 && memcmp(name.bytes + 1, search->name, length) == 0)
		search->found = value;
}

struct span json_member(struct span object, const char *name)
{
	struct search search = { { compare_name }, name, { NULL, 0 } };

	skip_blanks(&object);
	if (object.length == 0 || object.bytes[0] != '{' || !take_value(&object, 0, &search.visitor))
		return (struct span){ NULL, 0 };
	return search.found;
}

struct listing {
	struct visitor visitor;
	struct span *elements;
	size_t count, most;
};

static void keep_element(struct visitor *visitor, struct span name, struct span value)
{
	struct listing *listing = (struct listing *)visitor;

	(void)name;
	if (listing->count < listing->most)
		listing->elements[listing->count] = value;
	listing->count++;
}

size_t json_elements(struct span array, struct span *elements, size_t most)
{
	struct listing listing = { { keep_element }, elements, 0, most };

	skip_blanks(&array);
	if (array.length == 0 || array.bytes[0] != '[' || !take_value(&array, 0, &listing.visitor))
		return 0;
	return listing.count;
}

long json_number(struct span value)
{
	long number = 0;

	if (value.length == 0 || value.length > 9)
		return -1;
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] < '0' || value.bytes[i] > '9')
			return -1;
		number = number * 10 + (value.bytes[i] - '0');
	}
	return number;
}

bool json_is(struct span value, const char *word)
{
	return value.length == strlen(word) && memcmp(value.bytes, word, value.length) == 0;
}

bool json_string(struct span value, struct text *out)
{
	return value.length > 0 && take_string(&value, out) && !out->cut;
}

struct indenter {
	struct visitor visitor;
	struct text *out;
	int depth;
	bool any;
};

static void put_indented(struct span value, struct text *out, int depth);

static void put_line(struct text *out, int depth)
{
	put(out, "\n");
	while (depth-- > 0)
		put(out, "  ");
}

static void put_element(struct visitor *visitor, struct span name, struct span value)
{
	struct indenter *self = (struct indenter *)visitor;

	if (self->any)
		put(self->out, ",");
	self->any = true;
	put_line(self->out, self->depth + 1);
	if (name.bytes != NULL) {
		put_bytes(self->out, name.bytes, name.length);
		put(self->out, ": ");
	}
	put_indented(value, self->out, self->depth + 1);
}

static void put_indented(struct span value, struct text *out, int depth)
{
	bool object = value.bytes[0] == '{';
	struct indenter indenter = { { put_element }, out, depth, false };

	if (!object && value.bytes[0] != '[') {
		put_bytes(out, value.bytes, value.length);
		return;
	}
	put(out, object ? "{" : "[");
	take_value(&value, depth, &indenter.visitor);
	if (indenter.any)
		put_line(out, depth);
	put(out, object ? "}" : "]");
}

void json_indented(struct span value, struct text *out)
{
	skip_blanks(&value);
	put_indented(value, out, 0);
}
