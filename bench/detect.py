#!/usr/bin/python3
"""Measure how well text is found, and what it costs: txt-detect's engines, and peers, in one table of Markdown.

usage: detect.py [--images=N] [--seed=N] [--sets=LIST] [--engines=LIST] [--speed] [PEER...]

A peer is a program that reads frames, a PNM stream from dcm-frames, and writes a box list; see bench/peers. Sets:
  detect   ../shared/bench/detect, or DETECT: images with truth.ndjson
  corpus   ../shared/corpus, or CORPUS: real images with truth.ndjson
  unseen   text stamped on those real images that have none
  fresh, turned (by 90 degrees), small (6-8 pixels), large (60-120), colour, cine (still text, moving picture)
           text stamped on ../shared/bench/backgrounds, or BACKGROUNDS: PNG without text; the trainer knows these
Stamped: 8-48 pixels and 45 levels or more, but where the set says otherwise, in the fonts below FONTS (/usr/share/fonts).
Of each set N images are taken, 40 by default. --speed also measures time alone. Works in build/bench.
Time is that of the processor, start included, so that other work on the machine hardly changes it; one thread each.
"""
import glob
import json
import os
import random
import resource
import shutil
import subprocess
import sys

import numpy as np
import pydicom
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
WORK = os.path.join(BUILD, "bench")
SHARED = os.path.join(os.path.dirname(ROOT), "shared")
DETECT = os.environ.get("DETECT", os.path.join(SHARED, "bench/detect"))
CORPUS = os.environ.get("CORPUS", os.path.join(SHARED, "corpus"))
BACKGROUNDS = os.environ.get("BACKGROUNDS", os.path.join(SHARED, "bench/backgrounds"))
FONTS = os.environ.get("FONTS", "/usr/share/fonts")
ENGINES = "net,ocr,edge,threshold,strips"
CONTRAST = ["-c", "45-255"]
MIXED = ["-p", "corners,random", "--style", "plain,plain,plain,outline,box,shadow", "--edges", "soft,soft,hard"]
STAMPED = {
    "unseen": ["-z", "8-48", *CONTRAST, *MIXED],
    "fresh": ["-z", "8-48", *CONTRAST, *MIXED],
    "turned": ["-z", "8-48", "-a", "90,270", *CONTRAST, *MIXED],
    "small": ["-z", "6-8", *CONTRAST, *MIXED],
    "large": ["-z", "60-120", "-n", "1-3", *CONTRAST, *MIXED],
    "colour": ["-z", "8-48", "--colour", "red,green,blue,yellow,magenta,cyan,white", *MIXED],
    "cine": ["-z", "8-48", *CONTRAST, *MIXED],
}
SETS = ["detect", "corpus", *STAMPED]
KEYS = ("file", "by", "image", "images", "frame", "frames", "view", "width", "height")


def program(name):
    return os.path.join(BUILD, name)


def pnm(pixels, key):
    """One image of a stream: PIXELS are bytes, rows by columns, or by 3."""
    magic = b"P6" if pixels.ndim == 3 else b"P5"
    return b"%s\n# unphi %s\n%d %d\n255\n" % (magic, json.dumps(key).encode(), pixels.shape[1], pixels.shape[0]) + \
        pixels.tobytes()


def rgb_or_gray(name):
    image = Image.open(name)
    return np.asarray(image.convert("RGB" if image.mode in ("RGB", "P") else "L"))


def read_truth(folder):
    return [json.loads(line) for line in open(os.path.join(folder, "truth.ndjson"))]


def dicom(frames, name):
    """Writes FRAMES, all alike, as a secondary capture."""
    first = frames[0]
    d = pydicom.Dataset()
    d.SOPClassUID, d.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", generate_uid(entropy_srcs=[os.path.basename(name)])
    d.SamplesPerPixel = 3 if first.ndim == 3 else 1
    d.PhotometricInterpretation = "RGB" if first.ndim == 3 else "MONOCHROME2"
    if first.ndim == 3:
        d.PlanarConfiguration = 0
    d.Rows, d.Columns = first.shape[:2]
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 8, 8, 7, 0
    if len(frames) > 1:
        d.NumberOfFrames = len(frames)
    pixels = b"".join(f.tobytes() for f in frames)
    d.PixelData = pixels + b"\0" * (len(pixels) % 2)
    d.is_little_endian, d.is_implicit_VR = True, False
    d.file_meta = pydicom.dataset.FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(name, d, write_like_original=False)


