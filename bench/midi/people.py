"""The people of a world (words.py, heldout.py), in all forms in which they may be written, and texts about them.

A template marks what must hold: {field} and <literal names> must go, [words] must stay to the word, the rest may do either.
A date's field has a form, {date:%d.%m.%y}: %d %m of two digits, %e %n as short as can be, %B %b the month's name and its
abbreviation in the text's language, %Y %y, and %J the year of the Japanese era.
"""
import datetime
import re
import unicodedata

import pydicom.charset

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου"}
MONTHS = {k: v.split() for k, v in MONTHS.items()}
LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe", "Ø": "Oe", "å": "aa",
                         "ł": "l", "Ł": "L", "ı": "i", "đ": "d", "Đ": "D"})
# What dates of a text stand for, and under which options they may stay.
RETAINED_BY = {"institution": {"institution"}, "dates": {"full-dates"}, "uids": {"uids"}}


def plain(text):
    """TEXT without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def fold(text):
    """TEXT in lower case, without accents."""
    return plain(text.lower())


def written(day, form, language):
    """DAY in a FORM."""
    months = MONTHS.get(language, MONTHS["en"])
    parts = {"d": "%02d" % day.day, "e": "%d" % day.day, "m": "%02d" % day.month, "n": "%d" % day.month, "Y": "%04d" % day.year,
             "y": "%02d" % (day.year % 100), "B": months[day.month - 1], "b": months[day.month - 1][:3], "J": "%d" % (day.year - 2018)}
    return re.sub("%(.)", lambda m: parts[m[1]], form)


def month_and_year(form):
    """The part of a date's FORM that tells month and year, if they stand together."""
    found = re.search(r"%[mnBb]\W{0,2}(?:de )?%[Yy]|%[Yy]\W?%[mn]", form)
    return found and found[0]


