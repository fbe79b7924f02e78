"""What people write into DICOM headers: patients who never lived, and the science around them.

A template marks what must hold: {field} must go, [words] must stay to the word, the rest may do either.
"""
import datetime
import re
import unicodedata

# character set, family, given, ideographic, phonetic, sex, street and town
PATIENTS = [
    ("ISO_IR 100", "Müllerschön", "Anna-Léna", "", "", "F", "Birkenallee 47, 69117 Dossenheim"),
    ("\\ISO 2022 IR 87", "Yamashita", "Kentarou", "山下^健太郎", "やました^けんたろう", "M", "Sakuradori 5-12, Matsumoto"),
    ("ISO_IR 192", "Nguyễn", "Thị Khanh", "", "", "F", "18 Hàng Bông, Hà Đông"),
    ("ISO_IR 144", "Петрухина", "Марфа", "", "", "F", "Садовая 31, Тверь"),
    ("", "O'Bannion", "Mary-Kate", "", "", "F", "1184 Willowbrook Ln, Galena IL 61036"),
    ("GB18030", "Zhangwei", "Xiaodong", "张伟^小东", "", "M", "Zhongshan Lu 208, Wuxi"),
    ("ISO_IR 126", "Διονυσίου", "Λευτέρης", "", "", "M", "Ερμού 52, Πάτρα"),
    ("\\ISO 2022 IR 149", "Honggil", "Dongsu", "洪吉^東洙", "홍길^동수", "M", "Sejongdaero 209, Gimpo"),
]
STAFF = [("Kowalczyk", "Zbigniew"), ("Featherstone", "Imogen"), ("Oyelaran", "Babatunde"), ("Haugland", "Torbjorn")]
HOSPITALS = [("St. Ethelburga Hospital", "Quayside 12, Port Harwick"), ("Klinikum Rabenfels", "Rabenring 3, Rabenfels")]

# LO and SH: 64 characters at most once filled in.
SHORT = [
    "[CT Thorax w contrast] {family}",
    "{family}, {given} [MRI brain w/wo Gd]",
    "[Abdomen 1.25 mm LUNG] {date_iso}",
    "[Hodgkin lymphoma staging] MRN {pid}",
    "{FAMILY} {GIVEN} [t2_tse_tra 320]",
    "[RECIST 1.1 target lesion] dob {dob_dots}",
    "[Ga-68 PSMA PET/CT 60 min p.i.] {initials}",
    "[Baker cyst L4/5] Dr. {physician}",
    "[Wilson disease, Kayser-Fleischer ring]",
    "[DWI b1000 ADC TR 5200 TE 90]",
    "[Breast R CC 12/14 nodes] acc {accession}",
    "{plain_family} [follow up 6 months]",
]
# LT, ST, UT
LONG = [
    "[67 y/o smoker with 12 mm nodule in RUL,] {family} {given}, [no change since prior. TR 2500 TE 90.]",
    "Pt {GIVEN} {FAMILY} born {dob_us} called {phone} [complains of dyspnea; SpO2 91 % on 2 l/min.]",
    "{age_over} [year old with Alzheimer dementia. Barthel 45/100. Gleason 3+4=7.]",
    "[Referred by oncology,] mail {email}, [dose 8.5 mCi of FDG, glucose 104 mg/dl, uptake 62 min.]",
    "see {url} [for the protocol; kernel B31f, pitch 0.9, CTDIvol 7.41 mGy]",
    "Lives at {address} with {relative}. [Hip protocol, Crohn disease, Child-Pugh B.]",
    "SSN {ssn}, [insurance unknown. Ejection fraction 35 %, LVEDV 210 ml.]",
    "{date_long}: [bone scan negative. Ann Arbor stage II.] Prior {prior}. [Kernel FC08.]",
    "{date_dots} [Nierenzyste links, Bosniak IIF, 2,4 cm] {family_given_comma}",
    "ref {physician} / tech {operator} [repeat sequence 3, motion]",
    "[Slices 1-120 of 480; T1 vibe; dose 0.1 mmol/kg Gadobutrol; 1.5 T]",
    "{inst}, [room 3: field of view 240 x 240 mm]. ID {pid}/{accession}",
]
MONTHS = "January February March April May June July August September October November December".split()