def moving(still, frames, rng):
    """STILL as a cine: it drifts, and speckle comes and goes."""
    out = []
    for i in range(frames):
        moved = np.roll(still, (2 * i, i), (0, 1)).astype(float)
        out.append(np.clip(moved * rng.normal(1, .15, moved.shape), 0, 255).astype("uint8"))
    return out


def grounds(name, count, seed):
    """Folder of COUNT DICOM files without text, for the set NAME."""
    folder = os.path.join(WORK, name + ".ground")
    os.makedirs(folder)
    if name == "unseen":
        bare = [t["file"] for t in read_truth(CORPUS) if not t["boxes"] and t["frames"] == 1]
        for i in range(count):    # a file may come again, with other text
            d = pydicom.dcmread(os.path.join(CORPUS, bare[i % len(bare)]), force=True)
            d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(seed), str(i)])
            d.save_as(os.path.join(folder, "%04d.dcm" % i))
        return folder
    names = sorted(glob.glob(os.path.join(BACKGROUNDS, "*.png")))
    random.Random(seed).shuffle(names)
    count = min(count, max(1, count // 10)) if name == "cine" else count
    for i in range(count):
        pixels = rgb_or_gray(names[i % len(names)])
        if name == "colour" and pixels.ndim == 2:
            pixels = np.stack([pixels] * 3, 2)
        frames = moving(pixels, 10, np.random.RandomState(seed)) if name == "cine" else [pixels]
        dicom(frames, os.path.join(folder, "%d-%04d.dcm" % (seed, i)))
    return folder


def stamp(name, count, seed):
    """Stamps a set; returns its frames and its truth."""
    folder = grounds(name, count, seed)
    out, truth = os.path.join(WORK, name), os.path.join(WORK, name + ".truth")
    done = subprocess.run([program("dcm-stamp"), "-O", out, "--truth", truth, "-F", FONTS, "-s", str(seed), *STAMPED[name],
                           *sorted(glob.glob(folder + "/*"))], stderr=subprocess.PIPE)
    refused = len(done.stderr.splitlines())
    if refused:
        print("%s: %d files could not be stamped" % (name, refused), file=sys.stderr)
    files = [json.loads(line)["file"] for line in open(truth)]
    return subprocess.run([program("dcm-frames"), *dict.fromkeys(files)], check=True, stdout=subprocess.PIPE).stdout, truth


def given(name, count, seed):
    """COUNT images of a set that is there, or all of it; returns its frames and its truth."""
    folder = {"detect": DETECT, "corpus": CORPUS}[name]
    records = read_truth(folder)
    records = random.Random(seed).sample(records, min(count, len(records)))
    truth = os.path.join(WORK, name + ".truth")
    with open(truth, "w") as f:
        f.writelines(json.dumps(t) + "\n" for t in records)
    if name == "corpus":
        return b"".join(subprocess.run([program("dcm-frames"), "-f", str(t["frame"]), t["file"]], cwd=folder, check=True,
                                       stdout=subprocess.PIPE).stdout for t in records), truth
    return b"".join(pnm(rgb_or_gray(os.path.join(folder, t["file"])), {k: t[k] for k in KEYS}) for t in records), truth


def run(command, stream):
    """What COMMAND makes of STREAM, and the seconds of processor time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, input=stream, stdout=subprocess.PIPE, env=dict(os.environ, OMP_THREAD_LIMIT="1"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit("%s: status %d" % (" ".join(command), done.returncode))
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def megapixels(stream):
    return sum(r["width"] * r["height"] for r in headers(stream)) / 1e6


def headers(stream):
    """The key of each frame."""
    at = 0
    while at < len(stream):
        magic, comment, size, most = stream[at:at + 100000].split(b"\n", 4)[:4]
        width, height = map(int, size.split())
        yield json.loads(comment[len("# unphi "):])
        at += sum(len(x) + 1 for x in (magic, comment, size, most)) + \
            width * height * (3 if magic == b"P6" else 1) * (2 if int(most) > 255 else 1)


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def figure(value, form="%.4f"):
    return "-" if value is None else form % value


def measure(name, frames, truth, detectors):
    area = megapixels(frames)
    for who, command in detectors:
        found, seconds = run(command, frames)
        with open(os.path.join(WORK, name + ".found"), "wb") as f:
            f.write(found)
        said = subprocess.run([program("box-score"), "--json", truth, f.name], check=True, stdout=subprocess.PIPE).stdout
        s = json.loads(said.splitlines()[0])
        row(name, who, str(s["images"]), str(s["all"]["lines"]), figure(s["all"]["recall"]),
            "%s of %d" % (figure(s["phi"]["recall"]), s["phi"]["lines"]), figure(s["false_mean"]),
            figure(s["area_precision"]), figure(s["all"]["presidio_recall"]), "%.1f" % (1000 * seconds / area))


def crops(side, count):
    """COUNT different frames of SIDE by SIDE, from the backgrounds."""
    names = sorted(glob.glob(os.path.join(BACKGROUNDS, "*.png")))
    for i in range(count):
        image = Image.open(names[i % len(names)]).convert("L").resize((side, side))
        yield pnm(np.asarray(image), dict(file="%d.dcm" % i, by="bench", image=1, images=1, frame=1, frames=1, width=side,
                                          height=side))


def loop(frames):
    """An ultrasound loop of 800x600 with a still banner, as DICOM."""
    ground = Image.open(sorted(glob.glob(os.path.join(BACKGROUNDS, "*.png")))[0]).convert("L").resize((800, 600))
    pictures = moving(np.asarray(ground), frames, np.random.RandomState(1))
    for p in pictures:
        p[:60] = 0
    bare, out = os.path.join(WORK, "loop.dcm"), os.path.join(WORK, "banner.dcm")
    dicom(pictures, bare)
    subprocess.run([program("dcm-stamp"), "-t", "name=DOE^JANE 1961-02-03", "-t", "institution=GENERAL HOSPITAL", "-z", "18",
                    "-p", "2:2", "-o", out, bare], check=True)
    return subprocess.run([program("dcm-frames"), out], check=True, stdout=subprocess.PIPE).stdout


def speed(detectors):
    print()
    row("one core", *(who for who, _ in detectors))
    row(*["---"] * (len(detectors) + 1))
    count = 16
    for side in (512, 1024, 2048):
        stream = b"".join(crops(side, count * 512 // side))
        images = count * 512 // side
        row("%dx%d, ms an image" % (side, side), *("%.1f" % (1000 * run(c, stream)[1] / images) for _, c in detectors))
    ours = [d for d in detectors if d[0] == "net"]
    frames = loop(300)
    for who, command in ours:
        print("\n%s: loop of 300 frames, 800x600, still banner, moving picture: %.1f ms a frame"
              % (who, 1000 * run(command, frames)[1] / 300))
        one = next(crops(1024, 1))
        key = json.loads(one.split(b"\n", 2)[1][len("# unphi "):])
        still = b"".join(one.replace(json.dumps(key).encode(), json.dumps(dict(
            key, image=i, images=100, frame=i, frames=100)).encode()) for i in range(1, 101))
        nothing, first, all_of_them = (run(command, s)[1] for s in (b"", one, still))
        print("%s: a frame of 1024x1024 like the one before: %.1f %% of the first"
              % (who, 100 * (all_of_them - first) / 99 / (first - nothing)))


def main():
    options = dict(a[2:].partition("=")[::2] for a in sys.argv[1:] if a.startswith("--"))
    if set(options) - {"images", "seed", "sets", "engines", "speed"}:
        sys.exit(__doc__)
    count, seed = int(options.get("images", 40)), int(options.get("seed", 1))
    detectors = [(e, [program("txt-detect"), "--no-text", "--engine", e])
                 for e in options.get("engines", ENGINES).split(",") if e]
    detectors += [(os.path.splitext(os.path.basename(p))[0], [os.path.abspath(p)])
                  for p in sys.argv[1:] if not p.startswith("--")]
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    row("set", "by", "images", "lines", "recall", "PHI recall", "false area", "precision by area", "Presidio's recall",
        "ms a megapixel")
    row(*["---"] * 10)
    for name in options.get("sets", ",".join(SETS)).split(","):
        if name:
            frames, truth = stamp(name, count, seed) if name in STAMPED else given(name, count, seed)
            measure(name, frames, truth, detectors)
    if "speed" in options:
        speed(detectors)


if __name__ == "__main__":
    main()
