/*
 * charset: text of a declared character set to UTF-8 and back
 *
 *	charset decode DECLARED VR	standard input to standard output
 *	charset encode DECLARED VR
 *	charset fit DECLARED VR
 *	charset again DECLARED VR	decoded and encoded
 *	charset fuzz DECLARED VR COUNT	random bytes: is what they decode to encoded to the same text?
 *	charset speed DECLARED VR	nanoseconds a value, for people
 *
 * Status 0; 1 when a character was in no set, or when fuzzing found a difference; 2 on trouble.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "dicom/charset.h"

static struct err e;

static int
trouble(void)
{
	fprintf(stderr, "charset: %s\n", e.text);
	return 2;
}

static uint64_t
chance(void)
{
	static uint64_t state = 1;

	return random_next(&state);
}

/* Bytes, escape sequences whole and cut, delimiters, characters of two and four bytes. */
static size_t
random_bytes(char *p)
{
	static const char *const pieces[] = {
		"\033$B", "\033$(D", "\033$)C", "\033$)A", "\033(B", "\033(J", "\033)I",
		"\033-A", "\033-F", "\033-b", "\033$", "\033", "\033(", "^", "=", "\\", "\r\n", "\f",
		"\x3b\x33", "\xb0\xa1", "\xc7\xd1", "\x82\x5c", "\x81\x30\x81\x30", "\x90\x30\x81\x30",
		"\xe5\xb1\xb1", "\xef\x9c\x9b", "\xf0\x9f\x98\x80", "~", "a", "(B", "$B", "\xd4"
	};
	size_t n = 0, want = chance() % 40;
	const char *s;

	while (n < want)
		if (chance() % 3 == 0)
			p[n++] = (char)chance();
		else {
			s = pieces[chance() % (sizeof pieces / sizeof pieces[0])];
			memcpy(p + n, s, strlen(s));
			n += strlen(s);
		}
	return n;
}

static int
fuzz(const struct charset *c, const char *vr, unsigned long count)
{
	struct buf text = { 0 }, bytes = { 0 }, again = { 0 };
	const struct charset *used;
	char p[64], *exact;
	size_t n;
	int status = 0;

	while (status == 0 && count-- > 0) {
		n = random_bytes(p);
		/* Its own memory, so that a sanitizer sees a byte read past it. */
		if ((exact = malloc(n > 0 ? n : 1)) == NULL)
			return 2;
		memcpy(exact, p, n);
		buf_clear(&text);
		buf_clear(&bytes);
		buf_clear(&again);
		used = charset_of_bytes(c, exact, n);
		if (charset_decode(c, vr, exact, n, &text, &e) != 0 ||
		    charset_encode(used, vr, text.data, text.len, &bytes, &e) != 0 ||
		    charset_decode(used, vr, bytes.data, bytes.len, &again, &e) != 0)
			status = 1;
		else if (text.len != again.len ||
		    memcmp(text.data, again.data, text.len) != 0)
			status = 1;
		for (size_t i = 0; status == 1 && i < n; i++)
			printf("%02x%c", (unsigned char)exact[i], i + 1 == n ? '\n' : ' ');
		for (size_t i = 0; status == 1 && i < bytes.len; i++)
			printf("%02x%c", (unsigned char)bytes.data[i], i + 1 == bytes.len ? '\n' : ' ');
		free(exact);
	}
	buf_free(&text);
	buf_free(&bytes);
	buf_free(&again);
	return status;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
run(const char *what, const struct charset *c, const char *vr,
    const struct buf *in)
{
	struct buf text = { 0 }, out = { 0 };
	int got = -1, rounds;
	double start = now();

	if (strcmp(what, "decode") == 0)
		got = charset_decode(c, vr, in->data, in->len, &out, &e);
	else if (strcmp(what, "encode") == 0)
		got = charset_encode(c, vr, in->data, in->len, &out, &e);
	else if (strcmp(what, "fit") == 0)
		got = charset_fit(c, vr, in->data, in->len, &out, &e);
	else if (strcmp(what, "again") == 0) {
		if (charset_decode(c, vr, in->data, in->len, &text, &e) == 0)
			got = charset_encode(charset_of_bytes(c, in->data, in->len), vr,
			    text.data, text.len, &out, &e);
	} else if (strcmp(what, "speed") == 0) {
		for (rounds = 0; rounds < 1000000; rounds++) {
			buf_clear(&text);
			got = charset_decode(c, vr, in->data, in->len, &text, &e);
		}
		printf("%.1f ns\n", (now() - start) / rounds);
	} else
		err_set(&e, "what is %s?", what);
	if (got >= 0)
		fwrite(out.data, 1, out.len, stdout);
	buf_free(&text);
	buf_free(&out);
	return got < 0 ? trouble() : got;
}

int
main(int argc, char *argv[])
{
	const struct charset *c;
	struct buf in = { 0 };
	char block[4096];
	size_t got;
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: charset what declared vr [count]\n");
		return 2;
	}
	if ((c = charset_find(argv[2], strlen(argv[2]), &e)) == NULL)
		return trouble();
	if (strcmp(argv[1], "fuzz") == 0)
		return fuzz(c, argv[3], argc > 4 ? strtoul(argv[4], NULL, 10) : 1000);
	while ((got = fread(block, 1, sizeof block, stdin)) > 0)
		if (buf_add(&in, block, got, &e) < 0)
			return trouble();
	status = run(argv[1], c, argv[3], &in);
	buf_free(&in);
	return status;
}
