#!/usr/bin/python3
"""score.py FOLDER OUT [set=basic] [again=DIR]... [map=FILE] [list=N]: judge OUT, made of FOLDER/raw, by FOLDER/key.ndjson

Prints the share of right actions, by kind and over all, and the strict list. An output has its input's path below OUT, or
the one that a crosswalk's lines {"kind": "file", "from": ..., "to": ...} give. again=DIR holds the outputs of another run,
which must be the same bytes. list=N prints N wrong rows of each kind. Status 1: something is wrong.
"""
import collections
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata

import pydicom
import pydicom.config

ACTIONS = ("date_shifted patid_consistent pixels_hidden pixels_retained tag_retained text_notnull text_removed text_retained "
           "uid_changed uid_consistent").split()
MISSING_PASSES = ("text_removed", "date_shifted", "uid_changed", "pixels_hidden")       # as in MIDI-B
RETAINED = {"person": set(), "dates": {"full-dates"}, "uid dates": {"full-dates", "uids"}, "institution": {"institution"}, "device": {"device", "research"}, "uids": {"uids"}}
METHODS = {"uids": "113110", "safe-private": "113111", "device": "113109", "institution": "113112", "patient": "113108",
           "full-dates": "113106", "modified-dates": "113107", "descriptors": "113105", "structured": "113104", "graphics": "113103"}
RESEARCH = ("safe-private", "device", "patient", "modified-dates", "descriptors", "structured", "graphics")


def find(d, path):
    """The element of D at PATH, or None."""
    for step in path.split("."):
        if isinstance(d, pydicom.DataElement):
            return None
        private = re.match(r"([0-9A-F]{4})$", step)
        if private:                     # GGGG.CREATOR.EE: the creator may hold dots
            creator, element = re.search(r"[0-9A-F]{4}\.(.*)\.([0-9A-F]{2})$", path).groups()
            try:
                return d.private_block(int(step, 16), creator)[int(element, 16)]
            except KeyError:
                return None
        tag, index, concept = re.match(r"([0-9A-F]{8})(?:\[(\d+)\])?(?:@(.+))?$", step).groups()
        if int(tag, 16) not in d:
            return None
        e = d[int(tag, 16)]
        if index is None and concept is None:
            return e
        items = e.value if e.VR == "SQ" else []
        if concept:
            items = [i for i in items if any(c.get("CodeValue") == concept for c in i.get("ConceptNameCodeSequence") or [])]
        if len(items) <= int(index or 0):
            return None
        d = items[int(index or 0)]
    return None


def text_of(e):
    if e.VR == "SQ":
        return "item" if e.value else ""
    if isinstance(e.value, bytes):
        try:
            return e.value.decode("utf-8").rstrip("\0 ")
        except UnicodeDecodeError:
            return e.value.decode("latin-1").rstrip("\0 ")
    return "" if e.value is None else "\\".join(map(str, e.value)) if e.VM > 1 else str(e.value)


def fold(text):
    """TEXT in lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def holds(text, token):
    """Is TOKEN in TEXT? A short one only as a word of its own."""
    text, token = fold(text), fold(token)
    return token in text if len(token) > 3 else re.search(r"(?<!\w)" + re.escape(token) + r"(?!\w)", text) is not None


def same(a, b):
    try:
        return [float(x) for x in a.split("\\")] == [float(x) for x in b.split("\\")]
    except ValueError:
        return a.strip() == b.strip()


def days(a, b):
    """By how many days a date moved, or None when B is no date of A's form."""
    try:
        a, b = a.replace(".", "", 2) if re.match(r"\d{4}\.", a) else a, b.replace(".", "", 2) if re.match(r"\d{4}\.", b) else b
        return (datetime.datetime.strptime(b[:8], "%Y%m%d") - datetime.datetime.strptime(a[:8], "%Y%m%d")).days
    except ValueError:
        return None


def each(d, path=""):
    """(path, element) of all in D, at any depth."""
    for e in d:
        here = path + "%08X" % e.tag
        yield here, e
        if e.VR == "SQ":
            for i, item in enumerate(e.value):
                yield from each(item, "%s[%d]." % (here, i))


