/* encrypted: is what is encrypted an envelope of CMS, PS3.15 E.1.2 and RFC 5652 6.1? */
#include <string.h>

#include "check/check.h"

#define ENCRYPTED 0x04000500u
#define SYNTAX 0x04000510u
#define CONTENT 0x04000520u

enum {
	ENVELOPE_MAX = 64 << 20,	/* bytes: originals of one header */
	DEPTH_MAX = 32,
	/* ASN.1 tags: X.690 8.1.2 */
	INTEGER = 0x02, OID = 0x06, SEQUENCE = 0x30, SET = 0x31, EXPLICIT_0 = 0xa0,
	IMPLICIT_0 = 0x80
};

struct ber {
	const unsigned char *p, *end;
};

/* The length octets at B->P: false when they are wrong; *INDEFINITE if it is not told. */
static bool
ber_length(struct ber *b, size_t *len, bool *indefinite)
{
	unsigned n;

	if (b->p == b->end)
		return false;
	n = *b->p++;
	*indefinite = n == 0x80;
	*len = n < 0x80 ? n : 0;
	if (n <= 0x80)
		return true;
	n &= 0x7f;
	if (n > 4 || (size_t)(b->end - b->p) < n)
		return false;
	while (n-- > 0)
		*len = *len << 8 | *b->p++;
	return true;
}

/* The next value of B, its tag and content, which B is then behind; CONTENT may be B. */
static bool
ber_next(struct ber *b, unsigned *tag, struct ber *content, unsigned depth)
{
	struct ber inner;
	const unsigned char *start;
	unsigned inner_tag;
	bool indefinite;
	size_t len;

	if (depth == DEPTH_MAX || b->p == b->end || (*b->p & 0x1f) == 0x1f)
		return false;
	*tag = *b->p++;
	if (!ber_length(b, &len, &indefinite))
		return false;
	start = b->p;
	if (!indefinite) {
		if (len > (size_t)(b->end - b->p))
			return false;
		b->p += len;
		*content = (struct ber){ start, start + len };
		return true;
	}
	for (;;) {
		if (b->end - b->p < 2)
			return false;
		if (b->p[0] == 0 && b->p[1] == 0)
			break;
		if (!ber_next(b, &inner_tag, &inner, depth + 1))
			return false;
	}
	inner = (struct ber){ start, b->p };
	b->p += 2;
	*content = inner;
	return true;
}

static bool
ber_is(struct ber *b, unsigned want, struct ber *content)
{
	unsigned tag;

	return ber_next(b, &tag, content, 0) && tag == want;
}

static bool
is_oid(const struct ber *b, const void *oid, size_t len)
{
	return (size_t)(b->end - b->p) == len && memcmp(b->p, oid, len) == 0;
}

/* EncryptedContentInfo: an algorithm and bytes. */
static bool
is_encrypted_content(struct ber in)
{
	static const unsigned char data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	    0x01, 0x07, 0x01 };
	struct ber part;
	unsigned tag;

	if (!ber_is(&in, OID, &part) || !is_oid(&part, data, sizeof data) ||
	    !ber_is(&in, SEQUENCE, &part) || !ber_is(&part, OID, &part))
		return false;
	return ber_next(&in, &tag, &part, 0) &&
	    (tag == IMPLICIT_0 || tag == EXPLICIT_0) && part.p < part.end;
}

static bool
is_envelope(const void *bytes, size_t len)
{
	static const unsigned char enveloped[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	    0x01, 0x07, 0x03 };
	struct ber in = { bytes, (const unsigned char *)bytes + len }, part, after;

	if (!ber_is(&in, SEQUENCE, &part))
		return false;
	if (in.end - in.p > 1 || (in.p < in.end && *in.p != 0))	/* but padding */
		return false;
	in = part;
	if (!ber_is(&in, OID, &part) || !is_oid(&part, enveloped, sizeof enveloped) ||
	    !ber_is(&in, EXPLICIT_0, &in) || !ber_is(&in, SEQUENCE, &in) ||
	    !ber_is(&in, INTEGER, &part))
		return false;
	after = in;
	if (ber_is(&after, EXPLICIT_0, &part))	/* OriginatorInfo */
		in = after;
	if (!ber_is(&in, SET, &part) || part.p == part.end)	/* for whom */
		return false;
	return ber_is(&in, SEQUENCE, &part) && is_encrypted_content(part);
}

/* Element I, of an item of the sequence. */
static int
judge_part(const struct subject *s, size_t i, struct err *e)
{
	const struct element *x = dataset_at(s->set, i);
	struct buf b = { 0 };
	int got = 0;

	if (x->tag == SYNTAX)
		return 0;
	if (x->tag != CONTENT)
		return check_say(s, "encrypted", LEVEL_ERROR, (int64_t)i, e,
		    "does not belong into an item of (0400,0500)");
	if (x->length > ENVELOPE_MAX)
		return check_say(s, "encrypted", LEVEL_ERROR, (int64_t)i, e,
		    "is too long for an envelope of a header");
	if (dataset_value(s->set, i, (size_t)x->length, &b, e) < 0)
		got = -1;
	else if (!is_envelope(b.data, b.len))
		got = check_say(s, "encrypted", LEVEL_ERROR, (int64_t)i, e,
		    "is no EnvelopedData of CMS (RFC 5652 6.1)");
	buf_free(&b);
	return got;
}

static int
judge_sequence(const struct subject *s, size_t i, struct err *e)
{
	const struct element *x = dataset_at(s->set, i);

	if (x->parent != DATASET_TOP || !x->sequence)
		return check_say(s, "encrypted", LEVEL_ERROR, (int64_t)i, e,
		    "is no sequence at the top (PS3.15 E.1.2)");
	if (s->original != NULL && dataset_find(s->original, ENCRYPTED) >= 0)
		return check_say(s, "encrypted", LEVEL_WARNING, (int64_t)i, e,
		    "the original has one too: who can open what it held?");
	return 0;
}

int
check_encrypted(const struct subject *s, struct err *e)
{
	const struct element *x;
	size_t i;
	int got = 0;

	for (i = 0; got == 0 && i < dataset_count(s->set); i++) {
		x = dataset_at(s->set, i);
		if (x->tag == ENCRYPTED)
			got = judge_sequence(s, i, e);
		else if (x->tag == CONTENT || x->tag == SYNTAX ||
		    (x->parent != DATASET_TOP &&
		    dataset_at(s->set, x->parent)->tag == ENCRYPTED))
			got = judge_part(s, i, e);
	}
	return got;
}
