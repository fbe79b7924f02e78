"""What boxes have to hold, by numpy and pydicom, never by our own code.

plant FILE OUT BOX...         FILE with other values in the boxes, the same elsewhere
check MODE IN OUT BOX...      exits 1 unless the boxes of OUT are right for MODE
field OUT VALUE [IN-BOX BOX]  paints a field of one value, and a box of another
bar OUT X W VALUE             a bar from top to bottom
flat FILE VALUE               exits 1 unless all of FILE is VALUE
values FILE PART...           exits 1 unless the parts are as said
each                          does what the lines of standard input say
"""
import importlib.util
import os
import sys

import numpy as np
import pydicom

_spec = importlib.util.spec_from_file_location(
    'px', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'px-redact.py'))
px = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(px)


def boxes_of(ds, texts):
    """Grown to both pixels of a pair where they share their chroma."""
    for t in texts:
        x, y, w, h = px.box(t)
        x1 = min(x + w, ds.Columns)
        if ds.PhotometricInterpretation.endswith('422'):
            x, x1 = x & ~1, x1 + x1 % 2
        yield x, y, x1, min(y + h, ds.Rows)


def plant(path, out, *texts):
    """Inverts the bits of every word in the boxes, by its place in the file."""
    ds = pydicom.dcmread(path)
    n, cols, rows = int(getattr(ds, 'NumberOfFrames', 1)), ds.Columns, ds.Rows
    pairs = ds.PhotometricInterpretation.endswith('422')
    count = 2 if pairs else ds.SamplesPerPixel
    raw = np.frombuffer(ds.PixelData, np.uint8).copy()
    if ds.BitsAllocated == 1:
        bits = np.unpackbits(raw, bitorder='little')
        a = bits[:n * rows * cols].reshape(n, rows, cols, 1)
        low = 1
    else:
        size = n * rows * cols * count * ds.BitsAllocated // 8
        a = raw[:size].view('<u%d' % (ds.BitsAllocated // 8))
        low = (1 << ds.BitsStored) - 1 if not ds.PixelRepresentation else (1 << ds.BitsAllocated) - 1
        a = a.reshape((n, 3, rows, cols) if count == 3 and ds.PlanarConfiguration
                      else (n, rows, cols, count))
    if a.ndim == 4 and count == 3 and ds.PlanarConfiguration:
        a = a.transpose(0, 2, 3, 1)
    for x, y, x1, y1 in boxes_of(ds, texts):
        a[:, y:y1, x:x1] ^= np.array(low, a.dtype)
    ds.PixelData = (np.packbits(bits, bitorder='little') if ds.BitsAllocated == 1
                    else raw).tobytes()
    ds.save_as(out)


def ring(a, covered, box):
    """The pixels that touch it, corners too, and lie in no box."""
    x, y, x1, y1 = box
    around = np.zeros(covered.shape, bool)
    around[max(y - 1, 0):y1 + 1, max(x - 1, 0):x1 + 1] = True
    return a[around & ~covered]


def commonest(r):
    v, n = np.unique(r, axis=0, return_counts=True)
    return v[np.argmax(n)]      # sorted: the smallest of equals


def check(mode, source, out, *texts):
    ds = pydicom.dcmread(out)
    a, b = px.frames_of(source).astype(int), px.frames_of(out).astype(int)
    boxes = list(boxes_of(ds, texts))
    covered = np.zeros(a.shape[1:3], bool)
    for x, y, x1, y1 in boxes:
        covered[y:y1, x:x1] = True
    assert (a[:, ~covered] == b[:, ~covered]).all(), 'pixels outside of the boxes'
    palette = ds.PhotometricInterpretation == 'PALETTE COLOR'
    for f in range(len(a)):
        for i, box in enumerate(boxes):
            x, y, x1, y1 = box
            top = np.zeros(covered.shape, bool)     # where no later box lies on it
            top[y:y1, x:x1] = True
            for u, v, u1, v1 in boxes[i + 1:]:
                top[v:v1, u:u1] = False
            r, got = ring(a[f], covered, box), b[f][top]
            if palette and mode in ('mean', 'telea', 'ns'):
                assert (got == commonest(r)).all(), (mode, box)
            elif mode == 'mean':
                assert (got == np.floor(r.mean(0) + 0.5)).all(), (box, got[0], r.mean(0))
            elif mode in ('telea', 'ns'):
                free = a[f][~covered]
                assert (got >= free.min(0)).all() and (got <= free.max(0)).all(), box
            elif mode == 'noise':
                # Luma and chroma of a pair are of two pixels.
                r, got = (r[:, :1], got[:, :1]) if ds.PhotometricInterpretation.endswith(
                    '422') else (r, got)
                have = {tuple(v) for v in r}
                assert {tuple(v) for v in got} <= have, box
                # 400 draws or more: nearly all of a few hundred, in about their shares.
                assert len({tuple(v) for v in got}) > len(have) / 2, box
                if not palette and ds.BitsAllocated > 1:
                    assert abs(got.mean() - r.mean()) < 4 * r.std() / len(got) ** 0.5 + 1
            elif mode == 'text':
                paper = commonest(r)
                share = (got == paper).all(1).mean()
                assert 0.3 < share < 0.97, (box, share)
        if mode == 'noise' and f > 0 and len(np.unique(a[f])) > 2:
            x, y, x1, y1 = boxes[0]
            assert (b[f, y:y1, x:x1] != b[0, y:y1, x:x1]).any(), 'the same noise twice'


def repaint(path, paint):
    ds = pydicom.dcmread(path)
    a = ds.pixel_array.copy()
    paint(a)
    ds.PixelData = a.tobytes()
    ds.save_as(path)


def field(path, value, inside=None, box=None):
    def paint(a):
        a[...] = int(value)
        if box:
            x, y, w, h = px.box(box)
            a[y:y + h, x:x + w] = int(inside)
    repaint(path, paint)


def bar(path, x, w, value):
    def paint(a):
        a[:, int(x):int(x) + int(w)] = int(value)
    repaint(path, paint)


def flat(path, value):
    assert (px.frames_of(path) == int(value)).all()


def values(path, *parts):
    """PART is X,Y,W,H=VALUE or X,Y,W,H=FROM..TO, of each sample."""
    a = px.frames_of(path)[0].astype(int)
    for part in parts:
        where, _, want = part.partition('=')
        x, y, w, h = px.box(where)
        got = a[y:y + h, x:x + w].reshape(-1, a.shape[-1])
        if '..' in want:
            low, high = map(int, want.split('..'))
            assert (got >= low).all() and (got <= high).all(), part
        else:
            assert (got == list(px.box(want))).all(), (part, np.unique(got, axis=0))


def each():
    for line in sys.stdin:
        words = line.split()
        try:
            globals()[words[0]](*words[1:])
        except AssertionError as e:
            sys.exit('%s: %s' % (line.strip(), e))


if __name__ == '__main__':
    try:
        globals()[sys.argv[1]](*sys.argv[2:])
    except AssertionError as e:
        sys.exit(str(e))
