#!/usr/bin/python3
"""generate.py OUT [patients=9] [seed=1] [world=words] [study=whole]: synthetic studies in OUT/raw, and what must become of
them in OUT/key.ndjson

world is a module (words, heldout), study one of objects.STUDIES. The key's lines: {"patient", "planted": [[token, class]]},
{"file", "patient", "class", "may_refuse", "refers": [files]}, {"file", "path", "action", "go", "stay", "value", "sets"}, and
of dates in a text "dates": [[day, form, language]]. The actions are MIDI-B's ten; sets are the option sets under
which the row holds. Rows follow from the profile's tables in share/, read here on their own, and from what was planted.
A path is a list: GGGGEEEE, [GGGG, CREATOR, EE] of a private element, a number of an item, or @CODE/TYPE of a content item.
"""
import hashlib
import importlib
import json
import os
import random
import re
import sys

import pydicom.config
from pydicom.datadict import dictionary_has_tag
from pydicom.dataset import FileMetaDataset

import objects
from people import RETAINED_BY, Patient
from tables import CONTENT, IODS, ROWS, SETS, TYPES, VERSIONS, code_of, row_of

pydicom.config.replace_un_with_known_vr = False         # UN stays what it is
pydicom.config.settings.reading_validation_mode = pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
WELL_KNOWN = "1.2.840.10008."
SCHEME_UIDS = (0x0008010C, 0x0008010D, 0x00080118)
UNSAID = (0x7FE00010, 0x00080016, 0x00080005, 0x00420011, 0x00282000)   # judged as a whole, or by the strict list
CONTENT_SEQUENCES = (0x0040A730, 0x00400555, 0x00400612, 0x0040B020)
CONCEPTS = {(r["code_value"], r["scheme"], r["value_type"]): r for r in CONTENT}
CONTENT_VALUES = {"TEXT": 0x0040A160, "PNAME": 0x0040A123, "DATE": 0x0040A121, "TIME": 0x0040A122, "DATETIME": 0x0040A120, "UIDREF": 0x0040A124,
                  "CODE": 0x0040A168, "NUM": 0x0040A300, "IMAGE": 0x00081199, "COMPOSITE": 0x00081199, "WAVEFORM": 0x00081199}


def text_of(e):
    value = e.value
    if isinstance(value, bytes):
        return value.decode("latin-1").rstrip("\0 ") if len(value) < 32 else ""
    return "\\".join(map(str, value)) if e.VM > 1 else "" if value is None else str(value)


def concept_of(d):
    """The row of Table E.3.4-1 of a content item, or None."""
    name = d.get("ConceptNameCodeSequence")
    return name and CONCEPTS.get((name[0].CodeValue, name[0].CodingSchemeDesignator, d.get("ValueType")))


