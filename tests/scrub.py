#!/usr/bin/python3
"""scrub.py: plant tokens into DICOM files, and judge what dcm-scrub left of them.

    scrub.py plant DIR CLASS...        DIR/CLASS.dcm: every row of the profile, planted
    scrub.py judge OPTIONS DIR CLASS...   what does not follow the tables, a line each
    scrub.py leaks FILE...             the planted tokens in the raw bytes, a line each
    scrub.py classes                   a SOP Class of each IOD, and one that nobody knows

It writes bytes by PS3.5 7.1 itself, reads by pydicom, and reads the tables of
share/ in its own way: it shares nothing with what it judges. Status 1: some lines.
"""
import datetime
import os
import re
import struct
import sys

import pydicom

SHARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "share")
UNKNOWN = "1.2.3.4.5"
LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()
DOCUMENT = 0x00420011           # refused, so never planted
SOUND = ("1.2.840.10008.5.1.4.1.1.9.4.1", "1.2.840.10008.5.1.4.1.1.9.4.2")     # refused too
NESTED = (0x52009229, 0x00209113)       # sequences that the profile keeps
# Not rows, but dates, times, names and UIDs by their VR (facts from PS3.6).
BY_VR = {"DA": (0x00080404, 0x0014407E), "TM": (0x00143077, 0x0014407C),
         "DT": (0x00080416, 0x4010102B), "PN": (0x00140104, 0x0040A067),
         "UI": (0x00081167, 0x00083012, 0x0018991E, 0x00200242, 0x00209312, 0x0040E030, 0x300A0675)}
# Not rows either: an invalid rest of what is one, or links.
ALSO_GONE = {0x00081190: "UR", 0x0040E010: "UR", 0x60001500: "LO", 0x60020022: "LO", 0x60003000: "OW",
             0x601E4000: "LT", 0x50000005: "US", 0x50103000: "OW", 0x4FFE0001: "SQ", 0x04000500: "SQ",
             0x00990010: "LO", 0x00991001: "LO", 0x00991002: "SQ", 0x00140FFE: "LO", 0x00080000: "UL",
             0x00041130: "CS", 0x00001030: "AE"}
KEPT = {0x0008010C: ("UI", "1.2.826.0.1.88.1"), 0x00080070: ("LO", "KEPT MAKER"),
        0x00180050: ("DS", "1.25"), 0x00200011: ("IS", "7"), 0x00281054: ("LO", "HU"),
        0x0008010D: ("UI", "1.2.826.0.1.88.2")}


