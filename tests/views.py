"""Images in which a text hides, for views.bats, by pydicom alone.

make    writes NAME.dcm for each way of hiding
found   of records on standard input: NAME VIEW FRAME where their boxes cover the text
"""
import json
import sys
import warnings

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont

from dcmfile import make

warnings.simplefilter("ignore")
SIDE = 256
y, x = np.mgrid[0:SIDE, 0:SIDE]
rng = np.random.default_rng(1)
noise = rng.normal(0, 1, (SIDE, SIDE))
inside = np.hypot(x - 128, y - 150) < 90
body = .3 + .5 * (1 - np.hypot(x - 128, y - 150) / 90) + .1 * np.sin(x / 9) * np.cos(y / 7)

im = Image.new("L", (120, 12))
ImageDraw.Draw(im).text((0, 0), "DOE JANE 1956-03-07", 255, font=ImageFont.load_default())
small = np.asarray(im) > 127
ink = np.zeros((SIDE, SIDE), bool)
ink[20:44, 10:250] = np.kron(small, np.ones((2, 2), bool))
BOX = [int(v) for v in (np.nonzero(ink.any(0))[0][0], np.nonzero(ink.any(1))[0][0],
                        np.nonzero(ink.any(0))[0][-1] + 1, np.nonzero(ink.any(1))[0][-1] + 1)]
top = y < 60    # where the text is


def grey(low, high, sigma, kind="u2"):
    """An organ with noise on flat ground."""
    a = low + (high - low) * np.where(inside, body, 0) + np.where(inside, noise * sigma, 0)
    return np.clip(np.round(a), low, high).astype(kind)


def with_text(a, value, ground=None):
    if ground is not None:
        a[top] = ground
    a[ink] = value
    return a


def save(name, a, *args, **kw):
    return make(name + ".dcm", a[None] if a.shape[0] == SIDE else a, *args, **kw)


def edit(name, fn):
    ds = pydicom.dcmread(name + ".dcm")
    fn(ds)
    ds.save_as(name + ".dcm")


def lut(tag, entries):
    def fn(ds):
        item = pydicom.Dataset()
        item.add_new(0x00283002, "US", [len(entries), 0, 16])
        if tag == 0x00283000:
            item.add_new(0x00283004, "LO", "US")
        item.add_new(0x00283006, "US", entries)
        ds.add_new(tag, "SQ", [item])
    return fn


def colour(name, ground, text, photometric="RGB"):
    a = np.stack([grey(0, 200, 5, "u1")] * 3, -1)
    if photometric != "RGB":
        a[..., 1:] = 128
    save(name, with_text(a, text, ground), photometric)