class Key:
    """The rows of one object."""

    def __init__(self, study, sop_class):
        self.s, self.iod, self.rows = study, IODS.get(sop_class, ""), {}

    def add(self, sets, path, action, go=(), stay=(), value="", dates=()):
        if sets and (action not in ("text_removed", "text_retained") or go or stay or value):
            self.rows.setdefault(json.dumps([path, action, go, stay, value, dates]), []).extend(sets)

    def walk(self, d, path=(), parent=0, alive=tuple(SETS)):
        """Rows for D; ALIVE are the sets under which all sequences around it stay."""
        for e in d:
            tag = int(e.tag)
            here = [*path, "%08X" % tag]
            if e.tag.is_private:
                self.private(d, e, path, alive)
            elif e.VR != "SQ":
                self.leaf(d, e, here, parent, alive)
            else:
                stays = self.sequence(e, here, alive)
                for i, inner in enumerate(e.value):
                    concept = concept_of(inner) if tag in CONTENT_SEQUENCES else None
                    if concept:
                        self.concept(inner, [*here, "@%s/%s" % (concept["code_value"], concept["value_type"])], concept, stays)
                    elif tag == 0x0040A730 and inner.get("ValueType") == "CONTAINER":
                        self.walk(inner, [*here, "@%s/CONTAINER" % inner.ConceptNameCodeSequence[0].CodeValue], tag, stays)
                    else:
                        self.walk(inner, [*here, i], tag, stays)

    def sequence(self, e, here, alive):
        """The sets of ALIVE under which the items stay as they are."""
        row, stays = ROWS.get(int(e.tag)), []
        for s in alive:
            code = code_of(row, SETS[s]) if row else "K"
            if code in "KC":
                stays.append(s)
            elif "U" not in code and "X" not in code and e.value:
                self.add([s], here, "tag_retained")
        # What speaks of private blocks may go with them, and be written anew.
        return () if int(e.tag) == 0x00080300 else tuple(stays)

    def concept(self, d, here, row, alive):
        """A content item of Table E.3.4-1."""
        tag = CONTENT_VALUES.get(row["value_type"])
        if tag is None:
            return
        e, here = d[tag], [*here, "%08X" % tag]
        if e.VR == "SQ":
            inner = {"CODE": 0x00080100, "NUM": 0x0040A30A}.get(row["value_type"], 0x00081155)
            d, here = e.value[0], [*here, 0, "%08X" % inner]
            e = d[inner]
        for s in SETS:
            code = code_of(row, SETS[s])
            if s not in alive:
                self.add([s], here, "text_removed", self.tokens(d, e, [s]))
            elif e.VR == "UI" and "X" in code:
                self.add([s], here, "uid_changed", value=text_of(e))
            elif e.VR == "UI":
                self.value([s], d, e, here, "K" if code == "K" else "U", "3")
            elif row["value_type"] in ("CODE", "NUM") and code != "K":
                self.add([s], here, "text_removed", [text_of(e)])
            elif row["value_type"] == "NUM" and self.s.p.age > 89:
                self.add([s], here, "text_removed", [text_of(e)])
            else:
                self.value([s], d, e, here, code, "3")

    def tokens(self, d, e, sets):
        """What of E must go under SETS: what was planted, or the whole value of a name."""
        go = self.s.notes.get((id(d), int(e.tag)), ([], [], []))[0]
        options = {o for s in sets for o in SETS[s]}
        go = [t for t, kind in go if not RETAINED_BY.get(kind, set()) & options and not (kind == "device" and "device" in options)]
        return go or ([p for p in re.split(r"[\^= ]", text_of(e)) if len(p) > 1] if e.VR == "PN" else [])

    def leaf(self, d, e, here, parent, alive):
        tag, row = int(e.tag), row_of(int(e.tag))
        kind = TYPES.get((self.iod, parent, tag)) or TYPES.get(("*", parent, tag), "3") if parent else TYPES.get((self.iod, 0, tag), "3")
        for s in SETS:
            if s in alive:
                self.value([s], d, e, here, code_of(row, SETS[s]) if row else self.by_vr(e, s), kind)
            else:
                self.add([s], here, "text_removed", self.tokens(d, e, [s]))

    @staticmethod
    def by_vr(e, s):
        """The code of what is no row."""
        if int(e.tag) >> 16 in range(0x6000, 0x6020, 2):
            return "C" if "graphics" in SETS[s] else "X"
        if int(e.tag) & 0xFFFF == 0:
            return "?"                  # a group length
        if not dictionary_has_tag(e.tag) and not e.tag.is_private:
            return "X"
        if e.VR in ("DA", "TM", "DT"):
            return "K" if "full-dates" in SETS[s] else "C" if "modified-dates" in SETS[s] else "X"
        if e.tag.is_private and e.VR == "UI" and e.tag.group in VERSIONS:
            return "?"
        if e.VR == "UI" and int(e.tag) not in SCHEME_UIDS and not str(e.value).startswith(WELL_KNOWN):
            return "U" if "uids" not in SETS[s] else "?"
        return "X" if e.VR == "PN" else "C"

    def value(self, sets, d, e, here, code, kind):
        """The rows of the element E under a CODE; KIND is its type."""
        value, tag = text_of(e), int(e.tag)
        noted = self.s.notes.get((id(d), tag))
        if tag in UNSAID or not value and not isinstance(e.value, bytes):
            return
        if tag == 0x00100020 and len(here) == 1:
            self.add(sets, here, "patid_consistent", value=value)
        if e.VR == "UI" and str(e.value).startswith(WELL_KNOWN):
            self.add(sets, here, "text_retained", value=value)
        elif tag == 0x00101010 and code == "K" and value > "090Y":
            self.add(sets, here, "text_removed", [value])
            self.add(sets, here, "text_notnull")
        elif code == "U" or e.VR == "UI" and code in ("C", "D"):
            self.add(sets, here, "uid_changed", value=value)
            self.add(sets, here, "uid_consistent", value=value)
            self.add(sets, here, "text_notnull")
        elif code == "K" and not self.tokens(d, e, sets):
            self.add(sets, here, "text_retained", value=value)
        elif code in "KC" and e.VR in ("DA", "DT"):
            self.add(sets, here, "date_shifted", value=value)
        elif code == "C" and e.VR == "TM":
            self.add(sets, here, "text_notnull")
        elif code in "KC" and noted:
            self.add(sets, here, "text_removed", self.tokens(d, e, sets))
            shifts = any("modified-dates" in SETS[s] for s in sets)
            self.add(sets, here, "text_retained", stay=noted[1], dates=noted[2] if shifts else ())
        elif code == "C" and row_of(tag) is None and tag >> 16 < 0x6000:
            self.add(sets, here, "text_retained", value=value)
        elif code not in ("?", "C"):
            self.add(sets, here, "text_removed", [value] if value else [])
            if code != "X" and kind == "1":
                self.add(sets, here, "text_notnull")
            elif code != "X" and kind == "2":
                self.add(sets, here, "tag_retained")

    def private(self, d, e, path, alive):
        creator, safe = self.s.notes.get(("private", id(d), int(e.tag)), (None, False))
        here = lambda name: [*path, ["%04X" % e.tag.group, name, "%02X" % (e.tag.elem & 0xFF)]]
        with_option = [s for s in alive if "safe-private" in SETS[s]]
        if e.VR == "SQ":
            name = next(d[b].value for b in [(e.tag.group, e.tag.elem >> 8)])
            for i, inner in enumerate(e.value):
                self.walk(inner, [*here(name), i], int(e.tag), tuple(with_option))
            return
        if creator is None:
            return                      # a creator
        go = [text_of(e)] if text_of(e) else [self.s.p.rare()]
        self.add([s for s in SETS if s not in with_option], here(creator), "text_removed", go)
        if not safe:
            self.add(with_option, here(creator), "text_removed", self.tokens(d, e, with_option) or go)
            return
        for s in with_option:
            by_vr = self.by_vr(e, s) if e.VR in ("DA", "DT", "TM", "UI") else "K"
            if by_vr != "?":
                self.value([s], d, e, here(creator), by_vr, "3")


