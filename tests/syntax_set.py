"""The set of images for the judge of pixels: text burned into every transfer syntax and form that is met.

Each line of CASES is one file. Encoders are other people's (DCMTK, OpenJPEG, OpenJPH, zlib, Pillow) or our own ones in
jpeg_dct.py and here; nothing of unphi is used. All is seeded by the name of the case: the same set everywhere.
"""
import io
import json
import struct
import subprocess
import tempfile
import zlib

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileMetaDataset

import bytes_of
import jpeg_dct

SYNTAX = {
    "implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "big": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99", "plain": "1.2.840.10008.1.2.1.98", "deflateframe": "1.2.840.10008.1.2.8.1",
    "ge": "1.2.840.113619.5.2", "rle": "1.2.840.10008.1.2.5", "jpeg50": "1.2.840.10008.1.2.4.50",
    "jpeg51": "1.2.840.10008.1.2.4.51", "jpeg57": "1.2.840.10008.1.2.4.57", "jpeg70": "1.2.840.10008.1.2.4.70",
    "jls80": "1.2.840.10008.1.2.4.80", "jls81": "1.2.840.10008.1.2.4.81", "j2k90": "1.2.840.10008.1.2.4.90",
    "j2k91": "1.2.840.10008.1.2.4.91", "ht201": "1.2.840.10008.1.2.4.201", "ht202": "1.2.840.10008.1.2.4.202",
    "ht203": "1.2.840.10008.1.2.4.203", "mpeg2": "1.2.840.10008.1.2.4.100", "h264": "1.2.840.10008.1.2.4.102",
    "hevc": "1.2.840.10008.1.2.4.107",
}
NATIVE = ("implicit", "explicit", "big", "deflated", "ge")
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

