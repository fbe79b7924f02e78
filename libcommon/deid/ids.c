/* ids: what an object's ids become; see ids.h. */
#include "deid/ids.h"

#include <stdio.h>

#include "deid/dates.h"
#include "deid/pseudonym.h"

static int
add_text(struct buf *out, const char *text, struct err *e)
{
	return buf_add(out, text, strlen(text), e);
}

static int
new_patient(const struct ids *s, const struct ids_object *o, struct slice id,
    struct slice issuer, struct buf *out, struct err *e)
{
	char digits[PSEUDONYM_ID_DIGITS + 1];
	const char *assigned;
	bool ours;

	if (id.len == 0)
		return 0;
	/* What is proven stays; only a pseudonym may get another prefix. */
	ours = o->proof.patient && pseudonym_id_in(s->key, id.p, id.len) != NULL;
	if (!ours && o->proof.patient && (slice_equal(id, o->facts.patient) ||
	    (s->table != NULL && idtable_assigns_patient(s->table, id))))
		return buf_add(out, id.p, id.len, e);
	if (!ours && s->table != NULL) {
		if ((assigned = idtable_patient(s->table, id, issuer)) == NULL)
			return err_set(e, "Patient ID (0010,0020) is not in the id table");
		return add_text(out, assigned, e);
	}
	pseudonym_id(s->key, "patient", id.p, id.len, digits);
	return add_text(out, s->prefix, e) < 0 ? -1 : add_text(out, digits, e);
}

int
ids_patient(const struct ids *s, const struct ids_object *o, struct slice id,
    struct slice issuer, struct buf *out, struct err *e)
{
	/* One answer in one object, unless another issuer means another person. */
	if (slice_equal(id, o->facts.patient) && (s->table == NULL ||
	    issuer.len == 0 || slice_equal(issuer, o->issuer)))
		return add_text(out, o->patient, e);
	return new_patient(s, o, id, issuer, out, e);
}

int
ids_accession(const struct ids *s, const struct ids_object *o, struct slice id,
    struct buf *out, struct err *e)
{
	bool listed = s->table != NULL && idtable_has_accessions(s->table);
	char made[PSEUDONYM_ID_DIGITS + 1];
	const char *assigned;

	if (id.len == 0)
		return 0;
	if (o->proof.accession && (slice_equal(id, o->facts.accession) ||
	    (listed && idtable_assigns_accession(s->table, id))))
		return buf_add(out, id.p, id.len, e);
	if (listed) {
		assigned = idtable_accession(s->table, o->facts.patient, o->issuer, id);
		if (assigned == NULL)
			return err_set(e, "Accession Number (0008,0050) is not in the id "
			    "table");
		return add_text(out, assigned, e);
	}
	pseudonym_accession(s->key, s->prefix, id.p, id.len, made);
	return add_text(out, made, e);
}

/* The days of the patient, by the new id without its prefix; see dates.h. */
static int
find_shift(const struct ids *s, const struct ids_object *o)
{
	struct slice uid = o->study.len > 0 ? o->study : o->facts.instance;
	struct slice id = { o->patient, strlen(o->patient) };
	char made[PSEUDONYM_UID_SIZE];
	const char *digits;

	if (o->shifted)
		return 0;
	if (s->days != 0)
		return s->days;
	if (id.len == 0) {
		pseudonym_uid(s->key, uid.p, uid.len, made);
		id = (struct slice){ made, strlen(made) };
	} else if ((digits = pseudonym_id_in(s->key, id.p, id.len)) != NULL) {
		id = (struct slice){ digits, PSEUDONYM_ID_DIGITS };
	}
	return dates_patient_shift(s->key, id.p, id.len);
}

int
ids_begin(const struct ids *s, struct ids_object *o, struct err *e)
{
	struct buf id = { 0 };
	int got = -1;

	o->proof = seal_prove(s->key, &o->facts, o->method);
	o->shifted = o->proof.dates && slice_is(o->facts.temporal, "MODIFIED");
	o->patient[0] = '\0';
	if (o->facts.patient.len == 0 && s->table != NULL)
		return err_set(e, "has no Patient ID (0010,0020) to find in the id table");
	if (new_patient(s, o, o->facts.patient, o->issuer, &id, e) < 0)
		goto out;
	if (id.len >= IDS_SIZE) {
		err_set(e, "Patient ID (0010,0020) is longer than an LO holds");
		goto out;
	}
	snprintf(o->patient, sizeof o->patient, "%s", id.data != NULL ? id.data : "");
	o->shift = find_shift(s, o);
	got = 0;
out:
	buf_free(&id);
	return got;
}

bool
ids_are_ours(const struct ids *s, const struct ids_object *o, struct slice id)
{
	char made[PSEUDONYM_ID_DIGITS + 1];

	if (id.len == 0)
		return false;
	if (pseudonym_id_in(s->key, id.p, id.len) != NULL ||
	    (o->proof.patient && slice_equal(id, o->facts.patient)) ||
	    (o->proof.accession && slice_equal(id, o->facts.accession)))
		return true;
	pseudonym_accession(s->key, s->prefix, id.p, id.len, made);
	if (slice_is(id, made))
		return true;
	return s->table != NULL && o->proof.patient &&
	    (idtable_assigns_patient(s->table, id) ||
	    idtable_assigns_accession(s->table, id));
}
