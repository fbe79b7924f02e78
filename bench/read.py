#!/usr/bin/python3
"""Measure how well text is read: txt-detect, and tesseract on the same boxes and on the whole page beside it.

usage: read.py FOLDER [PROGRAM [OPTION...]]
FOLDER holds truth.ndjson and the images that it names, as for detect.py. Boxes of the truth and found ones that lie in
one another make a group, whose texts are joined from left to right and compared: a line that was found in two parts is
read right when both are. Lines without a found box count as missed, not as read wrong. Truth in parentheses, "R
(mirrored)", is no text to read. Prints the lines that are exact, but for the number of spaces, and the errors a
character (edit distance), of all and of PHI. TESSERACT=1 adds what tesseract reads, VERBOSE=1 each wrong reading.
"""
import collections
import io
import json
import os
import subprocess
import sys
import time

from PIL import Image, ImageOps

sys.path.insert(0, os.path.dirname(__file__))
from detect import frames, tesseract  # noqa: E402


def distance(a, b):
    row = range(len(b) + 1)
    for i, c in enumerate(a):
        new = [i + 1]
        for j, d in enumerate(b):
            new.append(min(row[j] + (c != d), row[j + 1] + 1, new[j] + 1))
        row = new
    return row[-1]


def inside(a, b):
    """Do A and B overlap by half of the smaller one?"""
    w = min(a["x"] + a["w"], b["x"] + b["w"]) - max(a["x"], b["x"])
    h = min(a["y"] + a["h"], b["y"] + b["h"]) - max(a["y"], b["y"])
    return w > 0 and h > 0 and 2 * w * h >= min(a["w"] * a["h"], b["w"] * b["h"])


def joined(boxes):
    """The texts of boxes of one or more rows, in reading order."""
    rows = []
    for b in sorted(boxes, key=lambda b: b["y"] + b["h"] / 2):
        if not rows or b["y"] + b["h"] / 2 > rows[-1][-1]["y"] + rows[-1][-1]["h"]:
            rows.append([])
        rows[-1].append(b)
    return " ".join(" ".join(b.get("text") or "" for r in rows for b in sorted(r, key=lambda b: b["x"])).split())


def groups(truth, found):
    """(truth boxes, found boxes) that lie in one another, by flooding."""
    left, other = list(truth), list(found)
    while left:
        t, f, more = [left.pop(0)], [], True
        while more:
            more = [b for b in other if any(inside(b, a) for a in t)]
            f += more
            other = [b for b in other if b not in more]
            also = [b for b in left if any(inside(b, a) for a in more)]
            t += also
            left = [b for b in left if b not in also]
        yield t, f


def score(name, truth, records, seconds):
    found = {(r["file"], r["frame"]): r["boxes"] for r in records}
    count = collections.Counter()
    for t in truth:
        for lines, boxes in groups([b for b in t["boxes"] if b.get("text")], found.get((t["file"], t["frame"]), [])):
            if any("(" in b["text"] for b in lines):
                continue
            want, got = joined(lines), joined(boxes)
            for kind in ["all"] + ["phi"] * any(b.get("phi") for b in lines):
                if not boxes:
                    count[kind, "missed"] += len(lines)
                    continue
                count[kind, "lines"] += len(lines)
                count[kind, "exact"] += len(lines) * (want == got)
                count[kind, "case"] += len(lines) * (want.replace(" ", "").lower() == got.replace(" ", "").lower())
                count[kind, "letters"] += len(want)
                count[kind, "errors"] += min(distance(want, got), len(want))
            if os.environ.get("VERBOSE") and boxes and want != got:
                print("%s %s %s want %r got %r conf %s" % (os.path.basename(t["file"]), [lines[0][k] for k in "xywh"],
                                                           lines[0].get("style", ""), want, got,
                                                           [b.get("conf") for b in boxes]))
    for kind in ("all", "phi"):
        n = count[kind, "lines"]
        if n:
            print("%-12s %-3s %4d lines, %d missed: exact %.3f (%.3f without case and spaces), errors a character %.3f" % (
                name, kind, n, count[kind, "missed"], count[kind, "exact"] / n, count[kind, "case"] / n,
                count[kind, "errors"] / count[kind, "letters"]), end="")
            print(", %.1f ms a line" % (1000 * seconds / n) if kind == "all" else "", flush=True)


def images(stream):
    """Of a stream of PNM images that frames() made."""
    at = 0
    while at < len(stream):
        magic, key, size, maxval = stream[at:].split(b"\n", 4)[:4]
        w, h = map(int, size.split())
        at += len(magic) + len(key) + len(size) + len(maxval) + 4
        mode = "RGB" if magic == b"P6" else "L"
        yield json.loads(key[8:]), Image.frombytes(mode, (w, h), stream[at:at + w * h * len(mode)])
        at += w * h * len(mode)


def crops(stream, records):
    """What people do: cut, dark on light, three times as large, psm 7."""
    found = {(r["file"], r["frame"]): r for r in records}
    for key, image in images(stream):
        r = found[key["file"], key["frame"]]
        for b in r["boxes"]:
            crop = image.crop((b["x"], b["y"], b["x"] + b["w"], b["y"] + b["h"])).convert("L")
            if sum(crop.getdata()) < 128 * crop.width * crop.height:
                crop = ImageOps.invert(crop)
            crop = ImageOps.expand(crop.resize((3 * crop.width, 3 * crop.height), Image.LANCZOS), 10, 255)
            png = io.BytesIO()
            crop.save(png, "PNG")
            done = subprocess.run(["tesseract", "-", "-", "--psm", "7"], input=png.getvalue(), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, env=dict(os.environ, OMP_THREAD_LIMIT="1"), check=False)
            b["text"] = done.stdout.decode().strip()
        yield r


def timed(command, stream):
    start = time.time()
    done = subprocess.run(command, input=stream, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], time.time() - start


def main():
    folder, program = sys.argv[1], sys.argv[2:] or ["build/txt-detect"]
    truth = [json.loads(line) for line in open(os.path.join(folder, "truth.ndjson"))]
    truth = [t for t in truth if any(b.get("text") for b in t["boxes"])]
    stream = frames(folder, truth)
    plain, finding = timed(program + ["--no-text"], stream)
    records, seconds = timed(program, stream)
    score("txt-detect", truth, records, seconds - finding)
    if os.environ.get("TESSERACT"):
        start = time.time()
        score("crops psm 7", truth, list(crops(stream, plain)), time.time() - start)
        start = time.time()
        score("page psm 11", truth, [json.loads(line) for line in tesseract(folder, truth)], time.time() - start)


if __name__ == "__main__":
    main()