def palette(name, ground, text, **entries):
    a = with_text(grey(50, 250, 5, "u1"), text, ground)
    a[~inside & ~top] = ground
    t = np.repeat(np.arange(256)[:, None], 3, 1) * 257
    for i, v in entries.items():
        t[int(i[1:])] = v
    kw = {}
    for c, column in zip(("Red", "Green", "Blue"), t.T):
        kw[c + "PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        kw[c + "PaletteColorLookupTableData"] = column.astype("<u2").tobytes()
    save(name, a, "PALETTE COLOR", **kw)


def overlay(group, bits, allocated=1, position=0):
    def fn(ds):
        ds.add_new(group << 16 | 0x0010, "US", SIDE)
        ds.add_new(group << 16 | 0x0011, "US", SIDE)
        ds.add_new(group << 16 | 0x0040, "CS", "G")
        ds.add_new(group << 16 | 0x0050, "SS", [1, 1])
        ds.add_new(group << 16 | 0x0100, "US", allocated)
        ds.add_new(group << 16 | 0x0102, "US", position)
        if bits is not None:
            ds.add_new(group << 16 | 0x3000, "OW", np.packbits(bits.ravel(), bitorder="little").tobytes())
    return fn


def make_all():
    ct = dict(WindowCenter=600, WindowWidth=800)
    save("below-window", with_text(grey(-1000, 2000, 15, "i2"), -700), **ct)
    save("above-window", with_text(grey(0, 2000, 15), 3400, 3000), **ct)
    save("beyond-window-by-one", with_text(grey(0, 2000, 15), 3001, 3000), **ct)
    save("two-above-black", with_text(grey(0, 255, 6, "u1"), 2))
    save("one-above-black", with_text(grey(0, 255, 6, "u1"), 1))
    save("one-below-white", with_text(grey(0, 4095, 30), 4094, 4095), stored=12)
    save("one-above-grey", with_text(grey(0, 4095, 30), 1001, 1000), stored=12)
    save("darkest-of-monochrome1", with_text(4095 - grey(0, 4095, 30), 4093), "MONOCHROME1", stored=12)
    floor = np.abs(np.round(10 * noise)).astype("u2")
    save("above-noise", with_text(np.where(inside, grey(0, 4095, 30), floor), 60), stored=12)
    a = grey(-1000, 2000, 15, "i2")
    a[np.hypot(x - 128, y - 128) > 130] = -32768
    save("one-off-air-beside-padding", with_text(a, -999), PixelPaddingValue=-32768, WindowCenter=40, WindowWidth=400)
    save("in-padding-range", with_text(grey(-1000, 2000, 15, "i2"), -1500, -2000),
         PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1300)
    table = np.arange(4096)
    table[:2100] = 0
    for tag in 0x00283010, 0x00283000:
        name = "voi-lut" if tag == 0x00283010 else "modality-lut"
        save(name, with_text(grey(0, 4095, 30), 2000, 500), stored=12)
        edit(name, lut(tag, table.tolist()))
    save("shutter", with_text(grey(0, 4095, 30), 3000), stored=12, ShutterShape="RECTANGULAR",
         ShutterLeftVerticalEdge=1, ShutterRightVerticalEdge=SIDE, ShutterUpperHorizontalEdge=60,
         ShutterLowerHorizontalEdge=SIDE, ShutterPresentationValue=0)
    a = with_text((inside & ((x + y) % 7 < 3)).astype("u1"), 1)
    save("one-bit", a, data=np.packbits(a.ravel(), bitorder="little").tobytes(), BitsAllocated=1, BitsStored=1, HighBit=0)
    many = np.stack([grey(0, 255, 6, "u1")] * 4)
    many[2][ink] = 1
    save("third-of-four", many)
    save("32-bit", with_text(grey(0, 4e9, 1e7, "u4"), 3000))

    colour("equal-luma", (0, 105, 150), (150, 31, 150))
    colour("blue-by-one", (0, 0, 0), (0, 0, 1))
    colour("chroma-by-two", (100, 128, 128), (100, 128, 130), "YBR_FULL")
    colour("chroma-in-black", (0, 128, 128), (0, 127, 128), "YBR_FULL")
    palette("palette-same-colour", 20, 22, _20=9000, _22=9000)
    palette("palette-by-one", 120, 121, _120=9000, _121=9001)

    save("overlay", grey(0, 255, 6, "u1"))
    edit("overlay", overlay(0x6000, ink))
    save("overlay-in-overlay", grey(0, 255, 6, "u1"))
    edit("overlay-in-overlay", overlay(0x6000, np.ones_like(ink)))
    edit("overlay-in-overlay", overlay(0x601e, ink))
    save("overlay-in-bits", grey(0, 4095, 30) | ink.astype("u2") << 13, stored=12)
    edit("overlay-in-bits", overlay(0x6000, None, 16, 13))
    save("high-bits", grey(0, 4095, 30) | ink.astype("u2") << 15, stored=12)
    save("low-bits", grey(0, 4095, 30) << 4 | ink, stored=12, HighBit=15)


def found():
    for line in sys.stdin:
        r = json.loads(line)
        covered = np.zeros((SIDE, SIDE), bool)
        for b in r["boxes"]:
            covered[b["y"]:b["y"] + b["h"], b["x"]:b["x"] + b["w"]] = True
        if covered[BOX[1]:BOX[3], BOX[0]:BOX[2]].mean() >= .9:
            print(r["file"].removeprefix("./").removesuffix(".dcm"), r["view"], r["frame"])


if __name__ == "__main__":
    make_all() if sys.argv[1] == "make" else found()
