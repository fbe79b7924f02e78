"""The objects of a study: data sets as tables, and what was planted in them.

A specification is {keyword, or (tag, VR): value}. A value is a list of specifications (a sequence), a template of people.py where
a text holds one of {[<, a word that begins with @ and stands for what MARKS says, or the value itself.
"""
import datetime
import io
import re

import numpy as np
from PIL import Image, ImageDraw
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.encaps import encapsulate

import people
import tables

CLASSES = {k: "1.2.840.10008.5.1.4." + v for k, v in {
    "CT": "1.1.2", "MR": "1.1.4", "CR": "1.1.1", "DX": "1.1.1.1", "MG": "1.1.1.2", "US": "1.1.3.1", "PT": "1.1.128", "NM": "1.1.20",
    "SC": "1.1.7", "SR": "1.1.88.22", "KO": "1.1.88.59", "PR": "1.1.11.1", "SEG": "1.1.66.4", "RTSTRUCT": "1.1.481.3",
    "RTPLAN": "1.1.481.5", "RTDOSE": "1.1.481.2", "RTRECORD": "1.1.481.4", "DOC": "1.1.104.1", "CDA": "1.1.104.2", "ECG": "1.1.9.1.1",
    "CT enhanced": "1.1.2.1", "MR enhanced": "1.1.4.1", "HP": "38.1", "SR comprehensive": "1.1.88.33"}.items()}
MAKERS = {"CT": ("GE MEDICAL SYSTEMS", "Revolution EVO"), "MR": ("SIEMENS", "Skyra"), "US": ("SIEMENS", "ACUSON SC2000"),
          "PT": ("Philips Medical Systems", "Gemini TF"), "NM": ("GE MEDICAL SYSTEMS", "Discovery NM")}
MODALITIES = {"CT enhanced": "CT", "MR enhanced": "MR", "HP": None, "SR comprehensive": "SR", "CDA": "DOC"}
NATIVE = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")
CODED = {"jpeg": "1.2.840.10008.1.2.4.50", "rle": "1.2.840.10008.1.2.5", "jls": "1.2.840.10008.1.2.4.80", "j2k": "1.2.840.10008.1.2.4.90"}
TEXT_VRS = "AE AS CS DS IS LO LT PN SH ST UC UR UT".split()

BASE = {
    "InstanceCreatorUID": "@root", "StudyDate": "@date", "SeriesDate": "@date", "ContentDate": "@next", "StudyTime": "231415.25",
    "SeriesTime": "2317", "ContentTime": "000312", "TimezoneOffsetFromUTC": "+0100", "AccessionNumber": "{accession}", "StudyID": "@number",
    "SeriesNumber": 1, "PatientName": "@pn", "PatientID": "{pid}", "PatientBirthDate": "@birth", "PatientBirthTime": "0431", "PatientMotherBirthName": "@mother", "OtherPatientNames": "@maiden", "PatientSex": "@sex",
    "PatientAge": "@age", "PatientWeight": "71.5", "PatientSize": "1.73", "EthnicGroup": "CELTIC", "OtherPatientIDs": "{ssn}",
    "OtherPatientIDsSequence": [{"PatientID": "{national}", "TypeOfPatientID": "TEXT", "IssuerOfPatientID": "HARWICK"}],
    "PatientAddress": "{address}", "PatientTelephoneNumbers": "{phone}", "InstitutionName": "{inst}", "InstitutionAddress": "@inst_address",
    "StationName": "@station", "DeviceSerialNumber": "@serial", "Manufacturer": "@maker", "ManufacturerModelName": "@model",
    "SoftwareVersions": "syngo MR E11", "ReferringPhysicianName": "@physician", "OperatorsName": "@operator", "StudyDescription": "@short",
    "SeriesDescription": "@short", "ProtocolName": "@short", "PatientComments": "@long", "AdditionalPatientHistory": "@long",
    "MedicalAlerts": "@short", "BranchOfService": "{inst}", "RequestedProcedureDescription": "@short"}
REQUEST = {"RequestAttributesSequence": [{
    "RequestedProcedureID": "@number", "ScheduledProcedureStepID": "SP1", "RequestedProcedureDescription": "@short",
    "ReasonForTheRequestedProcedure": "@short", "ScheduledProtocolCodeSequence": [{
        "CodeValue": "113014", "CodingSchemeDesignator": "DCM", "CodeMeaning": "DCM protocol", "ProtocolContextSequence": [{
            "ValueType": "CODE", "CodeValue": "G-72BB", "CodingSchemeDesignator": "SRT", "CodeMeaning": "localizer", "OperatorsName": "@operator",
            "ProtocolContextSequence": [{"ValueType": "PNAME", "PersonName": "@pn", "ConceptNameCodeSequence": "@code 109054 Patient State"}]}]}]}]}
IMAGE = {
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "AcquisitionDate": "@date", "AcquisitionTime": "2318", "AcquisitionDateTime": "@zoned",
    "FrameOfReferenceUID": "@frame", "PositionReferenceIndicator": "SN", "BodyPartExamined": "HEAD", "KVP": "120", "SliceThickness": "1.25",
    "ImageComments": "@short", "WindowCenterWidthExplanation": "@short", "ProcessingFunction": "@short", "DerivationDescription": "@long",
    "ContrastBolusAgent": "[GADOBUTROL 1.0 mmol/ml]", "ConvolutionKernel": "B31f", "FilterMaterial": "ALUMINUM", "PresentationLUTShape": "IDENTITY"}
