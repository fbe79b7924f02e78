"""Stored values of DICOM files as other people's readers see them: frames, rows, columns, samples; None if they cannot.

bytes: these files, by PS3.5 alone (native and what needs no codec). dcmtk, gdcm, pydicom: those libraries.
openjpeg, openjph: the codestreams of JPEG 2000.
"""
import os
import re
import resource
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pydicom
from pydicom.pixel_data_handlers import gdcm_handler, numpy_handler, pillow_handler, rle_handler

import bytes_of

warnings.simplefilter("ignore")
pydicom.config.pixel_data_handlers = [numpy_handler, rle_handler, pillow_handler, gdcm_handler]
J2K = tuple("1.2.840.10008.1.2.4.%d" % n for n in (90, 91))
HTJ2K = tuple("1.2.840.10008.1.2.4.%d" % n for n in (201, 202, 203))
DCMTK = {"1.2.840.10008.1.2.5": ["dcmdrle"], "1.2.840.10008.1.2.4.80": ["dcmdjpls"], "1.2.840.10008.1.2.4.81": ["dcmdjpls"]}
DCMTK.update({"1.2.840.10008.1.2.4.%d" % n: ["dcmdjpeg", "+cn"] for n in (50, 51, 53, 55, 57, 70)})
DCMTK.update({s: ["dcmconv", "+te"] for s in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2",
                                              "1.2.840.10008.1.2.1.99")})
PLAIN, DEFLATED_FRAME = "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", bytes_of.GE)
SECONDS = 30


class Shape:
    """The Image Pixel Module of a file."""

    def __init__(self, f):
        self.rows, self.columns = f.number(0x00280010), f.number(0x00280011)
        self.frames, self.samples = f.number(0x00280008, 1), f.number(0x00280002, 1)
        self.bits, self.stored = f.number(0x00280100), f.number(0x00280101)
        self.high = f.number(0x00280102)
        self.signed, self.planar = f.number(0x00280103), f.number(0x00280006)
        self.photo = f.text(0x00280004)
        self.pixels = self.rows * self.columns
        if self.bits == 1:
            self.frame_bytes = None
        elif self.photo.endswith("422") and not f.encapsulated:
            self.frame_bytes = self.pixels * 2
        else:
            self.frame_bytes = self.pixels * self.samples * self.bits // 8


