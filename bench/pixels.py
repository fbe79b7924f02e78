#!/usr/bin/python3
"""How fast pixels are decoded, coded and redacted beside DCMTK, GDCM and OpenJPEG; a large file beside cp.

usage: pixels.py BUILD [frames=40] [rounds=3] [big=2048]
Makes 512x512 images of 12 bits (8 bits for lossy JPEG), noise over ellipses, in a temporary folder. Rows are medians of
ROUNDS rounds in which ours and theirs take turns; one process each, the page cache warm. BIG: megabytes of an
uncompressed multi-frame file, 0 for none. The rows of cp say whether both wait for the disk.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import bytes_of  # noqa: E402
import syntax_set  # noqa: E402

build = os.path.abspath(sys.argv[1])
options = dict(a.split("=") for a in sys.argv[2:])
frames, rounds, big = int(options.get("frames", 40)), int(options.get("rounds", 3)), int(options.get("big", 2048))
work = tempfile.mkdtemp(prefix="unphi-bench-")
os.chdir(work)
os.environ["PATH"] = build + ":" + os.environ["PATH"]


# A process is born with its parent's memory, and that counts: this parent is small.
LAUNCH = """import os, sys, time
start = time.monotonic()
if (p := os.fork()) == 0:
    os.execvp("bash", ["bash", "-c", sys.argv[1]])
_, status, used = os.wait4(p, 0)
os.write(2, b"%d %f %d" % (status, time.monotonic() - start, used.ru_maxrss))"""


def measure(command, unlink=()):
    """Seconds, and megabytes of the largest process."""
    for name in unlink:
        if os.path.exists(name):
            os.unlink(name)
    os.sync()
    done = subprocess.run([sys.executable, "-IS", "-c", LAUNCH, "exec 2>/dev/null; " + command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    status, took, kilobytes = done.stderr.split()
    if int(status) != 0:
        sys.exit("%s: status %d" % (command, int(status)))
    return float(took), int(kilobytes) / 1024


def compare(what, ours, theirs, unlink=("out.dcm", "tmp.dcm")):
    a, b = [], []
    for _ in range(rounds):
        a.append(measure(ours, unlink))
        b.append(measure(theirs, unlink))
    median = statistics.median
    print("%-46s %8.3f s %5.0f MB %8.3f s %5.0f MB  %5.2f" % (
        what, median(t for t, _ in a), median(m for _, m in a), median(t for t, _ in b), median(m for _, m in b),
        median(x / y for (x, _), (y, _) in zip(a, b))), flush=True)


def make(name, ts, code="", bits=16):
    """FRAMES frames coded by others, with a box on each; and their list."""
    c = syntax_set.Case(name, ts=ts, size="512x512", frames=str(frames), bits=str(bits), stored="12" if bits == 16 else "8",
                        code=code)
    syntax_set.write(c, name + ".dcm")
    with open(name + ".boxes", "w") as f:
        f.write("".join(r + "\n" for r in syntax_set.records(c, name + ".dcm")))
    if ts in ("j2k90", "ht201"):    # their tools know no DICOM
        for i, frame in enumerate(bytes_of.File(name + ".dcm").frames()):
            with open("%s-%d.j2%s" % (name, i, "k" if ts == "j2k90" else "c"), "wb") as f:
                f.write(b"".join(frame))


def redact(name):
    return "px-redact -b %s.boxes -o out.dcm %s.dcm" % (name, name)


def coders():
    dcmtk = {"rle": ("dcmdrle", "dcmcrle"), "jpeg50": ("dcmdjpeg", "dcmcjpeg +eb"), "jpeg70": ("dcmdjpeg", "dcmcjpeg +e1"),
             "jls80": ("dcmdjpls", "dcmcjpls")}
    gdcm = {"rle": "--rle", "jpeg70": "--jpeg", "jls80": "--jpegls", "j2k90": "--j2k"}
    for ts in ("rle", "jpeg50", "jpeg70", "jls80", "j2k90", "ht201"):
        make(ts, ts, bits=8 if ts == "jpeg50" else 16)
        decode = "dcm-frames --view raw %s.dcm" % ts
        if ts in dcmtk:
            compare("%s: decode : %s" % (ts, dcmtk[ts][0]), decode, "%s %s.dcm out.dcm" % (dcmtk[ts][0], ts))
        compare("%s: decode : gdcmconv --raw" % ts, decode, "gdcmconv --raw %s.dcm out.dcm" % ts) if ts != "ht201" else None
        tool = {"j2k90": "opj_decompress -i $f -o o.pgm", "ht201": "ojph_expand -i $f -o o.pgm"}.get(ts)
        if tool:
            compare("%s: decode : %s, a process a frame" % (ts, tool.split()[0]), decode,
                    "for f in %s-*.j2?; do %s; done" % (ts, tool))
        if ts in dcmtk:
            compare("%s: redact : %s, %s" % (ts, *dcmtk[ts]), redact(ts),
                    "%s %s.dcm tmp.dcm && %s tmp.dcm out.dcm" % (dcmtk[ts][0], ts, dcmtk[ts][1]))
        if ts in gdcm:
            compare("%s: redact : gdcmconv --raw, %s" % (ts, gdcm[ts]), redact(ts),
                    "gdcmconv --raw %s.dcm tmp.dcm && gdcmconv %s tmp.dcm out.dcm" % (ts, gdcm[ts]))


def large():
    """An uncompressed file of BIG megabytes beside cp, once both only write and once both wait for the disk."""
    n = max(1, (big << 20) // (512 * 512 * 2))
    c = syntax_set.Case("big", ts="explicit", size="512x512", frames="1", bits="16", stored="12")
    c.frames = n
    head = "head.dcm"
    syntax_set.write(c, head, c.pixels)
    b = open(head, "rb").read()
    body = c.words(c.pixels)
    at = len(b) - len(body)
    with open("big.dcm", "wb") as f:
        f.write(b[:at - 4] + (len(body) * n).to_bytes(4, "little"))
        for i in range(n):
            f.write(np.roll(np.frombuffer(body, "u1"), 2 * i).tobytes())
    box = {"file": "big.dcm", "by": "bench", "image": 1, "images": 1, "frame": 0, "frames": n, "width": 512, "height": 512,
           "boxes": [{"x": 10, "y": 10, "w": 200, "h": 20}]}
    with open("big.boxes", "w") as f:
        f.write(json.dumps(box) + "\n")
    shutil.copyfile("big.dcm", "warm.dcm")
    os.unlink("warm.dcm")
    size = "%d MB, %d frames" % (os.path.getsize("big.dcm") >> 20, n)
    compare("%s: redact : cp" % size, redact("big"), "exec cp big.dcm out.dcm")
    compare("%s: redact : cp and sync" % size, redact("big") + " && sync -f out.dcm", "cp big.dcm out.dcm && sync -f out.dcm")
    compare("%s: redact --no-verify : cp and sync" % size, redact("big") + " --no-verify && sync -f out.dcm",
            "cp big.dcm out.dcm && sync -f out.dcm")


try:
    print("%d frames of 512x512, %d rounds, %d cores" % (frames, rounds, os.cpu_count()))
    print("%-46s %10s %8s %10s %8s  %5s" % ("ours : theirs", "ours", "memory", "theirs", "memory", "ratio"))
    coders()
    if big:
        large()
finally:
    os.chdir("/")
    shutil.rmtree(work)
