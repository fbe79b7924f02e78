/* invent: lines as devices burn them into images; see invent.h. */
#include "text/invent.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

#define COUNT(a) ((uint32_t)(sizeof (a) / sizeof (a)[0]))
#define PICK(state, a) ((a)[random_below(state, COUNT(a))])

static const struct {
	const char *name;
	uint32_t weight;	/* how often, of all kinds together */
} kinds_table[INVENT_KINDS] = {
	{ "name", 32 }, { "date", 18 }, { "id", 15 }, { "institution", 9 },
	{ "place", 4 }, { "time", 7 }, { "technical", 15 }
};

static const char *const surnames[] = {
	"Smith", "Johnson", "Garcia", "Muller", "M\303\274ller", "Nguyen", "O'Brien",
	"Kowalski", "Okafor", "Fernandez", "Lindqvist", "Tanaka", "Dubois", "Rossi",
	"Ivanov", "Silva", "Haddad", "Kim", "Chen", "Patel", "Jansen", "van den Berg",
	"Novak", "Papadopoulos", "Andersson", "Yilmaz", "Abdullah", "Mbeki", "Schmidt",
	"Lef\303\250vre", "Castillo-Ruiz", "Wojcik", "Hernandez", "McAllister", "Singh",
	"Nakamura", "Oliveira", "Bauer", "Eriksen", "Fitzgerald", "Horvath", "Jones",
	"Kaur", "Larsen", "Moreau", "Nowak", "Ortega", "Pham", "Quinn", "Reyes",
	"Santos", "Takahashi", "Usman", "Vargas", "Weber", "Xu", "Young", "Zhang", "Li",
	"Thompson"
};
static const char *const given[] = {
	"John", "Maria", "Wei", "Anna", "Pedro", "Fatima", "Ivan", "Grace", "Olga",
	"Samuel", "Jane", "Ahmed", "Sophie", "Lars", "Yuki", "Carlos", "Emma", "Noah",
	"Zoe", "Hugo", "Ines", "Jos\303\251", "Karin", "Liam", "Mei", "Nina", "Omar",
	"Priya", "Quentin", "Rosa", "Stefan", "Tom", "Ursula", "Victor", "William",
	"Xenia", "Yusuf", "Anne-Marie", "Mary Ann", "Bo"
};
static const char *const institutions[] = {
	"ST MARY HOSPITAL", "City General", "Univ. Klinik Bern", "HOPITAL SUD",
	"MEMORIAL MED CTR", "Radiology Dept", "Lakeside Clinic", "UNIV HOSP RADIOLOGY",
	"Klinikum Nord", "County Imaging Ctr", "Ospedale San Luca", "Hospital del Mar",
	"CHU de Lille", "Northwood Medical", "Praxis Dr. Weber", "ECHO LAB 3",
	"Riverside Heart Inst.", "CHILDREN'S HOSPITAL", "VA MEDICAL CENTER", "Dept. OB/GYN"
};
static const char *const towns[] = {
	"Springfield", "Bern", "Lyon", "Uppsala", "Porto", "Leeds", "Krakow", "Osaka",
	"Valencia", "Dayton OH", "Graz", "Cork", "Bologna", "Antwerpen", "Boulder CO"
};
static const char *const streets[] = {
	"Main St", "Elm Street", "Hauptstr.", "Rue du Lac", "Via Roma", "Park Ave",
	"Mill Lane", "Calle Mayor", "Station Rd"
};
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

const char *
invent_name(enum invent_kind kind)
{
	return kinds_table[kind].name;
}

bool
invent_parse(const char *name, size_t n, enum invent_kind *kind)
{
	size_t i;

	for (i = 0; i < INVENT_KINDS; i++)
		if (strlen(kinds_table[i].name) == n &&
		    memcmp(kinds_table[i].name, name, n) == 0) {
			*kind = (enum invent_kind)i;
			return true;
		}
	return false;
}

const char *
invent_phi(enum invent_kind kind)
{
	return kind == INVENT_TECHNICAL ? NULL : kinds_table[kind].name;
}

/* -- the parts of a line ----------------------------------------------------- */

