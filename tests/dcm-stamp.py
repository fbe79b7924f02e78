"""Images for dcm-stamp.bats, and what has to be true of them once stamped, by pydicom and numpy alone.

make OUT KEY=VALUE...          an image of middle values; keys as px-redact.py has them, and window=C,W  intercept  pad=V
judge IN OUT TRUTH MASK LIGHT|DARK   exits 1 unless what changed is the mask, boxes are its bounds, nothing else changed,
                               and full ink is light or dark as shown
outside INDIR OUTDIR MASKS     the same of stamped images in any syntax, by DCMTK, GDCM, pydicom and others: exits 1 unless
                               pixels change in the mask alone, or within its blocks where JPEG has blocks, and prints how
                               many files and readings there were
damage WHAT IN OUT             a copy with one thing wrong, which judge has to see: pixel, header
shown FILE X Y                 the three primaries, or the gray, that a pixel is shown as, 0 to 255
"""
import importlib.util
import json
import os
import re
import sys
import tempfile

import numpy as np
import pydicom

import readers

_spec = importlib.util.spec_from_file_location(
    "px", os.path.join(os.path.dirname(os.path.abspath(__file__)), "px-redact.py"))
px = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(px)


def make(path, window="", intercept="", pad="", **keys):
    """From 30 to 60 hundredths of what the stored bits can say, so that black and white are new everywhere.

    The first and the last samples of a frame are the least and the greatest, so that they are shown as black and white.
    """
    keys = {"rows": 160, "cols": 240, **keys}
    px.make(path, **keys)
    ds = pydicom.dcmread(path)
    n, frames = len(ds.PixelData) // max(1, ds.BitsAllocated // 8), int(keys.get("frames", 1))
    rng = np.random.default_rng(3)
    least = -(1 << ds.BitsStored - 1) if ds.PixelRepresentation else 0
    part = 0.3 + 0.3 * ((np.arange(n) // 50 % 40) / 40 * 0.9 + rng.random(n) * 0.1)
    for frame in np.split(part[:n // frames * frames], frames):
        frame[:3], frame[-3:] = 0, 0.99999
    if ds.BitsAllocated == 1:
        ds.PixelData = bytes(len(ds.PixelData))
    else:
        v = (least + part * (1 << ds.BitsStored)).astype("%s%d" % ("i" if least else "u", ds.BitsAllocated // 8))
        if pad:
            v[n // 2:n // 2 + n // 8] = int(pad)
        v = v.astype(">" + v.dtype.str[1:]) if keys.get("ts") == "big" else v
        ds.PixelData = v.tobytes()
    if ds.PhotometricInterpretation == "PALETTE COLOR":    # in no order; black and white are not in use
        colours = np.random.default_rng(9).integers(20, 230, (256, 3)) * 257
        colours[5], colours[9] = 0, 65535
        for i, c in enumerate(("Red", "Green", "Blue")):
            setattr(ds, c + "PaletteColorLookupTableData", colours[:, i].astype("<u2").tobytes())
    if window:
        ds.WindowCenter, ds.WindowWidth = window.split(",")
    if intercept:
        ds.RescaleIntercept = intercept
        ds.RescaleSlope = keys.get("slope", "1")
    if pad:
        ds.add_new(0x00280120, "SS" if least else "US", int(pad))
    ds.save_as(path)


def shown(ds, v):
    """Stored values as a screen shows them, 0 to 255: PS3.3 C.7.6.3.1.2, C.11.1.1, C.11.2.1.2."""
    photo, v = ds.PhotometricInterpretation, v.astype(float)
    if photo == "PALETTE COLOR":
        luts = [np.frombuffer(getattr(ds, c + "PaletteColorLookupTableData"), "<u2") for c in ("Red", "Green", "Blue")]
        return np.stack([t[v[..., 0].astype(int)] / 257 for t in luts], -1)
    full = (1 << ds.BitsStored) - 1
    if photo.startswith("YBR"):
        y, cb, cr = v[..., 0], v[..., 1] - 128, v[..., 2] - 128
        return np.clip(np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1), 0, 255)
    if photo == "RGB":
        return v / full * 255
    v = v * float(getattr(ds, "RescaleSlope", 1)) + float(getattr(ds, "RescaleIntercept", 0))
    if "WindowWidth" in ds:
        c, w = float(ds.WindowCenter), float(ds.WindowWidth)
        v = np.clip((v - (c - 0.5)) / (w - 1) + 0.5, 0, 1)
    else:
        keep = v
        if "PixelPaddingValue" in ds:
            keep = v[v != ds.PixelPaddingValue]
        v = np.clip((v - keep.min()) / max(1, keep.max() - keep.min()), 0, 1)
    return 255 * (1 - v if photo == "MONOCHROME1" else v)


def masks(path):
    """Frame (0: all) to its mask, and the keys."""
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        m = re.compile(rb"P5\n# unphi (.*)\n(\d+) (\d+)\n255\n").match(data, at)
        key, w, h = json.loads(m[1]), int(m[2]), int(m[3])
        assert (key["width"], key["height"]) == (w, h)
        yield key, np.frombuffer(data, "u1", w * h, m.end()).reshape(h, w)
        at = m.end() + w * h


def words_are_clean(ds):
    """Above Bits Stored there is nothing but the sign."""
    if ds.BitsAllocated != 16 or ds.BitsStored == 16:
        return True
    big = ds.file_meta.TransferSyntaxUID == px.ExplicitVRBigEndian
    w = np.frombuffer(ds.PixelData, ">u2" if big else "<u2").astype(int)
    top, sign = w >> ds.BitsStored, w >> (ds.BitsStored - 1) & 1
    return bool((top == (sign * ((1 << 16 - ds.BitsStored) - 1) if ds.PixelRepresentation else 0)).all())


def judge(a, b, truth, mask, tone):
    old, new = pydicom.dcmread(a), pydicom.dcmread(b)
    assert getattr(new, "BurnedInAnnotation", "") == "YES", b
    for ds in (old, new):
        ds.pop("BurnedInAnnotation", None)
    va, vb = px.frames_of(a), px.frames_of(b)
    assert words_are_clean(new), "bits above the stored ones"
    pixels, old.PixelData, new.PixelData = new.PixelData, b"", b""
    assert old == new, "the header changed"
    del pixels
    records = [json.loads(line) for line in open(truth)]
    pictures = list(masks(mask))
    assert len(records) == len(pictures) > 0
    for r, (key, m) in zip(records, pictures):
        assert all(r[k] == v for k, v in key.items()) and r["file"] == b
        assert r["boxes"], "nothing was stamped"
        for f in range(len(va)) if r["frame"] == 0 else [r["frame"] - 1]:
            changed = (va[f] != vb[f]).any(-1)
            assert (changed == (m > 0)).all(), "%s: %d pixels are not as the mask says" % (
                b, (changed != (m > 0)).sum())
            full = m == 255
            if new.PhotometricInterpretation.endswith("422"):    # two pixels share their chroma
                full &= np.repeat(full.reshape(len(m), -1, 2).all(-1), 2, -1)
            light = shown(new, vb)[f][full]
            assert light.size and (light.min() > 250 if tone == "light" else light.max() < 5), (b, light.min(), light.max())
            if "PixelPaddingValue" in new:
                assert (vb[f][m > 0] != new.PixelPaddingValue).all()
        ink, rest = m > 1, m > 1
        for box in r["boxes"]:
            x, y, w, h = (box[k] for k in "xywh")
            part = ink[y:y + h, x:x + w]
            assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any(), "a box is loose"
            rest[y:y + h, x:x + w] = False
        assert not rest.any(), "ink lies out of boxes"


def outside(folder, out, mask):
    work = tempfile.mkdtemp(dir=".")
    pictures = {key["file"]: m for key, m in masks(mask)}
    files = readings = 0
    for path, m in pictures.items():
        name = os.path.basename(path)
        dct = re.match(r"jpeg5[01]", name)
        if dct:
            m = np.pad(m, ((0, -m.shape[0] % 16), (0, -m.shape[1] % 16)))
            m = m.reshape(m.shape[0] // 16, 16, -1, 16).max((1, 3)).repeat(16, 0).repeat(16, 1)
            m = np.maximum.reduce([np.roll(m, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)])
        files += 1
        for reader in readers.READERS:
            a, b = (readers.read(os.path.join(d, name), reader, work) for d in (folder, out))
            if a is None or b is None:
                continue
            readings += 1
            changed = (a != b).any(-1)
            assert changed.any(), "%s: %s sees nothing" % (name, reader)
            if "lossy" in name:    # decoders of the irreversible wavelet round by their own lights
                changed = (abs(a.astype(int) - b.astype(int)) > 2).any(-1)
            stray = changed & (m[:a.shape[1], :a.shape[2]] == 0)
            assert not stray.any(), "%s: %s sees %d other pixels" % (name, reader, stray.sum())
    print(files, "files,", readings, "readings")


def damage(what, a, b):
    ds = pydicom.dcmread(a)
    if what == "header":
        ds.PatientID = "2"
    else:
        ds.PixelData = ds.PixelData[:-2] + bytes(x ^ 1 for x in ds.PixelData[-2:])
    ds.save_as(b)


def main(verb, *args):
    if verb == "make":
        make(args[0], **dict(a.split("=", 1) for a in args[1:]))
    elif verb == "shown":
        ds = pydicom.dcmread(args[0])
        print(*np.atleast_1d(shown(ds, px.frames_of(args[0]))[0][int(args[2]), int(args[1])]).round().astype(int))
    else:
        {"judge": judge, "outside": outside, "damage": damage}[verb](*args)


if __name__ == "__main__":
    if sys.argv[1] == "each":
        for line in sys.stdin:
            main(*px.shlex.split(line))
    else:
        main(*sys.argv[1:])
