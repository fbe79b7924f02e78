"""The tables of PS3.15 Annex E in share/, read here on their own, and the sets of options that are judged."""
import os
import re

SHARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "share")
COLUMNS = {"safe-private": "retain_safe_private", "uids": "retain_uids", "device": "retain_device_identity",
           "institution": "retain_institution_identity", "patient": "retain_patient_characteristics",
           "full-dates": "retain_long_full_dates", "modified-dates": "retain_long_modified_dates",
           "descriptors": "clean_descriptors", "structured": "clean_structured_content", "graphics": "clean_graphics"}
METHODS = {"uids": "113110", "safe-private": "113111", "device": "113109", "institution": "113112", "patient": "113108",
           "full-dates": "113106", "modified-dates": "113107", "descriptors": "113105", "structured": "113104", "graphics": "113103"}
RETAIN = "uids safe-private device institution patient full-dates modified-dates".split()
# Each option alone, what a trial asks for, and all that can be had together.
SETS = {"basic": (), **{o: (o,) for o in COLUMNS},
        "research": ("safe-private", "device", "patient", "modified-dates", "descriptors", "structured", "graphics"),
        "all": tuple(o for o in COLUMNS if o != "modified-dates")}


def table(name):
    with open(os.path.join(SHARE, name), encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    return [dict(zip(lines[0], line + [""] * len(lines[0]))) for line in lines[1:]]


ROWS = {int(r["tag"], 16): r for r in table("confidentiality-profile.tsv") if re.fullmatch("[0-9A-F]{8}", r["tag"])}
IODS = {r["uid"]: r["module_requirements_iod"] for r in table("sop-classes.tsv")}
TYPES = {(r["iod"], int(r["parent"] or "0", 16), int(r["tag"], 16)): r["type"]
         for r in table("module-requirements.tsv") if re.fullmatch("[0-9A-Fa-f]{8}", r["tag"])}
SAFE_PRIVATE = [(r["private_creator"], int(r["group"], 16), int(r["element"], 16), r["vr"].split("|")[0], r["meaning"])
                for r in table("safe-private.tsv") if re.fullmatch("[0-9A-Fa-f]{4}", r["group"])]
CONTENT = [r for r in table("structured-content.tsv") if r["code_value"] != "*"]      # those of the standard


VERSIONS = (0x0099, 0x7FD1)     # private groups whose UI is a version's: nobody says whether that may stay


def row_of(tag):
    """The row of TAG in Table E.1-1: curves and overlays are groups of it."""
    group, element = tag >> 16, tag & 0xFFFF
    if group in range(0x5000, 0x5020, 2):
        return CURVE
    if group in range(0x6000, 0x6020, 2):
        return {0x3000: OVERLAY_DATA, 0x4000: OVERLAY_COMMENTS}.get(element)
    return ROWS.get(tag)


CURVE, OVERLAY_DATA, OVERLAY_COMMENTS = (
    next(r for r in table("confidentiality-profile.tsv") if r["tag"].lower() == t) for t in ("50xxxxxx", "60xx3000", "60xx4000"))


def code_of(row, options):
    """The code that ROW has under OPTIONS; of two that disagree the stronger protection."""
    codes = [row[COLUMNS[o]] for o in options if row.get(COLUMNS[o])]
    return "C" if "C" in codes else codes[0] if codes else row["basic"]


def scrub_options(wanted):
    """The words that ask dcm-scrub for the options WANTED of the profile."""
    lists = {"--retain": [o for o in wanted if o in RETAIN], "--clean": [o for o in wanted if o not in RETAIN]}
    return ["--dates=shift"] * ("modified-dates" in wanted) + ["%s=%s" % (k, ",".join(v)) for k, v in lists.items() if v]