KINDS = {
    "MR": {"ScanningSequence": "SE", "SequenceVariant": "SK", "EchoTime": "90", "RepetitionTime": "2500", "SequenceName": "*tse2d1_15"},
    "PT": {"RadiopharmaceuticalInformationSequence": [{"RadiopharmaceuticalStartDateTime": "@moment", "RadionuclideTotalDose": "314500000",
                                                       "Radiopharmaceutical": "FDG", "RadiopharmaceuticalStartTime": "221100"}]},
    # Old and odd forms of dates, and overlays.
    "CT": {"InstanceCreationDate": "@dotted", "DateOfLastCalibration": ["@date", "@prior"], "ScheduledProcedureStepStartDate": "@date",
           "FrameReferenceDateTime": "@year_month", "StartAcquisitionDateTime": "@hour", "EndAcquisitionDateTime": "@year",
           (0x60000010, "US"): 8, (0x60000011, "US"): 8, (0x60000022, "LO"): "{given} {family} [ROI 4]", (0x60000040, "CS"): "G", (0x60000050, "SS"): [1, 1],
           (0x60000100, "US"): 1, (0x60000102, "US"): 0, (0x60001500, "LO"): "{plain}", (0x60003000, "OW"): b"\xa5" * 8,
           (0x60004000, "LT"): "{FAMILY} {given}"}}
KINDS["NM"] = KINDS["PT"]
PRIVATE = {         # creator, group, element, VR, value, is it in Table E.3.10-1
    "CT": [("GEMS_ACQU_01", 0x19, 0x23, "DS", "55.0", True), ("GEMS_ACQU_01", 0x19, 0x27, "DS", "0.35", True),
           ("GEMS_ACQU_01", 0x19, 0x9E, "LO", "{plain}", True), ("GEMS_ACQU_01", 0x19, 0x4A, "SS", 517, False),
           ("GEMS_PARM_01", 0x43, 0x27, "SH", "0.984:1", True), ("GEMS_PARM_01", 0x43, 0x10, "US", 4711, False),
           ("GEIIS", 0x09, 0x12, "LO", "{family} {given}", False)],
    "MR": [("SIEMENS MR HEADER", 0x19, 0x0C, "IS", "1000", True), ("SIEMENS MR HEADER", 0x19, 0x0D, "CS", "DIRECTIONAL", True),
           ("SIEMENS MR HEADER", 0x19, 0x0E, "FD", [0.5, 0.25, 0.75], True), ("SIEMENS MR HEADER", 0x19, 0x16, "DS", "312.5", False),
           ("SIEMENS CSA HEADER", 0x29, 0x10, "OB", "csa", False), ("GEMS_PARM_01", 0x43, 0x39, "IS", ["1000", "8", "0", "0"], True),
           ("SIEMENS MR HEADER", 0x19, 0x14, "DA", "@date", False), ("ZORBLAX 2000", 0x2B, 0x01, "LO", "{family}", False)],
    "US": [("SIEMENS Ultrasound SC2000", 0x119, 0x00, "LO", "ACM 3.2", True), ("SIEMENS Ultrasound SC2000", 0x119, 0x05, "UL", 65521, True),
           ("SIEMENS SYNGO ULTRA-SOUND TOYON DATA STREAMING", 0x7FD1, 0x10, "OB", "csa", True)],
    "PT": [("Philips PET Private Group", 0x7053, 0x00, "DS", "0.000521", True), ("Philips PET Private Group", 0x7053, 0x09, "DS", "1.732", True),
           ("Philips PET Private Group", 0x7053, 0x03, "LO", "{email}", False)]}
# Blocks that their own object declares (0008,0300): creator, element, VR, value, what becomes of it.
DECLARED = [("QUANTA TRIAL 7", 0x01, "LO", "arm B", True), ("QUANTA TRIAL 7", 0x02, "LO", "{phone}", False),
            ("QUANTA TRIAL 7", 0x03, "DA", "@date", True), ("QUANTA TRIAL 7", 0x05, "LO", "{pid}", False),
            ("QUANTA DOSE", 0x10, "DS", "12.5", True), ("QUANTA DOSE", 0x11, "DT", "@zoned", True), ("QUANTA RAW", 0x01, "LO", "{family}", False)]
DECLARATION = {"PrivateDataElementCharacteristicsSequence": [
    {"PrivateGroupReference": 0x33, "PrivateCreatorReference": "QUANTA TRIAL 7", "BlockIdentifyingInformationStatus": "MIXED",
     "NonidentifyingPrivateElements": [0x01, 0x03],
     "DeidentificationActionSequence": [{"IdentifyingPrivateElements": [0x02, 0x05], "DeidentificationAction": "X"}]},
    {"PrivateGroupReference": 0x33, "PrivateCreatorReference": "QUANTA DOSE", "BlockIdentifyingInformationStatus": "SAFE"},
    {"PrivateGroupReference": 0x33, "PrivateCreatorReference": "QUANTA RAW", "BlockIdentifyingInformationStatus": "UNSAFE"}]}