def table(name):
    with open(os.path.join(SHARE, name), encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


PROFILE = table("confidentiality-profile.tsv")
IOD = {r["uid"]: r["module_requirements_iod"] for r in table("sop-classes.tsv")}
ROWS = {int(r["tag"], 16): r for r in PROFILE if re.fullmatch("[0-9A-F]{8}", r["tag"])}
TYPES = {}
for r in table("module-requirements.tsv"):
    TYPES[r["iod"], int(r["parent"] or "0", 16), r["tag"].upper()] = r["type"]
IODS = {k[0] for k in TYPES}
NUMBER = {tag: n for n, tag in enumerate(sorted({*ROWS, *ALSO_GONE, *(t for v in BY_VR.values() for t in v)}))}


# ---- writing

# Free text that an option cleans: a word to keep, a token, and who the patient is.
WORDY = {t for t, r in ROWS.items() if r["vr"] in ("LO", "LT", "ST", "UT")
         and "C" in (r["clean_descriptors"], r["retain_patient_characteristics"])}


def patient():
    return "PLANT%04d" % NUMBER[0x00100010]


def text_of(vr, n):
    return {"DA": "%04d%02d%02d" % (1950 + n // 336, 1 + n // 28 % 12, 1 + n % 28), "TM": "111213.%06d" % n,
            "DT": "19550607080910.%06d" % n, "DS": "77.%06d" % n, "IS": "77%05d" % n,
            "AS": "%03dW" % (n % 1000), "UI": "1.2.826.0.1.77.%d.1" % n, "UR": "http://plant/%04d" % n,
            }.get(vr, "PLANT%04d" % n)


def planted(tag, vr):
    """The bytes planted as the value of TAG."""
    n = NUMBER[tag]
    if tag in WORDY:
        return even(b"axial PLANT%04d %s" % (n, patient().encode()), vr)
    if vr in ("US", "UL"):
        return struct.pack("<H" if vr == "US" else "<L", 60000 + n)
    if vr == "SQ":          # a code, a name and a sequence within
        inner = element(0x00080100, "SH", b"CODE%04d" % n) + element(0x00080104, "LO", b"CODE%04d" % n)
        inner += element(0x00100010, "PN", b"PLANT%04d^N" % n)
        return item(inner + element(0x00400275, "SQ", item(element(0x00400007, "LO", b"PLANT%04dI" % n))))
    return even(text_of(vr, n).encode(), vr)


def even(value, vr):
    return value + (b"\0" if vr in ("UI", "OB", "OW", "UN") else b" ") * (len(value) % 2)


def element(tag, vr, value, undefined=False):
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    value = even(value, vr)
    if undefined:
        return head + struct.pack("<HL", 0, 0xFFFFFFFF) + value + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    if vr in LONG:
        return head + struct.pack("<HL", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def item(content, undefined=False):
    if undefined:
        return struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + content + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content


def vr_of(row):
    return row["vr"].split("|")[0] or "LO"


def all_planted(top):
    """{tag: element} of everything that the profile and our rules speak of."""
    out = {}
    for tag, row in ROWS.items():
        if tag != DOCUMENT and (tag >> 16 not in (0, 2, 4) or not top) and tag != 0xFFFCFFFC:
            out[tag] = element(tag, vr_of(row), planted(tag, vr_of(row)), undefined=vr_of(row) == "SQ" and tag & 1)
    for tag, vr in list(ALSO_GONE.items()) + [(t, vr) for vr, tags in BY_VR.items() for t in tags]:
        if tag >> 16 not in (0, 2, 4) or not top:
            out[tag] = element(tag, vr, planted(tag, vr))
    for tag, (vr, value) in KEPT.items():
        out[tag] = element(tag, vr, value.encode())
    # What a gateway that did not know them made of a name and of a sequence.
    implicit = struct.pack("<HHL", 0x10, 0x10, 12) + b"PLANTUNNAME "
    out[0x00082218] = element(0x00082218, "UN", item(implicit, True), undefined=True)
    out[0x0040A067] = element(0x0040A067, "UN", b"PLANTUN^NAME")
    return out


def plant(folder, sop_class):
    elements = all_planted(top=True)
    inside = b"".join(v for _, v in sorted(all_planted(top=False).items()))
    elements[NESTED[0]] = element(NESTED[0], "SQ", item(element(NESTED[1], "SQ", item(inside))))
    elements[0x00080016] = element(0x00080016, "UI", sop_class.encode())
    elements[0x00280010] = element(0x00280010, "US", struct.pack("<H", 4))
    elements[0x7FE00010] = element(0x7FE00010, "OW", bytes(range(16)))
    elements[0xFFFCFFFC] = element(0xFFFCFFFC, "OB", b"PLANTPADDING")
    instance = planted(0x00080018, "UI")
    meta = (element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", sop_class.encode()) +
            element(0x00020003, "UI", instance) + element(0x00020010, "UI", b"1.2.840.10008.1.2.1") +
            element(0x00020012, "UI", b"1.2.826.0.1.77.9999") + element(0x00020013, "SH", b"PLANTVERSION") +
            element(0x00020016, "AE", b"PLANTAE") + element(0x00020100, "UI", b"1.2.826.0.1.77.9998") +
            element(0x00020102, "OB", b"PLANTPRIVATE"))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, sop_class + ".dcm"), "wb") as f:
        f.write(b"PLANTPREAMBLE".ljust(128, b"\0") + b"DICM" + element(0x00020000, "UL", struct.pack("<L", len(meta))))
        f.write(meta + b"".join(v for _, v in sorted(elements.items())))


# ---- judging

def outcomes(code, kind):
    """What PS3.15 E.1 permits for CODE on an attribute of type KIND, None: no one knows."""
    kind = {"1C": "1", "2C": "2"}.get(kind, kind)
    dummy, empty, gone = {"dummy"}, {"empty", "dummy"}, {"gone"}
    if code == "X":
        return dummy if kind == "1" else gone   # the object must stay valid
    if code == "Z":
        return dummy if kind == "1" else empty
    if code in ("D", "U"):
        return dummy if code == "D" else {"uid"}
    last = {"Z/D": dummy, "X/Z": empty, "X/D": dummy, "X/Z/D": dummy, "X/Z/U*": {"empty", "kept"}}[code]
    if kind is None:
        return last
    return {"Z/D": {"1": dummy, "2": empty, "3": empty}, "X/Z": {"1": dummy, "2": empty, "3": gone},
            "X/D": {"1": dummy, "2": empty, "3": gone}, "X/Z/D": {"1": dummy, "2": empty, "3": gone},
            "X/Z/U*": {"1": {"kept"}, "2": {"empty", "kept"}, "3": gone}}[code][kind]


def type_of(sop_class, parent, tag):
    if IOD.get(sop_class) not in IODS:
        return None
    name = "%08X" % tag
    return TYPES.get((IOD[sop_class], parent, name)) or TYPES.get(("*", parent, name)) or "3"


COLUMN = {"safe-private": "retain_safe_private", "uids": "retain_uids", "device": "retain_device_identity",
          "institution": "retain_institution_identity", "patient": "retain_patient_characteristics",
          "full-dates": "retain_long_full_dates", "modified-dates": "retain_long_modified_dates",
          "descriptors": "clean_descriptors", "structured": "clean_structured_content",
          "graphics": "clean_graphics"}


WORDS = "AE CS LO LT SH ST UC UR UT".split()
MOVED = {"DA": {"shifted"}, "DT": {"shifted"}, "TM": {"same"}}


def expected_row(row, options, basic):
    """By the cells of the options that are on; C before K."""
    cells = {row[COLUMN[o]] for o in options}
    vr = vr_of(row)
    if "C" in cells and vr in MOVED and "modified-dates" in options:
        return MOVED[vr]
    if "C" in cells and vr == "SQ":     # what was planted is no content item and no graphic
        cleaner = row["clean_structured_content"] or row["clean_graphics"]
        return {"same"} | (basic if cleaner else set())
    if "C" in cells and int(row["tag"], 16) in WORDY:
        return {"cleaned"}
    if "C" in cells and vr in WORDS:    # what was planted may be taken for an id
        return {"same", "dummy"} | basic
    return {"same"} if cells & {"K", "C"} == {"K"} else basic


def expected(sop_class, options, parent, tag):
    if tag in ALSO_GONE:
        plane = tag >> 16 in range(0x5000, 0x6020)
        return {"gone", "empty", "same"} if plane and "graphics" in options else {"gone"}
    if tag in ROWS:
        if tag >> 16 in (0, 2, 4):      # they belong into no data set
            return {"gone"}
        return expected_row(ROWS[tag], options, outcomes(ROWS[tag]["basic"], type_of(sop_class, parent, tag)))
    vr = next(v for v, tags in BY_VR.items() if tag in tags)
    if vr == "UI":
        return {"same"} if "uids" in options else {"uid"}
    if vr != "PN" and "modified-dates" in options:
        return MOVED[vr]
    return {"same"} if vr != "PN" and "full-dates" in options else {"gone", "empty", "dummy"}


def days(value):
    try:
        return datetime.date(int(value[:4]), int(value[4:6]), int(value[6:8])).toordinal()
    except ValueError:
        return None


def found_items(items, options):
    """Of a sequence that was planted: the description stays where it is to be cleaned."""
    text = [str(e.value) for i in items for e in i.iterall()
            if e.VR != "SQ" and not (e.tag == 0x00400007 and "descriptors" in options)]
    if len(items) == 0:
        return "empty"
    if any("PLANT" in t for t in text):
        return "leaked"
    return "kept" if any("CODE" in t for t in text) else "dummy"


def found(data, tag, vr, options, shifts):
    """What became of TAG; the days by which dates moved are added to SHIFTS."""
    el = data.get_item(tag)
    if el is None:
        return "gone"
    if el.VR == "SQ":
        return found_items(data[tag].value, options)
    value = el.value if isinstance(el.value, bytes) else str(el.value).encode()
    old = planted(tag, vr)
    if value.strip(b"\0 ") == old.strip(b"\0 "):
        return "same"
    if tag in WORDY and b"axial" in value and patient().encode() not in value:
        return "cleaned"
    if not value.strip(b"\0 ") and vr not in ("OB", "OW", "UN", "US", "UL"):
        return "empty"
    if len(value) == 0:
        return "empty"
    if vr == "UI" and re.fullmatch(rb"2\.25\.(0|[1-9][0-9]{0,38})\0?", value):
        return "uid"
    if vr in ("DA", "DT") and value[:8] != b"19000101" and days(value) and value[8:] == old[8:]:
        shifts.add(days(value) - days(old))
        return "shifted"
    return "dummy" if old.strip(b"\0 ") not in value else "leaked"


def judge(options, folder, sop_class):
    options = [o for o in options.split(",") if o]
    path = os.path.join(folder, sop_class + ".dcm")
    try:
        d = pydicom.dcmread(path)
    except OSError as e:
        return ["%s: %s" % (sop_class, e.strerror)]
    lines, shifts = [], set()
    inner = d[NESTED[0]][0][NESTED[1]][0]
    for data, parent, top in ((d, 0, True), (inner, NESTED[1], False)):
        for tag in sorted(all_planted(top)):
            if tag in KEPT:
                want, got = KEPT[tag][1], str(data[tag].value) if tag in data else "gone"
                if got != want:
                    lines.append("%s %08X: not kept" % (sop_class, tag))
                continue
            if tag == 0x00082218:
                continue
            vr = vr_of(ROWS[tag]) if tag in ROWS else ALSO_GONE.get(tag) or next(
                v for v, t in BY_VR.items() if tag in t)
            want = expected(sop_class, options, parent, tag)
            got = found(data, tag, vr, options, shifts)
            if got == "kept" and "same" in want or got == "uid" and want == {"dummy"} and vr == "UI":
                continue
            if vr == "UN":              # no telling what it holds
                want = want | {"gone"}
            if tag in (0x00120062, 0x00120063, 0x00120064, 0x00280303):
                continue                # the marks
            if got not in want:
                lines.append("%s %s%08X %s type %s: %s instead of %s" % (sop_class, "" if top else "nested ", tag,
                             ROWS.get(tag, {"basic": "rule"})["basic"], type_of(sop_class, parent, tag), got,
                             " or ".join(sorted(want))))
    if len(shifts) != ("modified-dates" in options) or not shifts <= set(range(-3652, -365)):
        lines.append(sop_class + ": dates moved by days that are not the same")
    if d.PixelData != bytes(range(16)) or d.Rows != 4:
        lines.append(sop_class + ": pixels changed")
    with open(path, "rb") as f:
        if f.read(128) != bytes(128):
            lines.append(sop_class + ": the preamble is not empty")
    if {e.tag.element for e in d.file_meta} - {0, 1, 2, 3, 0x10, 0x12, 0x13}:
        lines.append(sop_class + ": file meta tells more than it must")
    if d.file_meta.MediaStorageSOPInstanceUID != d.SOPInstanceUID:
        lines.append(sop_class + ": file meta names another instance")
    return lines


def leaks(path):
    with open(path, "rb") as f:
        raw = f.read()
    # The digits of new UIDs may hold those of a date by chance.
    raw = re.sub(rb"2\.25\.[0-9]+", b"", raw)
    tokens = {b"PLANT", b"plant/", b"1.2.826.0.1.77."}
    for tag, row in ROWS.items():
        if vr_of(row) in ("DA", "TM", "DT", "DS", "IS"):
            tokens.add(planted(tag, vr_of(row)).strip())
    return ["%s: %s" % (path, t.decode()) for t in sorted(tokens) if t in raw]


def classes():
    seen = {}
    for uid, iod in sorted(IOD.items()):
        if iod in IODS and uid not in SOUND:
            seen.setdefault(iod, uid)
    return sorted(seen.values()) + [UNKNOWN]


def main(argv):
    if argv[1] == "plant":
        for c in argv[3:]:
            plant(argv[2], c)
        return 0
    if argv[1] == "classes":
        print("\n".join(classes()))
        return 0
    if argv[1] == "judge":
        lines = [line for c in argv[4:] for line in judge(argv[2], argv[3], c)]
    else:
        lines = [line for path in argv[2:] for line in leaks(path)]
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
