/*
 * clean: the cleaner of text alone, for the tests.
 *
 *	clean [-p PATTERNS] [-l LISTS] <cases >answers
 *	clean -s COUNT TEXT		nanoseconds of processor time for a cleaning of TEXT
 *	clean -b FILE <cases		is the identity of each case in the bytes of FILE
 *
 * A case is a line of tab-separated fields: an identity, settings, a text; an answer
 * is what clean_text leaves of the text, or what it left when that was the same.
 * The identity is "kind=value" with | between them, kinds as in names.h; the
 * settings are words with commas: keep, shift=DAYS, places, devices. In all of them
 * \t, \n and \\ stand for a tab, a line's end and a backslash, \xNN for a byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/clean.h"

static void
die(const struct err *e)
{
	fprintf(stderr, "clean: %s\n", e->text);
	exit(2);
}

/* In place. */
static size_t
unescape(char *s)
{
	char *from = s, *to = s;
	unsigned byte;

	for (; *from != '\0'; from++) {
		if (*from == '\\' && from[1] != '\0') {
			from++;
			if (*from == 'x' && sscanf(from + 1, "%2x", &byte) == 1) {
				*to++ = (char)byte;
				from += 2;
			} else {
				*to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
			}
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return (size_t)(to - s);
}

static void
add_identity(struct names *d, char *text)
{
	static const char *const kinds[] = { "patient", "person", "id", "birth", "date",
	    "uid", "place", "device", "other" };
	struct err e = { "" };
	char *item, *value, *rest = NULL;
	size_t i;

	for (item = strtok_r(text, "|", &rest); item != NULL; item = strtok_r(NULL, "|", &rest)) {
		if ((value = strchr(item, '=')) == NULL)
			continue;
		*value++ = '\0';
		for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			if (strcmp(kinds[i], item) == 0)
				break;
		if (i == sizeof kinds / sizeof kinds[0]) {
			fprintf(stderr, "clean: no kind %s\n", item);
			exit(2);
		}
		if (names_add(d, (enum names_kind)i, value, unescape(value), &e) < 0)
			die(&e);
	}
}

static struct clean_settings
read_settings(char *text)
{
	struct clean_settings s = { 0 };
	char *word, *rest = NULL;

	for (word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
		if (strcmp(word, "keep") == 0)
			s.dates = CLEAN_DATES_KEEP;
		if (strncmp(word, "shift=", 6) == 0) {
			s.dates = CLEAN_DATES_SHIFT;
			s.shift = atoi(word + 6);
		}
		s.keep_places |= strcmp(word, "places") == 0;
		s.keep_devices |= strcmp(word, "devices") == 0;
	}
	return s;
}

static void
put(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] == '\n')
			fputs("\\n", stdout);
		else if (text[i] == '\t')
			fputs("\\t", stdout);
		else if (text[i] == '\\')
			fputs("\\\\", stdout);
		else
			putchar(text[i]);
	putchar('\n');
}

static void
measure(struct clean *c, const char *text, long count)
{
	struct clean_settings s = { 0 };
	struct buf out = { 0 };
	struct err e = { "" };
	struct names *d = names_new(&e);
	struct timespec a, b;
	long i;

	if (d == NULL || names_add(d, NAMES_PATIENT, "Müllerschön^Anna-Léna", 22, &e) < 0 ||
	    names_add(d, NAMES_PERSON, "Kowalczyk^Zbigniew", 18, &e) < 0 ||
	    names_add(d, NAMES_ID, "PH3012345", 9, &e) < 0 ||
	    names_add(d, NAMES_DATE, "20210514", 8, &e) < 0)
		die(&e);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (i = 0; i < count; i++)
		if (clean_text(c, d, &s, text, strlen(text), &out, &e) < 0)
			die(&e);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	printf("%.0f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	    (double)(b.tv_nsec - a.tv_nsec)) / (double)count);
	buf_free(&out);
	names_free(d);
}

int
main(int argc, char *argv[])
{
	const char *patterns = NULL, *lists = NULL;
	struct err e = { "" };
	struct clean *c;
	struct names *d;
	struct clean_settings s;
	struct buf out = { 0 }, blob = { 0 };
	char *line = NULL, *identity, *settings, *text;
	char bytes[4096];
	size_t cap = 0, len, n;
	long count = 0;
	FILE *in;
	int opt, got;

	while ((opt = getopt(argc, argv, "p:l:s:b:")) != -1)
		switch (opt) {
		case 'p':
			patterns = optarg;
			break;
		case 'l':
			lists = optarg;
			break;
		case 's':
			count = atol(optarg);
			break;
		case 'b':
			if ((in = fopen(optarg, "rb")) == NULL)
				return 2;
			while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
				if (buf_add(&blob, bytes, n, &e) < 0)
					die(&e);
			fclose(in);
			break;
		default:
			return 2;
		}
	if (clean_open(patterns, lists, &c, &e) < 0 || (d = names_new(&e)) == NULL)
		die(&e);
	if (count > 0) {
		measure(c, argv[optind], count);
		line = NULL;
	}
	while (count == 0 && getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		settings = strchr(identity = line, '\t');
		if (settings == NULL || (text = strchr(settings + 1, '\t')) == NULL)
			continue;
		*settings++ = *text++ = '\0';
		text[strcspn(text, "\t")] = '\0';
		names_clear(d);
		add_identity(d, identity);
		s = read_settings(settings);
		len = unescape(text);
		if (blob.len > 0) {
			puts(clean_is_in_bytes(c, d, &s, blob.data, blob.len) ? "yes" : "no");
			continue;
		}
		if ((got = clean_text(c, d, &s, text, len, &out, &e)) < 0)
			die(&e);
		if (got == 0)
			put(text, len);
		else
			put(out.data, out.len);
	}
	free(line);
	buf_free(&out);
	buf_free(&blob);
	names_free(d);
	clean_close(c);
	return 0;
}
