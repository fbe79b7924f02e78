#!/usr/bin/python3
"""generate.py OUT [patients=8] [seed=1]: synthetic studies in OUT/raw, and what must become of them in OUT/key.ndjson

The key's lines: {"patient", "planted": [[token, class]]}, {"file", "patient", "class", "may_refuse", "refers": [files]},
{"file", "path", "action", "go", "stay", "value", "sets"}. The actions are MIDI-B's ten; sets are the option sets
under which the row holds. Rows follow from the profile's tables in share/, read here on their own, and from what was planted.
"""
import datetime
import hashlib
import io
import json
import os
import random
import re
import sys

import numpy as np
import pydicom.config
from PIL import Image, ImageDraw
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

import words

pydicom.config.replace_un_with_known_vr = False         # UN stays what it is
SHARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "share")
OPTIONS = {"safe-private": "retain_safe_private", "uids": "retain_uids", "device": "retain_device_identity",
           "institution": "retain_institution_identity", "patient": "retain_patient_characteristics",
           "full-dates": "retain_long_full_dates", "modified-dates": "retain_long_modified_dates",
           "descriptors": "clean_descriptors", "structured": "clean_structured_content", "graphics": "clean_graphics"}
SETS = {"basic": (), **{o: (o,) for o in OPTIONS}, "research": ("safe-private", "device", "patient", "modified-dates", "descriptors",
                                                                "structured", "graphics")}
WELL_KNOWN = "1.2.840.10008."
SCHEME_UIDS = (0x0008010C, 0x0008010D, 0x00080118)
CLASSES = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "CR": "1.2.840.10008.5.1.4.1.1.1",
           "DX": "1.2.840.10008.5.1.4.1.1.1.1", "MG": "1.2.840.10008.5.1.4.1.1.1.2", "US": "1.2.840.10008.5.1.4.1.1.3.1",
           "PT": "1.2.840.10008.5.1.4.1.1.128", "NM": "1.2.840.10008.5.1.4.1.1.20", "SC": "1.2.840.10008.5.1.4.1.1.7",
           "SR": "1.2.840.10008.5.1.4.1.1.88.22", "KO": "1.2.840.10008.5.1.4.1.1.88.59", "PR": "1.2.840.10008.5.1.4.1.1.11.1",
           "SEG": "1.2.840.10008.5.1.4.1.1.66.4", "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3", "DOC": "1.2.840.10008.5.1.4.1.1.104.1"}
MAKERS = {"CT": ("GE MEDICAL SYSTEMS", "Revolution EVO"), "MR": ("SIEMENS", "Skyra"), "US": ("SIEMENS", "ACUSON SC2000"),
          "PT": ("Philips Medical Systems", "Gemini TF"), "NM": ("GE MEDICAL SYSTEMS", "Discovery NM")}
