/* checkdigit: national ids and the like; see checkdigit.h. */
#include "deid/checkdigit.h"

#include <string.h>

#define LONGEST 34	/* an IBAN (ISO 13616) */

struct number {
	char c[LONGEST + 1];	/* letters in upper case and digits alone */
	int d[LONGEST];		/* digits; letters are 10 to 35 */
	size_t n;
	bool is_digits;
};

static bool
read_number(const char *text, size_t len, struct number *v)
{
	char c;

	*v = (struct number){ .is_digits = true };
	for (; len > 0; len--, text++) {
		c = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
			continue;
		if (v->n == LONGEST)
			return false;
		v->d[v->n] = c <= '9' ? c - '0' : c - 'A' + 10;
		v->is_digits &= c <= '9';
		v->c[v->n++] = c;
	}
	return true;
}

static bool
read_digits(const char *text, size_t len, size_t n, struct number *v)
{
	return read_number(text, len, v) && v->is_digits && v->n == n;
}

static int
weighted(const struct number *v, const int *weights, size_t n)
{
	int sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += v->d[i] * weights[i];
	return sum;
}

/* The remainder of digits and letters (of two digits each) FROM to TO by MODULUS. */
static int
remainder_of(const struct number *v, size_t from, size_t to, int modulus)
{
	long r = 0;

	for (; from < to; from++)
		r = (r * (v->d[from] > 9 ? 100 : 10) + v->d[from]) % modulus;
	return (int)r;
}

static bool
luhn(const struct number *v, size_t from)
{
	int sum = 0, x;
	size_t i;

	for (i = from; i < v->n; i++) {
		x = v->d[i] * ((v->n - i) % 2 == 0 ? 2 : 1);
		sum += x > 9 ? x - 9 : x;
	}
	return sum % 10 == 0;
}

