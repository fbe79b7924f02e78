#!/usr/bin/env python3
"""policy.py: objects and damaged policies for policy.bats.

    policy.py make FILE [KEYWORD=VALUE ...]     an object with nesting, dates, private blocks
    policy.py want FILE <WANTED                 are lines PATH = VALUE, PATH != VALUE, PATH ~ REGEX true?
    policy.py fuzz SEED COUNT CHECKER           CHECKER --check-policy on damaged policies: 0, 1 or 2, no more

A PATH is keywords or tags (gggg,eeee) with slashes between them, first items of sequences.
"""
import os
import random
import re
import subprocess
import sys
import warnings

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

warnings.simplefilter("ignore")
CT = "1.2.840.10008.5.1.4.1.1.2"


def image():
    d = Dataset()
    d.SOPClassUID, d.SOPInstanceUID = CT, "1.2.3.4"
    d.StudyInstanceUID, d.SeriesInstanceUID = "1.2.3.1", "1.2.3.2"
    d.SpecificCharacterSet = "ISO_IR 100"
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.StudyDate, d.StudyTime, d.ContentDate = "20200315", "101500", "20200316"
    d.AcquisitionDateTime = "20200316101500"
    d.AccessionNumber, d.Modality, d.Manufacturer = "ACC-77", "CT", "MAKER"
    d.SeriesDescription, d.StationName = "T1 axial", "STATION9"
    d.InstitutionName, d.OperatorsName = "Hospital", "Op^Erator"
    d.PatientName, d.PatientID = "Doe^Jane", "ID-4711"
    d.PatientBirthDate, d.PatientSex, d.PatientAge = "19610704", "F", "058Y"
    d.PatientWeight, d.PatientSize = "73.4", "1.68"
    d.PatientComments = "Jane Doe has asthma"
    d.SliceThickness, d.KVP, d.ProtocolName = "2.5", "120", "HEAD routine"
    d.DeviceSerialNumber = "SN-5"
    d.FrameOfReferenceUID, d.InstanceNumber = "1.2.3.9", "7"
    d.Rows = d.Columns = 2
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.PixelData = bytes(range(8))
    step = Dataset()
    step.ScheduledProcedureStepDescription = "Brain protocol"
    step.ScheduledProcedureStepID, step.RequestedProcedureDescription = "SPS1", "Brain MR"
    d.RequestAttributesSequence = Sequence([step])
    inner = Dataset()
    inner.PatientName, inner.StudyDate = "Doe^Jane", "20200315"
    inner.SeriesDescription = "nested"
    outer = Dataset()
    outer.DerivationDescription = "made of others"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner])
    outer.ReferencedSOPClassUID, outer.ReferencedSOPInstanceUID = CT, "1.2.3.77"
    d.SourceImageSequence = Sequence([outer])
    gems = d.private_block(0x43, "GEMS_PARM_01", create=True)
    gems.add_new(0x27, "SH", "1.375:1")
    gems.add_new(0x28, "LO", "other")
    acme = d.private_block(0x43, "ACME 1.1", create=True)
    acme.add_new(0x27, "LO", "acme")
    lone = d.private_block(0x45, "LONE", create=True)
    lone.add_new(0x01, "DA", "20200315")
    d.add_new(0x60000010, "US", 2)
    d.add_new(0x60023000, "OW", b"\1\0")
    return d


def make(path, changes):
    d = image()
    for change in changes:
        keyword, value = change.split("=", 1)
        if value:
            setattr(d, keyword, value.split("\\") if "\\" in value else value)
        elif keyword in d:
            delattr(d, keyword)
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.is_little_endian, d.is_implicit_VR = True, False
    d.save_as(path, write_like_original=False)


def find(d, path):
    *sequences, last = path.split("/")
    for s in sequences:
        if s not in d or len(d[s].value) == 0:
            return None
        d = d[s].value[0]
    if last.startswith("("):
        return d.get(tuple(int(x, 16) for x in last.strip("()").split(",")))
    return d[last] if last in d else None


def text(e):
    if e is None:
        return "-"
    if e.VR == "SQ":
        return str(len(e.value))
    v = e.value
    return "\\".join(map(str, v)) if isinstance(v, pydicom.multival.MultiValue) else "" if v is None else str(v)


def want(path):
    d = pydicom.dcmread(path)
    wrong = 0
    for line in sys.stdin:
        where, how, value = re.fullmatch(r"(\S+) (=|!=|~) ?(.*)", line.rstrip("\n")).groups()
        got = text(find(d, where))
        if (how == "=") != (got == value) if how != "~" else not re.search(value, got):
            wrong += 1
            print('%s is "%s"; wanted: %s' % (where, got, line.rstrip()))
    return wrong


def fuzz(seed, count, checker):
    rng = random.Random(seed)
    words = ["PatientName", "Patient*", "(0010,0010)", "60xx3000", "(0018,10**)", "group:0018", "vr:PN", "private",
             'private:"GE*"', '(0043,"GEMS_PARM_01",27)', "A/B", "**/PatientID", "/PatientID", "default", "keep",
             "remove", "profile", 'replace "x\\"y"', "round year", "round 5", "round 1e9999", "shift", "clean", "hash",
             "uid", "if", "and", "Modality", "=", "!=", "~", "!~", "exists", "absent", '"(a+)+$"', '"', "(", ")", "/",
             "\\", "#", "\t", "\0", "\xff", "é", "x" * 300, "*" * 40, "0" * 70, "SOPClassUID = CTImageStorage",
             "Rows = 512", "SourceImageSequence exists", "(0009,0010)", "**/**/**/*", "\r\n", "-1", "round"]
    good = ["PatientName keep", "Patient* remove if Modality = CT", '(0043,"GEMS_PARM_01",27) keep',
            'StudyDescription replace "a"', "default remove", "**/SeriesDescription clean if StudyDate ~ \"^2\""]
    bad = 0
    for n in range(count):
        lines = []
        for _ in range(rng.randrange(1, 60)):
            if rng.random() < 0.4:
                line = list(rng.choice(good))
                for _ in range(rng.randrange(3)):
                    line[rng.randrange(len(line))] = chr(rng.randrange(1, 0x250))
                lines.append("".join(line))
            else:
                lines.append(rng.choice([" ", " ", ""]).join(rng.choice(words) for _ in range(rng.randrange(1, 9))))
        data = "\n".join(lines).encode("latin-1" if rng.random() < 0.1 else "utf-8", "replace")
        if rng.random() < 0.1:
            data = data[:rng.randrange(len(data) + 1)]
        if rng.random() < 0.7:
            data = data.replace(b"\0", b"")
        r = subprocess.run([checker, "--check-policy", "-"], input=data, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, timeout=20)
        if r.returncode not in (0, 1, 2):
            bad += 1
            open("fuzz.%d" % n, "wb").write(data)
            sys.stdout.write("seed %d, %d: status %d\n%s\n" % (seed, n, r.returncode, r.stderr.decode("utf-8", "replace")))
    return bad


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "make":
        make(sys.argv[2], sys.argv[3:])
    elif what == "want":
        sys.exit(want(sys.argv[2]) != 0)
    else:
        sys.exit(fuzz(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]) != 0)
