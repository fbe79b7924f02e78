/*
 * profile: what the profile decides, line by line
 *
 *	profile [TABLE]		by another edition of the table
 *
 * A line of standard input is SOP class, options with commas between them, the tags of the
 * sequence around and of the attribute in hex, and its VR; fields are separated by tabs.
 * Its answer: the action, what holds when that fails, and the rule. Last, the marks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deid/profile.h"

static const char *const actions[] = {
	[ACTION_KEEP] = "keep", [ACTION_REMOVE] = "remove",
	[ACTION_EMPTY] = "empty", [ACTION_DUMMY] = "dummy", [ACTION_UID] = "uid",
	[ACTION_CLEAN] = "clean", [ACTION_SHIFT] = "shift", [ACTION_ZONE] = "zone",
	[ACTION_AGE] = "age", [ACTION_SEARCH] = "search",
};

static int
take_options(struct profile *p, char *list, struct err *e)
{
	enum profile_option o;
	char *word, *rest = NULL;

	memset(p->option, 0, sizeof p->option);
	for (word = strtok_r(list, ",", &rest); word != NULL;
	    word = strtok_r(NULL, ",", &rest)) {
		o = profile_option_named(word, strlen(word), false);
		if (o == PROFILE_OPTIONS)
			o = profile_option_named(word, strlen(word), true);
		if (o == PROFILE_OPTIONS)
			return err_set(e, "an option is not known");
		p->option[o] = true;
	}
	return profile_check(p, e);
}

static int
answer(struct profile *p, char *line, struct err *e)
{
	char *field[5], *rest = line;
	struct profile_verdict v;
	size_t i;

	for (i = 0; i < 5; i++)
		if ((field[i] = strsep(&rest, "\t")) == NULL)
			return err_set(e, "a line is not understood");
	if (take_options(p, field[1], e) < 0)
		return -1;
	p->iod = profile_iod(field[0]);
	v = profile_decide(p, (uint32_t)strtoul(field[2], NULL, 16),
	    (uint32_t)strtoul(field[3], NULL, 16), field[4]);
	printf("%s\t%s\t%s\n", actions[v.action], actions[v.otherwise],
	    v.rule != NULL ? v.rule : "");
	return 0;
}

int
main(int argc, char *argv[])
{
	struct profile p = { .iod = IOD_UNKNOWN };
	struct profile_table *table = NULL;
	char line[4096], method[PROFILE_METHOD_SIZE];
	struct err e;
	int got = 0;

	if (argc > 1)
		got = profile_table_read(argv[1], &table, &e);
	p.table = table;
	while (got == 0 && fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		got = answer(&p, line, &e);
	}
	profile_method(&p, method);
	if (got < 0)
		fprintf(stderr, "profile: %s\n", e.text);
	else
		printf("%s\t%s\n", method, profile_temporal(&p));
	profile_table_free(table);
	return got < 0 ? 2 : 0;
}
