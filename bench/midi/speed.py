#!/usr/bin/python3
"""speed.py BUILD [files=1000] [rounds=3]: files a second of dcm-scrub and of what people use, and the memory that they take

CT-sized files (512x512, 16 bits, a header of 150 elements and more, sequences and private blocks), one core, warm cache: the
best of the rounds, tools in turn. Each tool gets its files in one process. Then the peak of memory with 1 MB, 100 MB and 1 GB of pixel data.
pydicom's row is the script of bench.py: packages built on pydicom do at least what it does.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import tables

HERE = os.path.dirname(os.path.abspath(__file__))
DUMB = "gdcmanon --dumb --empty 10,10 --empty 10,20 --empty 8,90 --remove 10,30 --remove 10,1040 --replace 8,80=X -i %s -o out -r --continue"
MEMORY = (1, 100, 1000)


def slices(*words):
    """What slices.py says; a process of its own, so that what it takes is not counted for those measured."""
    return subprocess.run([os.path.join(HERE, "slices.py"), *map(str, words)], check=True, capture_output=True, text=True).stdout.strip()


def run(command):
    """(status, seconds, processor seconds, peak kilobytes) of a shell COMMAND on one core."""
    shutil.rmtree("out", ignore_errors=True)
    start = time.monotonic()
    child = subprocess.Popen(["taskset", "-c", "0", "bash", "-c", "exec " + command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    return status, time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss


def tools(build, folder):
    """{name: command} for the files of FOLDER."""
    scrub, inputs = os.path.join(build, "dcm-scrub"), folder + "/*.dcm"
    table = {"dcm-scrub " + s: "%s -k key %s -O out %s" % (scrub, " ".join(tables.scrub_options(tables.SETS[s])), inputs) for s in ("basic", "research", "all")}
    if shutil.which("gdcmanon"):
        table["gdcmanon -e -c"] = "gdcmanon -e -c site.pem -i %s -o out -r --continue" % folder
        table["gdcmanon --dumb"] = DUMB % folder
    table["pydicom script"] = "%s pydicom %s out" % (os.path.join(HERE, "bench.py"), folder)
    table["cp"] = "cp -r %s out" % folder
    return table


def main():
    build, opts = os.path.abspath(sys.argv[1]), dict(a.split("=") for a in sys.argv[2:])
    count, rounds = int(opts.get("files", 1000)), int(opts.get("rounds", 3))
    memory = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > (count + 6000) << 20
    work = tempfile.mkdtemp(prefix="unphi-speed-", dir="/dev/shm" if memory else None)     # not a disk, if it can be had
    os.chdir(work)
    try:
        with open("key", "wb") as f:
            f.write(bytes(range(32)))
        os.chmod("key", 0o600)
        subprocess.run("openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=x -keyout k.pem -out site.pem".split(), stderr=subprocess.DEVNULL, check=True)
        size = slices("raw", count)
        commands = tools(build, "raw")
        best = {}
        for _ in range(rounds):
            for name, command in commands.items():
                status, wall, cpu, peak = run(command)
                made = sum(len(names) for _, _, names in os.walk("out"))
                old = best.get(name, (1e9, 1e9, 0, 0))
                best[name] = min(wall, old[0]), min(cpu, old[1]), made, peak
        print("%d files of 512 x 512 x 16 bits, %s elements; one core, %d rounds" % (count, size, rounds))
        print("%-20s %9s %12s %12s %10s %14s" % ("tool", "written", "files/CPU s", "files/s", "peak MB", "dcm-scrub is"))
        first = next(iter(best.values()))
        for name, (wall, cpu, made, peak) in best.items():
            print("%-20s %9d %12.0f %12.0f %10.0f %13.1fx" % (name, made, count / cpu, count / wall, peak / 1024, cpu / first[1]))
        print("\npeak memory in MB, of a file with")
        print("%-20s" % "" + "".join("%10s" % ("%d MB" % m) for m in MEMORY))
        peaks = {}
        for m in MEMORY:
            shutil.rmtree("large", ignore_errors=True)
            slices("large", m, "large")
            for name, command in tools(build, "large").items():
                status, _, _, peak = run(command)
                peaks.setdefault(name, []).append("%.0f" % (peak / 1024) if status == 0 else "failed")
        for name, row in peaks.items():
            print("%-20s" % name + "".join("%10s" % p for p in row))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
