#!/usr/bin/python3
"""options.py BUILD FOLDER: what dcm-scrub's own options must do to FOLDER/raw, which generate.py made; a line for each that is not right

--prefix, --id-table, --map, --dates=shift=DAYS, --profile, --policy, --check-policy, --documents, --encrypt-to and --re-identify, and a
DICOMDIR. Readers are pydicom, openssl, gdcmanon and dcmmkdir. Status 1: something is wrong.
"""
import collections
import datetime
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import pydicom
import pydicom.config

from tables import SHARE

CERTIFICATE = "openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=x -days 30 -keyout %s.key -out %s.pem"
# A rule, and what must hold of the outputs: (data set, original) -> is it right.
RULES = [
    ("StudyDescription keep", lambda d, o: d.get("StudyDescription") == o.StudyDescription),
    ("StudyDescription replace \"TRIAL 12\"", lambda d, o: d.StudyDescription == "TRIAL 12"),
    ("Manufacturer remove", lambda d, o: "Manufacturer" not in d or d.Manufacturer != o.Manufacturer),
    ("Manufacturer empty", lambda d, o: "Manufacturer" in d and not d.Manufacturer),
    ("(0018,5020) remove", lambda d, o: "ProcessingFunction" not in d),
    ("StationName hash", lambda d, o: len(d.StationName) == 16 and d.StationName != o.StationName),
    ("PatientAge round 10", lambda d, o: o.PatientAge >= "090Y" and d.PatientAge == "090Y" or d.PatientAge == "%03dY" % (int(o.PatientAge[:3]) // 10 * 10)),
    ("StudyDate round year", lambda d, o: d.StudyDate == o.StudyDate[:4] + "0101"),
    ("StudyDate keep", lambda d, o: d.StudyDate == o.StudyDate and d.get("SeriesDate") != o.SeriesDate),
    ("PatientWeight round 5", lambda d, o: float(d.PatientWeight) == 70),
    ("StudyInstanceUID keep", lambda d, o: d.StudyInstanceUID == o.StudyInstanceUID and d.SOPInstanceUID != o.SOPInstanceUID),
    ("vr:DS remove if Modality = CT", lambda d, o: ("SliceThickness" in d) == ("SliceThickness" in o and o.get("Modality") != "CT")),
    ("KVP replace \"100\" if Modality = CT", lambda d, o: "KVP" not in o or d.KVP == (100 if o.Modality == "CT" else o.KVP)),
    ("group:0018 remove", lambda d, o: not any(e.tag.group == 0x18 and e.VR in ("LO", "SH", "CS") for e in d)),
    ("(0019,\"GEMS_ACQU_01\",4A) keep", lambda d, o: (0x19, 0x10) not in o or o.private_creators(0x19) != ["GEMS_ACQU_01"] or
     d.private_block(0x19, "GEMS_ACQU_01")[0x4A].value == 517),
    ("RequestAttributesSequence/ScheduledProcedureStepID keep", lambda d, o: "RequestAttributesSequence" not in o or
     d.RequestAttributesSequence[0].ScheduledProcedureStepID == "SP1"),
    ("Patient* remove\nPatientS* dummy\nPatientSex keep", lambda d, o: d.PatientSex == o.PatientSex),
    ("PatientName replace \"TRIAL^ONE\"", lambda d, o: d.PatientName == "TRIAL^ONE"),
    ("AcquisitionDateTime shift", lambda d, o: "AcquisitionDateTime" not in o or d.AcquisitionDateTime[8:] == o.AcquisitionDateTime[8:] and
     d.AcquisitionDateTime[:4] < o.AcquisitionDateTime[:4]),
    ("*UID keep\nSOPInstanceUID uid", lambda d, o: d.SeriesInstanceUID == o.SeriesInstanceUID and d.SOPInstanceUID != o.SOPInstanceUID)]
LINT = ["PatientNaem remove", "(0010,001) keep", "PatientName fly", "PatientSex replace", "vr:QQ remove", "Modality remove if Modality = CT and Modality = MR",
        "StudyDate clean", "PixelData remove", "(0018,\"GEMS\",01) keep", "SOPClassUID replace \"1.2\"", "KVP keep if SOPClassUID = NoSuchStorage",
        "PatientSex keep\nPatientSex remove", "StudyDescription replace \"%s\"" % ("x" * 65), "StudyDate replace \"soon\"", "default maybe"]
ALLOWED = "default remove\nModality keep\nBodyPartExamined keep\nStudyDescription clean\n"


class Options:
    def __init__(self, build, folder):
        self.scrub, self.wrong, self.done = os.path.join(os.path.abspath(build), "dcm-scrub"), 0, 0
        os.chdir(folder)
        self.files = sorted(glob.glob("raw/*/*.dcm"))
        self.raw = {f: pydicom.dcmread(f) for f in self.files}
        self.help = subprocess.run([self.scrub, "-h"], capture_output=True, text=True).stdout
        for name in ("ours", "other"):
            subprocess.run((CERTIFICATE % (name, name)).split(), stderr=subprocess.DEVNULL, check=True)
            os.chmod(name + ".key", 0o600)

    def say(self, what, good, why=""):
        self.done += 1
        if not good:
            self.wrong += 1
            print("option: %-52s %s" % (what, why or "wrong"), flush=True)

    def run(self, *words, files=None, out="o", keyed=True):
        """Scrubs FILES into the folder OUT: status, {file: data set}, what it said."""
        shutil.rmtree(out, ignore_errors=True)
        files = files or self.files
        key = ["-k", "key"] if keyed else []
        done = subprocess.run([self.scrub, *key, *words, "-O", out, *files], capture_output=True, text=True, errors="replace")
        common = os.path.commonpath([os.path.dirname(f) for f in files])
        found = {f: os.path.join(out, os.path.relpath(f, common)) for f in files}
        return done.returncode, {f: pydicom.dcmread(p) for f, p in found.items() if os.path.exists(p)}, done.stderr

    def documents_of(self, found):
        return [f for f in found if "EncapsulatedDocument" in found[f]]

    def plain_files(self):
        return [f for f in self.files if "EncapsulatedDocument" not in self.raw[f]]

    # ---- one method an option

    def prefix(self):
        status, out, said = self.run("--prefix=HW-", files=self.plain_files())
        self.say("--prefix: all files", status == 0 and len(out) == len(self.plain_files()), said[:200])
        self.say("--prefix: ids begin with it", all(d.PatientID.startswith("HW-") for d in out.values() if "PatientID" in d))
        now = collections.defaultdict(set)
        for f, d in out.items():
            if "PatientID" in d:
                now[self.raw[f].PatientID].add(d.PatientID)
        self.say("--prefix: one id a patient", all(len(v) == 1 for v in now.values()) and len(set(map(tuple, now.values()))) == len(now))
        again = self.run("--prefix=HW-", files=sorted(glob.glob("o/*/*.dcm")), out="o2")[1]
        self.say("--prefix: the same when done again", all(d.PatientID == out[f.replace("o/", "raw/", 1)].PatientID for f, d in again.items() if "PatientID" in d))

    def id_table(self):
        ids = sorted({d.PatientID for d in self.raw.values() if "PatientID" in d})
        studies = sorted({(d.PatientID, d.AccessionNumber) for d in self.raw.values() if d.get("AccessionNumber")})

        def put(wanted):
            with open("ids.csv", "w") as f:
                f.write("patient,new-patient,accession,new-accession\n")
                f.writelines("%s,TRIAL-%03d,%s,V%d\n" % (p, ids.index(p), a, i) for i, (p, a) in enumerate(studies) if p in wanted)
            os.chmod("ids.csv", 0o600)
        put(ids)
        status, out, said = self.run("--id-table=ids.csv", files=self.plain_files())
        self.say("--id-table: all files", status == 0 and len(out) == len(self.plain_files()), said[:200])
        self.say("--id-table: its ids", all(d.PatientID == "TRIAL-%03d" % ids.index(self.raw[f].PatientID) for f, d in out.items() if "PatientID" in d))
        self.say("--id-table: its accession numbers", all(
            d.AccessionNumber == "V%d" % studies.index((self.raw[f].PatientID, self.raw[f].AccessionNumber)) for f, d in out.items() if d.get("AccessionNumber")))
        again = self.run("--id-table=ids.csv", files=sorted(glob.glob("o/*/*.dcm")), out="o2")
        self.say("--id-table: the same when done again", again[0] == 0 and all(d.PatientID == out[f.replace("o/", "raw/", 1)].PatientID
                                                                               for f, d in again[1].items() if "PatientID" in d), again[2][:200])
        put(ids[1:])
        status, out, said = self.run("--id-table=ids.csv", files=self.plain_files())
        mine = [f for f in self.plain_files() if self.raw[f].get("PatientID") == ids[0]]
        self.say("--id-table: a missing id refuses its files", status == 2 and mine and not any(f in out for f in mine))
        self.say("--id-table: no value in what is said", not any(i in said for i in ids))

    def map(self):
        if os.path.exists("map"):
            os.remove("map")
        status, out, said = self.run("--map=map", files=self.plain_files())
        with open("map", encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        told = {(r["kind"], r["from"]): r["to"] for r in lines}
        for f, d in out.items():
            o = self.raw[f]
            for kind, old, new in (("patient", o.get("PatientID"), d.get("PatientID")), ("uid", o.SOPInstanceUID, d.SOPInstanceUID),
                                   ("uid", o.get("StudyInstanceUID"), d.get("StudyInstanceUID")), ("accession", o.get("AccessionNumber"), d.get("AccessionNumber"))):
                if old and new and told.get((kind, str(old))) != str(new):
                    return self.say("--map: tells what became of ids", False, "%s: %s" % (f, kind))
        self.say("--map: tells what became of ids", status == 0, said[:200])
        self.say("--map: nobody else can read it", os.stat("map").st_mode & 0o077 == 0)
        command = "%s -k key --map >(cat >piped) -O o3 %s" % (self.scrub, " ".join(self.plain_files()))
        shutil.rmtree("o3", ignore_errors=True)
        done = subprocess.run(["bash", "-c", command + "; s=$?; sleep .3; exit $s"], capture_output=True)
        self.say("--map: the same through a pipe", done.returncode == 0 and len(open("piped").readlines()) == len(lines), done.stderr[:200])

    def shift(self):
        for days in (-100, 37):
            status, out, said = self.run("--dates=shift=%d" % days, files=self.plain_files())
            expect = {f: (datetime.datetime.strptime(o.StudyDate, "%Y%m%d") + datetime.timedelta(days=days)).strftime("%Y%m%d")
                      for f, o in self.raw.items() if "StudyDate" in o}
            self.say("--dates=shift=%d" % days, status == 0 and all(d.StudyDate == expect[f] for f, d in out.items() if "StudyDate" in d), said[:200])

    def profile(self):
        first, second = self.run(files=self.plain_files()), self.run("--profile=" + os.path.join(SHARE, "confidentiality-profile.tsv"),
                                                                      files=self.plain_files(), out="o2")
        for d in [*first[1].values(), *second[1].values()]:
            del d.DeidentificationMethod            # says whose table it was
        self.say("--profile: our own table gives the same", second[0] == 0 and first[1] == second[1], second[2][:200])
        with open(os.path.join(SHARE, "confidentiality-profile.tsv"), encoding="utf-8") as f:
            lines = [line.split("\t") for line in f]
        next(line for line in lines if line[1:2] == ["StudyDescription"])[7] = "D"
        with open("other.tsv", "w", encoding="utf-8") as f:
            f.writelines("\t".join(line) for line in lines)
        status, out, said = self.run("--profile=other.tsv", files=self.plain_files())
        self.say("--profile: another edition is obeyed", status == 0 and all(d.get("StudyDescription") not in ("", None, self.raw[f].get("StudyDescription"))
                                                                             for f, d in out.items() if "StudyDescription" in self.raw[f]), said[:200])

    def policy(self):
        images = [f for f in self.plain_files() if "Rows" in self.raw[f]]
        for rule, right in RULES:
            with open("policy", "w") as f:
                f.write(rule + "\n")
            words = ["--dates=shift"] if rule.endswith("shift") else []
            status, out, said = self.run("--policy=policy", *words, files=images)
            bad = ""
            for f, d in out.items():
                try:
                    good = right(d, self.raw[f])
                except Exception as e:      # an attribute that should be there
                    good, bad = False, "%s " % e
                if not good:
                    bad += f
                    break
            self.say("--policy: " + rule.replace("\n", "; "), status == 0 and len(out) == len(images) and not bad, (said + bad)[:200])
        for rule in LINT:
            with open("policy", "w") as f:
                f.write(rule + "\n")
            done = subprocess.run([self.scrub, "--check-policy=policy"], capture_output=True, text=True)
            said = done.stdout + done.stderr
            self.say("--check-policy: " + rule.replace("\n", "; ")[:40], done.returncode != 0 or said, "not seen")
            line = len(rule.split("\n"))
            self.say("--check-policy: line of " + rule.replace("\n", "; ")[:30], re.search(r"policy:[1-%d]:" % line, said), said[:100])
        with open("policy", "w") as f:
            f.write(ALLOWED)
        status, out, said = self.run("--policy=policy", files=images)
        free = [e.keyword or str(e.tag) for d in out.values() for e in d if e.VR in ("LO", "LT", "ST", "UT", "SH") and e.keyword not in
                ("StudyDescription", "PatientID", "AccessionNumber", "StudyID", "DeidentificationMethod", "PrivateCreator") and e.value not in ("", None, "ANON", [])]
        self.say("--policy: allow-list", status == 0 and len(out) == len(images) and not free and all(d.Modality == self.raw[f].Modality for f, d in out.items()),
                 "%s %s" % (said[:100], collections.Counter(free).most_common(5)))

    def documents(self):
        documents = [f for f in self.files if "EncapsulatedDocument" in self.raw[f]]
        status, out, said = self.run(files=documents)
        self.say("documents are refused", status == 2 and not out)
        for how in ("drop", "dummy"):
            status, out, said = self.run("--documents=" + how, files=documents)
            old = [self.raw[f].EncapsulatedDocument for f in documents]
            self.say("--documents=%s" % how, status == 0 and not any(d.get("EncapsulatedDocument") in old for d in out.values()), said[:200])
            if how == "dummy":
                good = len(out) == len(documents) and all(d.get("EncapsulatedDocument") for d in out.values())
                self.say("--documents=dummy: one of the same type", good and all(
                    d.EncapsulatedDocument.lstrip()[:4] == {b"%PDF": b"%PDF"}.get(self.raw[f].EncapsulatedDocument[:4], d.EncapsulatedDocument.lstrip()[:4])
                    for f, d in out.items()))

    def dicomdir(self):
        shutil.rmtree("media", ignore_errors=True)
        os.mkdir("media")
        for i, f in enumerate(self.files[:2]):
            shutil.copy(f, "media/IM%d" % i)
        subprocess.run("dcmmkdir +D DICOMDIR +id . IM0 IM1 -Pgp --no-consistency-check".split(), cwd="media", capture_output=True)
        if not os.path.exists("media/DICOMDIR"):
            return self.say("DICOMDIR: dcmmkdir makes one", False)
        status, out, said = self.run(files=["media/IM0", "media/IM1", "media/DICOMDIR"], out="om")
        if os.path.exists("om/DICOMDIR"):
            data = open("om/DICOMDIR", "rb").read()
            names = [str(self.raw[self.files[0]].PatientName.family_name).encode("utf-8", "replace"), self.raw[self.files[0]].PatientID.encode()]
            self.say("DICOMDIR: rebuilt without the old values", not any(n in data for n in names))
            records = {r.get("ReferencedSOPInstanceUIDInFile") for r in pydicom.dcmread("om/DICOMDIR").DirectoryRecordSequence}
            self.say("DICOMDIR: names the new instances", {d.SOPInstanceUID for f, d in out.items() if f.startswith("media/IM")} <= records)
        else:
            self.say("DICOMDIR: refused", status == 2 and len(out) == 2, said[:200])

    def encryption(self):
        files = [f for f in self.plain_files() if not self.raw[f].file_meta.TransferSyntaxUID.is_deflated]
        status, out, said = self.run("--encrypt-to=ours.pem", files=files, out="e")
        self.say("--encrypt-to: all files", status == 0 and len(out) == len(files), said[:200])
        plain = self.run(files=files)[1]
        for f, d in out.items():
            d2 = pydicom.dcmread(f.replace("raw", "e", 1))
            if "EncryptedAttributesSequence" in d2:
                del d2.EncryptedAttributesSequence
            if d2 != plain[f]:
                self.say("--encrypt-to: adds (0400,0500) and nothing else", False, f)
                break
        sealed = sorted(f.replace("raw", "e", 1) for f in out)
        status, back, said = self.run("--re-identify=ours.key", files=sealed, out="r", keyed=False)
        self.say("--re-identify: all files", status == 0 and len(back) == len(files), said[:200])
        differ = collections.Counter()
        for f, d in back.items():
            o = self.raw["raw" + f[1:]]
            for e in o:
                if e.tag.group > 4 and e.tag.elem and e.tag not in d and e.tag != 0xFFFCFFFC:
                    differ["%s gone" % e.tag] += 1
                elif e.tag.group > 4 and e.tag.elem and e.tag in d and d[e.tag] != e:
                    differ["%s differs" % e.tag] += 1
            for e in d:
                if e.tag not in o and (e.tag, e.value) != (0x00120062, "NO"):
                    differ["%s new" % e.tag] += 1
        self.say("--re-identify: the originals are back", not differ, str(differ.most_common(6)))
        status, back, said = self.run("--re-identify=other.key", files=sealed, out="r", keyed=False)
        self.say("--re-identify: another key is refused", status == 2 and not back)
        status, back, said = self.run("--re-identify=ours.key", files=files[:2], out="r", keyed=False)
        self.say("--re-identify: a file with nothing encrypted is refused", status == 2 and not back)
        twice = self.run("--encrypt-to=ours.pem", files=sealed, out="e2")
        self.say("--encrypt-to: again gives the same bytes", twice[0] == 0 and all(
            open(f, "rb").read() == open(f.replace("e/", "e2/", 1), "rb").read() for f in sealed), twice[2][:200])
        both = self.run("--encrypt-to=ours.pem", "--encrypt-to=other.pem", files=files[:3], out="e3")
        for key in ("ours", "other"):
            n = len(self.run("--re-identify=%s.key" % key, files=sorted("e3/" + os.path.basename(f) for f in both[1]) if both[1] else ["none"], out="r", keyed=False)[1])
            self.say("--encrypt-to: two holders, %s opens" % key, n == 3)
        if shutil.which("gdcmanon"):
            self.gdcmanon(files, sealed)

    def gdcmanon(self, files, sealed):
        """Theirs by ours, and ours by theirs."""
        theirs = next(f for f in files if self.raw[f].get("Modality") == "CT" and self.raw[f].file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1")
        subprocess.run(["gdcmanon", "-e", "-c", "ours.pem", "-i", theirs, "-o", "gdcm.dcm"], capture_output=True)
        if os.path.exists("gdcm.dcm"):
            back = self.run("--re-identify=ours.key", files=["gdcm.dcm"], out="r", keyed=False)
            self.say("--re-identify: what gdcmanon encrypted", back[0] == 0 and back[1]["gdcm.dcm"].PatientName == self.raw[theirs].PatientName, back[2][:200])
        subprocess.run(["gdcmanon", "-d", "-k", "ours.key", "-i", theirs.replace("raw", "e", 1), "-o", "back.dcm"], capture_output=True)
        good = os.path.exists("back.dcm") and pydicom.dcmread("back.dcm").get("PatientName") == self.raw[theirs].PatientName
        self.say("--encrypt-to: gdcmanon -d opens it", good)


def main():
    o = Options(*sys.argv[1:3])
    for option, check in (("--prefix", o.prefix), ("--id-table", o.id_table), ("--map", o.map), ("--dates", o.shift), ("--profile", o.profile),
                          ("--policy", o.policy), ("--documents", o.documents), ("DICOMDIR", o.dicomdir), ("--encrypt-to", o.encryption)):
        if option.startswith("--") and option not in o.help:
            o.say(option, False, "there is no such option")
        else:
            check()
    print("options: %d of %d right" % (o.done - o.wrong, o.done))
    sys.exit(o.wrong > 0)


pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
main()
