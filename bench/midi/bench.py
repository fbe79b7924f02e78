#!/usr/bin/python3
"""bench.py BUILD WORK [world=words] [study=whole] [patients=N] [seed=1] [sets=NAME,...] [peers=1] [control=1] [list=12]

dcm-scrub and its peers by the key, in a new folder WORK. Prints a row for each tool and option set: the share of right
actions, the entries of the strict list that are not right with their counts, and files a second of processor time. Then what
dcm-scrub has wrong. An option that dcm-scrub refuses is left out of its command and named. The strict list holds the same bytes
in other orders and processes for REPEATED sets. `bench.py pydicom IN OUT` is the anonymiser that people write with pydicom.
"""
import collections
import hashlib
import os
import resource
import shutil
import subprocess
import sys

import pydicom
import pydicom.config

from score import Score, groups, share
from tables import COLUMNS, SETS, scrub_options

HERE = os.path.dirname(os.path.abspath(__file__))
REPEATED = ("basic", "research", "all")
DCMODIFY = ("-nb -imt -ma PatientName=ANON -ma PatientID=ANON -ma PatientBirthDate= -ma AccessionNumber= -ma StudyID= "
            "-ma ReferringPhysicianName= -ea PatientAddress -ea PatientTelephoneNumbers -ea OtherPatientIDs -ea OperatorsName "
            "-ea InstitutionName -ea InstitutionAddress -ea StationName -ea DeviceSerialNumber -ep -gst -gse -gin")


def anonymise(source, target):
    """What a pydicom script does: names, known tags, private tags, hashed UIDs."""
    blank = ("PatientID PatientBirthDate AccessionNumber StudyID OtherPatientIDs PatientAddress PatientTelephoneNumbers "
             "InstitutionName InstitutionAddress StationName DeviceSerialNumber PatientComments").split()

    def element(d, e):
        if e.VR == "PN":
            e.value = "ANON"
        elif e.VR in ("DA", "TM", "DT"):
            e.value = ""
        elif e.VR == "UI" and not str(e.value).startswith("1.2.840.10008."):
            e.value = "2.25.%d" % int(hashlib.sha256(str(e.value).encode()).hexdigest()[:30], 16)

    for folder, _, names in os.walk(source):
        for n in sorted(names):
            d = pydicom.dcmread(os.path.join(folder, n))
            d.walk(element)
            d.remove_private_tags()
            for keyword in blank:
                if keyword in d:
                    d.data_element(keyword).value = ""
            d.PatientIdentityRemoved = "YES"
            d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
            to = os.path.join(target, os.path.relpath(folder, source))
            os.makedirs(to, exist_ok=True)
            d.save_as(os.path.join(to, n))


