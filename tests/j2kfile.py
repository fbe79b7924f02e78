"""j2kfile: what j2k.bats shares. Codestreams that ours are to be like come from
OpenJPEG's and OpenJPH's own programs, or are written here by T.800 Annex A; what
ours wrote is read by those programs, by FFmpeg and by GDCM."""
import os
import struct
import warnings

import numpy as np
import pydicom
from pydicom.encaps import encapsulate

from codec import CODEC, ours, read, refused, run, segment, write
from dcmfile import head

warnings.simplefilter('ignore')


# -- pictures: rows, columns, samples --------------------------------------

def picture(rows, columns, samples, bits, signed=False, kind='smooth'):
    """Smooth, noisy, or of the steepest steps in every direction and sample."""
    rng = np.random.default_rng(rows * 7919 + columns * 31 + samples + bits)
    shape, top = (rows, columns, samples), (1 << bits) - 1
    y, x, k = np.indices(shape)
    if kind == 'smooth':
        a = (np.sin(x / 23 + k) * np.cos(y / 31) + 1) / 2 * top + rng.normal(0, top / 200, shape)
        a = a.clip(0, top).astype('i8')
    elif kind == 'noise':
        a = rng.integers(0, top + 1, shape)
    else:
        a = np.where((x + y + k) % 2, top, 0)
    return a - (1 << (bits - 1)) * bool(signed)


def frame_of(a, bits):
    """As pixels.h delivers it: interleaved, little-endian, sign extended."""
    return a.astype('<i4').astype('<u4').astype('<u%d' % word(bits)).tobytes()


def word(bits):
    return 1 if bits <= 8 else 2 if bits <= 16 else 4


# -- others' programs -------------------------------------------------------

def opj_compress(a, bits, signed=False, options=(), out='like.j2k'):
    rows, columns, samples = a.shape
    write('in.rawl', frame_of(np.moveaxis(a, 2, 0), bits))
    r = run('opj_compress', '-i', 'in.rawl', '-o', out, '-F', '%d,%d,%d,%d,%s' % (
        columns, rows, samples, bits, 's' if signed else 'u'), *options)
    assert r.returncode == 0, (options, r.stdout, r.stderr)
    return read(out)


def ojph_compress(a, bits, options=(), out='like.j2c'):
    rows, columns, samples = a.shape
    name = 'in.ppm' if samples == 3 else 'in.pgm'
    write(name, b'P%d %d %d %d\n' % (6 if samples == 3 else 5, columns, rows,
          (1 << bits) - 1) + a.astype('u1' if bits <= 8 else '>u2').tobytes())
    r = run('ojph_compress', '-i', name, '-o', out, *options)
    assert r.returncode == 0 and os.path.exists(out), (options, r.stdout, r.stderr)
    return read(out)


def by_openjpeg(code, shape, bits, signed=False):
    write('x.j2k', code)
    run('rm', '-f', 'x.rawl')
    r = run('opj_decompress', '-i', 'x.j2k', '-o', 'x.rawl')
    assert r.returncode == 0 and b'WARN' not in r.stdout, r.stdout
    a = np.frombuffer(read('x.rawl'), '<u%d' % word(bits)).astype('i8')
    a = a & ((1 << bits) - 1)    # it masks signed samples
    if signed:
        a = np.where(a >> (bits - 1), a - (1 << bits), a)
    return np.moveaxis(a.reshape(shape[2], *shape[:2]), 0, 2)


def by_openjph(code, shape, bits):
    """Unsigned samples only."""
    write('x.j2c', code)
    name = 'x.ppm' if shape[2] == 3 else 'x.pgm'
    run('rm', '-f', name)
    r = run('ojph_expand', '-i', 'x.j2c', '-o', name)
    assert r.returncode == 0, r.stderr
    n = word(bits) * int(np.prod(shape))
    return np.frombuffer(read(name)[-n:], 'u1' if bits <= 8 else '>u2').reshape(shape)


def by_ffmpeg(code, shape, bits):
    """Its own decoder, of 8 and 16 unsigned bits, gray or RGB."""
    write('x.j2k', code)
    form = {(1, 8): 'gray', (3, 8): 'rgb24', (1, 16): 'gray16le', (3, 16): 'rgb48le'}
    r = run('ffmpeg', '-v', 'error', '-c:v', 'jpeg2000', '-i', 'x.j2k', '-f', 'rawvideo',
            '-pix_fmt', form[shape[2], bits], '-')
    return np.frombuffer(r.stdout, '<u%d' % word(bits)).reshape(shape)