# name, then key=value. A name that ends in + is in the small set of the test suite.
#   size=97x61  frames=1  text=1,3 (frames that have any; all if not said)  photo  bits  stored  signed  planar
#   code: arguments of the encoder    pieces: fragments a frame    table=basic|empty|extended    lossy=1
#   junk=1: an odd length is padded as DCMTK 3.6.7 pads it    expect=refuse: no output may come
#      app: application segment of a JPEG    tag: what the header calls the colour
CASES = """
implicit-8            ts=implicit size=97x61
implicit-rgb+         ts=implicit photo=RGB frames=2
explicit-8+           ts=explicit frames=3 text=2
explicit-16           ts=explicit bits=16 size=333x250
explicit-12           ts=explicit bits=16 stored=12 photo=MONOCHROME1
explicit-10s          ts=explicit bits=16 stored=10 signed=1 frames=2
explicit-8s           ts=explicit bits=8 signed=1
explicit-32           ts=explicit bits=32
explicit-palette      ts=explicit photo=PALETTE frames=2 text=1
explicit-planar       ts=explicit photo=RGB planar=1 frames=3 text=3
explicit-rgb16        ts=explicit photo=RGB bits=16 planar=1
explicit-ybr          ts=explicit photo=YBR_FULL
explicit-ybrplanar    ts=explicit photo=YBR_FULL planar=1 size=33x17
explicit-422          ts=explicit photo=YBR_FULL_422 size=98x61 frames=2
explicit-1bit+        ts=explicit bits=1 size=96x61 frames=3 text=1,3
explicit-1bitodd      ts=explicit bits=1 size=97x61 frames=3 text=2
explicit-1x1          ts=explicit size=1x1 text=none
explicit-one          ts=explicit size=1x1
explicit-none         ts=explicit text=none frames=2
explicit-many         ts=explicit size=64x48 frames=40 text=7,23
big-8+                ts=big size=97x61
big-8x3               ts=big size=97x61 frames=3 text=2
big-16s               ts=big bits=16 signed=1 frames=2 text=2
big-rgb               ts=big photo=RGB planar=1
big-rgb16             ts=big photo=RGB bits=16
deflated-16+          ts=deflated bits=16 stored=12
deflated-rgb          ts=deflated photo=RGB frames=2 text=1
ge-16                 ts=ge bits=16 stored=12 frames=2 text=2
plain-16+             ts=plain bits=16 stored=12 frames=3 text=2
plain-8odd            ts=plain size=97x61 frames=3 text=1 table=extended
plain-rgb             ts=plain photo=RGB
plain-1bit            ts=plain bits=1 size=96x61 frames=2 text=2
deflateframe-8+       ts=deflateframe frames=3 text=2
deflateframe-rgb      ts=deflateframe photo=RGB table=empty
deflateframe-16       ts=deflateframe bits=16 stored=12 signed=1 frames=2 text=1
rle-8+                ts=rle frames=3 text=2
rle-8odd              ts=rle size=97x61 frames=4 text=1,4 table=empty
rle-16                ts=rle bits=16 stored=12 table=extended frames=3 text=2
rle-16s               ts=rle bits=16 signed=1 size=333x250
rle-rgb               ts=rle photo=RGB frames=2 text=1
rle-rgb16             ts=rle photo=RGB bits=16
rle-ybr               ts=rle photo=YBR_FULL
rle-palette           ts=rle photo=PALETTE
rle-mono1             ts=rle photo=MONOCHROME1 size=33x129
rle-none              ts=rle frames=2 text=none
rle-32                ts=rle bits=32
jpeg50-gray+          ts=jpeg50 frames=3 text=2
jpeg50-odd            ts=jpeg50 size=97x61 frames=3 text=1,3 table=empty
jpeg50-mono1          ts=jpeg50 photo=MONOCHROME1 size=33x129
jpeg50-q1             ts=jpeg50 size=97x61 code=1
jpeg50-coarse         ts=jpeg50 size=97x61 code=60
jpeg50-444            ts=jpeg50 photo=YBR_FULL code=3 app=jfif
jpeg50-422+           ts=jpeg50 photo=YBR_FULL_422 code=3:2x1 app=jfif size=97x61
jpeg50-420            ts=jpeg50 photo=YBR_FULL_422 code=3:2x2 app=jfif frames=3 text=2
jpeg50-440            ts=jpeg50 photo=YBR_FULL_422 code=3:1x2 app=jfif
jpeg50-411            ts=jpeg50 photo=YBR_FULL_422 code=3:4x1 size=97x61
jpeg50-420noapp       ts=jpeg50 photo=YBR_FULL_422 code=3:2x2 size=97x61
jpeg50-420adobe       ts=jpeg50 photo=YBR_FULL_422 code=3:2x2 size=97x61 app=adobe1
jpeg50-rgbadobe       ts=jpeg50 photo=RGB code=3 app=adobe0
jpeg50-rgbids         ts=jpeg50 photo=RGB code=3 app=ids frames=2 text=2
jpeg50-rgbwrong       ts=jpeg50 photo=RGB code=3 app=adobe0 tag=YBR_FULL_422
jpeg50-ybrwrong       ts=jpeg50 photo=YBR_FULL_422 code=3:2x1 app=jfif tag=RGB
jpeg50-restart        ts=jpeg50 photo=YBR_FULL_422 code=3:2x1:7 app=jfif size=333x250
jpeg50-scans          ts=jpeg50 photo=YBR_FULL_422 code=3:2x2:0:scans app=jfif size=97x61
jpeg50-scansrestart   ts=jpeg50 photo=YBR_FULL_422 code=3:2x1:5:scans size=97x61 frames=2 text=1
jpeg50-pieces         ts=jpeg50 photo=YBR_FULL_422 code=3:2x2 app=jfif frames=3 text=3 pieces=3
jpeg50-extended       ts=jpeg50 photo=YBR_FULL_422 code=3:2x1 app=jfif frames=3 text=2 table=extended size=97x61
jpeg50-pil            ts=jpeg50 photo=YBR_FULL_422 code=pil85 frames=2 text=1
jpeg50-none           ts=jpeg50 frames=2 text=none
jpeg50-one            ts=jpeg50 size=1x1 text=none
jpeg51-8              ts=jpeg51 frames=2 text=2 size=97x61
jpeg51-8rgb           ts=jpeg51 photo=YBR_FULL_422 code=3:2x1 app=jfif
jpeg51-12+            ts=jpeg51 bits=16 stored=12 code=2 frames=3 text=2
jpeg51-12odd          ts=jpeg51 bits=16 stored=12 code=4 size=97x61 photo=MONOCHROME1
jpeg57-sv1            ts=jpeg57 code=1 size=97x61
jpeg57-sv2            ts=jpeg57 code=2 bits=16 frames=3 text=2
jpeg57-sv3            ts=jpeg57 code=3 bits=16 stored=12
jpeg57-sv4            ts=jpeg57 code=4 bits=16 stored=10 photo=MONOCHROME1
jpeg57-sv5            ts=jpeg57 code=5 photo=RGB
jpeg57-sv6+           ts=jpeg57 code=6 bits=16 stored=12 frames=3 text=1 table=empty
jpeg57-sv7            ts=jpeg57 code=7 bits=16 signed=1 frames=2 text=2
jpeg70-8              ts=jpeg70 size=97x61 frames=3 text=2 pieces=2
jpeg70-16+            ts=jpeg70 bits=16 frames=3 text=2
jpeg70-12s            ts=jpeg70 bits=16 stored=12 signed=1 size=333x250
jpeg70-rgb            ts=jpeg70 photo=RGB frames=2 text=1 table=extended
jpeg70-ybr            ts=jpeg70 photo=YBR_FULL
jpeg70-palette        ts=jpeg70 photo=PALETTE size=97x61
jls80-8               ts=jls80 size=97x61 frames=3 text=3
jls80-16+             ts=jls80 bits=16 frames=3 text=2
jls80-12s             ts=jls80 bits=16 stored=12 signed=1
jls80-10              ts=jls80 bits=16 stored=10 photo=MONOCHROME1 table=empty frames=2 text=1
jls80-line            ts=jls80 photo=RGB code=+il
jls80-sample          ts=jls80 photo=RGB code=+is size=97x61 frames=3 text=2
jls80-plane           ts=jls80 photo=RGB code=+in table=extended frames=3 text=2
jls80-preset          ts=jls80 code=+t1,5,+t2,9,+t3,30,+rs,32,+pc
jls80-junk            ts=jls80 size=97x61 frames=5 text=2 junk=1
jls80-palette         ts=jls80 photo=PALETTE pieces=3
jls81-near2+          ts=jls81 lossy=1 code=+en frames=3 text=2
jls81-near5           ts=jls81 lossy=1 code=+en,+md,5 bits=16 stored=12 size=97x61
jls81-rgb             ts=jls81 lossy=1 code=+en,+is photo=RGB
jls81-near0           ts=jls81 code=+el bits=16 stored=12
j2k90-8               ts=j2k90 size=97x61
j2k90-16+             ts=j2k90 bits=16 frames=3 text=2
j2k90-12s             ts=j2k90 bits=16 stored=12 signed=1 size=333x250
j2k90-16s             ts=j2k90 bits=16 signed=1 frames=2 text=1 table=empty
j2k90-rct             ts=j2k90 photo=RGB tag=YBR_RCT size=97x61 frames=3 text=2
j2k90-rgb             ts=j2k90 photo=RGB code=-mct,0
j2k90-wrong           ts=j2k90 photo=RGB size=98x62
j2k90-tiles           ts=j2k90 code=-t,64,48 bits=16 stored=12 pieces=2
j2k90-layers          ts=j2k90 code=-r,20,5,1 bits=16 stored=12 table=extended frames=2 text=2
j2k90-rpcl            ts=j2k90 code=-p,RPCL,-n,3,-SOP,-EPH photo=MONOCHROME1
j2k90-palette         ts=j2k90 photo=PALETTE
j2k90-one             ts=j2k90 size=1x1 code=-n,1 text=none
j2k91-lossy+          ts=j2k91 lossy=1 code=-I,-r,8 frames=3 text=2
j2k91-ict             ts=j2k91 lossy=1 code=-I,-r,12 photo=RGB tag=YBR_ICT
j2k91-lossy16         ts=j2k91 lossy=1 code=-I,-r,6 bits=16 stored=12 size=97x61
j2k91-lossy16s        ts=j2k91 lossy=1 code=-I,-r,6 bits=16 signed=1
j2k91-cut53           ts=j2k91 lossy=1 code=-r,6 frames=2 text=1
j2k91-reversible      ts=j2k91 bits=16 stored=12
ht201-8               ts=ht201 size=97x61 frames=3 text=2
ht201-16+             ts=ht201 bits=16 frames=3 text=2
ht201-12s             ts=ht201 bits=16 stored=12 signed=1
ht201-rct             ts=ht201 photo=RGB tag=YBR_RCT frames=2 text=1
ht201-rgb             ts=ht201 photo=RGB code=-colour_trans,false size=97x61
ht202-12+             ts=ht202 bits=16 stored=12 code=-prog_order,RPCL frames=3 text=2 table=extended
ht202-rgb             ts=ht202 photo=RGB tag=YBR_RCT code=-prog_order,RPCL size=333x250
ht203-lossy+          ts=ht203 lossy=1 code=-qstep,0.01 frames=3 text=2
ht203-ict             ts=ht203 lossy=1 code=-qstep,0.01 photo=RGB tag=YBR_ICT
ht203-lossy16         ts=ht203 lossy=1 code=-qstep,0.001 bits=16 stored=12 size=97x61
ht203-reversible      ts=ht203 bits=16 stored=12 pieces=2
mpeg2+                ts=mpeg2 photo=RGB tag=YBR_PARTIAL_420 lossy=1 frames=7 text=2,5 size=352x288 expect=refuse
h264                  ts=h264 photo=RGB tag=YBR_PARTIAL_420 lossy=1 frames=12 text=3 size=176x144 expect=refuse
hevc                  ts=hevc photo=RGB tag=YBR_PARTIAL_420 lossy=1 frames=5 size=176x144 expect=refuse
float+                ts=explicit bits=float expect=refuse
double                ts=explicit bits=double expect=refuse
"""


