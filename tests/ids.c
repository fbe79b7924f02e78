/*
 * ids: what becomes of objects' ids, line by line
 *
 *	ids KEYFILE PREFIX TABLE	TABLE is "-" for none
 *
 * A line of standard input is one object: SOP Instance UID, (0028,0303), Patient ID,
 * Accession Number, its issuer, Study Instance UID, (0012,0063), and a nested Patient
 * ID if wanted; with tabs between them. The answer: what the seal proved (d, p, a),
 * the new Patient ID, Accession Number and nested ID, the days, and the seal of the
 * result, when (0028,0303) becomes MODIFIED; or "refused: ...".
 */
#include <stdio.h>
#include <string.h>

#include "deid/ids.h"

enum { INSTANCE, TEMPORAL, PATIENT, ACCESSION, ISSUER, STUDY, METHOD, NESTED, FIELDS };

static struct slice
slice_of(const struct buf *b)
{
	return (struct slice){ b->data, b->len };
}

static void
answer(const struct ids *s, const struct slice *f)
{
	struct ids_object o = { .facts = { f[INSTANCE], f[TEMPORAL], f[PATIENT],
	    f[ACCESSION] }, .issuer = f[ISSUER], .study = f[STUDY], .method = f[METHOD] };
	struct buf patient = { 0 }, accession = { 0 }, nested = { 0 };
	struct seal_facts after = { .instance = f[INSTANCE],
	    .temporal = { "MODIFIED", 8 } };
	char seal[SEAL_SIZE];
	struct err e;

	if (ids_begin(s, &o, &e) < 0 ||
	    ids_patient(s, &o, f[PATIENT], f[ISSUER], &patient, &e) < 0 ||
	    ids_accession(s, &o, f[ACCESSION], &accession, &e) < 0 ||
	    ids_patient(s, &o, f[NESTED], f[ISSUER], &nested, &e) < 0) {
		printf("refused: %s\n", e.text);
	} else {
		after.patient = slice_of(&patient);
		after.accession = slice_of(&accession);
		seal_make(s->key, &after, seal);
		printf("%s%s%s\t%s\t%s\t%s\t%d\t%s\n", o.proof.dates ? "d" : "",
		    o.proof.patient ? "p" : "", o.proof.accession ? "a" : "",
		    patient.len > 0 ? patient.data : "",
		    accession.len > 0 ? accession.data : "",
		    nested.len > 0 ? nested.data : "", o.shift, seal);
	}
	buf_free(&patient);
	buf_free(&accession);
	buf_free(&nested);
}

int
main(int argc, char *argv[])
{
	struct ids s = { .days = 0 };
	struct slice f[FIELDS];
	struct idtable *table = NULL;
	char line[4096], *p;
	struct key k;
	struct err e;
	int i;

	if (argc != 4)
		return 2;
	if (key_read(argv[1], &k, &e) < 0 ||
	    (strcmp(argv[3], "-") != 0 && idtable_read(argv[3], &table, &e) < 0)) {
		fprintf(stderr, "ids: %s\n", e.text);
		return 2;
	}
	s.key = &k;
	s.prefix = argv[2];
	s.table = table;
	while (fgets(line, sizeof line, stdin) != NULL) {
		p = line;
		for (i = 0; i < FIELDS; i++) {
			f[i] = (struct slice){ p, strcspn(p, "\t\n") };
			p += f[i].len + (p[f[i].len] == '\t');
		}
		answer(&s, f);
	}
	idtable_free(table);
	return 0;
}
