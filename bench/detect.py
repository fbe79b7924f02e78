#!/usr/bin/python3
"""Measure text detection: txt-detect, and tesseract on the whole page beside it.

usage: detect.py FOLDER [PROGRAM [OPTION...]]
FOLDER holds truth.ndjson and the images it names, DICOM files or any that PIL reads. Prints what score.py says of each,
and the time an image.
"""
import io
import json
import os
import subprocess
import sys
import tempfile
import time

from PIL import Image

SCORE = os.path.join(os.path.dirname(__file__), "score.py")
KEYS = ("file", "by", "image", "images", "frame", "frames", "view", "width", "height")


def frames(folder, truth):
    if not truth[0]["file"].endswith((".png", ".jpg", ".pgm", ".ppm")):    # DICOM: the frames that the truth tells of
        program = os.path.abspath("build/dcm-frames")
        return b"".join(subprocess.run([program, "-f", str(t["frame"]), t["file"]], cwd=folder, check=True,
                                       stdout=subprocess.PIPE).stdout for t in truth)
    out = io.BytesIO()
    for t in truth:
        image = Image.open(os.path.join(folder, t["file"]))
        image = image.convert("RGB" if image.mode in ("RGB", "P") else "L")
        key = json.dumps({k: t[k] for k in KEYS if k in t})
        out.write(b"P%c\n# unphi %s\n%d %d\n255\n" % (b"6" if image.mode == "RGB" else b"5", key.encode(), *image.size))
        out.write(image.tobytes())
    return out.getvalue()


def tesseract(folder, truth):
    for t in truth:
        tsv = subprocess.run(["tesseract", os.path.join(folder, t["file"]), "-", "--psm", "11", "tsv"], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, OMP_THREAD_LIMIT="1"))
        boxes = []
        for row in tsv.stdout.decode().split("\n")[1:]:
            c = row.split("\t")
            if len(c) == 12 and c[11].strip() and float(c[10]) >= 0:
                boxes.append(dict(zip("xywh", map(int, c[6:10]))))
        yield json.dumps({**{k: t[k] for k in KEYS if k in t}, "boxes": boxes}) + "\n"


def main():
    folder, program = sys.argv[1], sys.argv[2:] or ["build/txt-detect", "--no-text"]
    name = os.path.join(folder, "truth.ndjson")
    truth = [json.loads(line) for line in open(name)]
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as found:
        stream = frames(folder, truth)
        start = time.time()
        done = subprocess.run(program, input=stream, stdout=subprocess.PIPE, check=True)
        print("%s: %.1f ms an image" % (" ".join(program), 1000 * (time.time() - start) / len(truth)), flush=True)
        found.write(done.stdout.decode())
        found.flush()
        subprocess.run([sys.executable, SCORE, name, found.name], check=True)
    if os.environ.get("TESSERACT"):
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as found:
            start = time.time()
            found.writelines(tesseract(folder, truth))
            found.flush()
            print("tesseract --psm 11: %.1f ms an image" % (1000 * (time.time() - start) / len(truth)), flush=True)
            subprocess.run([sys.executable, SCORE, name, found.name], check=True)


if __name__ == "__main__":
    main()