class Case:
    """One line of CASES, its pixels and its text."""

    def __init__(self, name, **k):
        self.small = name.endswith("+")
        self.name, self.ts = name.rstrip("+"), k["ts"]
        self.code = k.get("code", "").replace(",", " ").split()
        self.columns, self.rows = map(int, k.get("size", "140x110").split("x"))
        self.frames = int(k.get("frames", 1))
        self.photo = {"PALETTE": "PALETTE COLOR"}.get(k.get("photo"), k.get("photo", "MONOCHROME2"))
        self.tag = k.get("tag", self.photo)
        self.real = {"float": "OF", "double": "OD"}.get(k.get("bits"))
        self.bits = {"OF": 32, "OD": 64}[self.real] if self.real else int(k.get("bits", 8))
        self.stored = 16 if self.real else int(k.get("stored", self.bits))
        self.signed = int(k.get("signed", 0))
        self.planar, self.lossy = int(k.get("planar", 0)), k.get("lossy") == "1" or k["ts"] in ("jpeg50", "jpeg51")
        self.pieces, self.table = int(k.get("pieces", 1)), k.get("table", "basic")
        self.junk = int(k.get("junk", 0))
        self.expect, self.app = k.get("expect", "redact"), k.get("app", "")
        text = k.get("text", "")
        self.text = range(1, self.frames + 1) if not text else [] if text == "none" else [int(t) for t in text.split(",")]
        self.samples = 3 if self.photo[:3] in ("RGB", "YBR") else 1
        self.syntax = SYNTAX[self.ts]
        self.seed = zlib.crc32(self.name.encode())
        self.boxes, self.glyphs = {}, {}
        self.pixels = self._draw()    # frames, rows, columns, samples: stored values

    def _draw(self):
        rng = np.random.default_rng(self.seed)
        y, x = np.mgrid[0:self.rows, 0:self.columns]
        low, high = (-(1 << self.stored - 1), (1 << self.stored - 1) - 1) if self.signed else (0, (1 << self.stored) - 1)
        span = high - low
        out = np.empty((self.frames, self.rows, self.columns, self.samples), np.int64)
        for f in range(self.frames):
            v = np.zeros((self.rows, self.columns, self.samples))
            for s in range(self.samples):
                a, b, c = rng.uniform(0.1, 0.9, 3)
                field = 0.25 + 0.2 * x / self.columns + 0.1 * np.sin(y / (3 + 9 * a))
                inside = ((x - a * self.columns) / (self.columns / 2.5)) ** 2 + ((y - b * self.rows) / (self.rows / 3)) ** 2
                v[..., s] = field + np.where(inside < 1, c * 0.4 * (1 - inside), 0)
            v += rng.normal(0, 0.01, v.shape)
            v = low + np.clip(v, 0.02, 0.98) * span
            if self.bits == 1:
                v = v > 0.42
            out[f] = np.clip(np.rint(v), low, high)
            if f + 1 in self.text:
                self._write(out[f], rng, f + 1, low if self.photo == "MONOCHROME1" else high)
        if self.ts in NATIVE and self.photo.endswith("422"):    # two pixels share their chroma
            out[:, :, 1::2, 1:] = out[:, :, ::2, 1:]
        return out

    def _write(self, frame, rng, number, value):
        """Burns lines of text into FRAME; their boxes and glyphs."""
        self.boxes[number], mask = [], np.zeros((self.rows, self.columns), bool)
        if self.rows < 8:
            self.boxes[number] = [(0, 0, self.columns, self.rows)]
            mask[:] = True
        else:
            for i, at in enumerate([(3, 2), (int(rng.integers(5, self.columns // 3)), self.rows * 5 // 8)]):
                words = ("Doe^Jane %d" if i == 0 else "%02d:41 ID 7") % number
                image = Image.new("L", (self.columns, self.rows))
                size = max(7, min(13, self.rows // 6)) - i
                ImageDraw.Draw(image).text(at, words, 255, ImageFont.truetype(FONT, size))
                glyph = np.asarray(image) > 90
                y, x = np.nonzero(glyph)
                x0, y0 = max(0, x.min() - 2), max(0, y.min() - 2)
                self.boxes[number].append((int(x0), int(y0), int(x.max() + 3 - x0), int(y.max() + 3 - y0)))
                mask |= glyph
        colours = [value] * 3 if self.photo != "YBR_FULL" and "422" not in self.photo else [value, 60, 200]
        for s in range(self.samples):
            frame[..., s][mask] = colours[s] if self.samples == 3 else value
        if self.bits == 1 or self.photo == "PALETTE COLOR":
            frame[..., 0][mask] = 1 if self.bits == 1 else 200
        self.glyphs[number] = mask

    @property
    def black(self):
        """The stored value that a viewer shows darkest, of each sample."""
        if self.photo == "PALETTE COLOR":
            return [7]
        if self.photo.startswith("YBR"):
            return [0, 1 << self.stored - 1, 1 << self.stored - 1]
        low = -(1 << self.stored - 1) if self.signed else 0
        return [low + (1 << self.stored) - 1 if self.photo == "MONOCHROME1" else low] * self.samples

    @property
    def grown(self):
        """The boxes as filled: of two pixels that share chroma in native 4:2:2 both."""
        if self.ts in NATIVE and self.photo.endswith("422"):
            return {f: [(x // 2 * 2, y, (x + w + 1) // 2 * 2 - x // 2 * 2, h) for x, y, w, h in b]
                    for f, b in self.boxes.items()}
        return self.boxes

    def redacted(self):
        """What the pixels are to be afterwards."""
        out = self.pixels.copy()
        for f, boxes in self.grown.items():
            for x, y, w, h in boxes:
                out[f - 1, y:y + h, x:x + w] = self.black
        return out

    def words(self, frame):
        """A frame as little-endian stored words, samples interleaved."""
        if self.real:
            return (frame.astype(float) / 7).astype("<f%d" % (self.bits // 8)).tobytes()
        kind = "<%s%d" % ("i" if self.signed else "u", max(1, self.bits // 8))
        return frame.astype(kind).tobytes()


def cases(small=False):
    out = []
    for line in CASES.split("\n"):
        if line.strip():
            name, *words = line.split()
            if name.endswith("+") or not small:
                out.append(Case(name, **dict(w.split("=", 1) for w in words)))
    return out


def run(*command):
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(command), (done.stdout + done.stderr)[-300:].decode()))


def native(c, pixels):
    """All of PIXELS as native Pixel Data of C's syntax."""
    if c.photo.endswith("422"):
        # Y Y Cb Cr: the chroma of a pair is its first pixel's.
        p = pixels.reshape(c.frames, c.rows, c.columns // 2, 2, 3)
        v = np.stack([p[..., 0, 0], p[..., 1, 0], p[..., 0, 1], p[..., 0, 2]], -1).astype("u1").tobytes()
    elif c.bits == 1:
        v = np.packbits(pixels.astype("u1").reshape(-1), bitorder="little").tobytes()
    else:
        v = c.words(pixels.transpose(0, 3, 1, 2) if c.planar else pixels)
    v += b"\0" * (len(v) % 2)
    if c.ts in ("big", "ge") and c.bits > 8:
        return np.frombuffer(v, "<u%d" % (c.bits // 8)).byteswap().tobytes()
    if c.ts == "big":    # OW: bytes go in pairs
        return np.frombuffer(v, "<u2").byteswap().tobytes()
    return v


def by_dcmtk(c, pixels, program, *options):
    """Codes of the frames as a program of DCMTK writes them."""
    with tempfile.TemporaryDirectory() as d:
        n = Case.__new__(Case)
        n.__dict__.update(c.__dict__, ts="explicit", syntax=SYNTAX["explicit"], planar=0, frames=len(pixels))
        write(n, d + "/n.dcm", pixels)
        run(program, *options, d + "/n.dcm", d + "/c.dcm")
        codes = [b"".join(f) for f in bytes_of.File(d + "/c.dcm").frames()]
        # It pads an odd length with whatever byte was in memory.
        codes = [b[:b.rindex(b"\xff\xd9") + 2] for b in codes]
        return [b + b"\xbd" * (len(b) % 2 * c.junk) for b in codes]


def jpeg(c, frame):
    planes = [frame[..., s] for s in range(c.samples)]
    if c.code and c.code[0].startswith("pil"):
        out = io.BytesIO()
        Image.fromarray(frame.astype("u1"), "YCbCr").save(out, "jpeg", quality=int(c.code[0][3:]), subsampling=2)
        return out.getvalue()
    words = c.code[0].split(":") if c.code else []
    step, sampling, restart, scans = words + ["2", "1x1", "0", ""][len(words):]
    h, v = map(int, sampling.split("x"))
    app = {"jfif": jpeg_dct.segment(0xe0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
           "adobe0": jpeg_dct.segment(0xee, b"Adobe\0\x64\0\0\0\0\0"),
           "adobe1": jpeg_dct.segment(0xee, b"Adobe\0\x64\0\0\0\0\1")}.get(c.app, b"")
    return jpeg_dct.encode(planes, [(h, v)] + [(1, 1)] * (c.samples - 1), int(step), 12 if c.stored > 8 else 8,
                           b"RGB" if c.app == "ids" else (1, 2, 3), app, int(restart), scans != "scans",
                           0xc1 if c.ts == "jpeg51" else 0xc0)


def packbits(row):
    """PS3.5 G.3.1, one row."""
    out, i = b"", 0
    while i < len(row):
        n = 1
        while n < 128 and i + n < len(row) and row[i + n] == row[i]:
            n += 1
        if n > 1:
            out += bytes((257 - n, row[i]))
            i += n
            continue
        j = i
        while j < len(row) and j - i < 128 and (j + 2 >= len(row) or not row[j] == row[j + 1] == row[j + 2]):
            j += 1
        j = max(j, i + 1)
        out += bytes((j - i - 1,)) + row[i:j]
        i = j
    return out


def rle(c, frame):
    words, segments = c.words(frame), []
    size = c.bits // 8
    for s in range(c.samples):
        for b in reversed(range(size)):
            plane = words[s * size + b::c.samples * size]
            seg = b"".join(packbits(plane[i:i + c.columns]) for i in range(0, len(plane), c.columns))
            segments.append(seg + b"\0" * (len(seg) % 2))
    offsets = np.cumsum([64] + [len(s) for s in segments[:-1]])
    head = struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments)))
    return head + b"".join(segments)


def j2k(c, frame):
    with tempfile.TemporaryDirectory() as d:
        planes = frame.transpose(2, 0, 1)
        kind = "<i%d" if c.signed else "<u%d"
        open(d + "/i.rawl", "wb").write(planes.astype(kind % (c.bits // 8)).tobytes())
        run("opj_compress", "-i", d + "/i.rawl", "-o", d + "/o.j2k", "-F", "%d,%d,%d,%d,%s" % (c.columns, c.rows, c.samples,
            c.stored, "s" if c.signed else "u"), *opj_words(c.code))
        return open(d + "/o.j2k", "rb").read()


def opj_words(words):
    """-t 64 48 becomes -t 64,48: a case's words were parted at commas."""
    out = []
    for w in words:
        if out and w[0].isdigit() and out[-1][0].isdigit():
            out[-1] += "," + w
        else:
            out.append(w)
    return out


def htj2k(c, frame):
    """OpenJPH reads no signed samples: they are coded with an offset, which the sign in SIZ then takes away again."""
    reversible = [] if c.lossy else ["-reversible", "true"]
    frame = frame + (1 << c.stored - 1) * c.signed
    with tempfile.TemporaryDirectory() as d:
        name = d + ("/i.pgm" if c.samples == 1 else "/i.ppm")
        with open(name, "wb") as f:
            f.write(b"P%d %d %d %d\n" % (5 if c.samples == 1 else 6, c.columns, c.rows, (1 << c.stored) - 1))
            f.write(frame.astype(">u2" if c.stored > 8 else "u1").tobytes())
        run("ojph_compress", "-i", name, "-o", d + "/o.j2c", *reversible, *c.code)
        b = bytearray(open(d + "/o.j2c", "rb").read())
    if c.signed:
        b[b.index(b"\xff\x51") + 40] |= 0x80
    return bytes(b)


VIDEO = {"mpeg2": ["-c:v", "mpeg2video", "-q:v", "2", "-f", "mpeg2video"], "h264": ["-c:v", "libx264", "-f", "h264"],
         "hevc": ["-c:v", "libx265", "-x265-params", "log-level=none", "-f", "hevc"]}


def video(c, pixels):
    """All frames as one stream."""
    with tempfile.TemporaryDirectory() as d:
        pixels.astype("u1").tofile(d + "/i.rgb")
        run("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "%dx%d" % (c.columns, c.rows), "-r", "25",
            "-i", d + "/i.rgb", "-pix_fmt", "yuv420p", *VIDEO[c.ts], d + "/o")
        return open(d + "/o", "rb").read()


def encode(c, pixels):
    """Codes of all frames in PIXELS, by the encoder of the case."""
    if c.ts == "plain":
        one = Case.__new__(Case)
        one.__dict__.update(c.__dict__, frames=1)
        return [native(one, f[None])[:None if c.bits == 1 else f.size * c.bits // 8] for f in pixels]
    if c.ts == "deflateframe":
        out = []
        for f in pixels:
            z = zlib.compressobj(6, zlib.DEFLATED, -15)
            out.append(z.compress(c.words(f)) + z.flush())
        return out
    if c.ts in VIDEO:
        return [video(c, pixels)]
    if c.ts == "rle":
        return [rle(c, f) for f in pixels]
    if c.ts in ("jpeg50", "jpeg51"):
        return [jpeg(c, f) for f in pixels]
    if c.ts == "jpeg57":
        return by_dcmtk(c, pixels, "dcmcjpeg", "+el", "+sv", *c.code)
    if c.ts == "jpeg70":
        return by_dcmtk(c, pixels, "dcmcjpeg", "+e1")
    if c.ts in ("jls80", "jls81"):
        return by_dcmtk(c, pixels, "dcmcjpls", *c.code)
    if c.ts in ("j2k90", "j2k91"):
        return [j2k(c, f) for f in pixels]
    return [htj2k(c, f) for f in pixels]


def header(c, marked=False):
    """A data set with what a modality writes, and with what no reader understands; MARKED as redacted."""
    meta, ds = FileMetaDataset(), Dataset()
    meta.TransferSyntaxUID = c.syntax
    # Secondary Capture, or Multi-frame Single Bit, Grayscale Byte, Grayscale Word, True Color.
    kind = 4 if c.samples == 3 else {1: 1, 8: 2}.get(c.bits, 3)
    sop = "1.2.840.10008.5.1.4.1.1.7" + (".%d" % kind if c.frames > 1 else "")
    meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "2.25.%d" % (1000 + c.seed)
    meta.ImplementationClassUID = "2.25.7"
    ds.file_meta = meta
    ds.is_little_endian, ds.is_implicit_VR = c.ts != "big", c.ts in ("implicit", "ge")
    ds.Modality, ds.PatientName, ds.PatientID, ds.ConversionType = "OT", "Doe^Jane", "7", "WSD"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber, ds.StudyID = "20260102", "1041", "A7", "1"
    ds.PatientBirthDate = ds.PatientSex = ds.ReferringPhysicianName = ""
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.71", "2.25.72"
    ds.SeriesNumber, ds.InstanceNumber = "1", "1"
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop, "2.25.73"
    ds.SourceImageSequence = [item, Dataset()]
    ds.add_new(0x00090010, "LO", "JUDGE")
    ds.add_new(0x00091001, "UN" if not ds.is_implicit_VR else "OB", bytes(range(10)))
    if marked:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "113101", "DCM", "Clean Pixel Data Option"
        ds.DeidentificationMethodCodeSequence, ds.BurnedInAnnotation = [item], "NO"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = c.samples, c.tag
    ds.Rows, ds.Columns = c.rows, c.columns
    if c.frames > 1:
        ds.NumberOfFrames = c.frames
    ds.BitsAllocated = c.bits
    if not c.real:
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = c.stored, c.stored - 1, c.signed
    if c.samples == 3:
        ds.PlanarConfiguration = c.planar
    if c.samples == 1 and c.bits > 1 and c.photo != "PALETTE COLOR":
        ds.RescaleIntercept, ds.RescaleSlope = "0", "1"
    if c.lossy:
        ds.LossyImageCompression, ds.LossyImageCompressionRatio = "01", "8"
        ds.LossyImageCompressionMethod = {"jpeg": "ISO_10918_1", "jls8": "ISO_14495_1", "mpeg": "ISO_13818_2",
                                          "h264": "ISO_14496_10", "hevc": "ISO_23008_2"}.get(c.ts[:4], "ISO_15444_1")
    if c.photo == "PALETTE COLOR":
        lut = (np.random.default_rng(3).permutation(256) + 100).astype("<u2")
        lut[7], lut[200] = 0, 65535
        for colour in ("Red", "Green", "Blue"):
            setattr(ds, colour + "PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, colour + "PaletteColorLookupTableData", lut.tobytes())
    return ds


def write(c, path, pixels=None, codes=None, marked=False):
    """Writes C, or C with other pixels, or with these codes of its frames."""
    pixels = c.pixels if pixels is None else pixels
    ds = header(c, marked)
    tag, vr = 0x7fe00010, "OB" if c.bits <= 8 and c.ts not in ("big", "implicit", "ge") else "OW"
    if c.real:
        tag, vr = {"OF": 0x7fe00008, "OD": 0x7fe00009}[c.real], c.real
    if c.ts in NATIVE:
        ds.add_new(tag, vr, native(c, pixels))
    else:
        value, offsets, lengths = bytes_of.encapsulate(codes or encode(c, pixels), c.pieces, c.table)
        if c.table == "extended":
            ds.add_new(0x7fe00001, "OV", struct.pack("<%dQ" % len(offsets), *offsets))
            ds.add_new(0x7fe00002, "OV", struct.pack("<%dQ" % len(lengths), *lengths))
        # The delimiter is the writer's.
        ds.add_new(tag, "OB", value[:-8])
    # pydicom does not know all of them by name.
    ds.file_meta.TransferSyntaxUID = {"implicit": SYNTAX["implicit"], "ge": SYNTAX["implicit"], "big": SYNTAX["big"],
                                      "deflated": SYNTAX["deflated"], "explicit": SYNTAX["explicit"]}.get(c.ts, SYNTAX["rle"])
    pydicom.dcmwrite(path, ds, write_like_original=False)
    with open(path, "r+b") as f:
        b = retagged(f.read(), c.syntax)
        f.seek(0)
        f.truncate()
        f.write(b)


def retagged(b, uid):
    """The bytes of a file under another transfer syntax, its data set as it is."""
    uid = uid.encode() + b"\0" * (len(uid) % 2)
    i = b.index(b"\x02\0\x10\0UI") + 6
    n = int.from_bytes(b[i:i + 2], "little")
    size = int.from_bytes(b[140:144], "little") + len(uid) - n
    return b[:140] + size.to_bytes(4, "little") + b[144:i] + len(uid).to_bytes(2, "little") + uid + b[i + 2 + n:]


def records(c, path):
    """The box list of C, a record a frame."""
    out = []
    for f in range(1, c.frames + 1):
        boxes = [dict(zip("xywh", b)) for b in c.boxes.get(f, [])]
        out.append(json.dumps({"file": path, "by": "judge", "image": f, "images": c.frames, "frame": f,
                               "frames": c.frames, "width": c.columns, "height": c.rows, "boxes": boxes}))
    return out
