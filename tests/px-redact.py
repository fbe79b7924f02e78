"""Images for px-redact.bats, made and read by pydicom, never by our own code.

make FILE KEY=VALUE...   writes an image; keys are below
same A B X,Y,W,H...      exits 1 if a pixel outside of the boxes differs
inside FILE X,Y,W,H      prints the distinct stored values in a box of frame 1
rss COMMAND...           runs it, prints its status and peak memory in MB
each                     does what the lines of standard input say, as a shell splits them
"""
import resource
import shlex
import subprocess
import sys
import warnings

import numpy as np
import pydicom
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

warnings.simplefilter("ignore")
SYNTAX = {
    "implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1",
    "big": "1.2.840.10008.1.2.2", "deflated": "1.2.840.10008.1.2.1.99",
}


def make(path, ts="explicit", rows=50, cols=100, frames=1, photo="MONOCHROME2",
         bits=8, stored=0, signed=0, planar=0, slope="", tail=0, marked=0):
    rows, cols, frames, bits, planar = map(int, (rows, cols, frames, bits, planar))
    stored = int(stored) or bits
    spp = 3 if photo[:3] in ("RGB", "YBR") else 1
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = SYNTAX[ts]
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    ds = Dataset()
    ds.file_meta = meta
    ds.is_little_endian = ts != "big"
    ds.is_implicit_VR = ts == "implicit"
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4"
    ds.Modality, ds.PatientName, ds.PatientID = "OT", "Doe^Jane", "1"
    ds.StudyDate = ds.StudyTime = ds.AccessionNumber = ds.StudyID = ""
    ds.PatientBirthDate = ds.PatientSex = ds.ReferringPhysicianName = ""
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3.5", "1.2.3.6"
    ds.SeriesNumber, ds.InstanceNumber, ds.ConversionType = "1", "1", "WSD"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = spp, photo
    if spp == 3:
        ds.PlanarConfiguration = planar
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.Rows, ds.Columns = rows, cols
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, stored, stored - 1
    ds.PixelRepresentation = int(signed)
    if slope:
        ds.RescaleIntercept, ds.RescaleSlope = "0", slope
    if marked:
        ds.BurnedInAnnotation = "YES"
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "113100", "DCM", "x"
        ds.DeidentificationMethodCodeSequence = [item]
    if photo == "PALETTE COLOR":    # entry 5 is the darkest, entry 9 the lightest
        lut = np.full(256, 100 << 8, "<u2")
        lut[5], lut[9] = 0, 65535
        for c in ("Red", "Green", "Blue"):
            setattr(ds, c + "PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, c + "PaletteColorLookupTableData", lut.tobytes())
    rng = np.random.default_rng(7)
    per_pixel = 2 if photo.endswith("422") else spp
    n = frames * rows * cols * per_pixel
    if bits == 1:
        v = np.packbits(rng.integers(0, 2, n, dtype=np.uint8), bitorder="little").tobytes()
    else:
        # Smooth, so that coders have runs, with a value of every kind.
        v = (np.arange(n) // 7 + rng.integers(0, 2, n) * 3) % (1 << stored)
        if int(signed):
            v = np.where(v >= 1 << (stored - 1), v - (1 << stored), v)
        v = v.astype({8: "u1", 16: "<u2", 32: "<u4"}[bits] if not int(signed) else
                     {8: "i1", 16: "<i2", 32: "<i4"}[bits]).tobytes()
    v += b"\0" * (len(v) % 2) + b"S" * int(tail)
    if ts == "big":
        a = bytearray(v)
        a[0::2], a[1::2] = v[1::2], v[0::2]
        v = bytes(a)
    ds.add_new(0x7fe00010, "OB" if bits <= 8 and ts != "big" else "OW", v)
    ds.save_as(path, write_like_original=False)


def frames_of(path):
    """Stored values: frames, rows, columns, samples."""
    ds = pydicom.dcmread(path)
    if ds.file_meta.TransferSyntaxUID == ExplicitVRBigEndian and ds.BitsAllocated <= 8:
        v = bytearray(ds.PixelData)    # pydicom takes OW of 8 bits for bytes
        v[0::2], v[1::2] = ds.PixelData[1::2], ds.PixelData[0::2]
        ds.PixelData = bytes(v)
    if ds.PhotometricInterpretation.endswith("422") and not ds.file_meta.TransferSyntaxUID.is_compressed:
        n = int(getattr(ds, "NumberOfFrames", 1))
        v = np.frombuffer(ds.PixelData, "u1")[:n * ds.Rows * ds.Columns * 2]
        v = v.reshape(n, ds.Rows, ds.Columns // 2, 4)
        out = np.empty((n, ds.Rows, ds.Columns, 3), "u1")
        out[:, :, 0::2, 0], out[:, :, 1::2, 0] = v[..., 0], v[..., 1]
        out[..., 1] = np.repeat(v[..., 2], 2, 2)
        out[..., 2] = np.repeat(v[..., 3], 2, 2)
        return out
    a = ds.pixel_array
    return a.reshape(int(getattr(ds, "NumberOfFrames", 1)), ds.Rows, ds.Columns, -1)


def box(text):
    return tuple(map(int, text.split(",")))


def same(a, b, *boxes):
    """A box may begin with FRAME: to be on that frame alone."""
    a, b = frames_of(a), frames_of(b)
    assert a.shape == b.shape, (a.shape, b.shape)
    out = np.ones(a.shape[:3], bool)
    for t in boxes:
        frame, _, rest = t.rpartition(":")
        x, y, w, h = box(rest)
        out[int(frame) - 1 if frame else slice(None), y:y + h, x:x + w] = False
    d = (a != b)[out].sum()
    assert d == 0, "%d samples differ outside of the boxes" % d


def cut(a, b, crop, filled):
    """B is A cut to a box, outside of what was filled; and that is of one colour."""
    x, y, w, h = box(crop)
    fx, fy, fw, fh = box(filled)
    a, b = frames_of(a), frames_of(b)
    flat = np.zeros(a.shape[:3], bool)
    flat[:, fy:fy + fh, fx:fx + fw] = True
    a, flat = a[:, y:y + h, x:x + w], flat[:, y:y + h, x:x + w]
    assert a.shape == b.shape, (a.shape, b.shape)
    assert flat.any() and not flat.all()
    assert (a == b)[~flat].all()
    assert len(np.unique(b[flat].reshape(-1, b.shape[-1]), axis=0)) == 1


def inside(path, text):
    x, y, w, h = box(text)
    a = frames_of(path)[0, y:y + h, x:x + w]
    for v in np.unique(a.reshape(-1, a.shape[-1]), axis=0):
        print(*v)


def break_rle(path, frame):
    """Gives an RLE frame more segments than RLE has: PS3.5 G.5."""
    ds = pydicom.dcmread(path)
    frames = list(generate_pixel_data_frame(ds.PixelData, int(ds.NumberOfFrames)))
    frames[int(frame) - 1] = b"\x63" + frames[int(frame) - 1][1:]
    ds.PixelData = encapsulate(frames)
    ds.save_as(path)


def rss(*command):
    status = subprocess.run(command).returncode
    print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)


def do(verb, args):
    if verb == "make":
        make(args[0], **dict(a.split("=", 1) for a in args[1:]))
    elif verb == "each":
        for line in sys.stdin:
            words = shlex.split(line)
            try:
                do(words[0], words[1:])
            except AssertionError as e:
                sys.exit("%s: %s" % (line.strip(), e))
    else:
        globals()[verb](*args)


if __name__ == "__main__":
    do(sys.argv[1], sys.argv[2:])