# creator, group, element, VR, value, is it in Table E.3.10-1
PRIVATE = {
    "CT": [("GEMS_ACQU_01", 0x19, 0x23, "DS", "55.0", True), ("GEMS_ACQU_01", 0x19, 0x27, "DS", "0.35", True),
           ("GEMS_ACQU_01", 0x19, 0x9E, "LO", "{plain_family}", True), ("GEMS_ACQU_01", 0x19, 0x4A, "SS", 517, False),
           ("GEMS_PARM_01", 0x43, 0x27, "SH", "0.984:1", True), ("GEMS_PARM_01", 0x43, 0x10, "US", 4711, False),
           ("GEIIS", 0x09, 0x12, "LO", "{family} {given}", False)],
    "MR": [("SIEMENS MR HEADER", 0x19, 0x0C, "IS", "1000", True), ("SIEMENS MR HEADER", 0x19, 0x0D, "CS", "DIRECTIONAL", True),
           ("SIEMENS MR HEADER", 0x19, 0x0E, "FD", [0.5, 0.25, 0.75], True), ("SIEMENS MR HEADER", 0x19, 0x16, "DS", "312.5", False),
           ("SIEMENS CSA HEADER", 0x29, 0x10, "OB", "csa", False), ("GEMS_PARM_01", 0x43, 0x39, "IS", ["1000", "8", "0", "0"], True)],
    "US": [("SIEMENS Ultrasound SC2000", 0x119, 0x00, "LO", "ACM 3.2", True), ("SIEMENS Ultrasound SC2000", 0x119, 0x05, "UL", 65521, True),
           ("SIEMENS SYNGO ULTRA-SOUND TOYON DATA STREAMING", 0x7FD1, 0x10, "OB", "csa", True)],
    "PT": [("Philips PET Private Group", 0x7053, 0x00, "DS", "0.000521", True), ("Philips PET Private Group", 0x7053, 0x09, "DS", "1.732", True),
           ("Philips PET Private Group", 0x7053, 0x03, "LO", "{email}", False)],
}
# A block that its own object declares: creator, element, VR, value, is it declared safe.
DECLARED = [("HARWICK TRIAL 7", 0x33, 0x01, "LO", "arm B", True), ("HARWICK TRIAL 7", 0x33, 0x02, "LO", "{phone}", False)]
# code, meaning, value type, template, basic code, {option: code}: rows of Table E.3.4-1
CONTENT = [("121008", "Person Observer Name", "PNAME", "{physician}", "D", {}),
           ("121029", "Subject Name", "PNAME", "{family}^{given}", "D", {}),
           ("121022", "Accession Number", "TEXT", "{accession}", "X", {}),
           ("111060", "Study Date", "DATE", "{date}", "X/D", {"full-dates": "K", "modified-dates": "C"}),
           ("121071", "Finding", "TEXT", words.LONG[0], "X/D", {"descriptors": "C"}),
           ("121106", "Comment", "TEXT", words.LONG[8], "X", {"descriptors": "C"}),
           ("121111", "Summary", "TEXT", words.LONG[5], "X", {"descriptors": "C"}),
           ("112040", "Tracking Unique Identifier", "UIDREF", "{uid}", "D", {"uids": "K"})]