class Bench:
    def __init__(self, build, work, opts):
        self.scrub, self.work, self.opts = os.path.join(os.path.abspath(build), "dcm-scrub"), work, opts
        os.makedirs(work)
        os.chdir(work)
        generate(opts)
        self.files = find_files("raw")
        with open("key", "wb") as f:
            f.write(bytes(range(32)))
        os.chmod("key", 0o600)
        with open("site.pem", "w") as f:
            subprocess.run("openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=x -keyout /dev/null -out site.pem".split(),
                           stdout=f, stderr=subprocess.DEVNULL)
        self.refused = [o for o in COLUMNS if self.refuses(o)]

    def refuses(self, option):
        """Does dcm-scrub refuse the OPTION of the profile?"""
        words = scrub_options([option])
        return subprocess.run([self.scrub, "-k", "key", *words, "-o", "probe", self.files[0]], capture_output=True).returncode != 0

    def run(self, command):
        """Runs COMMAND; files a second of processor time."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return len(self.files) / max(1e-3, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def scrub_command(self, name, out, files=None):
        missing = [o for o in SETS[name] if o in self.refused]
        options = scrub_options([o for o in SETS[name] if o not in missing])
        return [self.scrub, "-k", "key", *options, "-O", out, *(files or self.files)], missing

    def scrubbed(self, name):
        """dcm-scrub under the set NAME: its row, and what it has wrong."""
        out = "out-" + name
        command, missing = self.scrub_command(name, out)
        speed = self.run(command)
        if name not in REPEATED:
            return self.row("dcm-scrub", name, out, speed, (), missing)
        again = ["reversed", "one-by-one", "twice"]
        self.run(self.scrub_command(name, "reversed", self.files[::-1])[0])
        for f in self.files:            # a process each; the output's folder is the input's
            target = os.path.join("one-by-one", os.path.relpath(f, "raw"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            one = self.scrub_command(name, "", [f])[0]
            one[one.index("-O"):] = ["-o", target, f]
            self.run(one)
        self.run(self.scrub_command(name, "twice", find_files(out))[0])
        s = self.row("dcm-scrub", name, out, speed, again, missing)
        for a in again:
            shutil.rmtree(a)
        return s

    def row(self, tool, name, out, speed, again=(), missing=()):
        s = Score(".", out, name)
        wrong, strict = s.wrong(), s.strict(again)
        bad = ", ".join("%s %d" % (k, len(v)) for k, v in strict.items() if v)
        bad += "; refused: " + ",".join(missing) if missing else ""
        print("%-10s %-15s %7.2f %% %6d of %6d %8.0f  %s" % (tool, name, share(s, wrong), len(s.rows) - len(wrong), len(s.rows), speed, bad),
              flush=True)
        return s, wrong, strict

    def peers(self):
        if shutil.which("gdcmanon"):
            speed = self.run("gdcmanon -e -c site.pem -i raw -o gdcm -r --continue".split()) * len(find_files("gdcm")) / len(self.files)
            for f in self.files:        # it stops at the first file that it cannot do
                if not os.path.exists(f.replace("raw", "gdcm", 1)):
                    self.run(["gdcmanon", "-e", "-c", "site.pem", "-i", f, "-o", f.replace("raw", "gdcm", 1)])
            self.row("gdcmanon", "basic", "gdcm", speed)
        if shutil.which("dcmodify"):
            shutil.copytree("raw", "dcmodify")
            speed = self.run(["dcmodify", *DCMODIFY.split(), *(f.replace("raw", "dcmodify", 1) for f in self.files)])
            self.row("dcmodify", "basic", "dcmodify", speed)
        speed = self.run([os.path.join(HERE, "bench.py"), "pydicom", "raw", "pydicom"])
        self.row("pydicom", "basic", "pydicom", speed)


    def control(self):
        """Does the scorer see damage? Few patients show it as well."""
        os.mkdir("control")
        os.chdir("control")
        generate({**self.opts, "world": "words", "study": "whole", "patients": 2})
        shutil.copy("../key", "key")
        self.files = find_files("raw")
        self.run(self.scrub_command("basic", "out")[0])
        return subprocess.run([os.path.join(HERE, "control.py"), ".", "out"], stderr=subprocess.DEVNULL).returncode


def generate(opts):
    wanted = ["%s=%s" % (k, opts[k]) for k in ("world", "study", "patients", "seed") if k in opts]
    subprocess.run([os.path.join(HERE, "generate.py"), ".", *wanted], check=True, stderr=subprocess.DEVNULL)


def find_files(folder):
    return sorted(os.path.join(f, n) for f, _, names in os.walk(folder) for n in names)


def by_action(s, wrong):
    total, bad = collections.Counter(r["action"] for r in s.rows), collections.Counter(r["action"] for r in wrong)
    return ", ".join("%s %d/%d" % (a, total[a] - bad[a], total[a]) for a in sorted(total))


def main():
    if sys.argv[1] == "pydicom":
        return anonymise(*sys.argv[2:4])
    opts = dict(a.split("=") for a in sys.argv[3:])
    b = Bench(sys.argv[1], os.path.abspath(sys.argv[2]), opts)
    print("%-10s %-15s %9s %16s %8s  %s" % ("tool", "options", "right", "actions", "files/s", "strict list, what is not right"))
    results = {name: b.scrubbed(name) for name in opts.get("sets", ",".join(SETS)).split(",")}
    if opts.get("peers", "1") == "1":
        b.peers()
    for name, (s, wrong, _) in results.items():
        print("\n%s: %s" % (name, by_action(s, wrong)))
        for line in groups(wrong, int(opts.get("list", 12))):
            print("    " + line)
    if opts.get("control", "1") == "1":
        print(flush=True)
        return b.control()
    return 0


pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
if __name__ == "__main__":
    sys.exit(main())