def plain(text):
    """TEXT without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


class Patient:
    """One person, with all forms in which they may be written."""

    def __init__(self, n, rng):
        (self.charset, self.family, self.given, self.ideographic, self.phonetic, self.sex,
         self.address) = PATIENTS[n % len(PATIENTS)]
        if n >= len(PATIENTS):          # more people than names: a second part that nobody else has
            self.family += "-" + "BDFGKLMNPRSTVZ"[n // len(PATIENTS) % 14] + "aber%s" % "oieu"[n % 4]
        self.old = n % 4 == 2
        self.birth = datetime.date(1929 if self.old else 1948 + rng.randrange(45), 1 + rng.randrange(12), 13 + rng.randrange(15))
        self.date = datetime.date(2021 + rng.randrange(3), 1 + rng.randrange(12), 13 + rng.randrange(15))
        self.prior = self.date - datetime.timedelta(days=200 + rng.randrange(700))        # in no header
        self.age = (self.date - self.birth).days // 365
        self.pid = "%s%07d" % ("PH" if n % 2 else "", 3000000 + rng.randrange(6000000))
        self.accession = "A%08d" % rng.randrange(10**7, 10**8)
        self.phone = "(555) %03d-%04d" % (rng.randrange(200, 999), rng.randrange(1000, 9999))
        self.ssn = "%03d-%02d-%04d" % (rng.randrange(100, 665), rng.randrange(10, 99), rng.randrange(1000, 9999))
        self.email = "%s.%d@mailhub.example" % (re.sub("[^a-z]", "", plain(self.family).lower()) or "kontakt", 10000 + rng.randrange(90000))
        self.url = "https://pacs.harwick.example/p/%d" % rng.randrange(10**7, 10**8)
        self.physician, self.operator = rng.sample(STAFF, 2)
        self.hospital, self.hospital_address = HOSPITALS[n % 2]
        self.serial, self.station = "SN%07d" % rng.randrange(10**6, 10**7), "HWKCT%03d" % rng.randrange(100, 999)

    def pn(self):
        groups = ["%s^%s" % (self.family, self.given), self.ideographic, self.phonetic]
        return "=".join(groups).rstrip("=")

    def tokens(self, field):
        """The text of FIELD, and its tokens (text, class) that must go."""
        d, b = self.date, self.birth
        forms = {
            "family": self.family, "given": self.given, "FAMILY": self.family.upper(), "GIVEN": self.given.upper(),
            "plain_family": plain(self.family), "family_given_comma": "%s, %s" % (self.family, self.given),
            "initials": "%s.%s." % (self.given[0], self.family[0]), "pid": self.pid, "accession": self.accession,
            "physician": self.physician[0], "operator": self.operator[0].upper(), "phone": self.phone, "ssn": self.ssn,
            "email": self.email, "url": self.url, "address": self.address, "inst": self.hospital,
            "age_over": "%d" % self.age if self.old else "94",
            "dob_dots": "%02d.%02d.%04d" % (b.day, b.month, b.year), "dob_us": "%d/%d/%04d" % (b.month, b.day, b.year),
            "date_iso": d.isoformat(), "date_dots": "%02d.%02d.%04d" % (d.day, d.month, d.year),
            "date_us": "%02d/%02d/%d" % (d.month, d.day, d.year),
            "prior": self.prior.strftime("%d/%m/%Y"), "relative": "Mrs. Rosalind Winterbourne",
            "date_long": "%d %s %d" % (d.day, MONTHS[d.month - 1], d.year),
        }
        text = forms[field]
        kind = "institution" if field == "inst" else "dates" if field.startswith("date") or field == "prior" else "person"
        if field == "relative":
            return text, [(w, kind) for w in text.split()[1:]]
        parts = text.split(", ") if field in ("family_given_comma", "address") else [text]
        return text, [(p, kind) for p in parts]

    def fill(self, template):
        """TEMPLATE filled in: the text, the tokens that must go, the words that must stay."""
        text, go, stay = "", [], []
        for part in re.split(r"(\{\w+\}|\[[^]]*\])", template):
            if part[:1] == "{":
                words, tokens = self.tokens(part[1:-1])
                text += words
                go += tokens
            elif part[:1] == "[":
                text += part[1:-1]
                stay += part[1:-1].split()
            else:
                text += part
        return text, go, stay

    def planted(self):
        """(token, class) of all that may be in no byte of an output, unless an option retains its class."""
        d, b = self.date.strftime("%Y%m%d"), self.birth.strftime("%Y%m%d")
        names = [self.family, self.given, plain(self.family), plain(self.given), *self.physician, *self.operator]
        names += [c for g in (self.ideographic, self.phonetic) for c in g.split("^") if c]
        names += [self.family.upper(), self.given.upper(), self.birth.strftime("%d.%m.%Y")]
        person = names + [self.pid, self.accession, self.phone, self.ssn, self.email, self.url, b] + self.address.split(", ") + ["Winterbourne"]
        return ([(t, "person") for t in dict.fromkeys(person)] + [(d, "uid dates"), (self.date.isoformat(), "dates"), (self.prior.strftime("%d/%m/%Y"), "dates")] +
                [(self.hospital, "institution"), (self.hospital_address, "institution"), (self.serial, "device"), (self.station, "device")])
