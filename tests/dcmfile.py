"""dcmfile: what the tests of pixels share: writers by pydicom, a PNM reader."""
import json
import re
import subprocess

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

IMPLICIT = '1.2.840.10008.1.2'
EXPLICIT = '1.2.840.10008.1.2.1'
DEFLATED = '1.2.840.10008.1.2.1.99'
BIG = '1.2.840.10008.1.2.2'
SC = '1.2.840.10008.5.1.4.1.1.7'


def head(syntax=EXPLICIT):
    """A Secondary Capture without an image."""
    ds, meta = Dataset(), FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = ds.SOPClassUID = UID(SC)
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = UID('2.25.1')
    ds.file_meta = meta
    ds.is_implicit_VR = syntax == IMPLICIT
    ds.is_little_endian = syntax != BIG
    ds.StudyInstanceUID = ds.SeriesInstanceUID = UID('2.25.2')
    ds.PatientName, ds.PatientID, ds.Modality = 'DOE^JANE', '42', 'OT'
    return ds


def make(path, frames, photometric='MONOCHROME2', stored=None, planar=0,
         syntax=EXPLICIT, data=None, **attributes):
    """Writes FRAMES, frame by row by column (by sample), natively."""
    frames = np.asarray(frames)
    colour = frames.ndim == 4
    ds = head(syntax)
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = photometric
    ds.Rows, ds.Columns = frames.shape[1:3]
    if frames.shape[0] > 1:
        ds.NumberOfFrames = frames.shape[0]
    ds.BitsAllocated = frames.dtype.itemsize * 8
    ds.BitsStored = stored or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(frames.dtype.kind == 'i')
    if colour:
        ds.PlanarConfiguration = planar
        if planar:
            frames = frames.transpose(0, 3, 1, 2)
    if data is None:
        order = '<' if ds.is_little_endian else '>'
        data = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
        if order == '>' and frames.dtype.itemsize == 1:
            # An OW is words: the first pixel is the lower half of one.
            data += b'\0' * (len(data) % 2)
            data = np.frombuffer(data, '<u2').astype('>u2').tobytes()
    ds.PixelData = data + b'\0' * (len(data) % 2)
    ds['PixelData'].VR = 'OB' if frames.dtype.itemsize == 1 and \
        syntax not in (BIG, IMPLICIT) else 'OW'
    for name, value in attributes.items():
        setattr(ds, name, value)
    ds.save_as(path, write_like_original=False)
    return ds


def images(stream):
    """[(key, array)] of a PNM stream with our comments."""
    out, at = [], 0
    while at < len(stream):
        m = re.compile(rb'P([56])\n# unphi (\{[^\n]*\})\n(\d+) (\d+)\n(\d+)\n'
                       ).match(stream, at)
        assert m, 'no PNM header at %d' % at
        w, h, top = int(m[3]), int(m[4]), int(m[5])
        shape = (h, w, 3) if m[1] == b'6' else (h, w)
        a = np.frombuffer(stream, '>u2' if top > 255 else 'u1',
                          int(np.prod(shape)), m.end()).reshape(shape)
        at = m.end() + a.nbytes
        key = json.loads(m[2])
        assert (key['width'], key['height']) == (w, h)
        out.append((key, a.astype(int)))
    return out


def frames(*args, status=0, stdin=None):
    """The images that dcm-frames makes."""
    r = subprocess.run(['dcm-frames', *args], capture_output=True, input=stdin)
    assert r.returncode == status, (args, r.returncode, r.stderr)
    return images(r.stdout)


def raw(path, **kw):
    """All stored values of a file, as dcm-frames gives them."""
    return np.stack([a for _, a in frames('--view', 'raw', path, **kw)])


def refused(path, *args):
    """Why a file is refused; nothing of it may have been written."""
    r = subprocess.run(['dcm-frames', *args, path], capture_output=True)
    assert r.returncode == 2, (path, r.returncode, r.stderr)
    assert r.stdout == b'', path
    lines = r.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def retag(source, uid, to):
    """Copies a file under another transfer syntax, its data set as it is."""
    b = open(source, 'rb').read()
    uid = uid.encode() + b'\0' * (len(uid) % 2)
    i = b.index(b'\x02\0\x10\0UI') + 6
    n = int.from_bytes(b[i:i + 2], 'little')
    size = int.from_bytes(b[140:144], 'little') + len(uid) - n
    b = b[:i] + len(uid).to_bytes(2, 'little') + uid + b[i + 2 + n:]
    open(to, 'wb').write(b[:140] + size.to_bytes(4, 'little') + b[144:])


def item(b):
    """An item of encapsulated pixel data."""
    b += b'\0' * (len(b) % 2)
    return b'\xfe\xff\x00\xe0' + len(b).to_bytes(4, 'little') + b


def run(*args):
    """Another tool; its output."""
    return subprocess.run(args, check=True, capture_output=True).stdout


def near(a, b, by=1):
    """No value of A differs from that of B by more than BY."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert a.shape == b.shape, (a.shape, b.shape)
    assert np.abs(a - b).max() <= by, np.abs(a - b).max()