/* A line as it grows; what does not fit is cut, which no list here comes to. */
struct line {
	char *text;
	size_t len;
	uint64_t *state;
};

static void add(struct line *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, INVENT_TEXT_MAX - l->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n;
	if (l->len >= INVENT_TEXT_MAX)
		l->len = INVENT_TEXT_MAX - 1;
}

/* Never twice in one call: the order of arguments is the compiler's. */
static uint32_t
below(struct line *l, uint32_t n)
{
	return random_below(l->state, n);
}

static uint32_t
from_to(struct line *l, uint32_t low, uint32_t high)
{
	return low + below(l, high - low + 1);
}

/* ASCII letters alone: for others there is no need. */
static void
make_upper(struct line *l, size_t from)
{
	for (; from < l->len; from++)
		if (l->text[from] >= 'a' && l->text[from] <= 'z')
			l->text[from] = (char)(l->text[from] - 'a' + 'A');
}

/* FORM, in which % stands for a digit and @ for a letter. */
static void
add_form(struct line *l, const char *form)
{
	for (; *form != '\0'; form++)
		if (*form == '%')
			add(l, "%c", '0' + (int)below(l, 10));
		else if (*form == '@')
			add(l, "%c", 'A' + (int)below(l, 26));
		else
			add(l, "%c", *form);
}

static void
add_date(struct line *l)
{
	unsigned y = from_to(l, 1921, 2026), m = from_to(l, 1, 12);
	unsigned d = from_to(l, 1, 28);
	const char *name = months[m - 1];

	switch (below(l, 11)) {
	case 0:
	case 1:
		add(l, "%04u-%02u-%02u", y, m, d);
		break;
	case 2:
	case 3:
		add(l, "%02u/%02u/%04u", m, d, y);
		break;
	case 4:
		add(l, "%02u.%02u.%04u", d, m, y);
		break;
	case 5:
		add(l, "%04u%02u%02u", y, m, d);
		break;
	case 6:
		add(l, "%02u %s %u", d, name, y);
		break;
	case 7:
		add(l, "%s %u, %u", name, d, y);
		break;
	case 8:
		add(l, "%u/%u/%02u", d, m, y % 100);
		break;
	case 9:
		add(l, "%04u.%02u.%02u", y, m, d);
		break;
	default:
		add(l, "%02u-%s-%u", d, name, y);
		make_upper(l, l->len - 8);
	}
}

static void
add_time(struct line *l)
{
	unsigned h = below(l, 24), m = below(l, 60), s = below(l, 60);

	switch (below(l, 4)) {
	case 0:
		add(l, "%02u:%02u", h, m);
		break;
	case 1:
		add(l, "%u:%02u:%02u %s", h % 12 == 0 ? 12 : h % 12, m, s,
		    h < 12 ? "AM" : "PM");
		break;
	default:
		add(l, "%02u:%02u:%02u", h, m, s);
	}
}

/* -- the kinds --------------------------------------------------------------- */

static void
add_patient(struct line *l)
{
	static const char *const before[] = { "", "", "", "", "", "Name: ", "Pat: ",
	    "Patient: ", "PT: " };
	const char *s = PICK(l->state, surnames), *g = PICK(l->state, given);
	size_t from;

	add(l, "%s", PICK(l->state, before));
	from = l->len;
	switch (below(l, 8)) {
	case 0:
	case 1:
		add(l, "%s^%s", s, g);
		break;
	case 2:
	case 3:
		add(l, "%s, %s", s, g);
		break;
	case 4:
		add(l, "%s %s", s, g);
		break;
	case 5:
		add(l, "%s %c. %s", g, 'A' + (int)below(l, 26), s);
		break;
	case 6:
		add(l, "%c. %s", g[0] >= 'A' && g[0] <= 'Z' ? g[0] : 'N', s);
		break;
	default:
		add(l, "%s %s", g, s);
	}
	if (below(l, 2) == 0)
		make_upper(l, from);
	if (below(l, 5) == 0) {	/* a whole header in one line */
		add(l, " [%c] ", "MFO"[below(l, 3)]);
		add_date(l);
	}
}