def by_gdcm(code, shape, bits, signed=False, syntax='90'):
    """pydicom's reader, through GDCM's Python module."""
    ds = head('1.2.840.10008.1.2.4.' + syntax)
    ds.Rows, ds.Columns, ds.SamplesPerPixel = shape
    ds.PhotometricInterpretation = 'YBR_RCT' if shape[2] == 3 else 'MONOCHROME2'
    if shape[2] == 3:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 * word(bits), bits, bits - 1
    ds.PixelRepresentation = int(signed)
    ds.PixelData = encapsulate([code + b'\0' * (len(code) % 2)])
    ds['PixelData'].VR, ds['PixelData'].is_undefined_length = 'OB', True
    ds.save_as('x.dcm', write_like_original=False)
    ds = pydicom.dcmread('x.dcm')
    ds.convert_pixel_data('gdcm')
    return ds.pixel_array.reshape(shape).astype('i8')


# -- T.800 Annex A, read and written without our code -------------------------

def segments(code):
    """Marker segments up to the first SOD: (marker, body)."""
    at, out = 2, []
    while code[at:at + 2] != b'\xff\x93':
        n = struct.unpack('>H', code[at + 2:at + 4])[0]
        out.append((code[at + 1], code[at + 4:at + 2 + n]))
        at += 2 + n
    return out


SIZ, COD, COC, TLM, PLT, QCD, RGN, COM, SOT = \
    0x51, 0x52, 0x53, 0x55, 0x58, 0x5c, 0x5e, 0x64, 0x90


def siz(columns, rows, tile=None, bits=8, signed=False, components=1, origin=(0, 0),
        tile_origin=(0, 0), step=1, profile=0):
    return segment(SIZ, struct.pack(
        '>H8IH', profile, origin[0] + columns, origin[1] + rows, *origin,
        *(tile or (columns + origin[0], rows + origin[1])), *tile_origin, components) +
        bytes([bits - 1 | signed << 7, step, step]) * components)


def cod(levels=1, block=(4, 4), style=0, wavelet=1, layers=1, order=0, colour=0,
        precincts=(), sop=0, eph=0):
    return segment(COD, struct.pack(
        '>BBHB5B', bool(precincts) | sop << 1 | eph << 2, order, layers, colour, levels,
        *block, style, wavelet) + bytes(precincts))


def qcd(levels=1, style=0x40):
    return segment(QCD, bytes([style] + [8 << 3] * (3 * levels + 1) * (1 + style % 32)))


def tile(index=0, data=b'\0' * 2, part=0, parts=1, header=b''):
    return segment(SOT, struct.pack('>HIBB', index, 14 + len(header) + len(data), part,
                   parts)) + header + b'\xff\x93' + data


def stream(*parts):
    """An empty packet is a byte of zero: T.800 B.10.3."""
    return b'\xff\x4f' + b''.join(parts) + b'\xff\xd9'


def packets(columns, rows, levels, components=1, precincts=(), layers=1, tile=None,
            origin=(0, 0), tile_origin=(0, 0), **other):
    """How many packets each tile has: T.800 B.3, B.5, B.6."""
    x1, y1 = origin[0] + columns, origin[1] + rows
    tw, th = tile or (x1, y1)
    out = []
    for ty in range(tile_origin[1], y1, th):
        for tx in range(tile_origin[0], x1, tw):
            a = max(tx, origin[0]), max(ty, origin[1])
            b = min(tx + tw, x1), min(ty + th, y1)
            n = 0
            for r in range(levels + 1):
                p = (precincts or [0xff] * (levels + 1))[r]
                k = 1
                for axis, size in (0, p & 15), (1, p >> 4):
                    u, v = (-(-c[axis] // 2 ** (levels - r)) for c in (a, b))
                    k *= 0 if u == v else -(-v // 2 ** size) - u // 2 ** size
                n += k
            out.append(n * components * layers)
    return out


def blank(a, bits, signed=False, levels=1, more=b'', grid={}, **how):
    """A frame of A's size and kind without any content, coded as HOW says."""
    rows, columns, samples = a.shape
    how.setdefault('colour', int(samples == 3))
    counts = packets(columns, rows, levels, samples, how.get('precincts', ()), **grid)
    return stream(
        siz(columns, rows, bits=bits, signed=signed, components=samples, **grid),
        cod(levels, **how), qcd(levels), more,
        *(tile(t, b'\0' * n) for t, n in enumerate(counts)))
