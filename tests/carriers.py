"""Images with pictures beside Pixel Data, for carriers.bats, by pydicom alone.

plant WHAT FILE...   puts a carrier into each FILE
check WHAT A B       B, made of A, has it no more, and all else of A
"""
import sys
import warnings

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

warnings.simplefilter("ignore")
ROWS, COLS = 50, 100    # of the images of px-redact.py
GLYPH = b"JANE DOE 1970"    # stands for what a picture would show
JPEG = b"\xff\xd8\xff\xe0" + GLYPH + b"\xff\xd9"


def bits_of(ds, group, frames, rows, cols):
    v = ds[group, 0x3000].value
    if not ds.is_little_endian:    # words, PS3.5 8.1.2
        v = np.frombuffer(v, "u1").reshape(-1, 2)[:, ::-1].tobytes()
    return np.unpackbits(np.frombuffer(v, "u1"), bitorder="little")[:frames * rows * cols].reshape(frames, rows, cols)


def add_overlay(ds, group, planes, x, y, first=None):
    frames, rows, cols = planes.shape
    ds.add_new((group, 0x0010), "US", rows)
    ds.add_new((group, 0x0011), "US", cols)
    if first is not None:
        ds.add_new((group, 0x0015), "IS", frames)
        ds.add_new((group, 0x0051), "US", first)
    ds.add_new((group, 0x0022), "LO", "LABEL")
    ds.add_new((group, 0x0040), "CS", "G")
    ds.add_new((group, 0x0050), "SS", [y, x])
    ds.add_new((group, 0x0100), "US", 1)
    ds.add_new((group, 0x0102), "US", 0)
    v = np.packbits(planes.ravel(), bitorder="little").tobytes()
    v += b"\0" * (len(v) % 2)
    if not ds.is_little_endian:
        v = np.frombuffer(v, "u1").reshape(-1, 2)[:, ::-1].tobytes()
    ds.add_new((group, 0x3000), "OW", v)


def item(**kw):
    ds = Dataset()
    for k, v in kw.items():
        setattr(ds, k, v)
    return ds


def image_item(coded=False):
    ds = item(Rows=4, Columns=4, SamplesPerPixel=1, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0,
              PhotometricInterpretation="MONOCHROME2")
    ds.add_new(0x7fe00010, "OB", encapsulate([JPEG]) if coded else GLYPH + b"\x01\x02\x03")
    ds[0x7fe00010].is_undefined_length = coded
    return ds


def ones(frames, rows, cols):
    return np.ones((frames, rows, cols), "u1")


def words(ds):
    return np.frombuffer(ds.PixelData, "<u2" if ds.is_little_endian else ">u2").copy()


def plant(what, path):
    ds = pydicom.dcmread(path)
    private = ds.private_block(0x0009, "ACME", create=True)
    private.add_new(1, "LO", "STAYS")
    if what == "overlays":
        n = int(ds.NumberOfFrames)
        add_overlay(ds, 0x6000, ones(1, ROWS, COLS), 1, 1)
        add_overlay(ds, 0x6002, ones(2, 20, 30), 91, 41, first=2)    # over frames 2, 3; half of it outside
        add_overlay(ds, 0x601e, ones(n, 7, 5), -1, -3, first=1)
    elif what == "bits":
        w = words(ds)
        w[100:200] |= 0x1000
        w[5000:5100] |= 0x8000
        ds.PixelData = (w.astype(ds.is_little_endian and "<u2" or ">u2")).tobytes()
    elif what == "curve":
        ds.add_new(0x50000005, "US", 2)
        ds.add_new(0x50002500, "LO", GLYPH.decode())
        ds.add_new(0x50003000, "OW", GLYPH + b"\0")
        ds.add_new(0x5002200c, "OW", GLYPH + b"\0")
    elif what == "icon":
        ds.IconImageSequence = [image_item()]
    elif what == "graphics":
        ds.GraphicAnnotationSequence = [item(GraphicLayer="A", TextObjectSequence=[item(UnformattedTextValue=GLYPH.decode())])]
    elif what == "nested":
        ds.ReferencedImageSequence = [item(ReferencedSOPInstanceUID="1.2.3", IconImageSequence=[image_item()])]
    elif what == "coded":
        ds.ReferencedImageSequence = [item(ReferencedSOPInstanceUID="1.2.3", IconImageSequence=[image_item(True)])]
    elif what == "private":
        private.add_new(2, "OB", JPEG + b"\0" * (len(JPEG) % 2))
        private.add_new(3, "OB", b"no picture")
        private.add_new(4, "SQ", Sequence([item(PatientComments="x"), image_item()]))
        private.add_new(5, "SQ", Sequence([item(PatientComments="stays")]))
        private.add_new(6, "UN", b"\x89PNG\r\n\x1a\n" + GLYPH + b"\0")
    elif what == "values":    # of elements that are not private
        ds.add_new(0x00420011, "OB", b"%PDF-1.7" + GLYPH + b"\0")
        ds.add_new(0x00189ffe, "UN", b"\x89PNG\r\n\x1a\n" + GLYPH + b"\0")
        ds.add_new(0x00189ffc, "UN", b"no picture")
        for e in 0x1201, 0x1202, 0x1203:    # a palette may begin like one
            ds.add_new((0x28, e - 0x100), "US", [256, 0, 16])
            ds.add_new((0x28, e), "OW", b"\xff\xd8\xff\xe0" + bytes(508))
        ds.file_meta.PrivateInformationCreatorUID = "1.2.3"
        ds.file_meta.PrivateInformation = JPEG + b"\0" * (len(JPEG) % 2)
    elif what == "unknown":    # sequences whose writer did not know them: PS3.5 6.2.2 note 2
        pixels = b"\xe0\x7f\x10\x00" + (14).to_bytes(4, "little") + GLYPH + b"\0"
        v = b"\xfe\xff\x00\xe0" + len(pixels).to_bytes(4, "little") + pixels
        private.add_new(7, "UN", v)
        ds.add_new(0x00089998, "UN", v)
    elif what == "second":
        ds.add_new(0x7f020010, "OW", GLYPH + b"\0")
        ds.add_new(0x7fe00008, "OF", GLYPH + bytes(3))
    elif what == "marked":    # in a sequence that px-redact adds to
        ds.DeidentificationMethodCodeSequence = [image_item()]
    elif what == "padding":
        ds.add_new(0xfffcfffc, "OB", GLYPH + b"\0")
    elif what == "preamble":
        ds.preamble = b"II*\0" + GLYPH + bytes(124 - len(GLYPH))
    elif what == "label":
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.6"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]
    else:
        sys.exit("plants no " + what)
    ds.save_as(path, write_like_original=False)