def table(name):
    with open(os.path.join(SHARE, name), encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


ROWS = {int(r["tag"], 16): r for r in table("confidentiality-profile.tsv") if re.fullmatch("[0-9A-F]{8}", r["tag"])}
IODS = {r["uid"]: r["module_requirements_iod"] for r in table("sop-classes.tsv")}
TYPES = {(r["iod"], int(r["parent"] or "0", 16), int(r["tag"], 16)): r["type"]
         for r in table("module-requirements.tsv") if re.fullmatch("[0-9A-Fa-f]{8}", r["tag"])}


def code_of(row, options):
    """The code that ROW has under OPTIONS; of two that disagree the stronger protection."""
    codes = [row[OPTIONS[o]] for o in options if row[OPTIONS[o]]]
    return "C" if "C" in codes else codes[0] if codes else row["basic"]


# ---- objects

class Study:
    """One study of one patient: its objects, and what was planted in them."""

    def __init__(self, patient, n, rng):
        self.p, self.n, self.rng = patient, n, rng
        self.count = 0
        self.date = patient.date.strftime("%Y%m%d")
        self.root = "1.2.840.113619.2.%d.%s.%d" % (55 + n, self.date, 1000 + rng.randrange(9000))
        self.study, self.frame = self.uid(), self.uid()
        self.notes = {}         # (id of data set, tag): what must go and stay
        self.keep = []          # so that ids stay unique
        self.objects = []       # (data set, pixels' boxes, names of what it refers to)
        self.n_short, self.n_long = n * 3, n * 5

    def uid(self):
        self.count += 1
        return "%s.%d" % (self.root, self.count)

    def data_set(self):
        d = Dataset()
        self.keep.append(d)
        return d

    def text(self, d, keyword, template):
        value, go, stay = self.p.fill(template)
        setattr(d, keyword, value)
        self.notes[id(d), int(d.data_element(keyword).tag)] = go, stay

    def short(self, d, *keywords):
        for k in keywords:
            while True:
                self.n_short += 1
                template = words.SHORT[self.n_short % len(words.SHORT)]
                if len(self.p.fill(template)[0]) <= 64:
                    break
            self.text(d, k, template)

    def long(self, d, *keywords):
        for k in keywords:
            self.n_long += 1
            self.text(d, k, words.LONG[self.n_long % len(words.LONG)])

    def code(self, value, meaning, scheme="DCM"):
        d = self.data_set()
        d.CodeValue, d.CodingSchemeDesignator, d.CodeMeaning = value, scheme, meaning
        return d

    def base(self, modality, series, number):
        p, d = self.p, self.data_set()
        if p.charset:
            d.SpecificCharacterSet = p.charset.split("\\")
        d.SOPClassUID, d.SOPInstanceUID, d.StudyInstanceUID, d.SeriesInstanceUID = CLASSES[modality], self.uid(), self.study, series
        d.Modality = modality
        d.InstanceCreatorUID = self.root + ".9"
        later = (p.date + datetime.timedelta(days=1)).strftime("%Y%m%d")
        d.StudyDate, d.SeriesDate, d.ContentDate = self.date, self.date, later
        d.StudyTime, d.SeriesTime, d.ContentTime = "231415.25", "2317", "000312"
        d.AccessionNumber, d.StudyID, d.SeriesNumber, d.InstanceNumber = p.accession, "ST%05d" % self.rng.randrange(10**5), 1, number
        d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = p.pn(), p.pid, p.birth.strftime("%Y%m%d"), p.sex
        d.PatientAge = "%03dY" % p.age
        d.PatientWeight, d.PatientSize, d.EthnicGroup = "71.5", "1.73", "CELTIC"
        d.OtherPatientIDs = p.ssn
        d.PatientAddress, d.PatientTelephoneNumbers = p.address, p.phone
        d.InstitutionName, d.InstitutionAddress, d.StationName, d.DeviceSerialNumber = p.hospital, p.hospital_address, p.station, p.serial
        d.Manufacturer, d.ManufacturerModelName = MAKERS.get(modality, ("FUJIFILM", "FDR Smart X"))
        d.SoftwareVersions = "syngo MR E11"
        d.ReferringPhysicianName, d.OperatorsName = "^".join(p.physician), "^".join(p.operator)
        self.short(d, "StudyDescription", "SeriesDescription", "ProtocolName")
        self.long(d, "PatientComments", "AdditionalPatientHistory")
        if number == 1:
            self.sequences(d)
        self.objects.append((d, [], []))
        return d

    def sequences(self, d):
        """Requests, three levels deep, and a name in UN of undefined length."""
        request = self.data_set()
        request.RequestedProcedureID, request.ScheduledProcedureStepID = "RP%06d" % self.rng.randrange(10**6), "SP1"
        self.short(request, "RequestedProcedureDescription")
        protocol, context = self.code("113014", "DCM protocol"), self.code("G-72BB", "localizer")
        context.OperatorsName = "^".join(self.p.operator)
        deep = self.data_set()
        deep.ConceptNameCodeSequence = [self.code("109054", "Patient State")]
        deep.ValueType, deep.PersonName = "PNAME", self.p.pn()
        context.ProtocolContextSequence = [deep]
        protocol.ProtocolContextSequence = [context]
        request.ScheduledProtocolCodeSequence = [protocol]
        d.RequestAttributesSequence = [request]
        name = ("%s^X" % self.p.operator[0]).encode()
        inner = b"\x10\x00\x10\x00" + (len(name) + len(name) % 2).to_bytes(4, "little") + name + b" " * (len(name) % 2)
        item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
        unknown = DataElement(0x00409096, "UN", item)
        unknown.is_undefined_length = True
        d.add(unknown)

    def pixels(self, d, frames=1, syntax="native"):
        bits = 8 if syntax == "jpeg" or d.Modality in ("US", "SC") else 16
        d.SamplesPerPixel, d.PhotometricInterpretation, d.Rows, d.Columns = 1, "MONOCHROME2", 64, 96
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = bits, min(bits, 12), min(bits, 12) - 1, 0
        if frames > 1:
            d.NumberOfFrames = frames
        noise = np.random.RandomState(self.rng.randrange(2**31)).randint(0, 60, (frames, 64, 96))
        if d.Modality == "SC":          # burned-in text, and where it is
            image = Image.new("L", (96, 64))
            ImageDraw.Draw(image).text((4, 4), words.plain(self.p.family)[:10].encode("ascii", "replace").decode(), fill=255)
            noise = np.maximum(noise, np.asarray(image)[None])
            self.objects[-1][1].append([2, 2, 80, 16])
        if syntax == "jpeg":
            parts = []
            for frame in noise:
                out = io.BytesIO()
                Image.fromarray(frame.astype("uint8")).save(out, "JPEG", quality=90)
                parts.append(out.getvalue() + b"\0" * (out.tell() % 2))
            d.PixelData = encapsulate(parts)
            d["PixelData"].is_undefined_length = True
            d.LossyImageCompression = "01"
        else:
            d.PixelData = noise.astype("uint8" if bits == 8 else "<u2").tobytes()
        d["PixelData"].VR = "OB" if bits == 8 else "OW"

    def private(self, d, rows):
        for creator, group, element, vr, value, safe in rows:
            go, stay = [], []
            if value == "csa":          # as Siemens' header: names and lengths among bytes
                value = b"SV10\4\3\2\1" + b"PatientName\0\0\0" + words.plain(self.p.family).encode("utf-8", "replace") + b"\0" * 9
                value += b"sSliceArray.dThickness\0" + b"\0" * (len(value) % 2 == 0)
            elif isinstance(value, str) and "{" in value:
                value, go, stay = self.p.fill(value)
            block = d.private_block(group, creator, create=True)
            block.add_new(element, vr, value)
            tag = int(block.get_tag(element))
            self.notes[id(d), tag] = go, stay
            self.notes["private", id(d), tag] = creator, safe and not go and not isinstance(value, bytes)

    def declare(self, d):
        self.private(d, DECLARED)
        declared = self.data_set()
        declared.PrivateGroupReference, declared.PrivateCreatorReference = 0x33, "HARWICK TRIAL 7"
        declared.BlockIdentifyingInformationStatus, declared.NonidentifyingPrivateElements = "MIXED", 0x01
        d.PrivateDataElementCharacteristicsSequence = [declared]

    # one method a kind of object

    def image(self, modality, series, number, frames=1, syntax="native"):
        d = self.base(modality, series, number)
        d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        d.AcquisitionDate, d.AcquisitionTime, d.AcquisitionDateTime = self.date, "2318", self.date + "231800.5+0100"
        d.FrameOfReferenceUID, d.PositionReferenceIndicator = self.frame, "SN"
        d.BodyPartExamined, d.KVP, d.SliceThickness = "CHEST", "120", "1.25"
        self.short(d, "ImageComments", "WindowCenterWidthExplanation", "ProcessingFunction")
        self.long(d, "DerivationDescription")
        d.ContrastBolusAgent = "GADOBUTROL 1.0 mmol/ml"
        self.notes[id(d), 0x00180010] = [], ["GADOBUTROL", "mmol/ml"]
        d.ConvolutionKernel, d.FilterMaterial = "B31f", "ALUMINUM"
        if modality in ("MR", "PT"):
            d.ScanningSequence, d.SequenceVariant, d.EchoTime, d.RepetitionTime = "SE", "SK", "90", "2500"
        if modality in ("PT", "NM"):
            dose = self.data_set()
            dose.RadiopharmaceuticalStartDateTime, dose.RadionuclideTotalDose = self.date + "221100", "314500000"
            dose.Radiopharmaceutical, dose.RadiopharmaceuticalStartTime = "FDG", "221100"
            d.RadiopharmaceuticalInformationSequence = [dose]
        if modality in PRIVATE:
            self.private(d, PRIVATE[modality])
        if modality == "CT":
            self.declare(d)
            d.InstanceCreationDate, d.AcquisitionDate = "%s.%s.%s" % (self.date[:4], self.date[4:6], self.date[6:]), self.date
            d.add_new(0x60000010, "US", 8), d.add_new(0x60000011, "US", 8), d.add_new(0x60000040, "CS", "G")
            d.add_new(0x60000050, "SS", [1, 1]), d.add_new(0x60000100, "US", 1), d.add_new(0x60000102, "US", 0)
            d.add_new(0x60003000, "OW", b"\xa5" * 8)
        self.pixels(d, frames, syntax)
        return d

    def refer(self, other):
        d = self.data_set()
        d.ReferencedSOPClassUID, d.ReferencedSOPInstanceUID = other.SOPClassUID, other.SOPInstanceUID
        return d

    def refer_series(self, d, *others):
        """Referenced Series Sequence (0008,1115) of D: all of OTHERS."""
        series = self.data_set()
        series.SeriesInstanceUID = others[0].SeriesInstanceUID
        series.ReferencedSOPSequence = [self.refer(o) for o in others]
        series.ReferencedImageSequence = [self.refer(o) for o in others]
        d.ReferencedSeriesSequence = [series]
        self.objects[-1][2].extend(others)

    def item(self, code, meaning, kind, template):
        d = self.data_set()
        d.RelationshipType, d.ValueType, d.ConceptNameCodeSequence = "CONTAINS", kind, [self.code(code, meaning)]
        if kind == "DATE":
            d.Date = self.date
        elif kind == "UIDREF":
            d.UID = self.uid()
        elif kind == "PNAME":
            d.PersonName = self.p.fill(template)[0]
        else:
            self.text(d, "TextValue", template)
        return d

    def report(self, modality, *images):
        d = self.base(modality, self.uid(), 1)
        d.CompletionFlag, d.VerificationFlag, d.ValueType, d.ContinuityOfContent = "COMPLETE", "UNVERIFIED", "CONTAINER", "SEPARATE"
        d.ConceptNameCodeSequence = [self.code("126000", "Imaging Measurement Report")]
        d.PerformedProcedureCodeSequence = []
        rows = CONTENT if modality == "SR" else CONTENT[5:6]
        d.ContentSequence = [self.item(*row[:4]) for row in rows]
        for i, row in zip(d.ContentSequence, rows):
            self.notes["concept", id(i)] = row
        evidence, series = self.data_set(), self.data_set()
        evidence.StudyInstanceUID, series.SeriesInstanceUID = self.study, images[0].SeriesInstanceUID
        series.ReferencedSOPSequence = [self.refer(i) for i in images]
        evidence.ReferencedSeriesSequence = [series]
        d.CurrentRequestedProcedureEvidenceSequence = [evidence]
        self.objects[-1][2].extend(images)

    def state(self, *images):
        d = self.base("PR", self.uid(), 1)
        d.PresentationCreationDate, d.PresentationCreationTime, d.ContentLabel = self.date, "2330", "LESION"
        d.ContentCreatorName = "^".join(self.p.physician)
        self.refer_series(d, *images)
        note, layer = self.data_set(), self.data_set()
        self.long(note, "UnformattedTextValue")
        note.AnchorPoint, note.AnchorPointVisibility, note.AnchorPointAnnotationUnits = [3.0, 4.0], "Y", "PIXEL"
        graphic = self.data_set()
        graphic.GraphicLayer, graphic.TextObjectSequence = "ONE", [note]
        d.GraphicAnnotationSequence = [graphic]
        layer.GraphicLayer, layer.GraphicLayerOrder = "ONE", 1
        d.GraphicLayerSequence = [layer]
        d.PresentationLUTShape = "IDENTITY"

    def segments(self, *images):
        d = self.base("SEG", self.uid(), 1)
        d.ImageType, d.FrameOfReferenceUID, d.SegmentationType = ["DERIVED", "PRIMARY"], self.frame, "BINARY"
        d.ContentLabel, d.ContentCreatorName = "LIVER", "^".join(self.p.operator)
        segment = self.data_set()
        segment.SegmentNumber, segment.SegmentAlgorithmType = 1, "MANUAL"
        self.text(segment, "SegmentLabel", "[liver segment IVa]")
        self.long(segment, "SegmentDescription")
        d.SegmentSequence = [segment]
        self.refer_series(d, *images)
        self.pixels(d)

    def contours(self, *images):
        d = self.base("RTSTRUCT", self.uid(), 1)
        d.StructureSetDate, d.StructureSetTime = self.date, "2340"
        self.text(d, "StructureSetLabel", "[PTV boost]")
        self.text(d, "StructureSetDescription", "{family} [prostate bed, 66 Gy in 33]")
        frame, study, series = self.data_set(), self.data_set(), self.data_set()
        series.SeriesInstanceUID, series.ContourImageSequence = images[0].SeriesInstanceUID, [self.refer(i) for i in images]
        study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", self.study
        study.RTReferencedSeriesSequence = [series]
        frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = self.frame, [study]
        d.ReferencedFrameOfReferenceSequence = [frame]
        roi = self.data_set()
        roi.ROINumber, roi.ReferencedFrameOfReferenceUID, roi.ROIGenerationAlgorithm = 1, self.frame, "MANUAL"
        self.text(roi, "ROIName", "[GTV_p]")
        d.StructureSetROISequence = [roi]
        self.objects[-1][2].extend(images)

    def document(self):
        d = self.base("DOC", self.uid(), 1)
        d.MIMETypeOfEncapsulatedDocument, d.BurnedInAnnotation, d.DocumentTitle = "application/pdf", "YES", "Befund"
        d.EncapsulatedDocument = ("%%PDF-1.4\n(%s)\n%%%%EOF\n" % words.plain(self.p.family)).encode().ljust(80)

    def everything(self):
        ct = self.uid()
        slices = [self.image("CT", ct, i + 1) for i in range(3)]
        slices[2].ReferencedImageSequence = [self.refer(slices[0])]
        self.objects[-1][2].append(slices[0])
        for modality in ("MR", "PT", "NM", "CR", "DX", "MG"):
            self.image(modality, self.uid(), 1, syntax="jpeg" if modality == "CR" else "native")
        self.image("US", self.uid(), 1, 4, "jpeg" if self.n % 2 else "native")
        self.image("SC", self.uid(), 1)
        self.report("SR", *slices)
        self.report("KO", slices[1])
        self.state(*slices[:2])
        self.segments(*slices)
        self.contours(*slices)
        self.document()


# ---- the key

def text_of(e):
    value = e.value
    if isinstance(value, bytes):
        return value.decode("latin-1").rstrip("\0 ") if len(value) < 32 else ""
    return "\\".join(map(str, value)) if e.VM > 1 else "" if value is None else str(value)


class Key:
    """The rows of one object."""

    def __init__(self, study, file, sop_class):
        self.s, self.file, self.iod, self.rows = study, file, IODS.get(sop_class, ""), {}

    def add(self, sets, path, action, go=(), stay=(), value=""):
        if sets and (action not in ("text_removed", "text_retained") or go or stay or value):
            self.rows.setdefault(json.dumps([path, action, go, stay, value]), []).extend(sets)

    def walk(self, d, path="", parent=0, alive=tuple(SETS)):
        """Rows for D; ALIVE are the sets under which all sequences around it stay."""
        for e in d:
            tag = int(e.tag)
            here = path + "%08X" % tag
            if e.tag.is_private:
                self.private(d, e, path)
            elif tag == 0x00409096:
                self.add(list(SETS), here + "[0].00100010", "text_removed", [self.s.p.operator[0]])
            elif e.VR == "SQ":
                stays = self.sequence(e, here, parent, alive)
                for i, inner in enumerate(e.value):
                    concept = self.s.notes.get(("concept", id(inner)))
                    if concept:
                        self.concept(inner, here + "@" + concept[0], concept, stays)
                    else:
                        self.walk(inner, "%s[%d]." % (here, i), tag, stays)
            else:
                self.leaf(d, e, here, parent, alive)

    def sequence(self, e, here, parent, alive):
        """The sets of ALIVE under which the items stay as they are."""
        row, stays = ROWS.get(int(e.tag)), []
        for s in alive:
            code = code_of(row, SETS[s]) if row else "K"
            if code in "KC":
                stays.append(s)
            elif "U" not in code and "X" not in code and e.value:
                self.add([s], here, "tag_retained")
        return tuple(stays)

    def concept(self, d, here, row, alive):
        for s in alive:
            codes = [row[5][o] for o in SETS[s] if o in row[5]]
            code = "C" if "C" in codes else (codes + [row[4]])[0]
            e = d.data_element({"PNAME": "PersonName", "DATE": "Date", "UIDREF": "UID"}.get(row[2], "TextValue"))
            self.value([s], d, e, "%s.%08X" % (here, e.tag), code, "3")
        self.gone([s for s in SETS if s not in alive], d, d[0x0040A160] if 0x0040A160 in d else d[0x0040A123] if 0x0040A123 in d else None, here)

    def gone(self, sets, d, e, here):
        """E is in a sequence that goes: its planted tokens may not be there."""
        if e is not None:
            go = self.tokens(d, e, sets)
            if go:
                self.add(sets, "%s.%08X" % (here, e.tag), "text_removed", go)

    def tokens(self, d, e, sets):
        """What of E must go under SETS: what was planted, or the whole value of a name."""
        go, _ = self.s.notes.get((id(d), int(e.tag)), ([], []))
        options = {o for s in sets for o in SETS[s]}
        lost = {"institution": {"institution"}, "dates": {"full-dates"}}
        go = [t for t, kind in go if not lost.get(kind, set()) & options]
        return go or ([p for p in re.split(r"[\^= ]", text_of(e)) if len(p) > 1] if e.VR == "PN" else [])

    def leaf(self, d, e, here, parent, alive):
        tag, row = int(e.tag), ROWS.get(int(e.tag))
        kind = TYPES.get((self.iod, parent, tag)) or TYPES.get(("*", parent, tag), "3") if parent else TYPES.get((self.iod, 0, tag), "3")
        for s in SETS:
            if s in alive:
                self.value([s], d, e, here, code_of(row, SETS[s]) if row else self.by_vr(e, s), kind)
            else:
                go = self.tokens(d, e, [s])
                self.add([s], here, "text_removed", go)

    def by_vr(self, e, s):
        """The code of what is no row."""
        if 0x60000000 <= int(e.tag) < 0x60200000:
            return "C" if "graphics" in SETS[s] else "X"
        if e.VR in ("DA", "TM", "DT"):
            return "K" if "full-dates" in SETS[s] else "C" if "modified-dates" in SETS[s] else "X"
        if e.VR == "UI" and int(e.tag) not in SCHEME_UIDS and not str(e.value).startswith(WELL_KNOWN):
            return "U" if "uids" not in SETS[s] else "?"
        return "X" if e.VR == "PN" else "C"

    def value(self, sets, d, e, here, code, kind):
        """The rows of the element E under a CODE; KIND is its type."""
        value, tag = text_of(e), int(e.tag)
        noted = self.s.notes.get((id(d), tag))
        if tag in (0x7FE00010, 0x00080016, 0x00080005, 0x00420011) or not value and not isinstance(e.value, bytes):
            return
        if tag == 0x00100020:
            self.add(sets, here, "patid_consistent", value=value)
        if e.VR == "UI" and str(e.value).startswith(WELL_KNOWN):
            self.add(sets, here, "text_retained", value=value)
        elif tag == 0x00101010 and code == "K" and value > "089Y":
            self.add(sets, here, "text_removed", [value])
            self.add(sets, here, "text_notnull")
        elif code == "U" or e.VR == "UI" and code in ("C", "D"):
            self.add(sets, here, "uid_changed", value=value)
            self.add(sets, here, "uid_consistent", value=value)
            self.add(sets, here, "text_notnull")
        elif code == "K":
            self.add(sets, here, "text_retained", value=value)
        elif code == "C" and e.VR in ("DA", "DT"):
            self.add(sets, here, "date_shifted", value=value)
        elif code == "C" and e.VR == "TM":
            self.add(sets, here, "text_notnull")
        elif code == "C" and noted:
            self.add(sets, here, "text_removed", self.tokens(d, e, sets))
            self.add(sets, here, "text_retained", stay=noted[1])
        elif code == "C" and ROWS.get(tag) is None:
            self.add(sets, here, "text_retained", value=value)
        elif code not in ("?", "C"):
            self.add(sets, here, "text_removed", [value] if value else [])
            if code != "X" and kind == "1":
                self.add(sets, here, "text_notnull")
            elif code != "X" and kind == "2":
                self.add(sets, here, "tag_retained")

    def private(self, d, e, path):
        known = self.s.notes.get(("private", id(d), int(e.tag)))
        if not known:
            return                      # a creator
        here = path + "%04X.%s.%02X" % (e.tag.group, known[0], e.tag.elem & 0xFF)
        with_option = [s for s in SETS if "safe-private" in SETS[s]]
        go = [text_of(e)] if text_of(e) else [words.plain(self.s.p.family)]
        self.add([s for s in SETS if s not in with_option], here, "text_removed", go)
        if known[1]:
            self.add(with_option, here, "text_retained", value=text_of(e))
        else:
            self.add(with_option, here, "text_removed", go)


def save(d, path):
    d.is_little_endian, d.is_implicit_VR = True, False
    meta = d.file_meta = FileMetaDataset()
    lossy = d.get("LossyImageCompression") == "01"
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50" if lossy else "1.2.840.10008.1.2.1"
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = d.SOPClassUID, d.SOPInstanceUID
    meta.ImplementationClassUID, meta.ImplementationVersionName = "1.2.826.0.1.88.9", "SYNTH"
    meta.SourceApplicationEntityTitle = d.StationName
    d.save_as(path, write_like_original=False)


def write(study, number, folder, key):
    names = {id(d): "%03d/%03d.dcm" % (number, i) for i, (d, _, _) in enumerate(study.objects)}
    os.makedirs(os.path.join(folder, "%03d" % number))
    key.write(json.dumps({"patient": number, "planted": study.p.planted() + [[study.root, "uids"]]}, ensure_ascii=False) + "\n")
    for d, boxes, others in study.objects:
        name = names[id(d)]
        save(d, os.path.join(folder, name))
        document = "EncapsulatedDocument" in d
        rows = Key(study, name, d.SOPClassUID)
        rows.walk(d)
        if "PixelData" in d:
            rows.add(list(SETS), "7FE00010", "pixels_retained", value=hashlib.md5(d.PixelData).hexdigest())
        for box in boxes:
            rows.add(["pixels"], "7FE00010", "pixels_hidden", value=box)
        key.write(json.dumps({"file": name, "patient": number, "class": d.Modality, "may_refuse": document,
                              "refers": [names[id(o)] for o in others]}) + "\n")
        for row, sets in rows.rows.items():
            path, action, go, stay, value = json.loads(row)
            if not document or action in ("text_removed", "uid_changed"):
                key.write(json.dumps({"file": name, "path": path, "action": action, "go": go, "stay": stay, "value": value,
                                      "sets": sorted(set(sets), key=list(SETS).index) if sets != ["pixels"] else sets},
                                     ensure_ascii=False) + "\n")


def main():
    out = sys.argv[1]
    opts = dict(a.split("=") for a in sys.argv[2:])
    rng = random.Random(int(opts.get("seed", 1)))
    os.makedirs(os.path.join(out, "raw"))
    with open(os.path.join(out, "key.ndjson"), "w", encoding="utf-8") as key:
        for n in range(int(opts.get("patients", 8))):
            study = Study(words.Patient(n, rng), n, rng)
            study.everything()
            write(study, n, os.path.join(out, "raw"), key)


main()
