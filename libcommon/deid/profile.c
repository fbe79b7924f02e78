/* profile: what PS3.15 Annex E demands of one attribute; see profile.h. */
#include "deid/profile_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

bool
profile_is_method(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT(method_meanings); i++)
		if (strlen(method_meanings[i]) == len &&
		    memcmp(method_meanings[i], text, len) == 0)
			return true;
	return false;
}

static const struct {
	const char *name;
	bool cleans;
} option_names[PROFILE_OPTIONS] = {
	[RETAIN_SAFE_PRIVATE] =   { "safe-private", false },
	[RETAIN_UIDS] =           { "uids", false },
	[RETAIN_DEVICE] =         { "device", false },
	[RETAIN_INSTITUTION] =    { "institution", false },
	[RETAIN_PATIENT] =        { "patient", false },
	[RETAIN_FULL_DATES] =     { "full-dates", false },
	[RETAIN_MODIFIED_DATES] = { "modified-dates", false },
	[CLEAN_DESCRIPTORS] =     { "descriptors", true },
	[CLEAN_STRUCTURED] =      { "structured", true },
	[CLEAN_GRAPHICS] =        { "graphics", true },
};

const char *
profile_option_name(enum profile_option o)
{
	return option_names[o].name;
}

enum profile_option
profile_option_named(const char *word, size_t len, bool cleans)
{
	int i;

	for (i = 0; i < PROFILE_OPTIONS; i++)
		if (option_names[i].cleans == cleans &&
		    strlen(option_names[i].name) == len &&
		    memcmp(option_names[i].name, word, len) == 0)
			break;
	return (enum profile_option)i;
}

int
profile_check(const struct profile *p, struct err *e)
{
	if (p->option[RETAIN_FULL_DATES] && p->option[RETAIN_MODIFIED_DATES])
		return err_set(e, "dates cannot be both full and modified (PS3.15 E.3.6)");
	return 0;
}

static const struct profile_table *
table_of(const struct profile *p)
{
	return p->table != NULL ? p->table : &built_in;
}

void
profile_method(const struct profile *p, char out[PROFILE_METHOD_SIZE])
{
	snprintf(out, PROFILE_METHOD_SIZE, "unphi: PS3.15 %s Basic Profile%s",
	    table_of(p)->edition, p->table != NULL ? ", table of the site" : "");
}