# What is safe of each VR, for all of Table E.3.10-1.
SAFE_VALUES = {"AT": 0x00180050, "CS": "PLANAR", "DS": "1.25", "FD": 0.5, "FL": 2.5, "IS": "12", "LO": "gradient echo 7", "LT": "flip angle 15",
               "SH": "K-7", "SL": -5, "SS": -3, "ST": "shim mode 2", "UI": "@uid", "UL": 70000, "US": 9, "OB": b"\1\2\3\4", "OW": b"\1\2\3\4"}
# Tokens where nobody looks: {rare} is a name that is no word of science.
PLACES = {
    "RetrieveAETitle": "{RARE}", "BodyPartExamined": "{RARE}", "SliceThickness": "{RARE}", "AcquisitionNumber": "{RARE}", "ImageType": ["DERIVED", "PRIMARY", "{RARE}"],
    "PatientPosition": "{RARE}", "SeriesDescription": "[see] {study} [for scout]", "ImageComments": "[axial]\0{rare}", "SpatialResolution": "{pid}",
    "AcquisitionDeviceProcessingDescription": "{rare} [edge 3]", "PatientSpeciesDescription": "{rare}", "Manufacturer": "{rare}",
    "AnatomicRegionSequence": [{"CodeValue": "{pid}", "CodingSchemeDesignator": "99{RARE}", "CodeMeaning": "[Head] {rare}", "CodingSchemeVersion": "{accession}"}],
    "IconImageSequence": [{"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": 8, "Columns": 8, "BitsAllocated": 8, "BitsStored": 8,
                           "HighBit": 7, "PixelRepresentation": 0, "ImageComments": "{rare}", "PixelData": b"\x40" * 64}],
    "ICCProfile": "icc", "ConversionType": "WSD", "DateOfSecondaryCapture": "@date", "LUTExplanation": "{rare} [gamma 2]",
    "ReferencedPatientPhotoSequence": [{"RetrieveURL": "{url}", "TypeOfInstances": "DICOM"}], "RetrieveURL": "{url}", "RetrieveURI": "{url}",
    "OriginalAttributesSequence": [{"SourceOfPreviousValues": "{rare}", "AttributeModificationDateTime": "@moment", "ModifyingSystem": "{rare}",
                                    "ReasonForTheAttributeModification": "CORRECT", "ModifiedAttributesSequence": [{"PatientName": "@pn", "PatientID": "{pid}"}]}],
    "UnformattedTextValue": "{rare} [arrow]", "DataSetTrailingPadding": "rare", (0x00080000, "UL"): 4, (0x00100000, "UL"): 4,
    (0x50000022, "LO"): "{rare}", (0x50003000, "OW"): "rare", (0x60020022, "LO"): "{rare}", (0x60021500, "LO"): "{rare}", (0x60024000, "LT"): "{rare}",
    (0x00097771, "LO"): "{rare}", (0x0018FFF7, "LO"): "{rare}", (0x00220FF1, "UN"): "rare", (0x00041500, "CS"): "{RARE}"}
CONTAINER = {"CompletionFlag": "COMPLETE", "VerificationFlag": "UNVERIFIED", "ValueType": "CONTAINER", "ContinuityOfContent": "SEPARATE",
             "ConceptNameCodeSequence": "@code 126000 Imaging_Measurement_Report", "PerformedProcedureCodeSequence": [],
             "VerifyingObserverSequence": [{"VerifyingObserverName": "@physician", "VerifyingOrganization": "{inst}", "VerificationDateTime": "@moment"}]}
STATE = {"PresentationCreationDate": "@date", "PresentationCreationTime": "2330", "ContentLabel": "LESION", "ContentDescription": "@short",
         "ContentCreatorName": "@physician", "PresentationLUTShape": "IDENTITY", "GraphicLayerSequence": [{"GraphicLayer": "ONE", "GraphicLayerOrder": 1,
                                                                                                          "GraphicLayerDescription": "@short"}],
         "GraphicAnnotationSequence": [{"GraphicLayer": "ONE", "TextObjectSequence": [
             {"UnformattedTextValue": "@long", "AnchorPoint": [3.0, 4.0], "AnchorPointVisibility": "Y", "AnchorPointAnnotationUnits": "PIXEL"}],
             "GraphicObjectSequence": [{"GraphicAnnotationUnits": "PIXEL", "GraphicDimensions": 2, "NumberOfGraphicPoints": 1, "GraphicData": [5.0, 6.0],
                                        "GraphicType": "POINT"}]}]}
SEGMENTS = {"ImageType": ["DERIVED", "PRIMARY"], "FrameOfReferenceUID": "@frame", "SegmentationType": "BINARY", "ContentLabel": "LIVER",
            "ContentCreatorName": "@operator", "SegmentSequence": [{"SegmentNumber": 1, "SegmentAlgorithmType": "MANUAL",
                                                                    "SegmentLabel": "[liver segment IVa]", "SegmentDescription": "@long", "TrackingUID": "@uid", "TrackingID": "{pid}-1"}]}
