/*
 * dates: dates moved, line by line
 *
 *	shift VR DAYS TEXT	the new values, or "-" when one is not understood
 *	age TEXT		is it over 89: yes or no
 *	patient KEYFILE ID	the shift of that patient
 *
 * Fields of standard input are separated by tabs; each line has an answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deid/dates.h"

static int
answer(char *line)
{
	const char *verb = strtok(line, "\t"), *a = strtok(NULL, "\t");
	const char *b = strtok(NULL, "\t"), *text = strtok(NULL, "");
	struct buf out = { 0 };
	struct key k;
	struct err e = { "a line is not understood" };
	int got = -1;

	if (verb == NULL || a == NULL) {
		;
	} else if (strcmp(verb, "age") == 0) {
		puts(dates_age_is_over_89(a, strlen(a)) ? "yes" : "no");
		got = 0;
	} else if (strcmp(verb, "patient") == 0 && b != NULL) {
		if ((got = key_read(a, &k, &e)) == 0)
			printf("%d\n", dates_patient_shift(&k, b, strlen(b)));
	} else if (strcmp(verb, "shift") == 0 && b != NULL) {
		text = text == NULL ? "" : text;
		got = dates_shift(a, text, strlen(text), atoi(b), &out, &e);
		puts(got == 0 ? "-" : got > 0 && out.data != NULL ? out.data : "");
	}
	if (got < 0)
		fprintf(stderr, "dates: %s\n", e.text);
	buf_free(&out);
	return got;
}

int
main(void)
{
	char line[4096];

	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (answer(line) < 0)
			return 2;
	}
	return ferror(stdin) ? 2 : 0;
}