static bool
is_month_day(int m, int d)
{
	return m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

static int
two(const struct number *v, size_t i)
{
	return v->d[i] * 10 + v->d[i + 1];
}

static bool
ssn(const char *t, size_t n)
{
	struct number v;
	int area;

	if (!read_digits(t, n, 9, &v))
		return false;
	area = two(&v, 0) * 10 + v.d[2];
	return area != 0 && area != 666 && two(&v, 3) != 0 &&
	    two(&v, 5) + two(&v, 7) != 0;
}

static bool
nhs(const char *t, size_t n)
{
	static const int w[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
	struct number v;

	return read_digits(t, n, 10, &v) && weighted(&v, w, 10) % 11 == 0;
}

static bool
kvnr(const char *t, size_t n)
{
	struct number v;
	int sum = 0, i, x;
	int digits[10];

	if (!read_number(t, n, &v) || v.n != 10 || v.d[0] < 10)
		return false;
	for (i = 1; i < 10; i++)
		if (v.d[i] > 9)
			return false;
	digits[0] = (v.d[0] - 9) / 10;
	digits[1] = (v.d[0] - 9) % 10;
	for (i = 2; i < 10; i++)
		digits[i] = v.d[i - 1];
	for (i = 0; i < 10; i++) {
		x = digits[i] * (i % 2 + 1);
		sum += x > 9 ? x - 9 : x;
	}
	return sum % 10 == v.d[9];
}

static bool
steuer(const char *t, size_t n)
{
	struct number v;
	int product = 10, sum, i;

	if (!read_digits(t, n, 11, &v) || v.d[0] == 0)
		return false;
	for (i = 0; i < 10; i++) {	/* ISO 7064, mod 11,10 */
		sum = (v.d[i] + product) % 10;
		product = 2 * (sum == 0 ? 10 : sum) % 11;
	}
	return (11 - product) % 10 == v.d[10];
}

static bool
nir(const char *t, size_t n)
{
	struct number v;
	int corsica = 0;

	if (!read_number(t, n, &v) || v.n != 15 || v.d[0] < 1 || v.d[0] > 4)
		return false;
	if (v.c[5] == '2' && (v.c[6] == 'A' || v.c[6] == 'B')) {
		corsica = v.c[6] == 'A' ? 19 : 18;
		v.d[5] = corsica / 10;
		v.d[6] = corsica % 10;
	} else if (!v.is_digits) {
		return false;
	}
	return 97 - remainder_of(&v, 0, 13, 97) == two(&v, 13);
}

static bool
dni(const char *t, size_t n)
{
	static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	struct number v;

	if (!read_number(t, n, &v) || v.n != 9)
		return false;
	if (v.c[0] >= 'X' && v.c[0] <= 'Z')	/* NIE, of foreigners */
		v.d[0] = v.c[0] - 'X';
	return v.d[0] <= 9 && v.d[7] <= 9 && v.d[8] > 9 &&
	    letters[remainder_of(&v, 0, 8, 23)] == v.c[8];
}

static bool
bsn(const char *t, size_t n)
{
	static const int w[] = { 9, 8, 7, 6, 5, 4, 3, 2, -1 };
	struct number v;

	return read_digits(t, n, 9, &v) && weighted(&v, w, 9) % 11 == 0 &&
	    weighted(&v, w, 8) != 0;
}

static bool
pesel(const char *t, size_t n)
{
	static const int w[] = { 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1 };
	struct number v;

	return read_digits(t, n, 11, &v) && weighted(&v, w, 11) % 10 == 0 &&
	    is_month_day(two(&v, 2) % 20, two(&v, 4));
}

static bool
cpf(const char *t, size_t n)
{
	static const int w[] = { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };
	struct number v;

	return read_digits(t, n, 11, &v) &&
	    weighted(&v, w + 1, 9) * 10 % 11 % 10 == v.d[9] &&
	    weighted(&v, w, 10) * 10 % 11 % 10 == v.d[10];
}

static bool
personnummer(const char *t, size_t n)
{
	struct number v;
	size_t from;

	if (!read_number(t, n, &v) || !v.is_digits || (v.n != 10 && v.n != 12))
		return false;
	from = v.n - 10;
	return luhn(&v, from) && is_month_day(two(&v, from + 2), two(&v, from + 4) % 60);
}

static bool
fodselsnummer(const char *t, size_t n)
{
	static const int w1[] = { 3, 7, 6, 1, 8, 9, 4, 5, 2, 1 };
	static const int w2[] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1 };
	struct number v;

	return read_digits(t, n, 11, &v) && weighted(&v, w1, 10) % 11 == 0 &&
	    weighted(&v, w2, 11) % 11 == 0;
}

static bool
cpr(const char *t, size_t n)
{
	struct number v;

	return read_digits(t, n, 10, &v) && is_month_day(two(&v, 2), two(&v, 0));
}

static bool
hetu(const char *t, size_t n)
{
	static const char signs[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
	struct number v;
	size_t i;
	int r = 0;

	if (!read_number(t, n, &v) || v.n < 10)
		return false;
	/* DDMMYY, a sign of the century that is a letter or no letter, three digits, a check. */
	if (v.n == 11)
		memmove(v.d + 6, v.d + 7, 4 * sizeof v.d[0]);
	else if (v.n != 10)
		return false;
	for (i = 0; i < 9; i++) {
		if (v.d[i] > 9)
			return false;
		r = (r * 10 + v.d[i]) % 31;
	}
	return is_month_day(two(&v, 2), two(&v, 0)) && signs[r] == v.c[v.n - 1];
}

static bool
codice(const char *t, size_t n)
{
	static const int odd[] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6,
	    8, 12, 14, 16, 10, 22, 25, 24, 23 };
	struct number v;
	int sum = 0, x;
	size_t i;

	if (!read_number(t, n, &v) || v.n != 16 || v.d[15] < 10)
		return false;
	for (i = 0; i < 15; i++) {
		x = v.d[i] > 9 ? v.d[i] - 10 : v.d[i];
		sum += i % 2 == 0 ? odd[x] : x;
	}
	return sum % 26 == v.d[15] - 10;
}

/* EAN-13 */
static bool
ahv(const char *t, size_t n)
{
	static const int w[] = { 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1 };
	struct number v;

	return read_digits(t, n, 13, &v) && memcmp(v.c, "756", 3) == 0 &&
	    weighted(&v, w, 13) % 10 == 0;
}

static bool
svnr(const char *t, size_t n)
{
	static const int w[] = { 3, 7, 9, -1, 5, 8, 4, 2, 1, 6 };
	struct number v;

	return read_digits(t, n, 10, &v) && v.d[0] != 0 &&
	    weighted(&v, w, 10) % 11 == 0 && is_month_day(two(&v, 6), two(&v, 4));
}

/* Since 2020 the last digits are any. */
static bool
rrn(const char *t, size_t n)
{
	struct number v;

	return read_digits(t, n, 13, &v) && is_month_day(two(&v, 2), two(&v, 4)) &&
	    v.d[6] >= 1 && v.d[6] <= 8;
}

static bool
cn18(const char *t, size_t n)
{
	static const int w[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	struct number v;
	size_t i;

	if (!read_number(t, n, &v) || v.n != 18)
		return false;
	for (i = 0; i < 17; i++)
		if (v.d[i] > 9)
			return false;
	return "10X98765432"[weighted(&v, w, 17) % 11] == v.c[17];
}

/* Verhoeff */
static bool
aadhaar(const char *t, size_t n)
{
	static const char d[10][11] = { "0123456789", "1234067895", "2340178956",
	    "3401289567", "4012395678", "5987604321", "6598710432", "7659821043",
	    "8765932104", "9876543210" };
	static const char p[8][11] = { "0123456789", "1576283094", "5803796142",
	    "8916043527", "9453126870", "4286573901", "2793806415", "7046913258" };
	struct number v;
	size_t i;
	int c = 0;

	if (!read_digits(t, n, 12, &v) || v.d[0] < 2)
		return false;
	for (i = 0; i < 12; i++)
		c = d[c][p[i % 8][v.d[11 - i]] - '0'] - '0';
	return c == 0;
}

static bool
tc(const char *t, size_t n)
{
	struct number v;
	int odd, even;

	if (!read_digits(t, n, 11, &v) || v.d[0] == 0)
		return false;
	odd = v.d[0] + v.d[2] + v.d[4] + v.d[6] + v.d[8];
	even = v.d[1] + v.d[3] + v.d[5] + v.d[7];
	return (odd * 7 - even + 100) % 10 == v.d[9] &&
	    (odd + even + v.d[9]) % 10 == v.d[10];
}

static bool
snils(const char *t, size_t n)
{
	static const int w[] = { 9, 8, 7, 6, 5, 4, 3, 2, 1 };
	struct number v;

	return read_digits(t, n, 11, &v) && weighted(&v, w, 9) % 101 % 100 == two(&v, 9);
}

static bool
amka(const char *t, size_t n)
{
	struct number v;

	return read_digits(t, n, 11, &v) && luhn(&v, 0) &&
	    is_month_day(two(&v, 2), two(&v, 0));
}

static bool
medicare(const char *t, size_t n)
{
	static const int w[] = { 1, 3, 7, 9, 1, 3, 7, 9 };
	struct number v;

	return read_number(t, n, &v) && v.is_digits && (v.n == 10 || v.n == 11) &&
	    v.d[0] >= 2 && v.d[0] <= 6 && weighted(&v, w, 8) % 10 == v.d[8];
}

static bool
sin_ca(const char *t, size_t n)
{
	struct number v;

	return read_digits(t, n, 9, &v) && v.d[0] != 0 && luhn(&v, 0);
}

static bool
iban(const char *t, size_t n)
{
	struct number v, turned;
	size_t i;

	if (!read_number(t, n, &v) || v.n < 15)
		return false;
	turned = v;
	for (i = 0; i < v.n; i++)
		turned.d[i] = v.d[(i + 4) % v.n];
	return remainder_of(&turned, 0, v.n, 97) == 1;
}

checkdigit_test *
checkdigit_find(const char *name, size_t n)
{
	static const struct {
		const char *name;
		checkdigit_test *test;
	} list[] = {
		{ "ssn", ssn }, { "nhs", nhs }, { "kvnr", kvnr }, { "steuer", steuer },
		{ "nir", nir }, { "dni", dni }, { "bsn", bsn }, { "pesel", pesel },
		{ "cpf", cpf }, { "personnummer", personnummer },
		{ "fodselsnummer", fodselsnummer }, { "cpr", cpr }, { "hetu", hetu },
		{ "codice", codice }, { "ahv", ahv }, { "svnr", svnr }, { "rrn", rrn },
		{ "cn18", cn18 }, { "aadhaar", aadhaar }, { "tc", tc }, { "snils", snils },
		{ "amka", amka }, { "medicare", medicare }, { "sin", sin_ca },
		{ "iban", iban },
	};
	size_t i;

	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		if (strlen(list[i].name) == n && memcmp(list[i].name, name, n) == 0)
			return list[i].test;
	return NULL;
}
