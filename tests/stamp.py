#!/usr/bin/python3
"""Make a DICOM image with invented identity, in its header and burned into its pixels.

usage: stamp.py OUT.dcm [key=value...]
  kind=mono16|mono8|inverse|signed|rgb|palette   frames=1  size=256x200  uid=SEED  patient=NAME
  text=LINE (drawn at 12,10 in every frame, twice the size of PIL's built-in font)
Writes OUT.dcm, and OUT.dcm.npy: a mask of the pixels that the text covers.
"""
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

args = dict(a.split("=", 1) for a in sys.argv[2:])
kind = args.get("kind", "mono16")
frames = int(args.get("frames", 1))
width, height = map(int, args.get("size", "256x200").split("x"))
seed = int(args.get("uid", 1))
patient = args.get("patient", "ZEBEDEE^QUENTIN")

font = ImageFont.load_default()
ink = Image.new("L", (width // 2, height // 2))
ImageDraw.Draw(ink).text((6, 5), args.get("text", "ZEBEDEE 19560307"), fill=255, font=font)
mask = np.zeros((height, width), bool)
big = np.array(ink.resize((width // 2 * 2, height // 2 * 2), Image.NEAREST)) > 127
mask[:big.shape[0], :big.shape[1]] = big

y, x = np.mgrid[:height, :width]
disc = (x - width / 2) ** 2 + (y - height * .6) ** 2 < (min(width, height) * .3) ** 2
rng = np.random.default_rng(seed)
grey = np.where(disc, 90 + 20 * np.sin(x / 9) * np.cos(y / 7) + 6 * rng.random((height, width)), 12)
grey = np.clip(grey, 0, 255)
stack = np.stack([np.where(mask, 240, np.roll(grey, 3 * f, 1)) for f in range(frames)])

meta = FileMetaDataset()
meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7" if frames == 1 else "1.2.840.10008.5.1.4.1.1.7.4" \
    if kind in ("rgb", "palette") else "1.2.840.10008.5.1.4.1.1.7.3"
if frames > 1 and kind in ("mono8", "inverse"):
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7.2"
meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.9.7777.%d.3" % seed
meta.TransferSyntaxUID = ExplicitVRLittleEndian
meta.ImplementationClassUID = "1.2.826.0.1.3680043.9.7777.1"
d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
d.is_little_endian, d.is_implicit_VR = True, False
d.SOPClassUID, d.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
d.StudyInstanceUID = "1.2.826.0.1.3680043.9.7777.%d.1" % (seed // 10)
d.SeriesInstanceUID = "1.2.826.0.1.3680043.9.7777.%d.2" % (seed // 10)
d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = patient, "MRN4711%d" % seed, "19560307", "O"
d.StudyDate = d.ContentDate = "20240229"
d.StudyTime = d.ContentTime = "112458"
d.AccessionNumber, d.ReferringPhysicianName, d.StudyID = "ACC90210", "HOUSE^GREGORY", "ST77"
d.InstitutionName = "Princeton Plainsboro"
d.Modality, d.ConversionType, d.SeriesNumber, d.InstanceNumber = "OT", "WSD", "1", str(seed)
d.Manufacturer = "Stamp"
d.PatientOrientation = ["L", "F"]
d.BurnedInAnnotation = "YES"
item = Dataset()
item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = d.SOPClassUID, "1.2.826.0.1.3680043.9.7777.99.9"
item.PatientComments = "%s was here" % patient.split("^")[0]
d.SourceImageSequence = Sequence([item])
block = d.private_block(0x0009, "STAMP PRIVATE", create=True)
block.add_new(0x01, "LO", patient)

d.Rows, d.Columns = height, width
d.SamplesPerPixel, d.PhotometricInterpretation, d.PixelRepresentation = 1, "MONOCHROME2", 0
d.BitsAllocated, d.BitsStored, d.HighBit = 8, 8, 7
values = stack.astype(np.uint8)
if kind == "mono16" or kind == "signed":
    d.BitsAllocated, d.BitsStored, d.HighBit = 16, 12, 11
    values = (stack * 8).astype(np.uint16)
    if kind == "signed":
        d.PixelRepresentation = 1
        values = (values.astype(np.int16) - 1024)
        values = (values.astype(np.int32) & 0xffff).astype(np.uint16)
elif kind == "inverse":
    d.PhotometricInterpretation = "MONOCHROME1"
    values = 255 - values
elif kind == "rgb":
    d.SamplesPerPixel, d.PhotometricInterpretation, d.PlanarConfiguration = 3, "RGB", 0
    values = np.repeat(values[..., None], 3, -1)
    values[..., 2] = np.where(mask, 240, values[..., 2] // 2)
elif kind == "palette":
    d.PhotometricInterpretation = "PALETTE COLOR"
    ramp = np.arange(256, dtype=np.uint16)[::-1] * 257	# the first entry is the brightest
    for c in ("Red", "Green", "Blue"):
        setattr(d, c + "PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(d, c + "PaletteColorLookupTableData", ramp.tobytes())
    values = 255 - values
if frames > 1:
    d.NumberOfFrames, d.FrameIncrementPointer, d.FrameTime = frames, 0x00181063, "40"
d.PixelData = values.tobytes() + (b"\0" if values.nbytes % 2 else b"")
d["PixelData"].VR = "OW" if d.BitsAllocated == 16 else "OB"
d.save_as(sys.argv[1], write_like_original=False)
np.save(sys.argv[1] + ".npy", mask)
