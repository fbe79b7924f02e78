"""codecfile: what codecs.bats shares. Streams come from DCMTK's and GDCM's coders
or are written here by T.81 and T.87; what ours wrote is read by those two."""
import os
import struct
import warnings

import numpy as np
import pydicom
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from pydicom.uid import UID

from codec import CODEC, ours, refused, run, segment, write
from dcmfile import make

warnings.simplefilter('ignore')
JPEG = '1.2.840.10008.1.2.4.'


def patterns(rows, columns, samples, bits):
    """Frames that are smooth, noisy, constant, and of the steepest steps."""
    rng = np.random.default_rng(rows * 7919 + columns * 31 + samples + bits)
    shape = (rows, columns, samples)[:2 + (samples > 1)]
    top = (1 << bits) - 1
    kind = 'u1' if bits <= 8 else 'u2'
    at = np.indices(shape).sum(0)
    yield 'smooth', (np.abs(np.sin(at / 9)) * top).astype(kind)
    yield 'noise', rng.integers(0, top + 1, shape).astype(kind)
    yield 'flat', np.full(shape, top // 3, kind)
    yield 'steep', np.where(at % 2 == 0, 0, top).astype(kind)
    # Modulo 65536 a step of half the range is its own negative.
    yield 'half', np.where(at % 2 == 0, 0, (top + 1) // 2).astype(kind)
    # One value among many others: the longest codes.
    a = np.zeros(shape, kind)
    flat = a.reshape(-1)
    for k in range(bits):
        flat[(1 << k) % flat.size] = 1 << k
    yield 'rare', a


def frame_of(a):
    return a.astype(a.dtype.newbyteorder('<')).tobytes()


def wrapped(code, a, syntax, bits):
    """A file of CODE, for tools that read files."""
    photo = 'RGB' if a.ndim == 3 else 'MONOCHROME2'
    ds = make('wrap.dcm', a[None], photo, stored=bits)
    ds.file_meta.TransferSyntaxUID = UID(JPEG + syntax)
    ds.PixelData = encapsulate([code + b'\0' * (len(code) % 2)])
    ds['PixelData'].VR = 'OB'
    ds.save_as('wrap.dcm', write_like_original=False)
    return 'wrap.dcm'


def coded(path):
    return next(generate_pixel_data_frame(pydicom.dcmread(path).PixelData, 1))


def native(path, like):
    """The one frame of an uncompressed file, in LIKE's shape."""
    ds = pydicom.dcmread(path)
    a = np.frombuffer(ds.PixelData, like.dtype)[:like.size]
    if like.ndim == 3 and ds.PlanarConfiguration == 1:
        return a.reshape(3, *like.shape[:2]).transpose(1, 2, 0)
    return a.reshape(like.shape)


def others(code, a, syntax, bits):
    """How DCMTK and GDCM decode CODE: None where one of them cannot."""
    path = wrapped(code, a, syntax, bits)
    out = {}
    for name, command in (
            ('dcmtk', ['dcmdjpls'] if syntax in '80 81' else ['dcmdjpeg', '+cn']),
            ('gdcm', ['gdcmconv', '-w'])):
        if os.path.exists('out.dcm'):
            os.remove('out.dcm')
        r = run(*command, path, 'out.dcm')
        out[name] = native('out.dcm', a) if r.returncode == 0 else None
    return out


# -- T.81: streams that no tool at hand writes ------------------------------

def sof3(a, bits, ids=b'\1\2\3', marker=0xc3):
    n = 3 if a.ndim == 3 else 1
    return segment(marker, struct.pack('>BHHB', bits, *a.shape[:2], n) +
                   b''.join(bytes([ids[k], 0x11, 0]) for k in range(n)))


def sos(ids, predictor, tables=(0, 0, 0), point=0):
    return segment(0xda, bytes([len(ids)]) + b''.join(
        bytes([i, t << 4]) for i, t in zip(ids, tables)) +
        bytes([predictor, 0, point]))


# All of the 17 categories by codes of 5 bits.
TABLE = bytes([0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))


def scan(planes, predictor, bits, restart=0):
    """The samples of one scan, by T.81 H.1 to the letter; RESTART in rows."""
    out, word = bytearray(), ''
    rows, columns = planes[0].shape

    def flush(word):
        word += '1' * (-len(word) % 8)
        raw = int(word or '0', 2).to_bytes(len(word) // 8, 'big')
        out.extend(raw.replace(b'\xff', b'\xff\0'))

    for y in range(rows):
        first = y == 0 or (restart and y % restart == 0)
        if first and y > 0:
            flush(word)
            word = ''
            out.extend([0xff, 0xd0 + (y // restart - 1) % 8])
        for x in range(columns):
            for p in planes:
                a = int(p[y, x - 1]) if x else 0
                b = int(p[y - 1, x]) if y else 0
                c = int(p[y - 1, x - 1]) if x and y else 0
                if first:
                    guess = a if x else 1 << bits - 1
                elif x == 0:
                    guess = b
                else:
                    guess = (a, b, c, a + b - c, a + (b - c >> 1),
                             b + (a - c >> 1), a + b >> 1)[predictor - 1]
                d = (int(p[y, x]) - guess) % 65536
                d -= 65536 if d > 32768 else 0
                n = abs(d).bit_length()
                word += '%05d' % int(bin(n)[2:])
                if 0 < n < 16:
                    word += format(d if d > 0 else d + (1 << n) - 1, '0%db' % n)
    flush(word)
    return bytes(out)


def skeleton(a, bits, predictor=1, scans=1, ids=b'\1\2\3', tables=(0, 0, 0),
             point=0, extra=b'', near=None, interleave=0):
    """A stream without samples, to be coded alike; JPEG-LS with NEAR."""
    n = 3 if a.ndim == 3 else 1
    out = b'\xff\xd8' + extra + sof3(a, bits, ids, 0xc3 if near is None else 0xf7)
    for g in [[k] for k in range(n)] if scans > 1 else [range(n)]:
        out += sos(bytes(ids[k] for k in g), predictor, [tables[k] for k in g],
                   point) if near is None else segment(0xda, bytes([len(g)]) +
            b''.join(bytes([ids[k], 0]) for k in g) + bytes([near, interleave, 0]))
    return out + b'\xff\xd9'


def lossless(a, bits, predictor=1, point=0, restart=0, scans=1, ids=b'\1\2\3',
             extra=b''):
    """A stream of A as T.81 Annex H writes it; 5 bits for each category."""
    planes = [a] if a.ndim == 2 else [a[:, :, k] for k in range(3)]
    planes = [p >> point for p in planes]
    out = b'\xff\xd8' + extra + segment(0xc4, b'\0' + TABLE) + \
        sof3(a, bits, ids)
    if restart:	# an interval counts pixels
        out += segment(0xdd, struct.pack('>H', restart * a.shape[1]))
    groups = [[k] for k in range(len(planes))] if scans > 1 else \
        [range(len(planes))]
    for g in groups:
        out += sos(bytes(ids[k] for k in g), predictor, point=point) + \
            scan([planes[k] for k in g], predictor, bits - point, restart)
    return out + b'\xff\xd9'
