#!/usr/bin/python3
"""control.py FOLDER OUT: does the scorer see damage, and nothing else? OUT is what dcm-scrub made of FOLDER/raw

The unscrubbed inputs must fail all that asks for a change, and pass the rest. Then OUT is damaged in one place for each
action and each entry of the strict list; of all rows, those of that place must become wrong, and no others. Status 1: not so.
"""
import base64
import collections
import datetime
import os
import shutil
import sys
import tempfile

import pydicom

from people import written
from score import Score, day_of, find, text_of, where

CHANGES = ("patid_consistent", "text_removed", "uid_changed", "uid_consistent", "date_shifted", "pixels_hidden")


def key_of(r):
    return r["file"], where(r["path"]), r["action"], tuple(r["go"]), tuple(r["stay"]), str(r["value"])


class Control:
    def __init__(self, folder, out):
        self.folder, self.out, self.failed = folder, out, 0
        self.work = tempfile.mkdtemp(prefix="unphi-midi-")

    def say(self, what, good):
        self.failed += not good
        print("control: %-44s %s" % (what, "seen" if good else "NOT SEEN RIGHT"))

    def damaged(self, f, damage, base=None):
        """A copy of BASE (or OUT) whose file F was changed by DAMAGE (of its data set)."""
        to = os.path.join(self.work, "damaged")
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(base or self.out, to)
        d = pydicom.dcmread(os.path.join(to, f))
        damage(d)
        d.save_as(os.path.join(to, f))
        return to

    def unscrubbed(self):
        for name in ("basic", "research", "pixels"):
            s = Score(self.folder, os.path.join(self.folder, "raw"), name)
            # What names no person may be spelt alike after all: nothing else may pass.
            wrong = {key_of(r) for r in s.wrong()}
            good = all((key_of(r) in wrong) == (r["action"] in CHANGES) for r in s.rows)
            self.say("unscrubbed inputs, options %s" % name, good and len(s.rows) > 0)

    def action(self, name, action, damage, pick=lambda r, e: e is not None):
        """DAMAGE(data set, element, row) at the first place where ACTION held; other rows of that place may follow."""
        before = Score(self.folder, self.out, name)
        bad = {key_of(r) for r in before.wrong()}
        for r in before.rows:
            if r["action"] == action and key_of(r) not in bad and pick(r, before.element(r)):
                break
        else:
            return self.say("%s: no place to damage" % action, False)
        to = self.damaged(r["file"], lambda d: damage(d, find(d, r["path"]), r))
        now = {key_of(x) for x in Score(self.folder, to, name).wrong()} - bad
        self.say("%s damaged" % action, key_of(r) in now and all(x[:2] == (r["file"], where(r["path"])) for x in now))

    def actions(self):
        def put(d, e, r):
            e.value = r["value"] or r["go"][0]

        def empty(d, e, r):
            e.value = None

        def gone(d, e, r):
            del d[e.tag]

        def other(d, e, r):
            e.value = "2.25.1" if e.VR == "UI" else "OTHER"

        def flip(d, e, r):
            d.PixelData = bytes([d.PixelData[0] ^ 1]) + d.PixelData[1:]

        def original(d, e, r):
            d.PixelData = pydicom.dcmread(os.path.join(self.folder, "raw", r["file"])).PixelData

        def top(r, e):
            return e is not None and len(r["path"]) == 1 and isinstance(r["path"][0], str)

        def free(r, e):
            return top(r, e) and r["path"][0] not in ("00080018", "0020000D")
        self.action("basic", "patid_consistent", other)
        self.action("basic", "pixels_retained", flip)
        self.action("basic", "tag_retained", gone, top)
        self.action("basic", "text_notnull", empty, lambda r, e: top(r, e) and e.VR not in ("UI", "SQ"))
        self.action("basic", "text_removed", put, lambda r, e: top(r, e) and e.VR in ("DA", "PN", "SH"))
        self.action("basic", "text_retained", empty, lambda r, e: free(r, e) and e.VR != "UI")
        self.action("basic", "uid_changed", put, free)
        self.action("basic", "uid_consistent", other, free)
        self.action("modified-dates", "date_shifted", put)
        # A file whose burned-in text was filled, and put back.
        row = next(r for r in Score(self.folder, self.out, "pixels").rows)
        filled = self.damaged(row["file"], lambda d: setattr(d, "PixelData", bytes(len(d.PixelData))))
        clean = os.path.join(self.work, "filled")
        shutil.copytree(filled, clean)
        a = {r["file"] for r in Score(self.folder, clean, "pixels").wrong()}
        to = self.damaged(row["file"], lambda d: original(d, None, row), clean)
        b = {r["file"] for r in Score(self.folder, to, "pixels").wrong()}
        self.say("pixels_hidden damaged", b - a == {row["file"]})

    def shifted(self):
        """Outputs whose dates all moved by 100 days, in texts too: raw files, and no more changed."""
        to, move = os.path.join(self.work, "shifted"), datetime.timedelta(days=100)
        shutil.copytree(os.path.join(self.folder, "raw"), to)
        s = Score(self.folder, to, "research")
        by_file = collections.defaultdict(list)
        for r in s.rows:
            if r["action"] == "date_shifted" or r["dates"]:
                by_file[r["file"]].append(r)

        def later(text):
            digits = text.replace(".", "", 2) if text[4:5] == "." else text
            return (day_of(text) + move).strftime("%Y%m%d")[:len(digits)] + digits[8:]
        for f, rows in by_file.items():
            d = pydicom.dcmread(os.path.join(to, f))
            for e, r in {id(e): (e, r) for e, r in ((find(d, r["path"]), r) for r in rows)}.values():
                if r["dates"]:
                    for day, form, language in r["dates"]:
                        day = datetime.date.fromisoformat(day)
                        e.value = text_of(e).replace(written(day, form, language), written(day + move, form, language))
                else:
                    e.value = "\\".join(later(t) for t in text_of(e).split("\\"))
            d.save_as(os.path.join(to, f))
        return to

    def strict(self):
        s = Score(self.folder, self.out, "basic")
        before = s.strict([self.out])
        images = [f for f, a in s.files.items() if a["class"] == "CT"]
        deflated = next(f for f, d in s.data.items() if d is not None and d.file_meta.TransferSyntaxUID.is_deflated)
        images = [f for f in images if f != deflated]
        report = next(f for f, a in s.files.items() if a["class"] == "KO")

        def check(what, entry, f, damage):
            after = Score(self.folder, self.damaged(f, damage), "basic").strict([self.out])
            new = collections.Counter(after[entry]) - collections.Counter(before[entry])
            self.say("strict %s damaged" % what, sum(new.values()) == 1 and next(iter(new)).split()[0] == f)

        def refer(d):
            study = d.CurrentRequestedProcedureEvidenceSequence[0]
            study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID = "2.25.77"

        token = next(t for t, k in s.planted[0] if t.isascii() and len(t) > 5)

        def leak(d):
            d.add_new(0x00204000, "LT", "seen by %s" % token.upper())

        def leak_coded(d):
            d.add_new(0x00204000, "LT", base64.b64encode(b"to " + token.encode()).decode())
        check("references", "references", report, refer)
        check("leaks", "leaks", images[0], leak)
        check("leaks in UTF-16", "leaks", images[0], lambda d: d.add_new(0x00091001, "OB", token.encode("utf-16-be")))
        check("leaks in base64", "leaks", images[0], leak_coded)
        check("leaks in deflated", "leaks", deflated, leak)
        check("marks", "marks", images[1], lambda d: delattr(d, "PatientIdentityRemoved"))
        check("pixels", "pixels", images[1], lambda d: setattr(d, "PixelData", d.PixelData[::-1]))
        check("dciodvfy", "dciodvfy", images[1], lambda d: delattr(d, "InstanceNumber"))
        check("same bytes", "same bytes 1", images[2], lambda d: setattr(d, "InstanceNumber", 99))
        to = self.damaged(images[0], lambda d: None)
        os.remove(os.path.join(to, images[0]))
        self.say("strict missing", Score(self.folder, to, "basic").strict(dciodvfy=False)["missing"] == [images[0]])
        whole = self.shifted()
        self.say("strict shift, all alike, passes", Score(self.folder, whole, "research").shifts() == ([], []))
        to = self.damaged(images[0], lambda d: setattr(d, "SeriesDate", "20300101"), whole)
        self.say("strict shift damaged", Score(self.folder, to, "research").shifts() == ([images[0] + " 00080021"], []))
        row = next(r for r in Score(self.folder, whole, "research").rows if r["dates"] and len(r["path"]) == 1)
        to = self.damaged(row["file"], lambda d: setattr(find(d, row["path"]), "value", " ".join(row["stay"])), whole)
        seen = Score(self.folder, to, "research").shifts()
        self.say("strict text dates damaged", seen[0] == [] and len(seen[1]) == 1 and seen[1][0].startswith(row["file"]))


def main():
    c = Control(*sys.argv[1:3])
    try:
        c.unscrubbed()
        c.actions()
        c.strict()
    finally:
        shutil.rmtree(c.work)
    sys.exit(c.failed > 0)


main()