static void
add_name(struct line *l)
{
	static const char *const staff[] = { "Dr. ", "Dr ", "Ref: Dr. ", "Op: ",
	    "Phys: ", "Sonographer ", "Tech: ", "Prof. " };
	size_t from;

	if (below(l, 4) > 0) {
		add_patient(l);
		return;
	}
	add(l, "%s", PICK(l->state, staff));
	from = l->len;
	add(l, "%s", PICK(l->state, surnames));
	if (below(l, 2) == 0)
		make_upper(l, from);
}

static void
add_dated(struct line *l)
{
	static const char *const before[] = { "", "", "", "DOB: ", "DOB ", "Born ",
	    "*", "Date: ", "Study ", "Exam Date: ", "Acq ", "geb. ", "Date of birth: " };

	add(l, "%s", PICK(l->state, before));
	add_date(l);
	if (below(l, 6) == 0) {
		add(l, " ");
		add_time(l);
	}
}

static void
add_id(struct line *l)
{
	static const char *const before[] = { "", "", "ID: ", "MRN ", "MRN: ",
	    "Pat-Nr ", "#", "Acc: ", "ACC# ", "Patient ID ", "Case " };
	static const char *const forms[] = { "@%%%%%", "@%%%%%%%", "%%%-%%-%%%%",
	    "20%%-%%%%%", "4%%%%%", "7%%%%%%", "1%%%%%%%", "2%%%%%%%%", "9%%%%%%%%%" };

	add(l, "%s", PICK(l->state, before));
	add_form(l, PICK(l->state, forms));
}

static void
add_place(struct line *l)
{
	static const char *const forms[] = { "% ", "1% ", "1%% " };

	if (below(l, 2) == 0) {
		add_form(l, PICK(l->state, forms));
		add(l, "%s, ", PICK(l->state, streets));
	} else
		add_form(l, "%%%%% ");
	add(l, "%s", PICK(l->state, towns));
}

static void
add_institution(struct line *l)
{
	add(l, "%s", PICK(l->state, institutions));
}

static void
add_technical(struct line *l)
{
	static const char *const forms[] = { "kVp 1%0", "kV 8%", "mA 2%0", "W 4%% L 4%",
	    "W 1%%% L 3%%", "TIS 0.% MI 1.%", "FR 3%Hz", "FR 6%Hz", "Depth 1%cm",
	    "SE % IM 4%", "SE 1% IM 2%%", "DFOV 3%.%cm", "%.% mm", "2%.% mm",
	    "HR 7% bpm", "HR 11% bpm", "T: 5.% mm", "Zoom 1.%%", "Gain 5%", "SUPINE",
	    "PORTABLE", "AP ERECT", "L", "R", "RAO 3%", "HFS", "MR T2 TSE SAG",
	    "CT ABD W/C", "LV EF 5%", "Frozen", "CINE", "Left Kidney", "SAG", "TRV",
	    "Mitral Valve", "Lossy 1:1%" };

	add_form(l, PICK(l->state, forms));
}

static enum invent_kind
choose(uint64_t *state, unsigned kinds)
{
	uint32_t sum = 0, at;
	unsigned i, last = 0;

	for (i = 0; i < INVENT_KINDS; i++)
		sum += kinds >> i & 1 ? kinds_table[i].weight : 0;
	at = random_below(state, sum);
	for (i = 0; i < INVENT_KINDS; i++) {
		if ((kinds >> i & 1) == 0)
			continue;
		last = i;
		if (at < kinds_table[i].weight)
			break;
		at -= kinds_table[i].weight;
	}
	return (enum invent_kind)last;
}

enum invent_kind
invent_line(uint64_t *state, unsigned kinds, char text[INVENT_TEXT_MAX])
{
	static void (*const adders[INVENT_KINDS])(struct line *) = { add_name,
	    add_dated, add_id, add_institution, add_place, add_time,
	    add_technical };
	enum invent_kind kind = choose(state, kinds);
	struct line l = { text, 0, state };

	text[0] = '\0';
	adders[kind](&l);
	return kind;
}
