#!/usr/bin/python3
"""An independent judge of px-redact over all transfer syntaxes.

make DIR [--small] [NAME...]       writes the images of syntax_set.py and their box list, DIR/boxes
judge DIR OUT [--small] [NAME...]  compares OUT, made by px-redact -O OUT -b DIR/boxes, with DIR; a row a file
ideal DIR [--small] [NAME...]      writes what px-redact should make of the images to DIR, where there is one answer
control DIR [--small] [NAME...]    makes outputs as they should be, which pass, and damages them: each check must notice
fuzz DIR [--count=N] [--seed=S] [--small] [NAME...]
                                   cuts and flips each input N times: refused with nothing written, or the output is right
video DIR OUT [NAME...]            the videos, made frames: OUT by px-redact -O OUT -b DIR/boxes --video frames
files BOXES IN OUT...              judges other files: pairs of input and output, boxes as a box list has them

The checks: a inside of the boxes flat black in every reader, no glyph left; b nothing changed outside; c frames; d size;
e transfer syntax, fragments of untouched frames, offset tables; f every reader that reads the input reads the output;
g other elements; h dciodvfy. Exits 1 if one fails. In DCT JPEG b is exact on coefficients outside of the MCUs that boxes
touch; in pixels one chroma sample more is left out, for decoders smooth there.
"""
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import bytes_of
import jpeg_dct
import readers
import syntax_set

U = "1.2.840.10008.1.2"
LOSSLESS = {U + ".4." + n for n in ("57", "70", "80", "90", "201", "202")} | {U + ".5", U + ".1.98", U + ".8.1"}
# A codestream may be lossless under these, too.
ANY_LOSS = {U + ".4.81": {U + ".4.80", U + ".4.81"}, U + ".4.91": {U + ".4.90", U + ".4.91"},
            U + ".4.203": {U + ".4.201", U + ".4.203"}}
DCT = {U + ".4.50", U + ".4.51"}
# (0028,0301), (0012,0064): the marks; pixel data and its tables; retired group lengths of groups that change.
MARKS = {0x00280301, 0x00120064, 0x7fe00010, 0x7fe00001, 0x7fe00002, 0x00280000, 0x00120000, 0x7fe00000}
# What describes pixels: photometric interpretation, planar configuration, VR, lossy compression.
DESCRIBES = {0x00280004, 0x00280006, 0x00282110, 0x00282112, 0x00282114}
META_MAY = {0x00020000, 0x00020010}


