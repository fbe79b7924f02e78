"""videofile: streams made by ffmpeg, wrapped in DICOM; what ffmpeg decodes of them."""
import json
import os
import subprocess

import numpy as np
from pydicom.uid import UID

from dcmfile import frames, head, item, raw, refused, retag

W, H, N = 96, 64, 10
BASE = '1.2.840.10008.1.2.4.'
SOURCE = f'testsrc2=s={W}x{H}:r=25:d={N / 25}'

# name: transfer syntax, file of the stream, what ffmpeg is told
STREAMS = {
    'mpeg2': ('100', 'm2v', '-c:v mpeg2video -q:v 3 -bf 2 -g 6'),
    'mpeg2-ps': ('101', 'mpg', '-c:v mpeg2video -q:v 3 -f vob'),
    'mpeg2-ts': ('100', 'ts', '-c:v mpeg2video -q:v 3'),
    'h264': ('102', 'h264', '-c:v libx264'),
    'h264-mp4': ('104', 'mp4', '-c:v libx264'),
    'h264-ts': ('105', 'ts', '-c:v libx264'),
    'h264-bluray': ('103', 'm2ts', '-c:v libx264 -mpegts_m2ts_mode 1'),
    'hevc': ('107', 'hevc', '-c:v libx265 -x265-params log-level=none:hash=1'),
    'hevc-mp4': ('107', 'mp4', '-c:v libx265 -x265-params log-level=none'),
    'hevc10': ('108', 'hevc', '-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le'),
}
# Bicubic chroma, at the left of its luma, rounded exactly; as libavcodec's users say it.
SCALE = ('scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact'
         ':in_h_chr_pos=0:in_v_chr_pos=128')


def ffmpeg(*args):
    return subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-y', *args],
                          check=True, capture_output=True).stdout


def stream(name):
    """The stream of that name, as ffmpeg makes it; and its transfer syntax."""
    syntax, suffix, options = STREAMS[name]
    path = f'{name}.{suffix}'
    if '-pix_fmt' not in options:
        options += ' -pix_fmt yuv420p'
    if not os.path.exists(path):
        ffmpeg('-f', 'lavfi', '-i', SOURCE, *options.split(), path)
    return path, syntax


def wrap(path, code, syntax, count=N, rows=H, columns=W, cuts=(), table=b'', **attributes):
    """Writes the bytes CODE as a DICOM video, in fragments that end at CUTS."""
    ds = head()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = \
        UID('1.2.840.10008.5.1.4.1.1.77.1.1.1')
    ds.FrameTime, ds.FrameIncrementPointer = '40', 0x00181063
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PixelRepresentation = 3, 0, 0
    ds.PhotometricInterpretation = 'YBR_PARTIAL_420'
    ds.Rows, ds.Columns, ds.NumberOfFrames = rows, columns, count
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.LossyImageCompression, ds.LossyImageCompressionRatio = '01', '30'
    ds.LossyImageCompressionMethod = 'ISO_14496_10'
    for name, value in attributes.items():
        setattr(ds, name, value)
    ds.save_as('plain.dcm', write_like_original=False)
    retag('plain.dcm', BASE + syntax, path)
    edges = [0, *cuts, len(code)]
    with open(path, 'ab') as f:
        f.write(b'\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff' + item(table))
        for a, b in zip(edges, edges[1:]):
            part = code[a:b]
            if b != len(code):      # in the middle nothing may be padded
                f.write(b'\xfe\xff\x00\xe0' + len(part).to_bytes(4, 'little') + part)
            else:
                f.write(item(part))
        f.write(b'\xfe\xff\xdd\xe0\0\0\0\0')


def clip(name, path='a.dcm', **kw):
    """A DICOM video of that stream; the file of the stream."""
    file, syntax = stream(name)
    wrap(path, open(file, 'rb').read(), syntax, **kw)
    return file


def decoded(file, rows=H, columns=W, scale=SCALE):
    """The frames of a stream as ffmpeg's own program makes them RGB."""
    b = ffmpeg('-i', file, '-vf', scale + ',format=rgb24', '-f', 'rawvideo', '-')
    return np.frombuffer(b, 'u1').reshape(-1, rows, columns, 3).astype(int)


def luma(file, rows=H, columns=W):
    """The Y planes of a stream."""
    b = ffmpeg('-i', file, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-')
    n = rows * columns
    return np.frombuffer(b, 'u1').reshape(-1, n * 3 // 2)[:, :n].reshape(-1, rows, columns)


def records(boxes, file='a.dcm', count=N, rows=H, columns=W, to='list'):
    """A complete box list: BOXES, or those that it gives for a frame."""
    with open(to, 'w') as f:
        for k in range(1, count + 1):
            mine = boxes(k) if callable(boxes) else boxes
            print(json.dumps({
                'file': file, 'by': 'test', 'image': k, 'images': count, 'frame': k,
                'frames': count, 'width': columns, 'height': rows,
                'boxes': [dict(zip('xywh', b)) for b in mine]}), file=f)


def redact(*args, status=0, file='a.dcm', out='out.dcm'):
    """What px-redact says on standard error."""
    if os.path.exists(out):
        os.remove(out)
    r = subprocess.run(['px-redact', '-b', 'list', '-o', out, *args, file], capture_output=True)
    assert r.returncode == status, (args, r.returncode, r.stderr)
    assert os.path.exists(out) == (status == 0), args
    return r.stderr.decode()


def code_of(path):
    """The stream in a DICOM video: all after the offset table, joined."""
    b = open(path, 'rb').read()
    at = b.rindex(b'\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff') + 12
    parts = []
    while b[at:at + 4] == b'\xfe\xff\x00\xe0':
        n = int.from_bytes(b[at + 4:at + 8], 'little')
        parts.append(b[at + 8:at + 8 + n])
        at += 8 + n
    return b''.join(parts[1:])