def save(d, path, syntax, rare):
    d.is_little_endian, d.is_implicit_VR = syntax != objects.NATIVE[3], syntax == objects.NATIVE[1]
    meta = d.file_meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = d.SOPClassUID, d.SOPInstanceUID
    meta.ImplementationClassUID, meta.ImplementationVersionName = "1.2.826.0.1.88.9", rare[:16]
    meta.SourceApplicationEntityTitle = rare[:16].upper()
    meta.PrivateInformationCreatorUID, meta.PrivateInformation = "1.2.826.0.1.88.9.1", rare.encode().ljust(len(rare) + len(rare) % 2)
    if not d.is_little_endian and "PixelData" in d and d.BitsAllocated == 16:
        # Stored in the other order of bytes: the same numbers, and other bytes.
        d.PixelData = bytes(x for pair in zip(d.PixelData[1::2], d.PixelData[::2]) for x in pair)
    d.save_as(path, write_like_original=False)


def write(study, number, folder, key):
    names = {id(o[0]): "%03d/%03d.dcm" % (number, i) for i, o in enumerate(study.objects)}
    os.makedirs(os.path.join(folder, "%03d" % number))
    lines = []
    for d, boxes, others, syntax in study.objects:
        name = names[id(d)]
        rows = Key(study, d.SOPClassUID)
        rows.walk(d)
        save(d, os.path.join(folder, name), syntax, study.p.rare())
        if "PixelData" in d:
            rows.add(list(SETS), ["7FE00010"], "pixels_retained", value=hashlib.md5(d.PixelData).hexdigest())
        for box in boxes:
            rows.add(["pixels"], ["7FE00010"], "pixels_hidden", value=box)
        document = "EncapsulatedDocument" in d
        lines.append({"file": name, "patient": number, "class": d.get("Modality", "HP"), "may_refuse": document,
                      "refers": [names[id(o)] for o in others]})
        for row, sets in rows.rows.items():
            path, action, go, stay, value, dates = json.loads(row)
            if not document or action in ("text_removed", "uid_changed"):
                lines.append({"file": name, "path": path, "action": action, "go": go, "stay": stay, "value": value, "dates": dates,
                              "sets": sorted(set(sets), key=list(SETS).index) if sets != ["pixels"] else sets})
    key.write(json.dumps({"patient": number, "day": study.date, "planted": study.p.planted() + [[study.root, "uids"]]}, ensure_ascii=False) + "\n")
    for line in lines:
        key.write(json.dumps(line, ensure_ascii=False) + "\n")


def main():
    out = sys.argv[1]
    opts = dict(a.split("=") for a in sys.argv[2:])
    rng = random.Random(int(opts.get("seed", 1)))
    world = importlib.import_module(opts.get("world", "words"))
    os.makedirs(os.path.join(out, "raw"))
    with open(os.path.join(out, "key.ndjson"), "w", encoding="utf-8") as key:
        for n in range(int(opts.get("patients", len(world.PATIENTS)))):
            study = objects.Study(Patient(world, n, rng), n, rng)
            objects.STUDIES[opts.get("study", "whole")](study)
            write(study, n, os.path.join(out, "raw"), key)


main()