GONE = {
    "overlays": [(g, e) for g in (0x6000, 0x6002, 0x601e) for e in (0x10, 0x11, 0x15, 0x22, 0x40, 0x50, 0x51, 0x100, 0x102, 0x3000)],
    "curve": [(0x5000, 5), (0x5000, 0x2500), (0x5000, 0x3000), (0x5002, 0x200c)],
    "icon": [(0x88, 0x200)], "graphics": [(0x70, 1)], "padding": [(0xfffc, 0xfffc)],
    "private": [(9, 0x1002), (9, 0x1004), (9, 0x1006)], "coded": [(8, 0x1140)],
    "values": [(0x42, 0x11), (0x18, 0x9ffe)], "unknown": [(9, 0x1007)], "second": [(0x7f02, 0x10), (0x7fe0, 8)],
    "bits": [], "nested": [], "preamble": [],
}


def check(what, a, b):
    raw = open(b, "rb").read()
    a, b = pydicom.dcmread(a), pydicom.dcmread(b)
    assert what == "bits" or GLYPH not in raw, "the planted bytes are still there"
    for tag in GONE[what]:
        assert tag not in b, tag
    marks = {(0x28, 0x301), (0x12, 0x64)}
    there = {e.tag for e in a} - {pydicom.tag.Tag(t) for t in GONE[what]} | {pydicom.tag.Tag(t) for t in marks}
    assert {e.tag for e in b} == there, {e.tag for e in b} ^ there
    for e in a:
        if e.tag in b and e.tag not in [pydicom.tag.Tag(t) for t in marks] and not (what == "bits" and e.tag == 0x7fe00010):
            if (what, e.tag) in (("nested", 0x00081140), ("unknown", 0x00089998)):
                continue
            assert e.value == b[e.tag].value, e.tag
    meta = {e.tag.element for e in b.file_meta}
    assert {0x10, 2, 3} <= meta and not {0x100, 0x102} & meta
    length = b.file_meta.FileMetaInformationGroupLength
    assert raw[144 + length:146 + length] != b"\x02\0" and raw.rfind(b"\x02\0\x10\0", 0, 144 + length) > 0
    if what == "bits":
        assert (words(b) == words(a) & 0x0fff).all()
    if what == "nested":
        n = b.ReferencedImageSequence[0].IconImageSequence[0]
        assert n.PixelData == bytes(16) and n.Rows == 4 and b.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.3"
    assert what == "preamble" and b.preamble == bytes(128) or what != "preamble"


def check_redacted_overlays(path):
    """Frame 2 alone had the box 10,5,40,20."""
    ds = pydicom.dcmread(path)
    want = ones(1, ROWS, COLS)
    want[:, 5:25, 10:50] = 0
    assert (bits_of(ds, 0x6000, 1, ROWS, COLS) == want).all()
    want = np.zeros((2, 20, 30), "u1")
    want[:, :10, :10] = 1    # what lies over the image
    assert (bits_of(ds, 0x6002, 2, 20, 30) == want).all()
    n = int(ds.NumberOfFrames)
    want = np.zeros((n, 7, 5), "u1")
    want[:, 4:, 2:] = 1
    assert (bits_of(ds, 0x601e, n, 7, 5) == want).all()


if __name__ == "__main__":
    if sys.argv[1] == "plant":
        for f in sys.argv[3:]:
            plant(sys.argv[2], f)
    elif sys.argv[1] == "redacted":
        check_redacted_overlays(sys.argv[2])
    else:
        check(*sys.argv[2:])
