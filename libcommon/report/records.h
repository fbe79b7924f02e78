/*
 * records.h - what all the logs of a run say together
 *
 * Reads box records, audit lines of px-redact and dcm-scrub, findings of
 * dcm-validate and refusals, mixed in any order, and adds them up. A file that
 * one program wrote and the next one read is one file here: the first name of
 * the chain. Lines are told apart by their keys:
 *
 *   "boxes" a list        box record, box-list(5)
 *   "check"               finding
 *   "refused"             refusal
 *   "by" and "output"     audit line; "frames", "frames_changed", "boxes" and
 *                         "pixels" as px-redact counts them, "actions" a list
 *                         of {"tag","path","rule","action"} as dcm-scrub does
 *   other objects         counted as not understood
 */
#ifndef UNPHI_REPORT_RECORDS_H
#define UNPHI_REPORT_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/err.h"
#include "stream/complete.h"

enum { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO, SEVERITIES };

struct records_file {
	char *name;
	char *output;		/* the last one of its chain, or NULL */
	char *redacted;		/* output of px-redact, or NULL */
	char *refused, *refused_by;	/* the reason and who gave it, or NULL */
	bool scrubbed, validated, merged;	/* merged: part of another's chain */
	uint64_t frames, frames_changed, boxes, pixels;	/* of px-redact */
	uint64_t attributes;	/* actions of dcm-scrub */
	uint64_t findings[SEVERITIES];
	const struct complete_file *examined;	/* its box records, or NULL */
};

/* How often one thing was done or found. */
struct records_count {
	char *key[3];		/* sorted by these */
	char *example, *example_file;	/* of findings */
	uint64_t n, boxes, files;
	char *last;		/* to count files */
};

struct records_list {
	struct records_count *at;
	size_t n, cap;
	json_t *index;
};

struct records {
	struct records_file *files;	/* by name */
	size_t nfiles, capfiles;
	json_t *index;
	struct complete *boxes;
	struct records_list sources;	/* by, view: images, boxes */
	struct records_list rules;	/* action, rule */
	struct records_list carriers;	/* action, carrier of px-redact */
	struct records_list checks;	/* check, level */
	struct records_list findings;	/* level, check, tag: with an example */
	struct records_list refusals;	/* by, reason; after records_finish */
	struct records_list problems;	/* input, what is wrong with it */
	uint64_t lines;
};

struct records *records_new(struct err *e);
void records_free(struct records *r);

/*
 * Reads IN to its end; NAME is for the problems. What cannot be understood
 * becomes a problem, not a failure: a report that says so is worth more than
 * none. Returns 0; -1 only out of memory.
 */
int records_read(struct records *r, FILE *in, const char *name, struct err *e);

/* Notes that an input could not be read at all. */
int records_problem(struct records *r, const char *input, const char *what,
    struct err *e);

/* Joins chains and sorts. Call once, after all was read. Returns 0 or -1. */
int records_finish(struct records *r, struct err *e);

/* Sums, after records_finish. */
struct records_sums {
	uint64_t files, done, refused, unknown;	/* unknown: no outcome is told */
	uint64_t with_boxes;
	uint64_t frames, frames_examined;	/* of files with box records */
	uint64_t incomplete;		/* such files whose records are not complete */
	uint64_t boxes_found, boxes_filled, pixels, frames_changed;
	uint64_t attributes, findings[SEVERITIES], unvalidated;
};
void records_sum(const struct records *r, struct records_sums *s);

/* Distinct frames of F that its records cover. */
uint64_t records_frames_examined(const struct complete_file *f);

/* The first frame that has a box, from 1; 0 when none has. */
uint32_t records_first_frame(const struct complete_file *f);

#endif
