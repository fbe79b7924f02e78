#!/usr/bin/python3
"""slices.py FOLDER COUNT [large]: COUNT CT slices of one patient, or one file with COUNT MB of pixels, to measure speed and memory"""
import os
import random
import sys

import pydicom.config

import objects
import words
from people import Patient


def header():
    """A CT slice without pixels."""
    study = objects.Study(Patient(words, 0, random.Random(1)), 0, random.Random(1))
    d = study.image("CT", study.uid(), 1)
    study.add(d, objects.TEXTS)
    study.private(d, objects.PRIVATE["MR"][:3])
    d.Rows = d.Columns = 512
    d.is_little_endian, d.is_implicit_VR = True, False
    d.file_meta = pydicom.dataset.FileMetaDataset()
    d.file_meta.TransferSyntaxUID, d.file_meta.MediaStorageSOPClassUID = objects.NATIVE[0], d.SOPClassUID
    d.file_meta.ImplementationClassUID = "1.2.826.0.1.88.9"
    return d


def elements(d):
    return sum(1 + sum(elements(i) for i in (e.value if e.VR == "SQ" else ())) for e in d)


def make(folder, count):
    d = header()
    pixels = random.Random(2).randbytes(512 * 512 * 2)
    for i in range(count):
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = "1.2.840.113619.2.55.20210514.%d" % (i + 1)
        d.InstanceNumber, d.PixelData = i + 1, pixels
        d.save_as(os.path.join(folder, "%05d.dcm" % i), write_like_original=False)
    print(elements(d))


def make_large(folder, megabytes):
    """The same header with so many MB of pixels, as frames; the pixels are a hole in the file."""
    d = header()
    del d.PixelData
    d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = "1.2.840.113619.2.55.20210514.%d" % (10**6 + megabytes)
    d.NumberOfFrames = megabytes * 2
    name = os.path.join(folder, "large.dcm")
    d.save_as(name, write_like_original=False)
    with open(name, "ab") as f:
        size = megabytes << 20
        f.write(b"\xe0\x7f\x10\0OW\0\0" + size.to_bytes(4, "little"))
        f.truncate(f.tell() + size)


pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
os.mkdir(sys.argv[1])
(make_large if sys.argv[3:] else make)(sys.argv[1], int(sys.argv[2]))