class Patient:
    """Person N of WORLD, with all forms in which they may be written."""

    def __init__(self, world, n, rng):
        self.world, self.rng = world, rng
        (self.charset, self.language, self.family, self.given, self.ideographic, self.phonetic, self.sex,
         self.address, phone, national) = world.PATIENTS[n % len(world.PATIENTS)]
        if n >= len(world.PATIENTS):    # more people than names: a second part that nobody else has
            self.family += "-" + "BDFGKLMNPRSTVZ"[n // len(world.PATIENTS) % 14] + "aber%s" % "oieu"[n % 4]
        self.old = n % 4 == 2
        self.birth = datetime.date(1929 if self.old else 1948 + rng.randrange(45), 1 + rng.randrange(12), 13 + rng.randrange(15))
        self.date = datetime.date(2021 + rng.randrange(3), 1 + rng.randrange(12), 13 + rng.randrange(15))
        prior = self.date - datetime.timedelta(days=200 + rng.randrange(700))
        self.prior = prior.replace(day=13 + prior.day % 15)         # like all dates here: its month is no day
        self.age = (self.date - self.birth).days // 365
        self.pid = "%s%07d" % ("PH" if n % 2 else "", 3000000 + rng.randrange(6000000))
        self.accession = "A%08d" % rng.randrange(10**7, 10**8)
        self.phone, self.national = self.number(phone), self.number(national)
        self.ssn = "%03d-%02d-%04d" % (rng.randrange(100, 665), rng.randrange(10, 99), rng.randrange(1000, 9999))
        self.mail = "%s.%d@mailhub.example" % (re.sub("[^a-z]", "", fold(self.family)) or "kontakt", 10000 + rng.randrange(90000))
        self.url = "https://pacs.harwick.example/p/%d" % rng.randrange(10**7, 10**8)
        self.physician, self.operator, self.mother = rng.sample(world.STAFF, 3)
        self.hospital, self.hospital_address = world.HOSPITALS[n % len(world.HOSPITALS)]
        self.serial, self.station = "SN%07d" % rng.randrange(10**6, 10**7), "HWKCT%03d" % rng.randrange(100, 999)
        self.literal = []               # names that texts alone had
        self.study = "1.2.3"            # objects.py says which
        encodings = pydicom.charset.convert_encodings(self.charset.split("\\") if self.charset else "ISO_IR 6")
        self.encodings = [e for e in encodings if e not in ("iso8859", "iso_ir_6")] or ["ascii" if not self.charset else "latin-1"]
        self.texts = {k: self.usable(k) for k in ("short", "long")}
        self.turn = {"short": n * 7, "long": n * 5}

    def number(self, form):
        """FORM with its # as digits, none of which begins with 0, and %d, %m, %y as of the birth date."""
        b = self.birth
        for mark, text in (("%d", "%02d" % b.day), ("%m", "%02d" % b.month), ("%y", "%02d" % (b.year % 100)), ("%Y", "%04d" % b.year)):
            form = form.replace(mark, text)
        return re.sub("#", lambda m: "%d" % self.rng.randrange(1, 10), form)

    def pn(self):
        groups = ["%s^%s" % (self.family, self.given), self.ideographic, self.phonetic]
        return "=".join(groups).rstrip("=")

    def common(self, word):
        """Is the WORD one of science, too? Then it may stay where it does not mean a person."""
        return fold(word) in self.world.COMMON

    def rare(self):
        """A name that is no word of science, and the same in any character set."""
        name = plain(self.family)
        return name if name.isascii() and len(name) <= 16 and not self.common(self.family) else self.physician[0]

    def forms(self):
        family, given = self.family, self.given
        forms = {
            "family": family, "given": given, "FAMILY": family.upper(), "GIVEN": given.upper(), "plain": plain(family),
            "PLAIN": plain(family).upper(), "lower": family.lower(), "translit": plain(family.translate(LETTERS)).upper(),
            "initials": "%s.%s." % (given[0], family[0]), "initial": "%s." % given[0], "pid": self.pid, "accession": self.accession,
            "physician": self.physician[0], "operator": self.operator[0].upper(), "phone": self.phone, "ssn": self.ssn,
            "national": self.national, "email": self.mail, "url": self.url, "address": self.address, "inst": self.hospital,
            "mother": self.mother[0], "study": self.study, "pid_split": "%s-%s" % (self.pid[:-4], self.pid[-4:]), "accession_lower": self.accession.lower(),
            "serial": self.serial, "over89": "%d" % self.age if self.old else "94", "rare": self.rare(), "RARE": self.rare().upper()}
        if self.old:
            forms["birthyear"] = "%d" % self.birth.year
        for name, group in (("ideo", self.ideographic), ("phon", self.phonetic)):
            if group:
                forms[name], forms[name + "_family"] = group.replace("^", ""), group.split("^")[0]
        return forms

    def tokens(self, field, language):
        """The text of FIELD, and its tokens (text, class) that must go. KeyError: this person has no such thing."""
        name, _, form = field.partition(":")
        if form:
            day = {"date": self.date, "dob": self.birth, "prior": self.prior}[name]
            part = month_and_year(form)
            kind = "person" if name == "dob" else "dates"
            return written(day, form, language), [(written(day, f, language), kind) for f in (form, part) if f]
        text = self.forms()[name]
        parts = text.split(", ") if name == "address" else [text]
        return text, [(p, {"inst": "institution", "serial": "device", "study": "uids"}.get(name, "person")) for p in parts]

    def fill(self, template, language="en"):
        """TEMPLATE filled in: the text, the tokens that must go, the words that must stay, dates [day, form, language] in it."""
        text, go, stay, dates = "", [], [], []
        for part in re.split(r"(\{\w+(?::[^}]*)?\}|\[[^]]*\]|<[^>]*>)", template):
            if part[:1] == "{":
                words, tokens = self.tokens(part[1:-1], language)
                text += words
                go += tokens
                if part.startswith(("{date:", "{prior:")):
                    day = self.date if part.startswith("{date") else self.prior
                    dates.append([day.isoformat(), part[1:-1].partition(":")[2], language])
            elif part[:1] == "<":
                text += part[1:-1]
                go += [(w, "person") for w in part[1:-1].split()]
                self.literal += [w for w in part[1:-1].split() if len(w) > 4 and not self.common(w)]
            elif part[:1] == "[":
                text += part[1:-1]
                stay += part[1:-1].split()
            else:
                text += part
        # A name that the science around it has too may stay there; and what the science has not, may not.
        there = {re.sub(r"\W", "", fold(w)) for w in stay}
        go = [t for t in go if fold(t[0]) not in there]
        mine = {fold(w) for w in re.split(r"\W+", self.family + " " + self.given)}
        return text, go, [w for w in stay if re.sub(r"\W", "", fold(w)) not in mine], dates

    def encodes(self, text):
        for e in self.encodings:
            try:
                text.encode(e)
                return True
            except (UnicodeEncodeError, LookupError):
                pass
        return False

    def usable(self, kind):
        """The templates of KIND (short: 64 characters at most) that this person's character set and forms allow."""
        good = []
        for language, template in self.world.templates(kind):
            if language in ("en", self.language):
                try:
                    text = self.fill(template, language)[0]
                except KeyError:
                    continue
                if self.encodes(text) and (kind == "long" or len(text) <= 64):
                    good.append((language, template))
        self.literal = []
        return good

    def next_text(self, kind, limit=10240):
        """The next template that fills no more than LIMIT characters, filled in."""
        for _ in self.texts[kind]:
            self.turn[kind] += 1
            language, template = self.texts[kind][self.turn[kind] % len(self.texts[kind])]
            if len(self.fill(template, language)[0]) <= limit:
                return self.fill(template, language)
        return self.fill("[Lead II]")

    def planted(self):
        """(token, class) of all that may be in no byte of an output, unless an option retains its class."""
        d, b = self.date.strftime("%Y%m%d"), self.birth.strftime("%Y%m%d")
        names = [self.family, self.given, plain(self.family), plain(self.given), *self.physician, *self.operator, *self.mother]
        names += [c for g in (self.ideographic, self.phonetic) for c in g.split("^") if c]
        names += [self.family.upper(), self.given.upper(), self.family.lower()]
        if any(self.common(n) for n in (self.family, self.given)):
            names += ["%s^%s" % (self.family, self.given), "%s %s" % (self.given, self.family), "%s, %s" % (self.family, self.given)]
        names = [n for n in names if not self.common(n)] + [self.birth.strftime("%d.%m.%Y")]
        person = names + [self.pid, self.accession, self.phone, self.ssn, self.national, self.mail, self.url, b]
        person += self.address.split(", ") + self.literal
        return ([(t, "person") for t in dict.fromkeys(person)] +
                [(d, "uid dates"), (self.date.isoformat(), "dates"), (self.prior.strftime("%d/%m/%Y"), "dates")] +
                [(self.hospital, "institution"), (self.hospital_address, "institution"), (self.serial, "device"), (self.station, "device")])