class Score:
    def __init__(self, folder, out, name, crosswalk=None):
        self.raw, self.out, self.name = os.path.join(folder, "raw"), out, name
        self.rows, self.files, self.planted, self.names = [], {}, {}, {}
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
        self.data = {}
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
        out = {"missing": [f for f, d in self.data.items() if d is None and not self.files[f]["may_refuse"]],
               "shift": self.shifts(), "references": self.references(), "leaks": self.leaks(), "marks": self.marks(),
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

    def shifts(self):
        """Dates that did not move by the same whole days as the rest of their patient's."""
        moved = collections.defaultdict(list)
        for r in self.rows:
            e = self.element(r) if r["action"] == "date_shifted" else None
            if e is not None:
                moved[self.files[r["file"]]["patient"]].append((r, days(r["value"], text_of(e))))
        bad = []
        for rows in moved.values():
            usual = collections.Counter(n for _, n in rows).most_common(1)[0][0]
            bad += ["%s %s" % (r["file"], r["path"]) for r, n in rows if n != usual or not n]
        return bad

    def references(self):
        """References, by the original's own positions, that name no output any more."""
        now = {d.SOPInstanceUID for d in self.data.values() if d is not None and "SOPInstanceUID" in d}
        bad = []
        for f, about in self.files.items():
            if about["refers"] and self.data[f] is not None:
                to = {pydicom.dcmread(os.path.join(self.raw, o), stop_before_pixels=True).SOPInstanceUID for o in about["refers"]}
                for path, e in each(pydicom.dcmread(os.path.join(self.raw, f), stop_before_pixels=True)):
                    there = find(self.data[f], path) if e.VR == "UI" and e.value in to else None
                    if there is not None and there.value not in now:
                        bad.append("%s %s" % (f, path))
        return bad

    def leaks(self):
        """Planted tokens in the raw bytes."""
        bad = []
        for f, d in self.data.items():
            if d is None:
                continue
            data = open(self.path(f), "rb").read()
            small = data.lower()
            charsets = pydicom.charset.convert_encodings(d.get("SpecificCharacterSet") or "ISO_IR 6")
            for token, kind in self.planted[self.files[f]["patient"]]:
                if self.name in RETAINED[kind] or len(token) < 3:
                    continue
                forms = {token.encode("utf-8"), token.encode("utf-16-le")}
                for c in {*charsets, "latin-1", "gb18030"}:
                    try:
                        forms.add(token.encode(c))
                    except (UnicodeEncodeError, LookupError):
                        pass
                if any(x in data or x.lower() in small for x in forms):
                    bad.append("%s %s" % (f, kind))
        return bad

    def marks(self):
        """Files without the right (0012,0062), (0012,0064) and (0028,0303)."""
        options = RESEARCH if self.name == "research" else (self.name,) if self.name in METHODS else ()
        codes = {"113100"} | {METHODS[o] for o in options}
        time = "UNMODIFIED" if "full-dates" in options else "MODIFIED" if "modified-dates" in options else "REMOVED"
        return [f for f, d in self.data.items() if d is not None and
                (d.get("PatientIdentityRemoved") != "YES" or d.get("LongitudinalTemporalInformationModified") != time or
                 {c.get("CodeValue") for c in d.get("DeidentificationMethodCodeSequence") or []} != codes)]

    def conformance(self):
        """Errors of dciodvfy that the original does not have."""
        bad = []
        for f, d in self.data.items():
            if d is not None:
                new = self.errors(self.path(f)) - self.errors(os.path.join(self.raw, f))
                bad += ["%s %s" % (f, line) for line in new]
        return bad

    @staticmethod
    def errors(path):
        done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace")
        lines = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        return collections.Counter(re.sub(r"= <[^>]*>|<[^>]*>|\[\d+\]", "", line) for line in lines)


def report(s, wrong, strict, show=0):
    total = collections.Counter(r["action"] for r in s.rows)
    bad = collections.Counter(r["action"] for r in wrong)
    for a in ACTIONS:
        if total[a]:
            print("%-18s %7d of %7d  %6.2f %%" % (a, total[a] - bad[a], total[a], 100 * (1 - bad[a] / total[a])))
    print("%-18s %7d of %7d  %6.2f %%" % ("all", len(s.rows) - len(wrong), len(s.rows), share(s, wrong)))
    for what, where in strict.items():
        print("strict: %-14s %s" % (what, "%d wrong" % len(where) if where else "right"))
        for w in where[:show]:
            print("    " + w)
    groups = collections.Counter((r["action"], re.sub(r"\[\d+\]", "", r["path"])) for r in wrong)
    for (action, path), n in groups.most_common(show * 10):
        print("    %5d %s %s" % (n, action, path))


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
