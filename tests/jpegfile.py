"""jpegfile: what jpeg.bats shares. Frames are coded by cjpeg and shown by djpeg; what
jpeg_dct.py says of coefficients is its own reading of T.81."""
import io
import resource

import numpy as np
from PIL import Image

import jpeg_dct
from codecfile import *

rng = np.random.default_rng(11)


def picture(rows, columns, samples):
    y, x = np.indices((rows, columns))
    a = [128 + 70 * np.sin(x / 5 + k) + 45 * np.cos(y / (3 + k)) + rng.normal(0, 8, x.shape)
         for k in range(samples)]
    return np.stack(a, 2).clip(0, 255).astype('u1')


def cjpeg(a, *options):
    head = 'P%d %d %d 255\n' % (5 if a.shape[2] == 1 else 6, a.shape[1], a.shape[0])
    r = run('cjpeg', *options, data=head.encode() + a.tobytes())
    assert r.returncode == 0, (options, r.stderr)
    return r.stdout


def shown(code, *options):
    r = run('djpeg', '-pnm', *options, data=code)
    assert r.returncode == 0 and not r.stderr, (options, r.stderr)
    return np.array(Image.open(io.BytesIO(r.stdout)).convert('RGB'))


def decoded(code):
    w, h = run(CODEC, 'jpeg', 'describe', data=code).stdout.split()[0].split(b'x')
    return np.frombuffer(ours('jpeg', 'decode', 1, data=code), 'u1').reshape(int(h), int(w), -1).copy()


def boxes_of(text):
    return [tuple(map(int, b.split(','))) for b in text.split('/')]


def aligned(boxes, code):
    return ours('jpeg-dct', 'align', boxes, data=code).decode().strip().replace('\n', '/')


def interpolated(boxes, code):
    """BOXES and one sample of chroma around."""
    sof = next(body for m, body in segments(code) if m in ('c0', 'c1', 'c2'))
    h, v = [b >> 4 for b in sof[7::3]], [b & 15 for b in sof[7::3]]
    by, bx = max(v) // min(v) * (max(v) > min(v)), max(h) // min(h) * (max(h) > min(h))
    return '/'.join('%d,%d,%d,%d' % (max(0, x - bx), max(0, y - by), min(x, bx) + w + bx, min(y, by) + d + by)
                    for x, y, w, d in boxes_of(boxes))


def outside(shape, boxes):
    m = np.ones(shape[:2], bool)
    for x, y, w, h in boxes_of(boxes):
        m[y:y + h, x:x + w] = False
    return m


def replaced(code, boxes, level, frame=None):
    """CODE with aligned BOXES of LEVEL, or as in FRAME."""
    a = decoded(code) if frame is None else frame
    if frame is None:
        a[~outside(a.shape, boxes)] = level
    return ours('jpeg-dct', 'replace', boxes, write('frame', a.tobytes()), data=code)


def same_but_boxes(code, new, boxes):
    return run(CODEC, 'jpeg-dct', 'compare', boxes, write('new', new), data=code).returncode == 0


def segments(code):
    """All but the tables of codes, scan headers without their table selectors."""
    out = []
    for line in ours('jpeg', 'segments', data=code).decode().split('\n')[:-2]:
        m, at, n = line.split()
        body = code[int(at):int(at) + int(n)]
        if m == 'da':
            body = body[:1] + body[1:-3:2] + body[-3:]
        if m not in ('c4', 'cc'):
            out.append((m, body))
    return out
