/* profile: what PS3.15 Annex E demands of one attribute; see profile.h. */
#include "deid/profile.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct row {
	uint32_t tag, mask;
	const char *basic;
	const char *options;	/* one letter for each profile_option: K, C, blank */
};

struct sop_class {
	const char *uid;
	int iod;
};

/* The strictest type that modules of the IOD give: 1, 2, 3; C types count as
   their plain ones, for an attribute that is there was wanted. IOD 0 is all. */
struct requirement {
	int iod;
	uint32_t parent, tag;
	int type;
};

#include "deid/profile.inc"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { TYPE_UNKNOWN = 0, TYPE_ABSENT = 3 };	/* not in the IOD: as type 3 */

const struct profile_code *
profile_basic_code(void)
{
	return &basic_code;
}

const struct profile_code *
profile_option_code(enum profile_option o)
{
	return &option_codes[o];
}

int
profile_iod(const char *sop_class)
{
	size_t i;

	for (i = 0; sop_class != NULL && i < COUNT(sop_classes); i++)
		if (strcmp(sop_classes[i].uid, sop_class) == 0)
			return sop_classes[i].iod;
	return IOD_UNKNOWN;
}

static int
compare_row(const void *key, const void *member)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct row *)member)->tag;

	return (a > b) - (a < b);
}

static const struct row *
find_row(uint32_t tag)
{
	const struct row *r;
	size_t i;

	r = bsearch(&tag, rows, COUNT(rows), sizeof rows[0], compare_row);
	for (i = 0; r == NULL && i < COUNT(wild_rows); i++)
		if ((tag & wild_rows[i].mask) == wild_rows[i].tag)
			r = &wild_rows[i];
	return r;
}

static int
compare_requirement(const void *key, const void *member)
{
	const struct requirement *a = key, *b = member;

	if (a->iod != b->iod)
		return a->iod < b->iod ? -1 : 1;
	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->tag > b->tag) - (a->tag < b->tag);
}

static int
type_of(const struct profile *p, uint32_t parent, uint32_t tag)
{
	struct requirement want = { p->iod, parent, tag, 0 };
	const struct requirement *r;

	if (p->iod == IOD_UNKNOWN)
		return TYPE_UNKNOWN;
	r = bsearch(&want, requirements, COUNT(requirements), sizeof want,
	    compare_requirement);
	if (r == NULL) {
		want.iod = 0;
		r = bsearch(&want, requirements, COUNT(requirements),
		    sizeof want, compare_requirement);
	}
	return r != NULL ? r->type : TYPE_ABSENT;
}

/*
 * What each code comes to by the attribute's type: unknown, 1, 2, 3. Where the
 * code offers no D but the IOD demands a value, Z permits a dummy; where the
 * type is not known the last alternative keeps the object valid.
 */
static const struct {
	const char *code;
	enum profile_action by_type[4];
} codes[] = {
	/* Presentation Creation Date is X, and Type 1 in every IOD that has it. */
	{ "X",      { ACTION_REMOVE, ACTION_DUMMY,  ACTION_REMOVE, ACTION_REMOVE } },
	{ "Z",      { ACTION_EMPTY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_EMPTY } },
	{ "D",      { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_DUMMY,  ACTION_DUMMY } },
	{ "U",      { ACTION_UID,    ACTION_UID,    ACTION_UID,    ACTION_UID } },
	{ "Z/D",    { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_EMPTY } },
	{ "X/Z",    { ACTION_EMPTY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_REMOVE } },
	{ "X/D",    { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_DUMMY,  ACTION_REMOVE } },
	{ "X/Z/D",  { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_REMOVE } },
	/* Of the two sequences with this code the items stay, their UIDs change. */
	{ "X/Z/U*", { ACTION_KEEP,   ACTION_KEEP,   ACTION_EMPTY,  ACTION_REMOVE } },
};

