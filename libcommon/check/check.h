/*
 * check.h - the validator's checks, one function each, in one table
 *
 * A check looks at a de-identified file, and at its original where there is
 * one, and reports what it finds. It decides from the bytes (dataset.h) and the
 * standard, never by calling the code that made the file. No finding holds a
 * value of either file.
 */
#ifndef UNPHI_CHECK_CHECK_H
#define UNPHI_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "check/dataset.h"
#include "check/rows.h"
#include "stream/complete.h"

enum level {
	LEVEL_ERROR,	/* does not conform */
	LEVEL_WARNING,	/* a person should look */
	LEVEL_INFO	/* what was done, or could not be */
};

struct patients;	/* what was seen of each patient in the files before */
struct patients *patients_new(struct err *e);	/* NULL with E filled */
void patients_free(struct patients *p);

struct finding {
	const char *check;
	enum level level;
	const char *tag;	/* "(0010,0010)", or NULL */
	const char *path;	/* the same with the sequences around it, or NULL */
	const char *message;
};

/* What is checked; the caller fills and owns all of it. */
struct subject {
	const char *path;
	struct dataset *set;
	const char *original_path;	/* or NULL: then original is NULL too */
	struct dataset *original;
	const struct complete_file *boxes;	/* of this file, or NULL */
	bool boxes_given;		/* there was a box list */
	bool read_by_another;		/* reader_ask has proven it */
	bool keep;			/* what lies in no box was to be filled */
	bool weakened;			/* by a site policy, which the caller takes for right */
	unsigned claims;		/* by check_claims */
	bool was_clean;			/* the original says that it is de-identified */
	struct patients *patients;	/* seen in this run, or NULL */
	/* Takes each finding; the strings hold for the call. 0, or -1 to stop. */
	int (*found)(const struct finding *f, void *arg, struct err *e);
	void *arg;
};

struct check {
	const char *name;
	const char *section;	/* of the standard, or of our manual */
	const char *proves;
	bool needs_original;
	bool policy;		/* a site policy may decide otherwise */
	/* 0 when it ran, whatever it found; -1 with E filled when it could not. */
	int (*run)(const struct subject *s, struct err *e);
};

extern const struct check checks[];
extern const size_t checks_count;

/*
 * Does D say of itself that it is de-identified by the basic profile? What it holds then
 * may rightly stay: dcm-scrub knows its own pseudonyms, which needs the key.
 */
int check_says_clean(const struct dataset *d, bool *clean, struct err *e);

/* Does D say that a site policy let through what the profile does not? */
int check_says_weakened(const struct dataset *d, bool *weakened, struct err *e);

/* The options whose codes (0012,0064) lists, as bits CLAIM(option). */
int check_claims(const struct dataset *d, unsigned *claims, struct err *e);

/* For the checks: a finding about element I of the subject, or about none. */
int check_say(const struct subject *s, const char *check, enum level level,
    int64_t i, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* The same where the element is absent and only its tag is known. */
int check_say_tag(const struct subject *s, const char *check,
    enum level level, uint32_t tag, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Is the value a usual dummy of that VR, which identifies nobody? */
bool check_is_dummy(const char *value, size_t len);

/*
 * For each element of the subject the index of that which stands at the same place in
 * the original, by its whole path, or -1. *OF is the caller's to free. 0 or -1.
 */
int check_match(const struct subject *s, int64_t **of, struct err *e);

/* The VR of X; that of the profile's row where the file says none or UN; or "". */
const char *check_vr(const struct element *x);

/* The creator (gggg,00bb) that reserves the block of element I in its item, or -1. PS3.5 7.8.1 */
int64_t check_creator_of(const struct dataset *d, size_t i);

int check_marks(const struct subject *s, struct err *e);
int check_profile(const struct subject *s, struct err *e);
int check_private(const struct subject *s, struct err *e);
int check_dates(const struct subject *s, struct err *e);
int check_encrypted(const struct subject *s, struct err *e);
int check_uids(const struct subject *s, struct err *e);
int check_values(const struct subject *s, struct err *e);
int check_meta(const struct subject *s, struct err *e);
int check_structure(const struct subject *s, struct err *e);
int check_pixels(const struct subject *s, struct err *e);
int check_reader(const struct subject *s, struct err *e);

#endif
