#!/usr/bin/python3
"""score.py FOLDER OUT [set=basic] [again=DIR]... [map=FILE] [list=N]: judge OUT, made of FOLDER/raw, by FOLDER/key.ndjson

Prints the share of right actions, by kind and over all, and the strict list. An output has its input's path below OUT, or
the one that a crosswalk's lines {"kind": "file", "from": ..., "to": ...} give. again=DIR holds the outputs of another run,
which must be the same bytes. list=N prints N wrong rows of each kind. Status 1: something is wrong.
"""
import base64
import collections
import datetime
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

import pydicom
import pydicom.config

from people import fold, written
from tables import METHODS, SETS

ACTIONS = ("date_shifted patid_consistent pixels_hidden pixels_retained tag_retained text_notnull text_removed text_retained "
           "uid_changed uid_consistent").split()
MISSING_PASSES = ("text_removed", "date_shifted", "uid_changed", "pixels_hidden")       # as in MIDI-B
# Options under which what was planted may stay, by its class.
RETAINED = {"person": set(), "dates": {"full-dates"}, "uid dates": {"full-dates", "uids", "device"}, "institution": {"institution"},
            "device": {"device"}, "uids": {"uids", "device"}}
ERRORS = {}     # of dciodvfy, by path of an original


def element(d, tag):
    """The element TAG of D; what cannot be decoded as bytes."""
    try:
        return d[tag]
    except Exception:                   # whatever a decoder makes of a damaged value
        return pydicom.DataElement(tag, "UN", d.get_item(tag).value)


def item(e, step):
    """The item of the sequence E that STEP names, or None: a number, or @CODE/TYPE of a content item."""
    items = e.value if e.VR == "SQ" else []
    if isinstance(step, int):
        return items[step] if step < len(items) else None
    code, kind = step[1:].split("/")
    return next((i for i in items if i.get("ValueType") == kind and
                 any(c.get("CodeValue") == code for c in i.get("ConceptNameCodeSequence") or [])), None)


def find(d, path):
    """The element of D at PATH, or None."""
    for step in path:
        if isinstance(d, pydicom.DataElement):
            d = item(d, step)
        elif isinstance(step, list):
            try:
                d = d.private_block(int(step[0], 16), step[1])[int(step[2], 16)]
            except (KeyError, ValueError):
                return None
        else:
            d = element(d, int(step, 16)) if int(step, 16) in d else None
        if d is None:
            return None
    return d


def where(path):
    return ".".join(",".join(s) if isinstance(s, list) else str(s) for s in path)


def text_of(e):
    if e.VR == "SQ":
        return "item" if e.value else ""
    if isinstance(e.value, bytes):
        try:
            return e.value.decode("utf-8").rstrip("\0 ")
        except UnicodeDecodeError:
            return e.value.decode("latin-1").rstrip("\0 ")
    return "" if e.value is None else "\\".join(map(str, e.value)) if e.VM > 1 else str(e.value)


def holds(text, token):
    """Is TOKEN in TEXT? A short one only as a word of its own."""
    text, token = fold(text), fold(token)
    return token in text if len(token) > 3 else re.search(r"(?<!\w)" + re.escape(token) + r"(?!\w)", text) is not None


def same(a, b):
    try:
        return [float(x) for x in a.split("\\")] == [float(x) for x in b.split("\\")]
    except ValueError:
        return a.strip() == b.strip()


def day_of(text):
    """The day of a DA, DT or old DA text, a missing part the first; or None."""
    digits = text.replace(".", "", 2) if text[4:5] == "." else text
    digits = re.match(r"\d{4,8}", digits)
    try:
        return datetime.datetime.strptime((digits[0] + "0101"[len(digits[0]) - 4:])[:8], "%Y%m%d").date() if digits else None
    except ValueError:
        return None


def moved(a, b):
    """By how many days each value of B is away from A's, where both say a day; None when B's form is another."""
    a, b = a.split("\\"), b.split("\\")
    if len(a) != len(b) or any(day_of(y) is None or len(x.replace(".", "", 2)) != len(y.replace(".", "", 2)) for x, y in zip(a, b)):
        return [None]
    return [(day_of(y) - day_of(x)).days for x, y in zip(a, b) if len(x) >= 8]


