/*
 * engine.h - the ways to find text in an image, by name
 *
 * One table holds them all; a user names one or several, whose boxes are united. An engine that cannot do its work - a
 * language is not installed - leaves it to the others.
 */
#ifndef UNPHI_TEXT_ENGINE_H
#define UNPHI_TEXT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "stream/box.h"
#include "text/ocr.h"
#include "text/picture.h"

/*
 * OPEN, if there is one, makes what an engine owns for one thread, or returns NULL with E filled. FIND adds a box to R for each line of
 * text in P, within the image; conf is the engine's own, or negative where it has none. It returns 0, or -1 with E
 * filled.
 */
struct engine {
	const char *name, *does;
	void *(*open)(const struct ocr_options *w, struct err *e);
	void (*close)(void *own);
	int (*find)(void *own, const struct picture *p, struct box_record *r, struct err *e);
};
#define ENGINES 5
extern const struct engine engine_table[ENGINES];

/* Which engines are wanted, in the user's order; places of the table. */
struct engine_list {
	size_t at[ENGINES], count;
};
/* Reads names with commas between them, each once. Returns 0, or -1 with E filled. */
int engine_parse(const char *names, struct engine_list *l, struct err *e);

/* What they own; one a thread. L and W are borrowed. An engine is opened when it is first wanted. */
struct engines;
struct engines *engines_new(const struct engine_list *l, const struct ocr_options *w, struct err *e);
void engines_free(struct engines *s);

/* Engines that could not look at an image, by place in the table, and why. */
struct engine_failures {
	bool failed[ENGINES];
	struct err why[ENGINES];
};
/*
 * Adds to R the boxes that the engines find in P, united and sorted. Returns 0; -1 with E filled when no engine could
 * look, or, if STRICT, one could not.
 */
int engines_find(struct engines *s, const struct picture *p, bool strict, struct box_record *r,
    struct engine_failures *f, struct err *e);

#endif