const char *
profile_temporal(const struct profile *p)
{
	return p->option[RETAIN_FULL_DATES] ? "UNMODIFIED" :
	    p->option[RETAIN_MODIFIED_DATES] ? "MODIFIED" : "REMOVED";
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

const struct row *
profile_row(const struct profile_table *t, uint32_t tag)
{
	const struct row *r;
	size_t i;

	r = bsearch(&tag, t->rows, t->nrows, sizeof *r, compare_row);
	for (i = 0; r == NULL && i < t->nwild; i++)
		if ((tag & t->wild[i].mask) == t->wild[i].tag)
			r = &t->wild[i];
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
	/* The types are those of rows that the table compiled in has. */
	if (p->table != NULL && profile_row(p->table, tag) != NULL &&
	    profile_row(&built_in, tag) == NULL)
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
static const enum profile_action by_type[CODES][4] = {
	/* Presentation Creation Date is X, and Type 1 in every IOD that has it. */
	[CODE_X] =     { ACTION_REMOVE, ACTION_DUMMY,  ACTION_REMOVE, ACTION_REMOVE },
	[CODE_Z] =     { ACTION_EMPTY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_EMPTY },
	[CODE_D] =     { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_DUMMY,  ACTION_DUMMY },
	[CODE_U] =     { ACTION_UID,    ACTION_UID,    ACTION_UID,    ACTION_UID },
	[CODE_Z_D] =   { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_EMPTY },
	[CODE_X_Z] =   { ACTION_EMPTY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_REMOVE },
	[CODE_X_D] =   { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_DUMMY,  ACTION_REMOVE },
	[CODE_X_Z_D] = { ACTION_DUMMY,  ACTION_DUMMY,  ACTION_EMPTY,  ACTION_REMOVE },
	/* Of the two sequences with this code the items stay, their UIDs change. */
	[CODE_X_Z_U] = { ACTION_KEEP,   ACTION_KEEP,   ACTION_EMPTY,  ACTION_REMOVE },
};

const char *const profile_code_names[CODES] = {
	[CODE_X] = "X", [CODE_Z] = "Z", [CODE_D] = "D", [CODE_U] = "U",
	[CODE_Z_D] = "Z/D", [CODE_X_Z] = "X/Z", [CODE_X_D] = "X/D",
	[CODE_X_Z_D] = "X/Z/D", [CODE_X_Z_U] = "X/Z/U*",
};

static enum profile_action
resolve(const struct profile *p, enum code code, uint32_t parent, uint32_t tag)
{
	return by_type[code][type_of(p, parent, tag)];
}

static struct profile_verdict
verdict(enum profile_action action, const char *rule,
    enum profile_action otherwise)
{
	return (struct profile_verdict){ action, rule, otherwise };
}

/* For actions that ask nothing of the value. */
static struct profile_verdict
plainly(enum profile_action action, const char *rule)
{
	return verdict(action, rule, action);
}

/* The code that options which are on give: C before K, blank for none. */
static char
code_of_options(const struct profile *p, const struct row *r)
{
	char code = ' ';
	int i;

	for (i = 0; i < PROFILE_OPTIONS; i++)
		if (p->option[i] && r->options[i] != ' ' && code != 'C')
			code = r->options[i];
	return code;
}

static bool
is_vr(const char *vr, const char *list)
{
	return strlen(vr) == 2 && strstr(list, vr) != NULL;
}

static bool
is_date(const char *vr)
{
	return is_vr(vr, "DA DT TM");
}

static bool
is_words(const char *vr)
{
	return is_vr(vr, "AE CS LO LT SH ST UC UR UT");
}

static bool
in_range(uint32_t tag, uint32_t first, uint32_t last)
{
	return tag >= first && tag <= last;
}

/*
 * Beyond the table: its rows name one or two elements of a signature or a link,
 * and what is left without them is invalid or tells; or VRs hide what they are.
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
		{ 0x00100033, "date" },		/* Birth Date in Alternative Calendar, LO */
		{ 0x00100034, "date" },		/* Death Date in it */
		{ 0x00100035, "date" },		/* the calendar of these two */
		{ 0x04000500, "encrypted" },	/* whose key holders are unknown */
		{ 0x4ffe0001, "signature" },	/* MAC Parameters Sequence */
		{ 0x00287fe0, "url" },		/* Pixel Data Provider URL */
	};
	uint32_t group = tag >> 16;
	size_t i;

	for (i = 0; i < COUNT(list); i++)
		if (list[i].tag == tag)
			return list[i].rule;
	if ((tag & 0xffff) == 0)
		return "group length";
	if (group == 0x0000 || group == 0x0002 || group == 0x0004)
		return "misplaced";
	return NULL;
}

/*
 * Of overlays and curves the table has one or two elements; without them the
 * plane is invalid. So a plane goes, or under Clean Graphics stays, as a whole.
 */
static struct profile_verdict
decide_plane(const struct profile *p, uint32_t tag, const char *vr)
{
	const char *rule = tag >> 16 >= 0x6000 ? "overlay" : "curve";
	uint32_t low = tag & 0xffff;

	if (!p->option[CLEAN_GRAPHICS])
		return plainly(ACTION_REMOVE, rule);
	/* The sound of a curve (retired), which nothing here can hear. */
	if (tag >> 16 < 0x6000 && in_range(low, 0x2000, 0x200e))
		return plainly(ACTION_REMOVE, rule);
	if (low == 0x3000 ? is_vr(vr, "OB OW") : is_words(vr))
		return verdict(ACTION_CLEAN, "C", ACTION_REMOVE);
	if (is_vr(vr, "US SS UL SL FL FD IS DS AT SQ"))
		return plainly(ACTION_KEEP, rule);
	return plainly(ACTION_REMOVE, rule);
}

