#!/usr/bin/python3
"""Make text-free DICOM images of pictures, for dcm-stamp to stamp and txt-detect to be measured by.

usage: backgrounds.py FOLDER OUT [COUNT [SEED]]
FOLDER holds PNG pictures. OUT gets 00000.dcm and so on, COUNT of them (one a picture if not said): the pictures in turn,
the first round as they are, later ones flipped, scaled, inverted and of another gamma by chance. Gray and colour, 8 bits.
"""
import glob
import os
import random
import sys

from PIL import Image, ImageOps
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

ROOT = "1.2.826.0.1.3680043.9.7777.4"
SIDE = 200, 2600    # no picture is made smaller or larger than that


def vary(rng, image):
    for turn in (Image.FLIP_LEFT_RIGHT, Image.FLIP_TOP_BOTTOM, Image.TRANSPOSE):
        if rng.random() < .5:
            image = image.transpose(turn)
    scale = rng.choice([.7, 1, 1, 1.4, 2])
    if SIDE[0] <= scale * min(image.size) and scale * max(image.size) <= SIDE[1]:
        image = image.resize([round(scale * s) for s in image.size], Image.BICUBIC)
    if rng.random() < .12:
        image = ImageOps.invert(image)
    gamma = rng.uniform(.7, 1.4)
    return image.point([round(255 * (v / 255) ** gamma) for v in range(256)] * len(image.getbands()))


def write(path, image, uid):
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.is_little_endian, d.is_implicit_VR = True, False
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = uid
    d.StudyInstanceUID, d.SeriesInstanceUID = ROOT + ".1", ROOT + ".2"
    d.PatientName = d.PatientID = d.Modality = "OT"
    d.BurnedInAnnotation = "NO"
    d.Rows, d.Columns, d.SamplesPerPixel = image.height, image.width, len(image.getbands())
    d.PhotometricInterpretation = "MONOCHROME2" if d.SamplesPerPixel == 1 else "RGB"
    if d.SamplesPerPixel == 3:
        d.PlanarConfiguration = 0
    else:    # shown as it is, not from its least to its greatest value
        d.WindowCenter, d.WindowWidth = 128, 256
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 8, 8, 7, 0
    d.PixelData = image.tobytes() + b"\0" * (d.Rows * d.Columns * d.SamplesPerPixel % 2)
    d["PixelData"].VR = "OB"
    d.save_as(path, write_like_original=False)


def main():
    pictures, out = sorted(glob.glob(sys.argv[1] + "/*.png")), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else len(pictures)
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    os.makedirs(out, exist_ok=True)
    for i in range(count):
        image = Image.open(pictures[i % len(pictures)])
        image = image.convert("RGB" if image.mode in ("RGB", "RGBA", "P") else "L")
        if i >= len(pictures):
            image = vary(random.Random("%d %d" % (seed, i)), image)
        write("%s/%05d.dcm" % (out, i), image, "%s.%d.%d" % (ROOT, seed, i + 1))


if __name__ == "__main__":
    main()