CONTOURS = {"StructureSetDate": "@date", "StructureSetTime": "2340", "StructureSetLabel": "[PTV boost]", "StructureSetName": "{family} [v2]",
            "StructureSetDescription": "{family} [prostate bed, 66 Gy in 33]",
            "StructureSetROISequence": [{"ROINumber": 1, "ReferencedFrameOfReferenceUID": "@frame", "ROIGenerationAlgorithm": "MANUAL", "ROIName": "[GTV_p]",
                                         "ROIDescription": "@short"}],
            "RTROIObservationsSequence": [{"ObservationNumber": 1, "ReferencedROINumber": 1, "ROIInterpreter": "@physician", "ROIObservationLabel": "@short"}]}
PLAN = {"RTPlanLabel": "[Boost 2]", "RTPlanName": "@short", "RTPlanDescription": "@long", "RTPlanDate": "@date", "RTPlanTime": "1015",
        "RTPlanGeometry": "PATIENT", "PlanIntent": "CURATIVE", "PrescriptionDescription": "@long", "ApprovalStatus": "APPROVED", "ReviewDate": "@date",
        "ReviewTime": "1130", "ReviewerName": "@physician",
        "FractionGroupSequence": [{"FractionGroupNumber": 1, "NumberOfFractionsPlanned": 33, "FractionGroupDescription": "@short"}],
        "BeamSequence": [{"BeamNumber": 1, "BeamName": "[LAO 45]", "BeamDescription": "@short", "TreatmentMachineName": "@station", "BeamType": "STATIC",
                          "RadiationType": "PHOTON", "Manufacturer": "Varian", "InstitutionName": "{inst}", "DeviceSerialNumber": "@serial"}],
        "PatientSetupSequence": [{"PatientSetupNumber": 1, "PatientPosition": "HFS", "SetupTechniqueDescription": "@short"}]}
DOSE = {"DoseUnits": "GY", "DoseType": "PHYSICAL", "DoseSummationType": "PLAN", "DoseComment": "@short", "DoseGridScaling": "0.001", "FrameOfReferenceUID": "@frame"}
RECORD = {"TreatmentDate": "@date", "TreatmentTime": "1402", "NumberOfFractionsPlanned": 33,
          "TreatmentMachineSequence": [{"TreatmentMachineName": "@station", "Manufacturer": "Varian", "DeviceSerialNumber": "@serial", "InstitutionName": "{inst}"}],
          "TreatmentSessionBeamSequence": [{"BeamName": "[LAO 45]", "BeamDescription": "@short", "CurrentFractionNumber": 3, "OperatorsName": "@operator",
                                            "TreatmentVerificationStatus": "VERIFIED", "TreatmentTerminationStatus": "NORMAL",
                                            "ControlPointDeliverySequence": [{"TreatmentControlPointDate": "@date", "TreatmentControlPointTime": "140233"}]}]}
ECG = {"AcquisitionDateTime": "@moment", "WaveformSequence": [{
    "MultiplexGroupLabel": "@short", "WaveformOriginality": "ORIGINAL", "NumberOfWaveformChannels": 1, "NumberOfWaveformSamples": 8, "SamplingFrequency": "500",
    "ChannelDefinitionSequence": [{"ChannelLabel": "[Lead II]", "ChannelSourceSequence": "@code 2:1 Lead_I", "WaveformBitsStored": 16}],
    "WaveformBitsAllocated": 16, "WaveformSampleInterpretation": "SS", "WaveformData": bytes(range(16))}],
    "WaveformAnnotationSequence": [{"UnformattedTextValue": "@long", "ReferencedWaveformChannels": [1, 0], "AnnotationGroupNumber": 1},
                                   {"ConceptNameCodeSequence": "@code 2:16016 Heart_rate", "NumericValue": "71", "ReferencedWaveformChannels": [1, 0],
                                    "ReferencedDateTime": "@moment"}],
    "AcquisitionContextSequence": [{"ValueType": "TEXT", "ConceptNameCodeSequence": "@code 109054 Patient_State", "TextValue": "@long"}]}
FRAME = {"FrameContentSequence": [{"FrameAcquisitionDateTime": "@moment", "FrameReferenceDateTime": "@moment", "FrameComments": "@short", "FrameLabel": "[phase 2]"}],
         "FrameAnatomySequence": [{"FrameLaterality": "U", "AnatomicRegionSequence": "@code T-D1100 Head"}],
         "PlanePositionSequence": [{"ImagePositionPatient": ["0", "0", "1.5"]}]}
ENHANCED = {"AcquisitionDateTime": "@moment", "ContentQualification": "RESEARCH", "FrameOfReferenceUID": "@frame", "ConcatenationUID": "@uid", "ImageComments": "@long",
            "BurnedInAnnotation": "NO", "PresentationLUTShape": "IDENTITY", "DimensionOrganizationSequence": [{"DimensionOrganizationUID": "@uid"}],
            "SharedFunctionalGroupsSequence": [{"PixelMeasuresSequence": [{"SliceThickness": "1.5", "PixelSpacing": ["0.7", "0.7"]}],
                                                "IrradiationEventIdentificationSequence": [{"IrradiationEventUID": "@uid"}]}],
            "AcquisitionContextSequence": []}