def unpack(v, s, frames, swapped=False, planar=None, photo=None):
    """Native bytes, least significant first unless SWAPPED."""
    planar = s.planar if planar is None else planar
    n = frames * s.pixels * s.samples
    if s.bits == 1:
        return np.unpackbits(np.frombuffer(v, "u1"), bitorder="little")[:n].reshape(frames, s.rows, s.columns, -1).astype(np.int64)
    if (photo or s.photo).endswith("422"):
        p = np.frombuffer(v, "u1")[:frames * s.pixels * 2].reshape(frames, s.rows, s.columns // 2, 4)
        out = np.empty((frames, s.rows, s.columns // 2, 2, 3), np.int64)
        out[..., 0, 0], out[..., 1, 0] = p[..., 0], p[..., 1]
        out[..., 1], out[..., 2] = p[..., 2, None], p[..., 3, None]
        return out.reshape(frames, s.rows, s.columns, 3)
    kind = "%s%s%d" % (">" if swapped else "<", "i" if s.signed else "u", s.bits // 8)
    a = np.frombuffer(v, kind)[:n].astype(np.int64)
    if planar and s.samples > 1:
        return a.reshape(frames, s.samples, s.rows, s.columns).transpose(0, 2, 3, 1)
    return a.reshape(frames, s.rows, s.columns, s.samples)


def by_bytes(path, _work=None):
    f = bytes_of.File(path)
    s = Shape(f)
    if f.syntax in NATIVE and not f.encapsulated:
        vr, _, v = f.elements[0x7fe00010]
        if f.big and s.bits <= 8 and vr == b"OW":    # bytes go in pairs
            v = np.frombuffer(v, "<u2").byteswap().tobytes()
        return unpack(v, s, s.frames, (f.big or f.syntax == bytes_of.GE) and s.bits > 8)
    if f.syntax not in (PLAIN, DEFLATED_FRAME):
        return None
    out = []
    for frame in f.frames():
        v = b"".join(frame)
        out.append(unpack(zlib.decompressobj(-15).decompress(v) if f.syntax == DEFLATED_FRAME else v, s, 1))
    return np.concatenate(out)


def run(*command, cwd=None):
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS, cwd=cwd)
    except subprocess.TimeoutExpired:
        return None


def by_tool(command, out):
    """What COMMAND makes natively of a file, at OUT."""
    done = run(*command)
    if done is None or done.returncode != 0 or not os.path.exists(out):
        return None
    got = by_bytes(out)
    os.unlink(out)
    return got


def by_dcmtk(path, work):
    f, out = bytes_of.File(path), work + "/dcmtk.dcm"
    return by_tool([*DCMTK[f.syntax], path, out], out) if f.syntax in DCMTK else None


def by_gdcm(path, work):
    out = work + "/gdcm.dcm"
    return by_tool(["gdcmconv", "--raw", path, out], out)


def by_pydicom(path, work):
    """In a process of its own: GDCM, which pydicom uses, ends it when it meets what it does not expect."""
    out = work + "/pydicom.npy"
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            os.close(2)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            a = pixel_array(path)
            if a is not None:
                np.save(out, a)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    if not os.path.exists(out):
        return None
    a = np.load(out)
    os.unlink(out)
    return a


def pixel_array(path):
    ds = pydicom.dcmread(path)
    if ds.file_meta.TransferSyntaxUID == bytes_of.BIG and ds.BitsAllocated <= 8 and ds["PixelData"].VR == "OW":
        # pydicom takes OW of 8 bits for bytes.
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").byteswap().tobytes()
    if ds.PhotometricInterpretation.endswith("422") and not ds.file_meta.TransferSyntaxUID.is_compressed:
        return None    # it gives three samples, made up
    a = ds.pixel_array.astype(np.int64)
    return a.reshape(int(ds.get("NumberOfFrames", 1) or 1), ds.Rows, ds.Columns, -1)


def by_openjpeg(path, work):
    f = bytes_of.File(path)
    if f.syntax not in J2K + HTJ2K:
        return None
    s, out = Shape(f), []
    for frame in f.frames():
        name, raw = work + "/f.j2k", work + "/f.rawl"
        code = b"".join(frame)
        if code[:4] == b"\0\0\0\x0c":
            name = work + "/f.jp2"
        open(name, "wb").write(code)
        done = run("opj_decompress", "-i", name, "-o", raw)
        if done is None or done.returncode != 0 or b"WARNING" in done.stdout + done.stderr:
            return None
        said = run("opj_dump", "-i", name)
        n = int(re.search(rb"numcomps=(\d+)", said.stdout)[1])
        prec = int(re.search(rb"prec=(\d+)", said.stdout)[1])
        sgnd = int(re.search(rb"sgnd=(\d+)", said.stdout)[1])
        kind = "<%s%d" % ("i" if sgnd else "u", 1 if prec <= 8 else 2)
        a = np.fromfile(raw, kind).astype(np.int64)
        if sgnd:
            a = (a + (1 << prec - 1)) % (1 << prec) - (1 << prec - 1)
        out.append(a.reshape(n, s.rows, s.columns).transpose(1, 2, 0))
    return np.stack(out)


def by_openjph(path, work):
    f = bytes_of.File(path)
    if f.syntax not in HTJ2K:
        return None
    s, out = Shape(f), []
    name = work + ("/f.pgm" if s.samples == 1 else "/f.ppm")
    for frame in f.frames():
        code = bytearray(b"".join(frame))
        sign = code.index(b"\xff\x51") + 40
        signed, code[sign] = code[sign] & 0x80, code[sign] & 0x7f    # it writes no signed samples
        open(work + "/f.j2c", "wb").write(code)
        if os.path.exists(name):
            os.unlink(name)
        done = run("ojph_expand", "-i", work + "/f.j2c", "-o", name)
        if done is None or done.returncode != 0:
            return None
        b = open(name, "rb").read()
        m = re.match(rb"P[56]\s+(\d+)\s+(\d+)\s+(\d+)\s", b)
        a = np.frombuffer(b[m.end():], ">u2" if int(m[3]) > 255 else "u1").astype(np.int64)
        out.append(a.reshape(s.rows, s.columns, -1) - ((1 << code[sign]) if signed else 0))
    return np.stack(out)


READERS = {"bytes": by_bytes, "dcmtk": by_dcmtk, "gdcm": by_gdcm, "pydicom": by_pydicom, "openjpeg": by_openjpeg,
           "openjph": by_openjph}


def read(path, name, work):
    """What reader NAME sees in PATH, or None."""
    try:
        a = READERS[name](path, work)
        s = Shape(bytes_of.File(path))
    except Exception:
        return None
    if a is None or a.shape[:3] != (s.frames, s.rows, s.columns):
        return None
    return a
