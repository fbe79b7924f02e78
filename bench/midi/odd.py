#!/usr/bin/python3
"""odd.py BUILD [WORK]: odd and hostile files for dcm-scrub; each holds the same name and id in places of its own

Right is: status 0 with an output, or 2 without one and a reason that tells no value, as the case says; nothing of NAME, ID
and BIRTH in an output; the memory and seconds of LIMITS. Prints what is not right; status 1 if anything.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from tables import SETS, scrub_options

NAME, ID, BIRTH = b"Quigglesworth^Zephyrine", b"ODD4711QQ", b"19530817"
PARTS = [b"quigglesworth", b"zephyrine", b"odd4711qq", BIRTH]
LIMITS = 10, 600        # seconds, MB
LONG_VRS = "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()
CT, EXPLICIT, UNDEFINED = b"1.2.840.10008.5.1.4.1.1.2", b"1.2.840.10008.1.2.1", 0xFFFFFFFF


def even(value, vr="LO"):
    return value + (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(value) % 2)


def el(tag, vr, value, length=None, pad=True):
    """An element of explicit VR little endian, whose LENGTH may lie."""
    value = even(value, vr) if pad else value
    n = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (b"\0\0" + struct.pack("<I", n) if vr in LONG_VRS else struct.pack("<H", n)) + value


def implicit(tag, value):
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(even(value))) + even(value)


def item(content, undefined=False):
    return struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED if undefined else len(content)) + content + (END_ITEM if undefined else b"")


END_ITEM, END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0), struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def sq(tag, *contents, undefined=False, vr="SQ"):
    inner = b"".join(item(c, undefined) for c in contents)
    return el(tag, vr, inner + END, UNDEFINED) if undefined else el(tag, vr, inner)


def nested(depth, content, undefined):
    for _ in range(depth):
        content = sq(0x00081140, content, undefined=undefined)
    return content


PATIENT = el(0x00100010, "PN", NAME) + el(0x00100020, "LO", ID) + el(0x00100030, "DA", BIRTH)


def data(patient=PATIENT, before=b"", between=b"", after=b"", charset=b"ISO_IR 100", uid=b"1.2.3.4.5"):
    """A CT whose elements are in order: BEFORE group 0010, BETWEEN it and 7FE0, AFTER the pixels."""
    return (el(0x00080005, "CS", charset) * bool(charset) + el(0x00080016, "UI", CT) + (el(0x00080018, "UI", uid) if uid else b"") +
            before + patient + between + el(0x0020000D, "UI", b"1.2.3.4") + el(0x0020000E, "UI", b"1.2.3.4.4") +
            el(0x00280010, "US", b"\x02\0") + el(0x00280011, "US", b"\x02\0") + el(0x00280100, "US", b"\x08\0") +
            el(0x7FE00010, "OW", b"\1\2\3\4") + after)


def part10(content, syntax=EXPLICIT, meta=b"", preamble=bytes(128), length=True):
    group = el(0x00020001, "OB", b"\0\1") + el(0x00020002, "UI", CT) + el(0x00020003, "UI", b"1.2.3.4.5") + el(0x00020010, "UI", syntax) + meta
    return preamble + b"DICM" + (el(0x00020000, "UL", struct.pack("<I", len(group))) if length else b"") + group + content


def deflated(content):
    z = zlib.compressobj(9, wbits=-15)
    return z.compress(content) + z.flush()


WORDS = b"seen by Quigglesworth, Zephyrine ODD4711QQ"
DONE, REFUSED, EITHER = "done", "refused", "either"
# name, what must become of it, bytes of the file
CASES = [
    ("plain", DONE, part10(data())),
    ("no patient id", EITHER, part10(data(el(0x00100010, "PN", NAME)))),
    ("empty patient id", EITHER, part10(data(el(0x00100010, "PN", NAME) + el(0x00100020, "LO", b"")))),
    ("no patient at all", EITHER, part10(data(b""))),
    ("patient id of spaces", EITHER, part10(data(el(0x00100010, "PN", NAME) + el(0x00100020, "LO", b"    ")))),
    ("several patient ids", DONE, part10(data(el(0x00100010, "PN", NAME) + el(0x00100020, "LO", ID + b"\\" + ID + b"2")))),
    ("several names", DONE, part10(data(el(0x00100010, "PN", NAME + b"\\Other^One") + el(0x00100020, "LO", ID)))),
    ("name twice", EITHER, part10(data(el(0x00100010, "PN", b"X^Y") + el(0x00100010, "PN", NAME) + el(0x00100020, "LO", ID)))),
    ("tags not in order", EITHER, part10(data(el(0x00100030, "DA", BIRTH) + el(0x00100020, "LO", ID) + el(0x00100010, "PN", NAME)))),
    ("name after the pixels", EITHER, part10(data(b"", after=PATIENT))),
    ("odd length", EITHER, part10(data(el(0x00100010, "PN", NAME, pad=False) + el(0x00100020, "LO", ID, pad=False)))),
    ("value longer than the file", REFUSED, part10(data(b"") + el(0x7FE10010, "OB", NAME, 1 << 20))),
    ("cut in a header", REFUSED, part10(data())[:-10]),
    ("LO of undefined length", EITHER, part10(data(between=el(0x00104000, "UN", WORDS, UNDEFINED)))),
    ("5 groups of a name", EITHER, part10(data(el(0x00100010, "PN", b"A=B=C=" + NAME) + el(0x00100020, "LO", ID)))),
    ("name of 60 components", EITHER, part10(data(el(0x00100010, "PN", b"a^" * 60 + NAME) + el(0x00100020, "LO", ID)))),
    ("name of 60,000 bytes", EITHER, part10(data(el(0x00100010, "PN", NAME * 2600) + el(0x00100020, "LO", ID)))),
    ("comment of 8 MB", EITHER, part10(data(between=el(0x0040A160, "UT", (WORDS + b" lung ") * 170000)))),
    ("comment of 8 MB without a space", EITHER, part10(data(between=el(0x0040A160, "UT", b"a" * (8 << 20) + WORDS)))),
    ("comment of digits", EITHER, part10(data(between=el(0x00104000, "LT", b"1-" * 5000 + WORDS[:30])))),
    ("nul in a comment", DONE, part10(data(between=el(0x00104000, "LT", b"lung\0" + WORDS)))),
    ("control bytes in a comment", DONE, part10(data(between=el(0x00104000, "LT", b"\x01\x1b\x7f" + WORDS)))),
    ("only backslashes", DONE, part10(data(between=el(0x00101001, "PN", b"\\\\\\\\") + el(0x00104000, "LT", WORDS)))),
    ("name over two lines", DONE, part10(data(between=el(0x00104000, "LT", b"QUIGGLESWORTH,\r\n ZEPHYRINE")))),
    ("name with dots and dashes", DONE, part10(data(between=el(0x00104000, "LT", b"quigglesworth.zephyrine-odd4711qq")))),
    ("unknown character set", EITHER, part10(data(charset=b"KLINGON 7"))),
    ("a name as character set", EITHER, part10(data(charset=b"QUIGGLESWORTH"))),
    ("bytes that UTF-8 has not", DONE, part10(data(between=el(0x00104000, "LT", b"\xff\xfe\xe9" + WORDS), charset=b"ISO_IR 192"))),
    ("escapes nobody declared", DONE, part10(data(between=el(0x00104000, "LT", b"\x1b$B\x1b(B" + WORDS)))),
    ("escape within the name", EITHER, part10(data(between=el(0x00104000, "LT", b"Quiggles\x1b(Bworth"), charset=b"\\ISO 2022 IR 87"))),
    ("character set of an item", DONE, part10(data(before=sq(0x00081110, el(0x00080005, "CS", b"ISO_IR 192") + el(0x00104000, "LT", WORDS))))),
    ("dates that are none", DONE, part10(data(before=el(0x00080020, "DA", b"Quiggles") + el(0x00080021, "DA", b"2021 0514") + el(0x0008002A, "DT", NAME)))),
    ("a date range", DONE, part10(data(before=el(0x00080020, "DA", b"20210101-20210301")))),
    ("the year 0000 and 9999", DONE, part10(data(before=el(0x00080020, "DA", b"00000101") + el(0x00080021, "DA", b"99991231")))),
    ("ages", DONE, part10(data(between=el(0x00101010, "AS", b"095Y\\95  ")))),
    ("a DS that is a name", DONE, part10(data(between=el(0x00180050, "DS", b"Quigglesworth")))),
    ("an IS that is an id", DONE, part10(data(between=el(0x00180060, "DS", ID) + el(0x00181151, "IS", ID)))),
    ("a CS that is a name", DONE, part10(data(between=el(0x00180015, "CS", b"QUIGGLESWORTH")))),
    ("an AE that is a name", DONE, part10(data(before=el(0x00080054, "AE", b"QUIGGLESWORTH")))),
    ("an AS that is a name", DONE, part10(data(between=el(0x00101010, "AS", b"Zephyrine")))),
    ("a TM that is a name", DONE, part10(data(before=el(0x00080030, "TM", b"Zephyrine")))),
    ("a UI that is a name", DONE, part10(data(between=el(0x00200052, "UI", b"Quigglesworth")))),
    ("a UI of 1.2.840.10008 that is a name", DONE, part10(data(between=el(0x0008001A, "UI", b"1.2.840.10008.Quigglesworth")))),
    ("a UI of 100 digits", DONE, part10(data(uid=b"1.2.3." + b"4" * 94))),
    ("a UI with spaces", DONE, part10(data(uid=b" 1.2.3.4.5 "))),
    ("no SOP Instance UID", REFUSED, part10(data(uid=b""))),
    ("empty SOP Instance UID", REFUSED, part10(data(uid=b"\0\0"))),
    ("a US of one byte", EITHER, part10(data(between=el(0x00280002, "US", b"\1", pad=False)))),
    ("a number in the wrong VR", DONE, part10(data(between=el(0x00280002, "LO", WORDS)))),
    ("text in OB", DONE, part10(data(between=el(0x00104000, "OB", WORDS) + el(0x0008103E, "OB", WORDS)))),
    ("text in UN", DONE, part10(data(between=el(0x00104000, "UN", WORDS) + el(0x00181030, "UN", WORDS)))),
    ("name in UN", DONE, part10(data(el(0x00100010, "UN", NAME) + el(0x00100020, "UN", ID)))),
    ("VR of small letters", EITHER, part10(data(between=el(0x00104000, "lt", WORDS)))),
    ("VR that nobody knows", EITHER, part10(data(between=el(0x00104000, "ZZ", WORDS)))),
    ("VR of two zeros", EITHER, part10(data(between=b"\x10\0\0\x40" + struct.pack("<I", len(WORDS)) + WORDS))),
    ("private without creator", DONE, part10(data(before=el(0x00091001, "LO", WORDS)))),
    ("private creator empty", DONE, part10(data(before=el(0x00090010, "LO", b"") + el(0x00091001, "LO", WORDS)))),
    ("private creator is the name", DONE, part10(data(before=el(0x00090010, "LO", NAME) + el(0x00091001, "LO", WORDS)))),
    ("private creator of several values", DONE, part10(data(before=el(0x00190010, "LO", b"GEMS_ACQU_01\\" + NAME) + el(0x0019109E, "LO", WORDS)))),
    ("private creator as OB", DONE, part10(data(before=el(0x00190010, "OB", b"GEMS_ACQU_01") + el(0x0019109E, "LO", WORDS)))),
    ("creator after its block", EITHER, part10(data(before=el(0x0019109E, "LO", WORDS) + el(0x00190010, "LO", b"GEMS_ACQU_01")))),
    ("safe private whose creator is outside", DONE, part10(data(before=el(0x00190010, "LO", b"GEMS_ACQU_01") + sq(0x00191127, el(0x00191023, "LO", WORDS))))),
    ("safe private of another VR", DONE, part10(data(before=el(0x00190010, "LO", b"GEMS_ACQU_01") + el(0x00191023, "UT", WORDS) + el(0x00191027, "PN", NAME)))),
    ("safe private that is a sequence", DONE, part10(data(before=el(0x00190010, "LO", b"GEMS_ACQU_01") + sq(0x00191023, PATIENT)))),
    ("safe private in UN of undefined length", EITHER, part10(data(before=el(0x00190010, "LO", b"GEMS_ACQU_01") + el(
        0x00191023, "UN", item(implicit(0x00100010, NAME), True) + END, UNDEFINED)))),
    ("declared safe, and holds the name", DONE, part10(data(before=sq(0x00080300, el(0x00080301, "US", b"\x19\0") + el(0x00080302, "LO", b"ZORBLAX") + el(
        0x00080303, "CS", b"SAFE")) + el(0x00190010, "LO", b"ZORBLAX") + el(0x00191001, "LO", WORDS) + el(0x00191002, "OB", NAME) + el(
            0x00191003, "OB", "Quigglesworth".encode("utf-16-le"))))),
    ("groups 0000, 0002 and 0004 within", EITHER, part10(el(0x00000600, "AE", b"QUIGGLESWORTH") + el(0x00020016, "AE", b"QUIGGLESWORTH") + data())),
    ("file meta that tells", DONE, part10(data(), meta=el(0x00020016, "AE", b"QUIGGLESWORTH") + el(0x00020100, "UI", b"1.2.3") + el(0x00020102, "OB", NAME))),
    ("a preamble that tells", DONE, part10(data(), preamble=(b"II*\0" + NAME).ljust(128, b"\0"))),
    ("file meta without its length", EITHER, part10(data(), length=False)),
    ("no preamble", EITHER, data()),
    ("empty", REFUSED, b""),
    ("preamble alone", REFUSED, bytes(128) + b"DICM"),
    ("text", REFUSED, NAME * 100),
    ("bytes after the end", EITHER, part10(data()) + NAME),
    ("a second file after the end", EITHER, part10(data()) * 2),
    ("trailing padding", DONE, part10(data(after=el(0xFFFCFFFC, "OB", NAME)))),
    ("group lengths", DONE, part10(el(0x00080000, "UL", b"\4\0\0\0") + data())),
    ("a group length that is a text", EITHER, part10(data(between=el(0x00120000, "LO", WORDS)))),
    ("overlays that tell", DONE, part10(data(between=el(0x00204000, "LT", b""), after=b"").replace(
        el(0x7FE00010, "OW", b"\1\2\3\4"), el(0x60020022, "LO", WORDS) + el(0x60021500, "LO", NAME) + el(0x60024000, "LT", WORDS) + el(0x7FE00010, "OW", b"\1\2\3\4")))),
    ("an odd overlay group", DONE, part10(data().replace(el(0x7FE00010, "OW", b"\1\2\3\4"), el(0x60211000, "LO", WORDS) + el(0x7FE00010, "OW", b"\1\2\3\4")))),
    ("pixel data twice", EITHER, part10(data(after=el(0x7FE00010, "OW", NAME)))),
    ("pixel data in an item", EITHER, part10(data(before=sq(0x00081140, PATIENT + el(0x7FE00010, "OW", NAME))))),
    ("60 levels", DONE, part10(data(before=nested(60, PATIENT + el(0x00104000, "LT", WORDS), False)))),
    ("60 levels of undefined length", DONE, part10(data(before=nested(60, PATIENT + el(0x00104000, "LT", WORDS), True)))),
    ("70 levels", REFUSED, part10(data(before=nested(70, PATIENT, True)))),
    ("5,000 levels", REFUSED, part10(data(before=nested(5000, PATIENT, True)))),
    ("items longer than their sequence", REFUSED, part10(data(before=el(0x00081140, "SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 4096) + PATIENT)))),
    ("a sequence that never ends", REFUSED, part10(data(b"") + el(0x7FE11140, "SQ", item(PATIENT, True), UNDEFINED))),
    ("an item at the top", EITHER, part10(item(PATIENT) + data(b""))),
    ("a delimiter at the top", EITHER, part10(END + data())),
    ("sequence with text instead of items", EITHER, part10(data(before=el(0x00081140, "SQ", WORDS)))),
    ("sequence as LO", DONE, part10(data(before=el(0x00081140, "LO", WORDS)))),
    ("20,000 items", DONE, part10(data(before=sq(0x00081140, *[el(0x00081155, "UI", b"1.2.3.%d" % i) + el(0x00104000, "LT", WORDS) for i in range(20000)])))),
    ("20,000 private elements", DONE, part10(data(before=b"".join(el(0x00090010 + i, "LO", b"C%d" % i) for i in range(200)) + b"".join(
        el(0x00091000 + i, "LO", WORDS) for i in range(20000))))),
    ("implicit", DONE, part10(b"".join(implicit(t, v) for t, v in ((0x00080016, CT), (0x00080018, b"1.2.3.4.5"), (0x00081030, WORDS), (0x00091001, WORDS), (
        0x00100010, NAME), (0x00100020, ID), (0x0020000D, b"1.2.3.4"), (0x0020000E, b"1.2.3.4.4"))), b"1.2.840.10008.1.2")),
    ("implicit, said to be explicit", EITHER, part10(b"".join(implicit(t, v) for t, v in ((0x00080016, CT), (0x00080018, b"1.2.3.4.5"), (
        0x00100010, NAME), (0x0020000D, b"1.2.3.4"))))),
    ("explicit, said to be implicit", EITHER, part10(data(), b"1.2.840.10008.1.2")),
    ("a transfer syntax nobody knows", EITHER, part10(data(), b"1.2.3.4.5.6.7")),
    ("JPIP", EITHER, part10(data(between=el(0x00287FE0, "UR", b"http://pacs/Quigglesworth")), b"1.2.840.10008.1.2.4.94")),
    ("deflated", DONE, part10(deflated(data()), b"1.2.840.10008.1.2.1.99")),
    ("deflated, cut", REFUSED, part10(deflated(data())[:-20], b"1.2.840.10008.1.2.1.99")),
    ("deflated, with bytes after it", EITHER, part10(deflated(data()) + NAME, b"1.2.840.10008.1.2.1.99")),
    ("deflated, 1 GB of zeros", EITHER, part10(deflated(data()[:-12] + el(0x7FE00010, "OW", b"", 1 << 30, False)) , b"1.2.840.10008.1.2.1.99")),
    ("a DICOMDIR", EITHER, part10(data(before=b"").replace(CT, b"1.2.840.10008.1.3.10".ljust(len(CT), b"\0")))),
    ("a private SOP Class", EITHER, part10(data().replace(CT, b"1.3.12.2.1107.5.9.1".ljust(len(CT), b"\0")))),
    ("encrypted attributes of others", DONE, part10(data(after=b"").replace(el(0x7FE00010, "OW", b"\1\2\3\4"), b"").replace(
        el(0x00280010, "US", b"\x02\0"), el(0x00280010, "US", b"\x02\0")) + sq(0x04000500, el(0x04000510, "UI", EXPLICIT) + el(0x04000520, "OB", NAME)) + el(0x7FE00010, "OW", b"\1\2\3\4"))),
    ("marks of others", EITHER, part10(data(between=el(0x00120062, "CS", b"YES") + el(0x00120063, "LO", WORDS) + sq(0x00120064, el(0x00080100, "SH", b"113100") + el(
        0x00080104, "LO", WORDS))))),
]


def leaks(path):
    with open(path, "rb") as f:
        found = f.read()
    if b"1.2.840.10008.1.2.1.99" in found[:400]:
        try:
            found = zlib.decompress(found[132 + 12 + struct.unpack("<I", found[140:144])[0]:], -15)
        except zlib.error:
            return ["cannot be inflated"]
    small = found.lower()
    return ["holds %s" % p.decode() for p in PARTS if p in small or p.decode().encode("utf-16-le") in small]


def judge(scrub, name, want, options):
    """What is wrong with one case."""
    shutil.rmtree("out.dcm", ignore_errors=True)
    if os.path.exists("out.dcm"):
        os.remove("out.dcm")
    start = time.monotonic()
    with open("err", "wb") as err:
        child = subprocess.Popen(["timeout", "60", scrub, "-k", "key", *options, "-o", "out.dcm", "in.dcm"], stderr=err)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
    status = os.waitstatus_to_exitcode(status)
    said = open("err", "rb").read()
    bad = []
    if status not in (0, 2):
        bad.append("status %d" % status)
    if (status == 0) != os.path.exists("out.dcm"):
        bad.append("status %d, but %s output" % (status, "no" if status == 0 else "an"))
    if want != EITHER and status != (0 if want == DONE else 2):
        bad.append("not %s: %s" % (want, said.decode("utf-8", "replace").strip()[:120]))
    if any(p in said.lower() for p in PARTS):
        bad.append("a message that tells")
    if status == 2 and not said:
        bad.append("no reason")
    if time.monotonic() - start > LIMITS[0]:
        bad.append("%.0f s" % (time.monotonic() - start))
    if used.ru_maxrss > LIMITS[1] << 10:
        bad.append("%d MB" % (used.ru_maxrss >> 10))
    return bad + (leaks("out.dcm") if os.path.exists("out.dcm") else [])


def main():
    scrub = os.path.join(os.path.abspath(sys.argv[1]), "dcm-scrub")
    work = sys.argv[2] if sys.argv[2:] else tempfile.mkdtemp(prefix="unphi-odd-")
    os.makedirs(work, exist_ok=True)
    os.chdir(work)
    with open("key", "wb") as f:
        f.write(bytes(range(32)))
    os.chmod("key", 0o600)
    wrong = 0
    for name, want, content in CASES:
        with open("in.dcm", "wb") as f:
            f.write(content)
        for s in ("basic", "research", "all"):
            for line in judge(scrub, name, want, scrub_options(SETS[s])):
                print("odd: %-40s %-9s %s" % (name, s, line))
                wrong += 1
        if re.sub(r"\W", "", name) == os.environ.get("ODD_KEEP"):
            shutil.copy("in.dcm", "kept.dcm")
    print("odd: %d files under 3 option sets, %d wrong" % (len(CASES), wrong))
    if not sys.argv[2:]:
        shutil.rmtree(work)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