PROTOCOL = {"HangingProtocolName": "[CT CHEST]", "HangingProtocolDescription": "@short", "HangingProtocolLevel": "SITE", "HangingProtocolCreator": "{physician}",
            "HangingProtocolCreationDateTime": "@moment", "HangingProtocolUserGroupName": "{inst}", "NumberOfPriorsReferenced": 0,
            "HangingProtocolDefinitionSequence": [{"Modality": "CT", "Laterality": "L", "StudyDescription": "@short"}],
            "ImageSetsSequence": [{"ImageSetSelectorSequence": [
                {"ImageSetSelectorUsageFlag": "MATCH", "SelectorAttribute": 0x00100010, "SelectorAttributeVR": "PN", "SelectorPNValue": "@pn", "SelectorValueNumber": 1},
                {"ImageSetSelectorUsageFlag": "MATCH", "SelectorAttribute": 0x00080020, "SelectorAttributeVR": "DA", "SelectorDAValue": "@date", "SelectorValueNumber": 1},
                {"ImageSetSelectorUsageFlag": "MATCH", "SelectorAttribute": 0x0008103E, "SelectorAttributeVR": "LO", "SelectorLOValue": "@short", "SelectorValueNumber": 1}]}]}
# Texts of the other text VRs, and what Table E.1-1 has no row for.
TEXTS = {"LabelText": "@long", "StudyComments": "@long", "VisitComments": "@long", "ReasonForStudy": "@short",
         "ImagingServiceRequestComments": "@long", "RequestedProcedureComments": "@long", "ScheduledProcedureStepDescription": "@short",
         "PerformedProcedureStepDescription": "@short", "CommentsOnThePerformedProcedureStep": "@long", "AcquisitionDeviceProcessingDescription": "@short",
         "AcquisitionProtocolDescription": "@long", "ClinicalTrialProtocolName": "@short", "ClinicalTrialSubjectID": "{pid}", "ClinicalTrialTimePointDescription": "@long",
         "DischargeDiagnosisDescription": "@short", "AdmittingDiagnosesDescription": "@short", "ContributionDescription": "@long", "FrameComments": "@long",
         "RequestedContrastAgent": "@short", "InterventionDescription": "@long", "PatientState": "@short", "SpecialNeeds": "@short", "Occupation": "@short",
         "Allergies": "@short", "IdentifyingComments": "@long", "TextComments": "@long", "TextString": "@long", "ModifyingDeviceManufacturer": "@short"}