/* UIDs that name no instance and no entity of the site: classes and codes. */
static bool
is_public_uid(uint32_t tag)
{
	static const uint32_t tags[] = {
		0x00080016,	/* SOP Class UID, which may be a vendor's */
		0x0008001a,	/* Related General SOP Class UID */
		0x0008001b,	/* Original Specialized SOP Class UID */
		0x00080062,	/* SOP Classes in Study */
		0x0008010c,	/* Coding Scheme UID */
		0x0008010d,	/* Context Group Extension Creator UID */
		0x00080117,	/* Context UID */
		0x00080118,	/* Mapping Resource UID */
		0x00081150,	/* Referenced SOP Class UID */
		0x0008115a,	/* SOP Classes Supported */
	};
	size_t i;

	for (i = 0; i < COUNT(tags); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* OTHERWISE: what becomes of names, and of dates that no option retains. */
static struct profile_verdict
by_vr(const struct profile *p, const char *vr, enum profile_action otherwise)
{
	if (is_vr(vr, "UI"))
		return plainly(p->option[RETAIN_UIDS] ? ACTION_KEEP : ACTION_UID,
		    "uid");
	if (is_vr(vr, "PN"))
		return plainly(otherwise, "name");
	if (is_date(vr) && p->option[RETAIN_MODIFIED_DATES])
		return verdict(ACTION_SHIFT, "date", otherwise);
	if (is_date(vr))
		return plainly(p->option[RETAIN_FULL_DATES] ? ACTION_KEEP :
		    otherwise, "date");
	if (is_vr(vr, "AS"))
		return verdict(ACTION_AGE, "age", otherwise);
	return verdict(ACTION_KEEP, NULL, ACTION_DUMMY);	/* of unknown type */
}

struct profile_verdict
profile_decide_vr(const struct profile *p, const char *vr)
{
	return by_vr(p, vr, ACTION_REMOVE);
}

/* What C comes to: by the VR, for what cannot be cleaned holds the basic code. */
static struct profile_verdict
decide_clean(const struct profile *p, uint32_t tag, const char *vr,
    const char *basic_rule, enum profile_action basic)
{
	if (tag == 0x00080201 && is_vr(vr, "SH"))	/* Timezone Offset From UTC */
		return verdict(ACTION_ZONE, "C", basic);
	if (is_date(vr) && p->option[RETAIN_MODIFIED_DATES])
		return verdict(ACTION_SHIFT, "C", basic);
	if (is_words(vr) || is_vr(vr, "SQ"))
		return verdict(ACTION_CLEAN, "C", basic);
	return plainly(basic, basic_rule);
}

/* Bytes that are neither pixels nor samples of a waveform: an ICC profile has words. */
static bool
is_document(uint32_t tag, const char *vr)
{
	return is_vr(vr, "OB") && tag >> 24 != 0x7f && tag >> 16 != 0x5400;
}

static struct profile_verdict
decide_unlisted(const struct profile *p, uint32_t parent, uint32_t tag,
    const char *vr)
{
	enum profile_action otherwise = resolve(p, CODE_X_Z_D, parent, tag);

	if (is_public_uid(tag))
		return plainly(ACTION_KEEP, "uid");
	if (is_document(tag, vr))
		return verdict(ACTION_SEARCH, "bytes", otherwise);
	return by_vr(p, vr, otherwise);
}

struct profile_verdict
profile_decide(const struct profile *p, uint32_t parent, uint32_t tag,
    const char *vr)
{
	const char *rule = always_removed(tag);
	enum profile_action basic;
	const struct row *r;
	char code;

	if (rule != NULL)
		return plainly(ACTION_REMOVE, rule);
	if (in_range(tag >> 16, 0x6000, 0x601e) || in_range(tag >> 16, 0x5000, 0x501e))
		return decide_plane(p, tag, vr);
	/* Private Creator Reference, judged as the creators that it names are. */
	if (tag == 0x00080302)
		return verdict(ACTION_SEARCH, "private", ACTION_DUMMY);
	if ((r = profile_row(table_of(p), tag)) == NULL)
		return decide_unlisted(p, parent, tag, vr);
	rule = profile_code_names[r->basic];
	/* What Common Instance Reference (PS3.3 C.12.2) lists must be there. */
	if (r->basic == CODE_X_Z_U && p->lists_references)
		return plainly(ACTION_KEEP, rule);
	code = code_of_options(p, r);
	if (code == 'K' && !is_vr(vr, "AS"))
		return plainly(ACTION_KEEP, "K");
	basic = resolve(p, r->basic, parent, tag);
	if (code == 'K')
		return verdict(ACTION_AGE, "K", basic);
	if (code == 'C')
		return decide_clean(p, tag, vr, rule, basic);
	return plainly(basic, rule);
}

bool
profile_is_zone(const char *text, size_t len)
{
	size_t i;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	if (len != 5 || (text[0] != '+' && text[0] != '-'))
		return false;
	for (i = 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	/* -1200 to +1400, hours and minutes. */
	return (text[1] - '0') * 10 + text[2] - '0' <= 14 && text[3] < '6';
}