class Judge:
    """The verdict on one output: failures by check."""

    def __init__(self, source, output, boxes, case=None, checks="abcdefgh", damaged=False):
        self.source, self.output, self.boxes, self.case, self.checks = source, output, boxes, case, checks
        self.damaged = damaged    # SOURCE: one reader's word for what it shows is not enough
        self.failures, self.size, self.read = [], "", []
        self.work = tempfile.mkdtemp(prefix="judge-")
        try:
            self._all()
        except bytes_of.Bad as e:
            self.fail("f", "the output is no DICOM file: %s" % e)
        finally:
            shutil.rmtree(self.work)

    def fail(self, check, why):
        if check in self.checks:
            self.failures.append((check, why))

    def _all(self):
        self.a, self.b = bytes_of.File(self.source), bytes_of.File(self.output)
        self.sa, self.sb = readers.Shape(self.a), readers.Shape(self.b)
        self.dct = self.a.syntax in DCT and self.sa.bits == 8
        self.grown = self._grown()
        self._frames()
        self._syntax()
        self._elements()
        self._sizes()
        if self.dct and self.b.syntax == self.a.syntax:
            self._coefficients()
        self._pixels()
        if "h" in self.checks:
            self._iod()

    def _grown(self):
        if self.sa.photo.endswith("422") and not self.a.encapsulated:
            return {f: [(x // 2 * 2, y, (x + w + 1) // 2 * 2 - x // 2 * 2, h) for x, y, w, h in b]
                    for f, b in self.boxes.items()}
        return self.boxes

    # c
    def _frames(self):
        if self.sa.frames != self.sb.frames:
            return self.fail("c", "%d frames of %d" % (self.sb.frames, self.sa.frames))
        if not self.b.encapsulated:
            bits = self.sb.frames * self.sb.pixels * self.sb.samples if self.sb.bits == 1 else 0
            want = -(-bits // 8) if bits else self.sb.frame_bytes * self.sb.frames
            have = len(self.b.elements[0x7fe00010][2])
            if not self.b.syntax == self.a.syntax and have != want + want % 2:
                self.fail("c", "%d bytes of pixel data for %d" % (have, want))
            if have < want:
                self.fail("c", "pixel data is short")
            return None
        try:
            if len(self.b.frames()) != self.sb.frames:
                self.fail("c", "another number of frames in the fragments")
        except bytes_of.Bad as e:
            self.fail("c", str(e))
        return None

    # e
    def _syntax(self):
        a, b = self.a, self.b
        touched = any(self.boxes.values())
        native = not a.encapsulated
        keep = native or not touched or a.syntax in LOSSLESS or self.dct
        may = ANY_LOSS.get(a.syntax, {a.syntax})
        if keep and b.syntax not in ({a.syntax} if not touched else may):
            self.fail("e", "became %s" % b.syntax)
        if self.case and a.syntax in ANY_LOSS and not self.case.lossy and b.syntax not in may:
            self.fail("e", "a lossless codestream became %s" % b.syntax)
        if b.encapsulated:
            for fault in table_faults(b):
                self.fail("e", fault)
        if a.encapsulated and b.syntax == a.syntax:
            try:
                fa, fb = a.frames(), b.frames()
            except bytes_of.Bad as e:
                return self.fail("e", str(e))
            changed = [f + 1 for f in range(min(len(fa), len(fb))) if not self.boxes.get(f + 1) and fa[f] != fb[f]]
            if self.case is None:
                changed = [f for f in changed if not self._has_spare(f)]
            if changed:
                self.fail("e", "fragments of untouched frames differ: %s" % changed[:5])
            ba, bb = a.fragments()[0], b.fragments()[0]
            if bool(ba) != bool(bb) and self.sa.frames > 1:
                self.fail("e", "the basic offset table was %s, is %s" % tuple("full" if t else "empty" for t in (ba, bb)))
            if (a.extended()[0] is None) != (b.extended()[0] is None):
                self.fail("e", "the extended offset table came or went")
        return None

    # g
    def _elements(self):
        a, b = self.a, self.b
        same = a.syntax == b.syntax
        may = MARKS | DESCRIBES
        big = a.big or b.big
        for tag in sorted(set(a.elements) | set(b.elements)):
            x, y = a.elements.get(tag), b.elements.get(tag)
            if tag in may or x == y:
                continue
            if x and y and not same and not big and x[2] == y[2] and tag != 0x7fe00010:
                continue    # another form of the length alone
            self.fail("g", "(%04x,%04x) %s" % (tag >> 16, tag & 0xffff, "differs" if x and y else "is gone" if x else "is new"))
        for tag in set(a.meta) | set(b.meta):
            if tag not in META_MAY and a.meta.get(tag) != b.meta.get(tag):
                self.fail("g", "(%04x,%04x) differs" % (tag >> 16, tag & 0xffff))
        length = b.meta.get(0x00020000)
        real = sum(len(h) + len(v) for t, (_, h, v) in b.meta.items() if t != 0x00020000)
        if length and int.from_bytes(length[2], "little") != real:
            self.fail("g", "the length of group 2 is wrong")
        if list(b.elements) != sorted(b.elements):
            self.fail("g", "elements out of order")
        if b.text(0x00280301) != "NO":
            self.fail("g", "(0028,0301) is not NO")
        if b"113101" not in b.elements.get(0x00120064, (b"", b"", b""))[2]:
            self.fail("g", "(0012,0064) lacks 113101")
        lossy = a.text(0x00282110) == "01" or (self.case.lossy if self.case else a.syntax in DCT)
        if any(self.boxes.values()) and lossy and b.text(0x00282110) != "01":
            self.fail("g", "(0028,2110) does not say that it was lossy")
        if a.text(0x00282110) and not b.text(0x00282110):
            self.fail("g", "(0028,2110) is gone")
        if not lossy and b.text(0x00282110) == "01":
            self.fail("g", "(0028,2110) says lossy")
        if same and not b.encapsulated:
            for tag in DESCRIBES:
                if a.elements.get(tag) != b.elements.get(tag):
                    self.fail("g", "(%04x,%04x) differs" % (tag >> 16, tag & 0xffff))
        elif any(self.boxes.values()) and self.sb.samples == 3:
            self._colour()

    def _colour(self):
        """Photometric Interpretation against what the case knows of its pixels."""
        said, case = self.sb.photo, self.case
        if case is None:
            return
        if self.b.syntax in readers.J2K + readers.HTJ2K:
            code = b"".join(self.b.frames()[0])
            cod = code.index(b"\xff\x52")
            want = {"RGB"} if not code[cod + 8] else {"YBR_RCT"} if code[cod + 13] == 1 else {"YBR_ICT"}
            changed = any(self.boxes.values()) and self.boxes.get(1)
        elif self.b.syntax in DCT:
            want = {"RGB"} if case.photo == "RGB" else {"YBR_FULL_422"} if case.photo.endswith("422") else {"YBR_FULL"}
            changed = True
        else:
            want = {"RGB"} if case.photo == "RGB" else {"YBR_FULL"}
            changed = True
        if said not in want and not (case.tag != case.photo and said == case.tag and self.b.syntax == self.a.syntax and
                                     not changed):
            self.fail("g", "(0028,0004) is %s for %s" % (said, "/".join(sorted(want))))

    # d
    def _sizes(self):
        a, b = (os.path.getsize(p) for p in (self.source, self.output))
        self.size = "%+.1f" % (100 * (b / a - 1))
        if self.dct and self.a.syntax == self.b.syntax and b > a * 1.05 + 200:
            self.fail("d", "%d bytes became %d" % (a, b))
        if self.case is None or self.case.lossy or not any(self.boxes.values()):
            return
        if not self.a.encapsulated:
            if self.a.syntax != bytes_of.DEFLATED and not a <= b <= a + 100:
                self.fail("d", "%d bytes became %d" % (a, b))
            return
        # The same pixels by the encoder that made the input, whose header is known: marks add 100 bytes.
        path = self.work + "/again.dcm"
        syntax_set.write(self.case, path, self.case.redacted())
        want = os.path.getsize(path) + 100
        self.size = "%+.1f" % (100 * (b / want - 1))
        if b > want * 1.05 + 64:
            self.fail("d", "%d bytes, by its own encoder %d" % (b, want))

    # a, b for DCT JPEG, exactly
    def _coefficients(self):
        try:
            fa = [b"".join(f) for f in self.a.frames()]
            fb = [b"".join(f) for f in self.b.frames()]
        except bytes_of.Bad:
            return
        for n, (x, y) in enumerate(zip(fa, fb), 1):
            if x == y or not self.boxes.get(n):
                continue
            try:
                x = jpeg_dct.Jpeg(x)
            except jpeg_dct.Bad:
                return
            try:
                y = jpeg_dct.Jpeg(y)
            except jpeg_dct.Bad as e:
                self.fail("f", "frame %d: its coefficients cannot be read: %s" % (n, e))
                return
            self._compare_jpeg(n, x, y)

    def _compare_jpeg(self, n, x, y):
        kept = [[m for m in j.markers if 0xe0 <= m[0] <= 0xfe] for j in (x, y)]
        if kept[0] != kept[1]:
            self.fail("b", "frame %d: application or comment markers differ" % n)
        if [(c["id"], c["h"], c["v"]) for c in x.components] != [(c["id"], c["h"], c["v"]) for c in y.components] or \
                (x.width, x.height, x.precision) != (y.width, y.height, y.precision):
            self.fail("b", "frame %d: the frame header differs" % n)
            return
        rgb = self.case.photo == "RGB" if self.case else None
        for k, (c, d) in enumerate(zip(x.components, y.components)):
            if (c["q"] != d["q"]).any():
                self.fail("b", "frame %d: quantization differs" % n)
                return
            out = ~x.touched(c, self.boxes[n], True)
            moved = (c["blocks"] != d["blocks"]).any(2)
            if (moved & out).any():
                self.fail("b", "frame %d: %d blocks of component %d changed outside" % (n, (moved & out).sum(), k + 1))
            inside = d["blocks"][x.touched(c, self.boxes[n], False)]
            if inside[:, 1:].any():
                self.fail("a", "frame %d: component %d has AC coefficients in a box" % (n, k + 1))
            level = inside[:, 0] * d["q"][0] / 8 + 128
            white = self.sa.photo == "MONOCHROME1"
            if k == 0 or rgb:
                if (level < 254.5).any() if white else (level > 0.5).any():
                    self.fail("a", "frame %d: component %d is not black in a box: %s" % (n, k + 1, level.min() if white else level.max()))
            elif rgb is False and (abs(level - 128) > 0.5).any():
                self.fail("a", "frame %d: chroma %d is not neutral in a box" % (n, k + 1))

    # a, b, f
    def _pixels(self):
        before = {n: readers.read(self.source, n, self.work) for n in readers.READERS}
        after = {n: readers.read(self.output, n, self.work) for n in readers.READERS}
        truth = self.case.redacted() if self.case and not self.case.lossy else None
        known, lonely = [a for a in before.values() if a is not None], []
        if self.case is None:    # no truth: a reader that sees what no other sees is not believed
            lonely = [n for n, a in before.items() if a is not None and not any(
                k is not a and k.shape == a.shape and abs(k - a).mean() < 4 for k in known)]
            if self.damaged or len(lonely) < len(known):
                for n in lonely:
                    known = [k for k in known if k is not before[n]]
                    before[n] = after[n] = None
        for name, b in after.items():
            a = before[name]
            if b is None:
                # These speak of one kind of syntax alone.
                if a is not None and (self.a.syntax == self.b.syntax or name not in ("bytes", "openjpeg", "openjph")):
                    self.fail("f", "%s reads the input, not the output" % name)
                continue
            self.read.append(name)
            if truth is not None and a is not None and self.a.syntax == self.b.syntax and self._is_wrong(a):
                # It has its own idea of such files: then the output should look to it as the ideal one does.
                again = readers.read(self.work + "/again.dcm", name, self.work)
                self._against(name, truth if again is None else again, b)
            elif truth is not None:
                self._against(name, truth, b)
            elif known:
                self._around(name, self._reference(a, known, b), b)
        if not self.read and not lonely:
            self.fail("f", "no reader reads the output")
        elif not known and not lonely:
            self.fail("f", "no reader reads the input")

    def _reference(self, a, known, b):
        """What B is held to: the reader's own view A of the input. A frame that was coded anew was decoded once, and
        lossy decoders round in their own ways: there any reader's view will do, so the nearest is taken."""
        if a is not None and (self.dct and self.a.syntax == self.b.syntax or a.shape != b.shape):
            return a
        alike = [k for k in known if k.shape == b.shape]
        if not alike:
            return known[0]
        out = np.stack([min((k[f] for k in alike), key=lambda k: (k != b[f]).sum()) for f in range(len(b))])
        for f in range(len(b)):
            if a is not None and self.a.syntax == self.b.syntax and not self.boxes.get(f + 1):
                out[f] = a[f]
        return out

    def _is_wrong(self, a):
        return a.shape != self.case.pixels.shape or (a != self.case.pixels).any()

    def _inside(self, shrink=0, mcu=(1, 1)):
        """Which pixels lie in a box (grown to MCUs), of all frames."""
        out = np.zeros((self.sa.frames, self.sa.rows, self.sa.columns), bool)
        for f, boxes in self.grown.items():
            for x, y, w, h in boxes:
                x0, y0 = max(0, x // mcu[0] * mcu[0] - shrink), max(0, y // mcu[1] * mcu[1] - shrink)
                x1, y1 = -(-(x + w) // mcu[0]) * mcu[0] + shrink, -(-(y + h) // mcu[1]) * mcu[1] + shrink
                out[f - 1, y0:max(y0, y1), x0:max(x0, x1)] = True
        return out

    def _stored(self):
        """The bits of a word that are the sample."""
        return ((1 << self.sa.stored) - 1) << (self.sa.high + 1 - self.sa.stored) if self.sa.stored < self.sa.bits else -1

    def _has_spare(self, frame):
        """Does a reader see more in FRAME than Bits Stored? Then it is coded again without."""
        views = (readers.read(self.source, n, self.work) for n in readers.READERS)
        return any((v[frame - 1] & ~self._stored()).any() for v in views if v is not None and len(v) >= frame)

    def _against(self, name, want, b):
        """B, by reader NAME, against what is known."""
        if want.shape != b.shape:
            return self.fail("f", "%s: %s for %s" % (name, b.shape, want.shape))
        bad, inside = (want != b).any(3), self._inside()
        glyphs = sum(int((bad[f - 1] & m).sum()) for f, m in self.case.glyphs.items())
        if (bad & inside).any():
            self.fail("a", "%s: %d pixels in boxes not black, %d of glyphs" % (name, (bad & inside).sum(), glyphs))
        if (bad & ~inside).any():
            self.fail("b", "%s: %d pixels changed outside, most by %d" % (name, (bad & ~inside).sum(),
                                                                          abs(want - b)[bad & ~inside].max()))
        return None

    def _around(self, name, a, b):
        """B against A, the input by the same reader: what cannot be known exactly."""
        if a.shape != b.shape:
            return self.fail("f", "%s: %s for %s" % (name, b.shape, a.shape))
        mcu, margin = self._mcu()
        outside = ~self._inside(margin, mcu)
        # What samples hold beside Bits Stored is cleared.
        moved = ((a ^ b) & self._stored()).any(3) & outside
        if moved.any():
            self.fail("b", "%s: %d pixels changed outside, most by %d" % (name, moved.sum(), abs(a - b)[moved].max()))
        for f, boxes in self.grown.items():
            for x, y, w, h in boxes:
                x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, self.sa.columns), min(y + h, self.sa.rows)
                inner = b[f - 1, y0 + margin:max(y0, y1 - margin), x0 + margin:max(x0, x1 - margin)]
                if inner.size and (inner != inner[0, 0]).any():
                    self.fail("a", "%s: frame %d: a box is not flat" % (name, f))
                elif inner.size and self.case is not None and not self._is_black(inner[0, 0]):
                    self.fail("a", "%s: frame %d: a box is flat, of %s" % (name, f, inner[0, 0]))
        return None

    def _is_black(self, v):
        ok = [self.case.black]
        if self.case.photo.startswith("YBR"):
            ok.append([0, 0, 0])    # shown as RGB
        return list(v) in [list(o) for o in ok]

    def _mcu(self):
        """Size of an MCU, and how far a smoothing decoder carries chroma."""
        if not (self.dct and self.b.syntax == self.a.syntax):
            return (1, 1), 0
        code = b"".join(self.a.frames()[0])
        try:
            j = jpeg_dct.Jpeg(code)
        except jpeg_dct.Bad:
            return (32, 32), 4
        return (8 * j.hmax, 8 * j.vmax), (max(j.hmax, j.vmax) if max(j.hmax, j.vmax) > 1 else 0)

    # h
    def _iod(self):
        new = iod_errors(self.output) - iod_errors(self.source)
        for line in sorted(new)[:3]:
            self.fail("h", line[:100])

    def row(self, name):
        bad = {c for c, _ in self.failures}
        marks = " ".join("X" if c in bad else "." for c in "abcdefgh")
        short = [getattr(self, k).syntax.replace("1.2.840.10008.1.2", "") or "." for k in "ab"] if hasattr(self, "b") else ["?"] * 2
        return "%-22s %-7s %-7s %s %6s  %s  %s" % (name, short[0], short[1] if short[1] != short[0] else "=", marks,
                                                   self.size, ",".join(self.read),
                                                   "; ".join("%s: %s" % f for f in self.failures[:3]))


table_faults = bytes_of.table_faults


def iod_errors(path):
    done = readers.run("dciodvfy", path)
    if done is None:
        return set()
    text = (done.stdout + done.stderr).decode("latin-1")
    return {line for line in text.split("\n") if line.startswith("Error")}


def chosen(args):
    small, names = "--small" in args, {a for a in args if not a.startswith("--")}
    return [c for c in syntax_set.cases(small) if not names or c.name in names]


def make(folder, *args):
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/boxes", "w") as f:
        for c in chosen(args):
            path = "%s/%s.dcm" % (folder, c.name)
            syntax_set.write(c, path)
            f.write("".join(r + "\n" for r in syntax_set.records(c, path)))
    return 0


def judged(folder, out, c):
    """(name, row, failures)."""
    source, output = "%s/%s.dcm" % (folder, c.name), "%s/%s.dcm" % (out, c.name)
    if c.expect == "refuse":
        bad = os.path.exists(output)
        return c.name, "%-22s %s" % (c.name, "X should have been refused" if bad else "refused, as it should be"), \
            [("c", "not refused")] if bad else []
    if not os.path.exists(output):
        return c.name, "%-22s X refused" % c.name, [("c", "refused")]
    j = Judge(source, output, c.boxes, c)
    return c.name, j.row(c.name), j.failures


def _judged(job):
    return judged(*job)


def judge(folder, out, *args):
    jobs = [(folder, out, c) for c in chosen(args)]
    print("%-22s %-7s %-7s a b c d e f g h  size%%  readers  reasons" % ("file", "from", "to"))
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(_judged, jobs))
    failed = 0
    for _, row, failures in rows:
        print(row)
        failed += bool(failures)
    print("%d files, %d failed" % (len(rows), failed))
    return 1 if failed else 0


def files(boxes, *pairs):
    """Real files: PAIRS of input and output; a box list whose "file" is the input."""
    found = {}
    for line in open(boxes):
        r = json.loads(line)
        frames = [r["frame"]] if r["frame"] else range(1, r["frames"] + 1)
        for f in frames:
            found.setdefault(r["file"], {}).setdefault(f, []).extend((b["x"], b["y"], b["w"], b["h"]) for b in r["boxes"])
    failed = 0
    for source, output in zip(pairs[::2], pairs[1::2]):
        j = Judge(source, output, {f: b for f, b in found.get(source, {}).items() if b})
        print(j.row("/".join(source.split("/")[-1:])))
        failed += bool(j.failures)
    print("%d files, %d failed" % (len(pairs) // 2, failed))
    return 1 if failed else 0


def ideal(c, path):
    """What px-redact should make of C, made without it; the codes of its frames. None for what has no one answer."""
    if c.expect == "refuse" or c.lossy and c.ts not in ("jpeg50", "jpeg51") or c.stored == 12 and c.ts == "jpeg51" or \
            c.code[:1] == ["pil85"]:    # jpeg_dct.write knows one quantization table
        return None
    codes = None
    if c.ts not in syntax_set.NATIVE:
        codes = syntax_set.encode(c, c.pixels)
        new = [blanked(c, n, x) for n, x in enumerate(codes, 1)] if c.ts[:5] == "jpeg5" and c.lossy else \
            syntax_set.encode(c, c.redacted())
        codes = [new[f] if c.boxes.get(f + 1) else codes[f] for f in range(c.frames)]
    right_tag(c)
    syntax_set.write(c, path, c.redacted(), codes, True)
    return codes


def right_tag(c):
    """A wrong Photometric Interpretation is put right where pixels change."""
    if c.tag != c.photo and c.tag in ("RGB", "YBR_FULL_422") and c.boxes:
        c.tag = c.photo
    if c.name == "j2k90-wrong":
        c.tag = "YBR_RCT"


def blanked(c, frame, code, spare=False):
    """A JPEG with the blocks of its boxes black; SPARE: all but one."""
    j = jpeg_dct.Jpeg(code)
    for k, p in enumerate(j.components):
        touched = j.touched(p, c.boxes.get(frame, []), False)
        if spare and k == 0:
            y, x = np.argwhere(touched & p["blocks"][..., 1:].any(2))[0]
            touched[y, x] = False
        black = c.black[k] * 8 - 1024
        p["blocks"][touched] = 0
        p["blocks"][touched, 0] = np.sign(black) * -(-abs(black) // p["q"][0])
    return jpeg_dct.write(j)


def ideals(folder, *args):
    os.makedirs(folder, exist_ok=True)
    for c in chosen(args):
        ideal(c, "%s/%s.dcm" % (folder, c.name))
    return 0


def damages(c, path, codes):
    """Damages of the ideal output at PATH: yields what was done and the checks of which one must notice."""
    first = min(c.boxes, default=0)
    if first and c.ts[:5] == "jpeg5" and c.lossy:
        redo = list(codes)
        redo[first - 1] = blanked(c, first, syntax_set.encode(c, c.pixels[first - 1:first])[0], True)
        if redo != codes:
            syntax_set.write(c, path, codes=redo, marked=True)
            yield "a block left as it was", "a"
        j = jpeg_dct.Jpeg(codes[first - 1])
        for k, p in enumerate(j.components):
            out = np.argwhere(~j.touched(p, c.boxes[first], True) & j.shown(p))
            if len(out):
                p["blocks"][tuple(out[-1])][3] += 1
                redo = list(codes)
                redo[first - 1] = jpeg_dct.write(j)
                syntax_set.write(c, path, codes=redo, marked=True)
                yield "a coefficient of component %d" % (k + 1), "b"
                p["blocks"][tuple(out[-1])][3] -= 1
    elif first:
        for what, check, where in (("a glyph's pixel left", "a", c.glyphs[first]),
                                   ("a pixel outside", "b", (c.redacted()[first - 1] == c.pixels[first - 1]).all(2))):
            black = c.redacted()
            at = np.argwhere(where)
            if not len(at):
                continue
            y, x = at[len(at) // 2]
            v = c.pixels[first - 1, y, x].copy()
            if check == "b":
                v[0] = v[0] - 1 if v[0] > c.pixels.min() else v[0] + 1
            black[first - 1, y, x] = v
            syntax_set.write(c, path, black, marked=True)
            yield what, check


def byte_damages(c, path, good):
    """The same of damages that need no encoder: GOOD are the bytes of the ideal output."""
    def again():
        with open(path, "wb") as f:
            f.write(good)
        return bytes_of.File(path)

    def replace(f, tag, value):
        vr, head, old = f.elements[tag]
        assert len(value) == len(old)
        f.elements[tag] = (vr, head, value)
        f.save(path)
    f = again()
    if c.frames > 1:
        old = f.elements[0x00280008][2]
        replace(f, 0x00280008, (b"%d" % (c.frames - 1)).ljust(len(old)))
        yield "a frame less", "ce"
        f = again()
    replace(f, 0x00100010, f.elements[0x00100010][2].replace(b"J", b"j"))
    yield "a name", "g"
    f = again()
    del f.elements[0x00091001]
    f.save(path)
    yield "a private element", "g"
    f = again()
    if c.ts != "deflated" and c.bits != 32:    # dciodvfy does not read the one, and ends at the other
        replace(f, 0x00280103, b"\5\5")
        yield "pixel representation", "h"
    f = again()
    if c.boxes and c.ts != "deflated":
        f.elements[0x00091001] = (b"UN", f.elements[0x00091001][1][:-4] + (len(good) // 2 * 2 + 2000).to_bytes(
            4, "big" if f.big else "little"), os.urandom(len(good) // 2 * 2 + 2000))
        f.save(path)
        yield "twice as long", "d"
        f = again()
    if f.encapsulated:
        pixel_damages = fragment_damages(c, f)
        for what, check, value in pixel_damages:
            f = again()
            vr, head, _ = f.elements[0x7fe00010]
            f.elements[0x7fe00010] = (vr, head, value)
            f.save(path)
            yield what, check
        if f.extended()[0]:
            f = again()
            v = bytearray(f.elements[0x7fe00002][2])
            v[0] ^= 2
            replace(f, 0x7fe00002, bytes(v))
            yield "an extended length", "e"
            f = again()
            v = bytearray(f.elements[0x7fe00001][2])
            v[-8] ^= 2
            replace(f, 0x7fe00001, bytes(v))
            yield "an extended offset", "ce"


def fragment_damages(c, f):
    value = f.elements[0x7fe00010][2]
    basic, parts = f.fragments()
    base = 8 + 4 * len(basic)
    untouched = [n for n in range(c.frames) if n + 1 not in c.boxes]
    if untouched and len(parts) == c.frames:
        at, b = parts[untouched[-1]]
        v = bytearray(value)
        v[base + at + 8 + len(b) // 2] ^= 1
        yield "a bit of an untouched fragment", "e", bytes(v)
    if len(basic) > 1:
        v = bytearray(value)
        v[8 + 4] ^= 2
        yield "a basic offset", "ce", bytes(v)
    if c.boxes and len(parts) == c.frames:
        at, b = parts[min(c.boxes) - 1]
        v = bytearray(value)
        v[base + at + 8 + len(b) // 3:base + at + 8 + len(b)] = bytes(len(b) - len(b) // 3)
        yield "two thirds of a frame", "abf", bytes(v)


def controlled(job):
    """What of one case went unnoticed."""
    folder, c = job
    source, output = "%s/%s.dcm" % (folder, c.name), "%s/%s.control" % (folder, c.name)
    out, done = [], 0
    codes = ideal(c, output)
    if not os.path.exists(output):
        return out, 0
    good = open(output, "rb").read()
    j = Judge(source, output, c.boxes, c)
    if j.failures:
        out.append("%s: the ideal fails: %s" % (c.name, j.failures[:3]))
    for how in (damages(c, output, codes), byte_damages(c, output, good)):
        for what, checks in how:
            done += 1
            found = {k for k, _ in Judge(source, output, c.boxes, c).failures}
            if not found & set(checks):
                out.append("%s: %s: check %s did not notice, only %s" % (c.name, what, checks, sorted(found)))
    os.unlink(output)
    return out, done


def control(folder, *args):
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(controlled, [(folder, c) for c in chosen(args)]))
    missed = [line for out, _ in rows for line in out]
    print("".join(line + "\n" for line in missed), end="")
    print("%d damages, %d unnoticed" % (sum(n for _, n in rows), len(missed)))
    return 1 if missed else 0


def video(folder, out, *args):
    """Frames of a video: luma as ffmpeg decodes it, to within what RGB rounds; the boxes black."""
    failed = 0
    for c in chosen(args):
        if c.ts not in syntax_set.VIDEO:
            continue
        source, output = "%s/%s.dcm" % (folder, c.name), "%s/%s.dcm" % (out, c.name)
        with tempfile.TemporaryDirectory() as work:
            with open(work + "/v", "wb") as f:
                f.write(b"".join(b for _, b in bytes_of.File(source).fragments()[1]))
            # Luma of the video is 16 to 235, that of RGB full.
            done = readers.run("ffmpeg", "-v", "error", "-i", work + "/v", "-vf", "extractplanes=y", "-f", "rawvideo", "-pix_fmt",
                               "gray", "-")
            y = (np.frombuffer(done.stdout, "u1").reshape(-1, c.rows, c.columns) - 16.0) * 255 / 219
            bad, by = [], {n: readers.read(output, n, work) for n in ("bytes", "dcmtk", "gdcm", "pydicom")}
            for name, b in by.items():
                if b is None:
                    continue
                if b.shape != (*y.shape, 3) or len(y) != c.frames:
                    bad.append("%s: shape %s" % (name, b.shape))
                    continue
                inside = np.zeros(y.shape, bool)
                for f, boxes in c.boxes.items():
                    for x0, y0, w, h in boxes:
                        inside[f - 1, y0:y0 + h, x0:x0 + w] = True
                far = abs(b @ [0.299, 0.587, 0.114] - y)[~inside].max()
                if b[inside].any():
                    bad.append("%s: boxes are not black" % name)
                # Colours beyond RGB are clipped there.
                if far > 40 or abs(b @ [0.299, 0.587, 0.114] - y)[~inside].mean() > 1:
                    bad.append("%s: luma differs by %.0f" % (name, far))
            if all(b is None for b in by.values()):
                bad.append("no reader reads it")
            bad += ["%s" % f for f in sorted(iod_errors(output) - iod_errors(source))[:3]]
        print("%-22s %s  %s" % (c.name, bytes_of.File(output).syntax, "; ".join(bad) or "."))
        failed += bool(bad)
    return 1 if failed else 0


FUZZ_SECONDS, FUZZ_MEMORY = 20, 2 << 30


def damaged(rng, b):
    """(what was done, the damaged bytes): cut, or bits flipped in the header, the fragments' frame, the pixel data."""
    pixels = max(b.rfind(t) for t in (b"\xe0\x7f\x10\0", b"\x7f\xe0\0\x10", b"\xe0\x7f\x08\0", b"\xe0\x7f\x09\0"))
    how = rng.randrange(8)
    if how == 0:
        at = rng.randrange(len(b))
        return "cut at %d" % at, b[:at]
    if how == 1:
        at = len(b) - rng.randrange(1, 30)
        return "cut at %d" % at, b[:at]
    spans = [(132, pixels), (pixels, min(len(b), pixels + 60)), (min(len(b) - 1, pixels + 30), len(b)),
             (min(len(b) - 1, pixels + 30), len(b)), (min(len(b) - 1, pixels + 30), min(len(b), pixels + 200)),
             (max(0, len(b) - 40), len(b))]
    low, high = spans[how - 2]
    v, at = bytearray(b), rng.randrange(low, max(high, low + 1))
    if rng.random() < 0.7:
        v[at] ^= 1 << rng.randrange(8)
    else:
        v[at] = rng.randrange(256)
    return "byte %d was %02x, is %02x" % (at, b[at], v[at]), bytes(v)


def limit():
    if not os.environ.get("SANITIZE"):    # a sanitizer's shadow needs more
        resource.setrlimit(resource.RLIMIT_AS, (FUZZ_MEMORY, FUZZ_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fuzzed(job):
    """Complaints, runs, and how many of them were accepted."""
    folder, c, count, seed = job
    good = open("%s/%s.dcm" % (folder, c.name), "rb").read()
    rng, out, accepted = random.Random("%s %s" % (c.name, seed)), [], 0
    with tempfile.TemporaryDirectory() as work:
        source = work + "/in.dcm"
        with open(work + "/boxes", "w") as f:
            f.write("".join(r + "\n" for r in syntax_set.records(c, source)))
        os.mkdir(work + "/out")
        for _ in range(count):
            what, b = damaged(rng, good)
            if b == good:
                continue
            with open(source, "wb") as f:
                f.write(b)
            bad, ok = one_damaged(source, work, c)
            accepted += ok
            if bad:
                out.append("%s: %s: %s" % (c.name, what, bad))
                if os.environ.get("KEEP"):
                    shutil.copy(source, "%s/%s-%d.dcm" % (os.environ["KEEP"], c.name, len(out)))
            for name in os.listdir(work + "/out"):
                os.unlink(work + "/out/" + name)
    return out, count, accepted


def one_damaged(source, work, c):
    """What is wrong with px-redact's answer to SOURCE, or None; and whether it was accepted."""
    try:
        done = subprocess.run(["px-redact", "-b", work + "/boxes", "-o", work + "/out/o.dcm", source], capture_output=True,
                              timeout=FUZZ_SECONDS, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return "hangs", False
    left = os.listdir(work + "/out")
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode not in (0, 2):
        return "status %d: %s" % (done.returncode, said[-300:]), False
    if done.returncode == 2:
        if left:
            return "refused, and left %s" % left, False
        if said.count("\n") != 1 or not said.startswith("px-redact: "):
            return "refused with other words: %r" % said[:200], False
        return None, False
    if left != ["o.dcm"]:
        return "done, and left %s" % left, True
    try:
        j = Judge(source, work + "/out/o.dcm", c.boxes, None, "abcef", damaged=True)
    except (bytes_of.Bad, ValueError, KeyError, IndexError) as e:
        return "accepted what is no DICOM file: %r" % e, True
    return "; ".join("%s: %s" % f for f in j.failures[:3]) or None, True


def fuzz(folder, *args):
    options = dict(a[2:].split("=") for a in args if "=" in a)
    count, seed = int(options.get("count", 20)), options.get("seed", "1")
    jobs = [(folder, c, count, seed) for c in chosen([a for a in args if "=" not in a])]
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(fuzzed, jobs))
    complaints = [line for out, _, _ in rows for line in out]
    print("".join(line + "\n" for line in complaints), end="")
    print("%d damaged files, %d accepted, %d wrong" % (sum(r[1] for r in rows), sum(r[2] for r in rows), len(complaints)))
    return 1 if complaints else 0


if __name__ == "__main__":
    verbs = {"make": make, "ideal": ideals, "judge": judge, "control": control, "fuzz": fuzz, "video": video, "files": files}
    if len(sys.argv) < 3 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    sys.exit(verbs[sys.argv[1]](*sys.argv[2:]))