class Study:
    """One study of one patient: its objects, and what was planted in them."""

    def __init__(self, patient, n, rng):
        self.p, self.n, self.rng = patient, n, rng
        self.count = 0
        self.date = patient.date.strftime("%Y%m%d")
        self.root = "1.2.840.113619.2.%d.%s.%d" % (55 + n, self.date, 1000 + rng.randrange(9000))
        self.study, self.frame = self.uid(), self.uid()
        patient.study = self.study
        self.notes = {}         # (id of data set, tag): what must go and stay
        self.keep = []          # so that ids stay unique
        self.objects = []       # [data set, pixels' boxes, what it refers to, transfer syntax]

    def uid(self):
        self.count += 1
        return "%s.%d" % (self.root, self.count)

    def mark(self, word, modality):
        """What a word of MARKS stands for."""
        p = self.p
        later = (p.date + datetime.timedelta(days=1)).strftime("%Y%m%d")
        maker = MAKERS.get(modality, ("FUJIFILM", "FDR Smart X"))
        return {"uid": self.uid, "date": self.date, "next": later, "prior": p.prior.strftime("%Y%m%d"), "moment": self.date + "221100",
                "zoned": self.date + "231800.5+0100", "dotted": p.date.strftime("%Y.%m.%d"), "year_month": self.date[:6], "year": self.date[:4],
                "hour": self.date + "23", "birth": p.birth.strftime("%Y%m%d"), "pn": p.pn(), "sex": p.sex, "age": "%03dY" % p.age,
                "root": self.root + ".9", "frame": self.frame, "study": self.study, "number": lambda: "ST%05d" % self.rng.randrange(10**5),
                "station": p.station, "serial": p.serial, "inst_address": p.hospital_address, "maker": maker[0], "model": maker[1],
                "physician": "^".join(p.physician), "operator": "^".join(p.operator), "mother": "^".join(p.mother), "maiden": "%s^%s" % (p.mother[0], p.given)}[word]

    def put(self, d, key, value, modality):
        tag, vr = key if isinstance(key, tuple) else (tag_for_keyword(key), None)
        vr = vr or dictionary_VR(tag)
        go, stay, dates = [], [], []
        if isinstance(value, list) and vr == "SQ":
            value = [self.make(spec, modality) for spec in value]
        elif isinstance(value, list):
            parts = [self.value(v, vr, modality) for v in value]
            value = [p[0] for p in parts]
            go, stay = [t for p in parts for t in p[1]], [t for p in parts for t in p[2]]
        elif isinstance(value, str):
            value, go, stay, dates = self.value(value, vr, modality)
        # What is no number stays as it is: devices write such things.
        d.add(DataElement(tag, vr, value, already_converted=vr in ("DS", "IS") and isinstance(value, str) and bool(go)))
        if go or stay:
            self.notes[id(d), tag] = go, stay, dates

    def value(self, value, vr, modality):
        """VALUE of a specification, with what must go and stay in it."""
        if not isinstance(value, str):
            return value, [], [], []
        if value in ("rare", "icc"):
            rare = self.p.rare().encode("utf-8")
            rare = rare + b" " * (len(rare) % 2)
            return (b"\0\0\2\0ADBE" + b"\0" * 28 + b"acsp" + b"desc" + rare + b"\0" * 16 if value == "icc" else rare), [], [], []
        if value.startswith("@code "):
            code, meaning = value[6:].split(" ", 1)
            return [self.make({"CodeValue": code, "CodingSchemeDesignator": "DCM", "CodeMeaning": meaning.replace("_", " ")}, modality)], [], [], []
        if value in ("@short", "@long"):
            return self.p.next_text("long" if value == "@long" and vr in ("LT", "ST", "UT", "UC") else "short", 16 if vr == "SH" else 10240)
        if value.startswith("@"):
            value = self.mark(value[1:], modality)
            return (value() if callable(value) else value), [], [], []
        if re.search(r"[{\[<]", value) and vr in TEXT_VRS:
            return self.p.fill(value)
        return value, [], [], []

    def make(self, spec, modality=""):
        """The data set of a specification."""
        d = Dataset()
        self.keep.append(d)
        for key, value in spec.items():
            self.put(d, key, value, modality)
        return d

    def add(self, d, spec, modality=""):
        for key, value in spec.items():
            self.put(d, key, value, modality)

    def base(self, kind, series, number, *specs, syntax=None):
        """A new object of KIND: the patient, the study, and SPECS."""
        modality = MODALITIES.get(kind, kind)
        d = self.make({"SOPClassUID": CLASSES[kind], "SOPInstanceUID": self.uid(), "StudyInstanceUID": self.study, "SeriesInstanceUID": series,
                       "InstanceNumber": number})
        if self.p.charset:
            d.SpecificCharacterSet = self.p.charset.split("\\")
        if modality:
            d.Modality = modality
        for spec in (BASE, REQUEST if number == 1 else {}, *specs):
            self.add(d, spec, modality)
        self.objects.append([d, [], [], syntax or NATIVE[0]])
        return d

    def pixels(self, d, frames=1, coding=None, extra=0):
        bits = 8 if coding == "jpeg" or d.Modality in ("US", "SC") else 16
        d.SamplesPerPixel, d.PhotometricInterpretation, d.Rows, d.Columns = 1, "MONOCHROME2", 64, 96
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = bits, min(bits, 12), min(bits, 12) - 1, 0
        if frames > 1:
            d.NumberOfFrames = frames
        noise = np.random.RandomState(self.rng.randrange(2**31)).randint(0, 60, (frames, 64, 96))
        if d.Modality == "SC":          # burned-in text, and where it is
            image = Image.new("L", (96, 64))
            ImageDraw.Draw(image).text((4, 4), people.plain(self.p.family)[:10].encode("ascii", "replace").decode(), fill=255)
            noise = np.maximum(noise, np.asarray(image)[None])
            self.objects[-1][1].append([2, 2, 80, 16])
        if coding:                      # only JPEG is one: nothing that de-identifies metadata has reason to decode
            parts = []
            for frame in noise:
                out = io.BytesIO()
                Image.fromarray(frame.astype("uint8")).save(out, "JPEG", quality=90)
                parts.append(out.getvalue() + b"\0" * (out.tell() % 2))
            d.PixelData = encapsulate(parts, has_bot=len(parts) > 1)
            d["PixelData"].is_undefined_length = True
            d.LossyImageCompression = "01" if coding == "jpeg" else "00"
            self.objects[-1][3] = CODED[coding]
        else:
            d.PixelData = noise.astype("uint8" if bits == 8 else "<u2").tobytes()
        d["PixelData"].VR = "OB" if bits == 8 or coding else "OW"

    def private(self, d, rows):
        for creator, group, element, vr, value, safe in rows:
            go, stay = [], []
            if value == "csa":          # as Siemens' header: names and lengths among bytes
                value = b"SV10\4\3\2\1" + b"PatientName\0\0\0" + self.p.rare().encode("utf-8", "replace") + b"\0" * 9
                value += b"sSliceArray.dThickness\0" + b"\0" * (len(value) % 2 == 0)
                safe = False
            elif isinstance(value, str):
                value, go, stay, _ = self.value(value, vr, "")
            block = d.private_block(group, creator, create=True)
            block.add_new(element, vr, value)
            tag = int(block.get_tag(element))
            self.notes[id(d), tag] = go, stay, []
            self.notes["private", id(d), tag] = creator, safe and not go

    def declare(self, d):
        self.private(d, [(c, 0x33, *row) for c, *row in DECLARED])
        self.add(d, DECLARATION)

    # one method a kind of object

    def image(self, modality, series, number, frames=1, coding=None, syntax=None):
        d = self.base(modality, series, number, IMAGE, KINDS.get(modality, {}), syntax=syntax)
        if modality in PRIVATE and syntax != NATIVE[1]:
            self.private(d, PRIVATE[modality])
        if modality == "CT" and number == 1:
            self.declare(d)
        self.pixels(d, frames, coding)
        return d

    def earlier(self):
        """A study of the same patient, long before."""
        d = self.image("CT", self.uid(), 2)
        day = self.p.prior.strftime("%Y%m%d")
        d.StudyInstanceUID, d.FrameOfReferenceUID, d.AccessionNumber = self.uid(), self.uid(), self.p.accession[:-1] + "x"
        d.StudyDate = d.SeriesDate = d.ContentDate = d.AcquisitionDate = day
        d.AcquisitionDateTime, d.PatientAge = day + "101500", "%03dY" % ((self.p.prior - self.p.birth).days // 365)
        self.notes.pop((id(d), 0x00080050))

    def refer(self, *others):
        return [self.make({"ReferencedSOPClassUID": o.SOPClassUID, "ReferencedSOPInstanceUID": o.SOPInstanceUID}) for o in others]

    def refer_series(self, d, *others):
        """Referenced Series Sequence (0008,1115) of D: all of OTHERS."""
        series = self.make({"SeriesInstanceUID": others[0].SeriesInstanceUID})
        series.ReferencedSOPSequence, series.ReferencedImageSequence = self.refer(*others), self.refer(*others)
        d.ReferencedSeriesSequence = [series]
        self.objects[-1][2].extend(others)

    def content(self, row, images):
        """A content item of a row of Table E.3.4-1."""
        kind = row["value_type"]
        free = ("@long" if row["clean_descriptors"] else "{inst}" if row["retain_institution_identity"] else "@serial" if row["retain_device_identity"]
                else "{accession}")
        value = {"TEXT": {"TextValue": free}, "PNAME": {"PersonName": "@physician"}, "DATE": {"Date": "@birth" if row["code_value"] == "121031" else "@date"}, "TIME": {"Time": "231415"},
                 "DATETIME": {"DateTime": "@moment"}, "UIDREF": {"UID": "@uid"}, "CODE": {"ConceptCodeSequence": "@code M Male"},
                 "NUM": {"MeasuredValueSequence": [{"NumericValue": "%d" % self.p.age, "MeasurementUnitsCodeSequence": "@code a year"}]},
                 "CONTAINER": {"ContentSequence": [{"RelationshipType": "CONTAINS", "ValueType": "TEXT", "TextValue": "@serial",
                                                    "ConceptNameCodeSequence": [{"CodeValue": "74711-3", "CodingSchemeDesignator": "LN",
                                                                                 "CodeMeaning": "Unique Device Identifier"}]}]}}.get(kind, {})
        d = self.make({"RelationshipType": "CONTAINS", "ValueType": kind, "ConceptNameCodeSequence": [
            {"CodeValue": row["code_value"], "CodeMeaning": row["code_meaning"]}], **value})
        d.ConceptNameCodeSequence[0].CodingSchemeDesignator = row["scheme"]     # may have brackets, and is no template
        if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
            d.ReferencedSOPSequence = self.refer(images[0])
        return d

    def report(self, kind, images, rows):
        """A structured report of ROWS, every second one a level deeper."""
        d = self.base(kind, self.uid(), 1, CONTAINER)
        items = [self.content(row, images) for row in rows]
        deep = self.make({"RelationshipType": "CONTAINS", "ValueType": "CONTAINER", "ContinuityOfContent": "SEPARATE",
                          "ConceptNameCodeSequence": "@code 121070 Findings"})
        deep.ContentSequence = items[1::2]
        d.ContentSequence = [*items[::2], deep]
        series = self.make({"SeriesInstanceUID": images[0].SeriesInstanceUID})
        series.ReferencedSOPSequence = self.refer(*images)
        evidence = self.make({"StudyInstanceUID": self.study})
        evidence.ReferencedSeriesSequence = [series]
        d.CurrentRequestedProcedureEvidenceSequence = [evidence]
        self.objects[-1][2].extend(images)

    def contours(self, *images):
        d = self.base("RTSTRUCT", self.uid(), 1, CONTOURS)
        series = self.make({"SeriesInstanceUID": images[0].SeriesInstanceUID})
        series.ContourImageSequence = self.refer(*images)
        study = self.make({"ReferencedSOPClassUID": "1.2.840.10008.3.1.2.3.1", "ReferencedSOPInstanceUID": self.study})
        study.RTReferencedSeriesSequence = [series]
        frame = self.make({"FrameOfReferenceUID": self.frame})
        frame.RTReferencedStudySequence = [study]
        d.ReferencedFrameOfReferenceSequence = [frame]
        self.objects[-1][2].extend(images)
        return d

    def treatment(self, structures):
        plan = self.base("RTPLAN", self.uid(), 1, PLAN)
        plan.ReferencedStructureSetSequence = self.refer(structures)
        self.objects[-1][2].append(structures)
        dose = self.base("RTDOSE", self.uid(), 1, DOSE, syntax=NATIVE[1])
        dose.ReferencedRTPlanSequence = self.refer(plan)
        self.objects[-1][2].append(plan)
        self.pixels(dose)
        record = self.base("RTRECORD", self.uid(), 1, RECORD, syntax=NATIVE[3])
        record.ReferencedRTPlanSequence = self.refer(plan)
        self.objects[-1][2].append(plan)

    def enhanced(self, kind, image, syntax):
        d = self.base(kind, self.uid(), 1, ENHANCED, syntax=syntax)
        groups = []
        for _ in range(3):
            g = self.make(FRAME)
            derived = self.make({"DerivationDescription": "@short"})
            derived.SourceImageSequence = self.refer(image)
            g.DerivationImageSequence = [derived]
            groups.append(g)
        d.PerFrameFunctionalGroupsSequence = groups
        self.objects[-1][2].append(image)
        self.pixels(d, 3)

    def vendors(self):
        """All of Table E.3.10-1, beside what is not in it; names in the texts of every third row."""
        d = self.base("MR", self.uid(), 1, IMAGE, KINDS["MR"])
        rows = []
        for i, (creator, group, element, vr, _) in enumerate(tables.SAFE_PRIVATE):
            if vr in SAFE_VALUES:
                planted = vr in ("LO", "LT", "ST") and i % 3 == 0
                version = vr == "UI" and group in tables.VERSIONS
                rows.append((creator, group, element, vr, "{rare}" if planted else "1.2.840.113663.9.4" if version else SAFE_VALUES[vr], True))
        creators = {(r[0], r[1]): {r2[2] for r2 in tables.SAFE_PRIVATE if r2[:2] == r[:2]} for r in tables.SAFE_PRIVATE}
        for (creator, group), known in sorted(creators.items()):
            other = next(e for e in range(0xFE, 0, -1) if e not in known)
            rows.append((creator, group, other, "LO", "{family} 3", False))
        self.private(d, rows)
        for creator, group, element, vr, _ in tables.SAFE_PRIVATE:
            if vr == "SQ" and (creator, group) in (("Philips Imaging DD 001", 0x2001), ("Philips Imaging DD 097", 0x2001)):
                inner = self.make({"PatientName": "@pn", "SliceThickness": "2.5", "AcquisitionDate": "@date"})
                self.private(inner, [("Philips Imaging DD 001", 0x2001, 0x03, "FL", 7.5, True), ("Philips Imaging DD 001", 0x2001, 0xFE, "LO", "{family}", False)])
                d.private_block(group, creator).add_new(element, "SQ", [inner])
        self.pixels(d)

    def places(self):
        d = self.base("SC", self.uid(), 2, PLACES)
        d.private_block(0x0B, self.p.rare().upper()[:60], create=True).add_new(1, "LO", "x")
        self.pixels(d)
        d.preamble = self.p.rare().encode("utf-8")[:64].ljust(128, b"\0")

    def document(self, kind):
        rare = self.p.rare()
        d = self.base(kind, self.uid(), 1, {"BurnedInAnnotation": "YES", "DocumentTitle": "@short", "ConceptNameCodeSequence": "@code 18748-4 Report"})
        if kind == "CDA":
            d.MIMETypeOfEncapsulatedDocument, d.EncapsulatedDocument = "text/XML", ("<ClinicalDocument><name>%s</name></ClinicalDocument>" % rare).encode().ljust(90)
        else:
            d.MIMETypeOfEncapsulatedDocument, d.EncapsulatedDocument = "application/pdf", ("%%PDF-1.4\n(%s)\n%%%%EOF\n" % rare).encode().ljust(80)

    def texts_only(self):
        """Few objects with many texts."""
        image = self.image("CT", self.uid(), 1)
        self.add(image, TEXTS)
        self.image("MR", self.uid(), 1, syntax=NATIVE[1])
        self.report("SR", [image], [r for r in tables.CONTENT if r["clean_descriptors"]])
        d = self.base("PR", self.uid(), 1, STATE)
        self.refer_series(d, image)
        self.base("ECG", self.uid(), 1, ECG)
        self.treatment(self.contours(image))

    def everything(self):
        ct = self.uid()
        slices = [self.image("CT", ct, i + 1, syntax=NATIVE[2 * i % 4]) for i in range(3)]
        slices[2].ReferencedImageSequence = self.refer(slices[0])
        self.objects[-1][2].append(slices[0])
        for i, modality in enumerate(("MR", "PT", "NM", "CR", "DX", "MG")):
            self.image(modality, self.uid(), 1, coding={"CR": "jpeg", "DX": "jls", "MG": "rle"}.get(modality), syntax=NATIVE[(i + self.n) % 4])
        self.earlier()
        self.image("US", self.uid(), 1, 4, (None, "jpeg", "j2k")[self.n % 3])
        self.image("SC", self.uid(), 1)
        text = self.image("DX", self.uid(), 1, syntax=NATIVE[self.n % 2])
        self.add(text, TEXTS)
        self.report("SR", slices, [r for r in tables.CONTENT if r["clean_descriptors"]][self.n % 3::3])
        self.report("SR comprehensive", slices, tables.CONTENT)
        self.report("KO", slices[1:2], [r for r in tables.CONTENT if r["code_value"] in ("113012", "121008")])
        self.refer_series(self.base("PR", self.uid(), 1, STATE), *slices[:2])
        self.refer_series(self.base("SEG", self.uid(), 1, SEGMENTS), *slices)
        self.pixels(self.objects[-1][0])
        self.treatment(self.contours(*slices))
        self.base("ECG", self.uid(), 1, ECG, syntax=NATIVE[self.n % 4])
        self.enhanced("CT enhanced", slices[0], NATIVE[1])
        self.enhanced("MR enhanced", slices[0], NATIVE[2])
        self.base("HP", self.uid(), 1, PROTOCOL)
        self.vendors()
        self.places()
        self.document("DOC")
        self.document("CDA")


STUDIES = {"whole": Study.everything, "texts": Study.texts_only}
