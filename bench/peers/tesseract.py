#!/usr/bin/python3
"""tesseract.py: words that tesseract reads on the whole page, as a box list: frames (PNM of dcm-frames) in, boxes out."""
import json
import subprocess
import sys

stream = sys.stdin.buffer
while magic := stream.readline():
    comment, size, most = stream.readline(), stream.readline(), stream.readline()
    width, height = map(int, size.split())
    samples = stream.read(width * height * (3 if magic == b"P6\n" else 1) * (2 if int(most) > 255 else 1))
    tsv = subprocess.run(["tesseract", "-", "-", "--psm", "11", "tsv"], input=magic + size + most + samples, check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    words = [line.split("\t") for line in tsv.splitlines()[1:]]
    boxes = [dict(zip("xywh", map(int, w[6:10]))) for w in words if len(w) == 12 and w[11].strip() and float(w[10]) >= 0]
    print(json.dumps({**json.loads(comment[len("# unphi "):]), "by": "tesseract", "boxes": boxes}), flush=True)