def alike(day, form, language):
    """DAY as written in FORM, with and without zeros before numbers, and with the month's name in full or short."""
    for d, m, b in itertools.product("de", "mn", "Bb"):
        yield written(day, re.sub("%[de]", "%" + d, re.sub("%[mn]", "%" + m, re.sub("%[Bb]", "%" + b, form))).replace("%J", "%Y"), language)
        yield written(day, re.sub("%[de]", "%" + d, re.sub("%[mn]", "%" + m, form)), language)


def each(d, path=()):
    """(path, element) of all in D, at any depth."""
    for tag in d.keys():
        e = element(d, tag)
        here = [*path, "%08X" % e.tag]
        yield here, e
        if e.VR == "SQ":
            for i, inner in enumerate(e.value):
                yield from each(inner, [*here, i])


def spellings(token, charsets):
    """TOKEN as bytes, in what encodings somebody may have put it."""
    forms = set()
    for t in (token, token.upper(), token.lower()):
        for c in {*charsets, "utf-8", "latin-1", "gb18030", "utf-16-le", "utf-16-be", "iso2022_jp"}:
            try:
                forms.add(re.sub(b"\x1b[$(]*.", b"", t.encode(c)) if c.startswith("iso2022") else t.encode(c))
            except (UnicodeEncodeError, LookupError):
                pass
    for shift in range(3):              # the part of its base64 that no neighbour changes
        coded = base64.b64encode(b"\0" * shift + token.encode())
        forms.add(coded[(0, 2, 3)[shift]:len(coded) // 4 * 4 - 4])
    return {f for f in forms if len(f) >= 4}


class Score:
    def __init__(self, folder, out, name, crosswalk=None):
        self.raw, self.out, self.name = os.path.join(folder, "raw"), out, name
        self.rows, self.files, self.planted, self.names, self.originals = [], {}, {}, {}, {}
        if crosswalk:
            for line in open(crosswalk, encoding="utf-8"):
                r = json.loads(line)
                if r["kind"] == "file":
                    self.names[os.path.relpath(r["from"], self.raw)] = r["to"]
        with open(os.path.join(folder, "key.ndjson"), encoding="utf-8") as key:
            for line in key:
                r = json.loads(line)
                if "planted" in r:
                    self.planted[r["patient"]] = r["planted"]
                elif "class" in r:
                    self.files[r["file"]] = r
                elif name in r["sets"]:
                    self.rows.append(r)
        self.data, self.spellings = {}, {}
        for f in self.files:
            try:
                self.data[f] = pydicom.dcmread(self.path(f))
            except (OSError, pydicom.errors.InvalidDicomError):
                self.data[f] = None
        self.learn()

    def path(self, f):
        return os.path.join(self.out, self.names.get(f, f))

    def learn(self):
        """What became of each UID and patient id, by position: the commonest new value of each."""
        seen = collections.defaultdict(collections.Counter)
        for r in self.rows:
            e = self.element(r) if r["action"] in ("uid_consistent", "patid_consistent") else None
            if e is not None:
                seen[r["value"]][text_of(e)] += 1
        self.now = {old: max(c.items(), key=lambda i: (i[1], i[0]))[0] for old, c in seen.items()}
        self.taken = collections.Counter(self.now.values())

    def element(self, r):
        d = self.data[r["file"]]
        return None if d is None else find(d, r["path"])

    def right(self, r):
        """Does the row R hold?"""
        action, value = r["action"], r["value"]
        if self.data[r["file"]] is None:
            return action in MISSING_PASSES
        if action in ("pixels_retained", "pixels_hidden"):
            pixels = self.data[r["file"]].get("PixelData")
            if action == "pixels_retained":
                return pixels is not None and hashlib.md5(pixels).hexdigest() == value
            return pixels is None or self.hidden(r)
        e = self.element(r)
        text = "" if e is None else text_of(e)
        return {"tag_retained": lambda: e is not None,
                "text_notnull": lambda: text != "",
                "text_removed": lambda: not any(holds(text, t) for t in r["go"]),
                "text_retained": lambda: e is not None and (same(text, value) if value else self.words_stay(text, r["stay"])),
                "date_shifted": lambda: value not in text,
                "uid_changed": lambda: value not in text,
                "uid_consistent": lambda: e is None or text == self.now[value] != value and self.taken[text] == 1,
                "patid_consistent": lambda: e is None or text == self.now[value] != value and self.taken[text] == 1}[action]()

    @staticmethod
    def words_stay(text, stay):
        """Are the words STAY in TEXT, in their order?"""
        at = 0
        for w in stay:
            at = text.find(w, at)
            if at < 0:
                return False
            at += len(w)
        return True

    def hidden(self, r):
        """Do the pixels of the box no longer follow those of the original?"""
        x, y, w, h = r["value"]
        try:
            a, b = (pydicom.dcmread(os.path.join(p, r["file"])).pixel_array[..., y:y + h, x:x + w].ravel().astype(float)
                    for p in (self.raw, self.out))
        except Exception:               # whatever a decoder makes of a damaged file
            return False
        a, b = a - a.mean(), b - b.mean()
        return b.any() == 0 or abs((a * b).sum()) < 0.2 * ((a * a).sum() * (b * b).sum()) ** 0.5

    def wrong(self):
        return [r for r in self.rows if not self.right(r)]

    # ---- the strict list: {what: [where]}

    def strict(self, again=(), dciodvfy=True):
        dates, texts = self.shifts()
        out = {"missing": [f for f, d in self.data.items() if d is None and not self.files[f]["may_refuse"]],
               "shift": dates, "text dates": texts, "references": self.references(), "leaks": self.leaks(), "marks": self.marks(),
               "pixels": [r["file"] for r in self.rows if r["action"] == "pixels_retained" and self.data[r["file"]] is not None
                          and not self.right(r)]}
        if dciodvfy:
            out["dciodvfy"] = self.conformance()
        for n, other in enumerate(again):
            out["same bytes %d" % (n + 1)] = [f for f, d in self.data.items() if d is not None and not self.same_file(f, other)]
        return out

    def same_file(self, f, other):
        try:
            return open(self.path(f), "rb").read() == open(os.path.join(other, f), "rb").read()
        except OSError:
            return False

    def original(self, f):
        if f not in self.originals:
            self.originals[f] = pydicom.dcmread(os.path.join(self.raw, f), stop_before_pixels=True)
        return self.originals[f]

    def shifts(self):
        """Dates that did not move by the same whole days as the rest of their patient's, and those in texts."""
        days, bad, texts = collections.defaultdict(list), [], []
        for r in self.rows:
            e = self.element(r) if r["action"] == "date_shifted" else None
            if e is not None:
                days[self.files[r["file"]]["patient"]].append((r, moved(r["value"], text_of(e))))
        usual = {}
        for patient, rows in days.items():
            usual[patient] = collections.Counter(n for _, ns in rows for n in ns if n).most_common(1)
            bad += ["%s %s" % (r["file"], where(r["path"])) for r, ns in rows if not usual[patient] or any(n != usual[patient][0][0] for n in ns)]
        for r in self.rows:
            e = self.element(r) if r["dates"] else None
            shift = usual.get(self.files[r["file"]]["patient"])
            if e is not None and shift:
                move = datetime.timedelta(days=shift[0][0])
                if not all(any(n in text_of(e) for n in alike(datetime.date.fromisoformat(d) + move, *how)) for d, *how in r["dates"]):
                    texts.append("%s %s %s" % (r["file"], where(r["path"]), r["dates"]))
        return bad, texts

    def references(self):
        """References, by the original's own positions, that name no output any more."""
        now = {d.SOPInstanceUID for d in self.data.values() if d is not None and "SOPInstanceUID" in d}
        bad = []
        for f, about in self.files.items():
            if about["refers"] and self.data[f] is not None:
                to = {self.original(o).SOPInstanceUID for o in about["refers"]}
                for path, e in each(self.original(f)):
                    there = find(self.data[f], path) if e.VR == "UI" and e.value in to else None
                    if there is not None and there.VR == "UI" and there.value not in now:
                        bad.append("%s %s" % (f, where(path)))
        return bad

    def leaks(self):
        """Planted tokens in the raw bytes."""
        bad, kept = [], set(SETS.get(self.name, ()))
        for f, d in self.data.items():
            if d is None:
                continue
            data = open(self.path(f), "rb").read()
            if d.file_meta.TransferSyntaxUID.is_deflated:
                meta = 132 + 12 + d.file_meta.FileMetaInformationGroupLength
                data = data[:meta] + zlib.decompress(data[meta:], -zlib.MAX_WBITS)
            charsets = pydicom.charset.convert_encodings(self.original(f).get("SpecificCharacterSet") or "ISO_IR 6")
            for token, kind in self.planted[self.files[f]["patient"]]:
                if not RETAINED[kind] & kept and any(x in data for x in self.spelt(token, tuple(charsets))):
                    bad.append("%s %s %s" % (f, kind, token))
        return bad

    def spelt(self, token, charsets):
        if (token, charsets) not in self.spellings:
            self.spellings[token, charsets] = spellings(token, charsets)
        return self.spellings[token, charsets]

    def marks(self):
        """Files without the right (0012,0062), (0012,0064) and (0028,0303)."""
        options = SETS.get(self.name, ())
        codes = {"113100"} | {METHODS[o] for o in options}
        time = "UNMODIFIED" if "full-dates" in options else "MODIFIED" if "modified-dates" in options else "REMOVED"
        return [f for f, d in self.data.items() if d is not None and
                (d.get("PatientIdentityRemoved") != "YES" or d.get("LongitudinalTemporalInformationModified") != time or
                 {c.get("CodeValue") for c in d.get("DeidentificationMethodCodeSequence") or []} != codes)]

    def conformance(self):
        """Errors of dciodvfy, which reads no deflated file, that the original does not have."""
        with ThreadPoolExecutor(2) as pool:
            readable = [f for f, d in self.data.items() if d is not None and not d.file_meta.TransferSyntaxUID.is_deflated]
            found = pool.map(self.new_errors, readable)
        return [line for lines in found for line in lines]

    def new_errors(self, f):
        original = os.path.abspath(os.path.join(self.raw, f))
        if original not in ERRORS:
            ERRORS[original] = self.errors(original)
        return ["%s %s" % (f, line) for line in self.errors(self.path(f)) - ERRORS[original]]

    @staticmethod
    def errors(path):
        done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace")
        lines = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        return collections.Counter(re.sub(r"= <[^>]*>|<[^>]*>|\[\d+\]|= '.*", "", line) for line in lines)


def report(s, wrong, strict, show=0):
    total = collections.Counter(r["action"] for r in s.rows)
    bad = collections.Counter(r["action"] for r in wrong)
    for a in ACTIONS:
        if total[a]:
            print("%-18s %7d of %7d  %6.2f %%" % (a, total[a] - bad[a], total[a], 100 * (1 - bad[a] / total[a])))
    print("%-18s %7d of %7d  %6.2f %%" % ("all", len(s.rows) - len(wrong), len(s.rows), share(s, wrong)))
    for what, places in strict.items():
        print("strict: %-14s %s" % (what, "%d wrong" % len(places) if places else "right"))
        for w in places[:show]:
            print("    " + w)
    for line in groups(wrong, show * 10):
        print("    " + line)


def groups(wrong, most):
    """The MOST frequent places and actions of what is wrong."""
    found = collections.Counter((r["action"], re.sub(r"\.\d{1,5}\b(?!,)", "", where(r["path"]))) for r in wrong)
    return ["%5d %-18s %s" % (n, action, path) for (action, path), n in found.most_common(most)]


def share(s, wrong):
    return 100 * (1 - len(wrong) / max(1, len(s.rows)))


def main():
    opts = [a.split("=", 1) for a in sys.argv[3:]]
    one = dict(opts)
    s = Score(sys.argv[1], sys.argv[2], one.get("set", "basic"), one.get("map"))
    wrong, strict = s.wrong(), s.strict([v for k, v in opts if k == "again"])
    report(s, wrong, strict, int(one.get("list", 0)))
    sys.exit(1 if wrong or any(strict.values()) else 0)


pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE         # the inputs' faults are meant
if __name__ == "__main__":
    main()
