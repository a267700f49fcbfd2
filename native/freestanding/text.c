/* SPDX-License-Identifier: Apache-2.0 */
/* Strings and numbers without libc (calls.c). The compiler calls memcpy and memset too. */
#ifdef CORRAL_FREESTANDING
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memcpy(void *to, const void *from, size_t length)
{
	char *out = to;
	const char *in = from;

	while (length-- > 0)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int value, size_t length)
{
	char *out = to;

	while (length-- > 0)
		*out++ = (char)value;
	return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
	const unsigned char *one = a, *other = b;

	for (; length > 0; one++, other++, length--)
		if (*one != *other)
			return *one - *other;
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

int strncmp(const char *a, const char *b, size_t length)
{
	for (; length > 0; a++, b++, length--)
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int wanted)
{
	for (;; text++) {
		if (*text == (char)wanted)
			return (char *)text;
		if (*text == '\0')
			return NULL;
	}
}

char *strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

char *strdup(const char *text)
{
	char *copy = calloc(1, strlen(text) + 1);

	return copy == NULL ? NULL : strcpy(copy, text);
}

/* Split at one character only. */
char *strsep(char **rest, const char *delimiter)
{
	char *item = *rest;
	char *end = item == NULL ? NULL : strchr(item, delimiter[0]);

	if (end != NULL)
		*end++ = '\0';
	*rest = end;
	return item;
}

/* Decimal digits alone: no blanks, no plus sign. */
unsigned long long strtoull(const char *text, char **end, int base)
{
	unsigned long long value = 0;
	bool overflow = false;

	for (; *text >= '0' && *text <= '9'; text++)
		overflow = __builtin_mul_overflow(value, (unsigned long long)base, &value) ||
			   __builtin_add_overflow(value, (unsigned long long)(*text - '0'), &value) || overflow;
	*end = (char *)text;
	if (!overflow)
		return value;
	errno = ERANGE;
	return ULLONG_MAX;
}

long long strtoll(const char *text, char **end, int base)
{
	bool negative = *text == '-';
	unsigned long long most = negative ? (unsigned long long)LLONG_MAX + 1 : LLONG_MAX;
	unsigned long long value = strtoull(text + negative, end, base);

	if (*end == text + negative)
		*end = (char *)text;
	if (value > most) {
		errno = ERANGE;
		return negative ? LLONG_MIN : LLONG_MAX;
	}
	return negative ? (long long)-value : (long long)value;
}

static size_t put_number(char *digits, unsigned long long value, unsigned base)
{
	size_t length = 0;

	for (unsigned long long rest = value; length == 0 || rest > 0; rest /= base)
		length++;
	for (size_t at = length; at > 0; value /= base)
		digits[--at] = "0123456789abcdef"[value % base];
	return length;
}

/* One argument as text: `digits` holds it when it is a number. */
static const char *argument(const char **format, va_list *list, char *digits)
{
	int longs = 0;
	long long value;

	for (; **format == '0' || **format == '2' || **format == 'l'; (*format)++)
		longs += **format == 'l';
	if (**format == 's')
		return va_arg(*list, const char *);
	value = longs > 0 ? va_arg(*list, long long) : va_arg(*list, int);
	if (**format == 'u' || **format == 'x')
		value = longs > 0 ? value : (unsigned)value;
	if (**format == 'x') {
		/* Always %02x, of one byte. */
		digits[0] = '0';
		digits[put_number(digits + (value < 16), (unsigned long long)value, 16) + (value < 16)] = '\0';
	} else {
		bool negative = **format == 'd' && value < 0;

		digits[0] = '-';
		digits[put_number(digits + negative, negative ? -(unsigned long long)value : (unsigned long long)value, 10) +
		       negative] = '\0';
	}
	return digits;
}

/* %s %d %u %02x with l and ll; answers the length that the whole text has, as the standard wants it. */
int snprintf(char *out, size_t size, const char *format, ...)
{
	size_t used = 0;
	va_list list;

	va_start(list, format);
	for (; *format != '\0'; format++) {
		char digits[24] = { *format };
		const char *text = digits;

		if (*format == '%') {
			format++;
			text = argument(&format, &list, digits);
		}
		for (; *text != '\0'; text++, used++)
			if (used + 1 < size)
				out[used] = *text;
	}
	va_end(list);
	if (size > 0)
		out[used < size ? used : size - 1] = '\0';
	return (int)used;
}
#endif
