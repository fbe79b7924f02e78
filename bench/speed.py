#!/usr/bin/python3
"""How fast the programs are beside what people use, as ratios within one run.

usage: speed.py BUILD [files=300] [rounds=5]
Makes CT-sized files (512x512, 16 bits, a header of 60 elements) in a temporary folder, runs ours and theirs in turn,
and prints the fastest and the median round of each. One process each; the page cache is warm.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

build = os.path.abspath(sys.argv[1])
opts = dict(a.split("=") for a in sys.argv[2:])
count, rounds = int(opts.get("files", 300)), int(opts.get("rounds", 5))
work = tempfile.mkdtemp(prefix="unphi-bench-")
os.chdir(work)
os.environ["PATH"] = build + ":" + os.environ["PATH"]


def make():
    """A CT slice of python3-pydicom's, its pixels enlarged and made different in each file."""
    d = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    small = d.pixel_array
    d.Rows = d.Columns = 512
    os.mkdir("raw")
    for i in range(count):
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(i)])
        d.InstanceNumber = i + 1
        d.PixelData = np.kron(np.roll(small, i, 1), np.ones((4, 4), small.dtype)).astype(small.dtype).tobytes()
        d.save_as("raw/%04d.dcm" % i)
    open("key", "wb").write(bytes(32))
    os.chmod("key", 0o600)


def seconds(command):
    for name in ("out", "copy"):
        shutil.rmtree(name, ignore_errors=True)
    if "copy/" in command:
        shutil.copytree("raw", "copy")
    os.sync()
    start = time.monotonic()
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    took = time.monotonic() - start
    if done.returncode != 0:
        sys.exit("%s: status %d: %s" % (command, done.returncode, done.stderr[-300:]))
    return took


def compare(what, ours, theirs):
    """Prints one row: both in turn, so that a busy machine is busy for both."""
    a, b = [], []
    for _ in range(rounds):
        a.append(seconds(ours))
        b.append(seconds(theirs))
    print("%-44s %7.3f s %7.3f s | %7.3f s %7.3f s | %5.2f" % (what, min(a), statistics.median(a), min(b),
          statistics.median(b), min(a) / min(b)), flush=True)


make()
files = "raw/*.dcm"
print("%d files of %d bytes, %d rounds, %d cores" % (count, os.path.getsize("raw/0000.dcm"), rounds, os.cpu_count()))
print("%-44s %9s %9s | %9s %9s | %5s" % ("ours beside theirs", "ours min", "median", "min", "median", "ratio"))
compare("dcm-scrub : dcmodify, one edit", "dcm-scrub -k key -O out " + files,
        "dcmodify -nb -ma PatientName=X copy/*.dcm")
compare("dcm-scrub : gdcmanon -e" if shutil.which("gdcmanon") else "dcm-scrub : cp", "dcm-scrub -k key -O out " + files,
        "openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=x -keyout k.pem -out c.pem 2>/dev/null;"
        "gdcmanon -e -c c.pem -i raw -o out -r --continue || true" if shutil.which("gdcmanon")
        else "cp -r raw out && sync -f out")
subprocess.run(["bash", "-c", "dcm-frames raw/*.dcm | txt-detect --no-text | box-merge >boxes"], check=True)
compare("px-redact : cp and sync", "px-redact -b boxes -O out " + files, "cp -r raw out && sync -f out")
compare("dcm-frames : dcmj2pnm, a process a file", "dcm-frames %s >frames" % files,
        "for f in %s; do dcmj2pnm +Ww 1 4095 $f frame.pgm; done" % files)
compare("unphi : cp and sync (end to end)", "unphi -k key -o out raw", "cp -r raw out && sync -f out")
took = seconds("unphi -k key -o out raw")
print("unphi end to end: %.1f files a second, %.1f ms a file" % (count / took, 1000 * took / count))
os.chdir("/")
shutil.rmtree(work)
