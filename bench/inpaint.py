#!/usr/bin/python3
"""Inpainting by px-redact beside OpenCV's, on the same pictures and boxes.

inpaint.py BUILD [PICTURE...]   a table; PICTURE: PNG or PNM, beside our own

mad      mean absolute difference within the boxes, in parts of 255: between the
         two, and of each from what was there
seconds  of px-redact less what it takes to fill in black, of cv2.inpaint with a
         radius of 5 on one thread, and their ratio
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np

RADIUS = 5
MODES = {'telea': cv2.INPAINT_TELEA, 'ns': cv2.INPAINT_NS}


def smooth(w, h):
    """Slow changes: the anatomy of a radiograph."""
    y, x = np.mgrid[0:h, 0:w]
    return 128 + 60 * np.sin(x / 37) * np.cos(y / 53) + 40 * x / w


def edges(w, h):
    """Discs and bars: what isophotes are for."""
    y, x = np.mgrid[0:h, 0:w]
    v = np.full((h, w), 40.0)
    v[(x // 64 + y // 96) % 2 == 0] = 150
    v[(x - w / 2) ** 2 + (y - h / 2) ** 2 < (min(w, h) / 3) ** 2] = 210
    return cv2.GaussianBlur(v, (0, 0), 1.0)


def speckle(w, h):
    """Ultrasound: nothing can know its grains."""
    rng = np.random.default_rng(1)
    v = cv2.GaussianBlur(rng.rayleigh(40, (h, w)), (0, 0), 1.2)
    return v * (1 - 0.5 * np.mgrid[0:h, 0:w][0] / h)


def own(w, h):
    for make in smooth, edges, speckle:
        yield '%s-%dx%d' % (make.__name__, w, h), \
            np.clip(make(w, h), 0, 255).astype(np.uint8)


def lines(w, h):
    """Boxes as of lines of text, in the corners and in the middle."""
    a, b = w // 4, max(h // 30, 8)
    for x, y in ((4, 4), (w - a - 4, 4), (4, h - b - 4), (w // 3, h // 2)):
        for i in range(2):
            yield x, y + i * (b + 4) if y < h // 2 + 1 else y - i * (b + 4), a, b


def write_pnm(path, a):
    with open(path, 'wb') as f:
        f.write(b'P%d\n%d %d\n255\n' % (6 if a.ndim == 3 else 5, a.shape[1],
                                       a.shape[0]))
        f.write(a.tobytes())


def ours(build, path, boxes, mode, shape):
    """The image that px-redact makes, and the seconds that it takes."""
    record = {'file': path, 'by': 'bench', 'image': 1, 'images': 1, 'frame': 1,
              'frames': 1, 'width': shape[1], 'height': shape[0],
              'boxes': [dict(zip('xywh', b)) for b in boxes]}
    best = 1e9
    for _ in range(3):
        start = time.monotonic()
        out = subprocess.run([build + '/px-redact', '-f', mode, path], check=True,
                             input=json.dumps(record).encode() + b'\n',
                             capture_output=True).stdout
        best = min(best, time.monotonic() - start)
    n = int(np.prod(shape))
    return np.frombuffer(out[-n:], np.uint8).reshape(shape), best


def theirs(a, mask, mode):
    best = 1e9
    for _ in range(3):
        start = time.monotonic()
        out = cv2.inpaint(a, mask, RADIUS, MODES[mode])
        best = min(best, time.monotonic() - start)
    return out, best


def mad(a, b, mask):
    d = np.abs(a.astype(int) - b.astype(int))[mask != 0]
    return d.mean()


def row(build, folder, name, a, boxes, modes):
    path = os.path.join(folder, 'a.pnm')
    write_pnm(path, a)
    mask = np.zeros(a.shape[:2], np.uint8)
    for x, y, w, h in boxes:
        mask[y:y + h, x:x + w] = 255
    _, idle = ours(build, path, boxes, 'black', a.shape)
    for mode in modes:
        mine, took = ours(build, path, boxes, mode, a.shape)
        other, needed = theirs(a, mask, mode)
        took = max(took - idle, 1e-4)
        assert (mine[mask == 0] == a[mask == 0]).all()
        print('%-5s %-22s %6.2f %6.2f %6.2f   %7.3f %7.3f %6.2f' % (
            mode, name, mad(mine, other, mask), mad(mine, a, mask),
            mad(other, a, mask), took, needed, took / needed), flush=True)


def main(build, *pictures):
    cv2.setNumThreads(1)
    print('mode  picture              mad: both   ours theirs   s: ours  theirs  ratio')
    with tempfile.TemporaryDirectory() as folder:
        for w, h in ((512, 512), (1024, 768), (2048, 2048)):
            for name, a in own(w, h):
                row(build, folder, name, a, list(lines(w, h)), MODES)
        colour = np.dstack([a for _, a in own(800, 600)])
        row(build, folder, 'colour-800x600', colour, list(lines(800, 600)), MODES)
        # All but one row and one column of a large image.
        a = smooth(2048, 2048).astype(np.uint8)
        row(build, folder, 'all-of-2048x2048', a, [(1, 1, 2047, 2047)], MODES)
        for name in pictures:
            a = cv2.imread(name, cv2.IMREAD_GRAYSCALE)
            if a is None:
                sys.exit('%s: no picture' % name)
            row(build, folder, os.path.basename(name)[:22], a,
                list(lines(a.shape[1], a.shape[0])), MODES)


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