static enum profile_action
resolve(const char *code, int type)
{
	size_t i;

	for (i = 0; i < COUNT(codes); i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].by_type[type];
	return ACTION_REMOVE;	/* a code of an edition that we do not know */
}

/* K under an option that is on, unless another that is on says C. */
static bool
is_kept(const struct profile *p, const struct row *r)
{
	bool kept = false;
	int i;

	for (i = 0; i < PROFILE_OPTIONS; i++) {
		if (!p->option[i])
			continue;
		if (r->options[i] == 'C')
			return false;
		kept |= r->options[i] == 'K';
	}
	return kept;
}

static bool
in_range(uint32_t tag, uint32_t first, uint32_t last)
{
	return tag >= first && tag <= last;
}

/*
 * Beyond the table: its rows name one or two elements of a plane, a signature
 * or a link, and what is left without them is invalid or tells.
 */
static const char *
always_removed(uint32_t tag)
{
	static const struct {
		uint32_t tag;
		const char *rule;
	} list[] = {
		{ 0x00081190, "url" },		/* Retrieve URL */
		{ 0x0040e010, "url" },		/* Retrieve URI */
		{ 0x04000500, "encrypted" },	/* whose key holders are unknown */
		{ 0x4ffe0001, "signature" },	/* MAC Parameters Sequence */
		{ 0x00287fe0, "url" },		/* Pixel Data Provider URL */
	};
	uint32_t group = tag >> 16;
	size_t i;

	for (i = 0; i < COUNT(list); i++)
		if (list[i].tag == tag)
			return list[i].rule;
	if (in_range(group, 0x6000, 0x601e))
		return "overlay";
	if (in_range(group, 0x5000, 0x501e))
		return "curve";
	if ((tag & 0xffff) == 0)
		return "group length";
	if (group == 0x0000 || group == 0x0002 || group == 0x0004)
		return "misplaced";
	return NULL;
}

/* UIDs that name no instance and no entity of the site. */
static bool
is_public_uid(uint32_t tag)
{
	return tag == 0x0008010c ||	/* Coding Scheme UID */
	    tag == 0x0008010d ||	/* Context Group Extension Creator UID */
	    tag == 0x00080118 ||	/* Mapping Resource UID */
	    tag == 0x00080117;		/* Context UID */
}

static struct profile_verdict
by_vr(const struct profile *p, uint32_t parent, uint32_t tag, const char *vr)
{
	bool dates = p->option[RETAIN_FULL_DATES];

	if (strcmp(vr, "UI") == 0)
		return (struct profile_verdict){ p->option[RETAIN_UIDS] ||
		    is_public_uid(tag) ? ACTION_KEEP : ACTION_UID, "uid" };
	if (strcmp(vr, "PN") == 0)
		return (struct profile_verdict){
		    resolve("X/Z/D", type_of(p, parent, tag)), "name" };
	if (strcmp(vr, "DA") == 0 || strcmp(vr, "TM") == 0 ||
	    strcmp(vr, "DT") == 0)
		return (struct profile_verdict){ dates ? ACTION_KEEP :
		    resolve("X/Z/D", type_of(p, parent, tag)), "date" };
	return (struct profile_verdict){ ACTION_KEEP, NULL };
}

struct profile_verdict
profile_decide(const struct profile *p, uint32_t parent, uint32_t tag,
    const char *vr)
{
	const char *rule = always_removed(tag);
	const struct row *r;

	if (rule != NULL)
		return (struct profile_verdict){ ACTION_REMOVE, rule };
	if ((r = find_row(tag)) == NULL)
		return by_vr(p, parent, tag, vr);
	/* What Common Instance Reference (PS3.3 C.12.2) lists must be there. */
	if (strcmp(r->basic, "X/Z/U*") == 0 && p->lists_references)
		return (struct profile_verdict){ ACTION_KEEP, r->basic };
	if (is_kept(p, r))
		return (struct profile_verdict){ ACTION_KEEP, "K" };
	return (struct profile_verdict){
	    resolve(r->basic, type_of(p, parent, tag)), r->basic };
}
