load helper

# Private elements under --retain safe-private (PS3.15 E.3.10): files are written here by
# pydicom, and what is expected follows from Table E.3.10-1 by hand.
setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	(umask 077 && printf %s 0123456789abcdef0123456789abcdef >key)
}

PRELUDE='
import struct, subprocess, sys, warnings
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
warnings.simplefilter("ignore")

def new(**attributes):
    x = Dataset()
    x.file_meta = FileMetaDataset()
    x.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    x.SOPClassUID = x.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    x.SOPInstanceUID = x.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.77.5"
    x.StudyDate = "20210514"
    x.PatientName, x.PatientID = "Quillfeather^Ottoline", "MRN4711x"
    for k, v in attributes.items():
        setattr(x, k, v)
    return x

def item(*elements):
    i = Dataset()
    for tag, vr, value in elements:
        i.add_new(tag, vr, value)
    return i

def add(x, *elements):
    for tag, vr, value in elements:
        x.add_new(tag, vr, value)
    return x

def scrub(x, *options, implicit=False):
    if implicit:
        x.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
        x.is_little_endian, x.is_implicit_VR = True, True
    else:
        x.is_little_endian, x.is_implicit_VR = True, False
    x.preamble = bytes(128)
    x.save_as("in.dcm", write_like_original=False)
    p = subprocess.run(["dcm-scrub", "-k", "key", "-l", "log", "-o", "out.dcm", *options, "in.dcm"], capture_output=True, text=True)
    assert p.returncode == 0, p
    return pydicom.dcmread("out.dcm")

def private(x):
    return sorted("%08X" % e.tag for e in x if e.tag.is_private)

SAFE = ("--retain", "safe-private")

def block(group, creator, status, *more):
    return item((0x00080301, "US", group), (0x00080302, "LO", creator), (0x00080303, "CS", status), *more)
'

@test "what the table lists stays, with its creator, in whatever block; all else goes" {
	py <<-'END'
		x = add(new(), (0x00430010, "LO", "GEMS_PARM_01"), (0x00431039, "IS", ["50", "0", "0", "0"]), (0x00431001, "SS", 7),
		    (0x004300A2, "LO", "GEMS_PARM_01"), (0x0043A227, "SH", "1.375:1"),
		    (0x00430030, "LO", "GEMS_PARM_01"), (0x00433001, "SS", 7),
		    (0x00450010, "LO", "GEMS_PARM_01"), (0x00451039, "IS", "50"),
		    (0x00470010, "LO", "NOBODY KNOWS"), (0x00471001, "DS", "1.5"),
		    (0x00491039, "IS", "50"))
		y = scrub(x, *SAFE)
		assert private(y) == ["00430010", "004300A2", "00431039", "0043A227"], private(y)
		assert y[0x00431039].value == [50, 0, 0, 0] and y[0x0043A227].value == "1.375:1"
		assert [i.CodeValue for i in y.DeidentificationMethodCodeSequence] == ["113100", "113111"]
		# Control: without the option nothing is left.
		assert private(scrub(x)) == []
	END
}

@test "creators are compared without regard to case and spacing" {
	py <<-'END'
		for creator, want in (("gems_Parm_01", 2), ("GEMS_PARM_01  ", 2), (" GEMS_PARM_01", 2), ("GEMS_PARM_011", 0), ("GEMS_PARM_0", 0), ("", 0)):
		    y = scrub(add(new(), (0x00430010, "LO", creator), (0x00431039, "IS", "50")), *SAFE)
		    assert len(private(y)) == want, (creator, private(y))
		y = scrub(add(new(), (0x00190010, "LO", "siemens  mr  header"), (0x0019100C, "IS", "1000")), *SAFE)
		assert len(private(y)) == 2
	END
}

@test "a block is reserved in its own item alone" {
	py <<-'END'
		b = (0x00431039, "IS", "50")
		creator = (0x00430010, "LO", "GEMS_PARM_01")
		x = add(new(), creator, b, (0x00081140, "SQ", [item(b), item(creator, b)]))
		x.add_new(0x52009229, "SQ", [item(b), item(creator, b, (0x00081140, "SQ", [item(b)]))])
		y = scrub(x, *SAFE)
		assert private(y) == ["00430010", "00431039"]
		a, b = y[0x52009229].value
		assert private(a) == [] and private(b) == ["00430010", "00431039"]
	END
}

@test "elements that the file calls UN are judged by the VR of the table" {
	py <<-'END'
		elements = [(0x00190010, "LO", "GEMS_ACQU_01"), (0x0019109E, "LO", "FSE QUILLFEATHER"), (0x00191023, "DS", "1.5"),
		    (0x00430010, "LO", "GEMS_PARM_01"), (0x00431027, "SH", "1.375:1")]
		for implicit in True, False:
		    x = add(new(), *elements)
		    if not implicit:
		        for tag, vr, value in elements:
		            if tag & 0xff00:
		                x[tag].VR, x[tag]._value = "UN", (value + " " * (len(value) % 2)).encode()
		    y = scrub(x, *SAFE, implicit=implicit)
		    assert b"QUILL" not in open("out.dcm", "rb").read().upper()
		    assert b"QUILL" in open("in.dcm", "rb").read()
		    raw = {t: y.get_item(t).value for t in (0x00191023, 0x00431027)}
		    assert raw == {0x00191023: b"1.5 ", 0x00431027: b"1.375:1 "}, raw
	END
}

@test "each element in a private sequence is judged by itself, in UN too" {
	py <<-'END'
		import pydicom.filebase, pydicom.filewriter
		inner = item((0x00100010, "PN", "Quillfeather^Ottoline"), (0x00180050, "DS", "2.5"), (0x00080020, "DA", "20210514"),
		    (0x20010010, "LO", "Philips Imaging DD 001"), (0x20011003, "FL", 1.5), (0x20011099, "LO", "no row"))
		for form in "SQ", "UN", "implicit":
		    x = add(new(), (0x20010010, "LO", "Philips Imaging DD 001"), (0x2001105F, "SQ", [inner]))
		    if form == "UN":
		        f = pydicom.filebase.DicomBytesIO()
		        f.is_little_endian, f.is_implicit_VR = True, True
		        pydicom.filewriter.write_sequence(f, x[0x2001105F], ["iso8859"])
		        x[0x2001105F] = pydicom.dataelem.DataElement(0x2001105F, "UN", f.getvalue())
		    y = scrub(x, *SAFE, implicit=form == "implicit")
		    raw = open("out.dcm", "rb").read()
		    assert b"Quill" not in raw and b"20210514" not in raw and b"no row" not in raw, form
		    assert b"Quill" in open("in.dcm", "rb").read()
		    assert struct.pack("<f", 1.5) in raw and b"2.5 " in raw, form
		    if form != "implicit":
		        i = y[0x2001105F].value[0]
		        assert private(i) == ["20010010", "20011003"] and i.SliceThickness == 2.5
		# Items that cannot be read hide what they are.
		x = add(new(), (0x20010010, "LO", "Philips Imaging DD 001"), (0x2001105F, "UN", b"\xfe\xff\x00\xe0\xff\x00\x00\x00Quil"))
		assert private(scrub(x, *SAFE)) == []
	END
}

@test "text loses who is named, what is no number goes, bytes with a name go" {
	py <<-'END'
		sc = (0x7FD10010, "LO", "SIEMENS SYNGO ULTRA-SOUND TOYON DATA STREAMING")
		def blob(b):
		    return 0x7FD11010 in scrub(add(new(), sc, (0x7FD11010, "OB", b)), *SAFE)
		noise = bytes(range(256)) * 8
		assert blob(noise)
		wide = "Quillfeather".encode
		for who in b"quillfeather", b"OTTOLINE", b"MRN4711x", wide("utf-16-le"), wide("utf-16-be"):
		    assert not blob(noise + who + noise), who
		ge = [(0x00190010, "LO", "GEMS_ACQU_01")]
		y = scrub(add(new(), *ge, (0x0019109E, "LO", "Quillfeather"), (0x00191023, "DS", "1.5")), *SAFE)
		assert "uill" not in str(y.get(0x0019109E, "")) and 0x00191023 in y
		y = scrub(add(new(), *ge, (0x0019109E, "LO", "FSE-XL")), *SAFE)
		assert y[0x0019109E].value == "FSE-XL"
		x = add(new(), *ge, (0x00191023, "DS", "12345678"))
		x.is_little_endian, x.is_implicit_VR, x.preamble = True, False, bytes(128)
		x.save_as("x.dcm", write_like_original=False)
		open("bad.dcm", "wb").write(open("x.dcm", "rb").read().replace(b"12345678", b"OTTO LIN"))
		assert subprocess.run(["dcm-scrub", "-k", "key", "-o", "bad.out", "bad.dcm", *SAFE]).returncode == 0
		assert private(pydicom.dcmread("bad.out")) == []
	END
}

@test "bytes that stay on disk are searched to the last" {
	py <<-'END'
		sc = (0x7FD10010, "LO", "SIEMENS SYNGO ULTRA-SOUND TOYON DATA STREAMING")
		n = 1 << 20
		for at in None, 0, n - 6, 2 * n - 100, 3 * n - 12:
		    b = bytearray(b"\x80\x01\x90\x02" * (3 * n // 4))
		    if at is not None:
		        b[at:at + 12] = b"Quillfeather"
		    y = scrub(add(new(), sc, (0x7FD11010, "OB", bytes(b))), *SAFE)
		    assert (0x7FD11010 in y) == (at is None), at
		    assert at is not None or y[0x7FD11010].value == bytes(b)
	END
}

@test "UIDs are replaced as everywhere" {
	py <<-'END'
		x = add(new(SeriesInstanceUID="1.2.826.0.1.77.9"), (0x00990010, "LO", "NQHeader"), (0x00991002, "UI", "1.2.826.0.1.77.9"))
		y = scrub(x, *SAFE)
		assert y[0x00991002].value == y.SeriesInstanceUID != "1.2.826.0.1.77.9"
		y = scrub(x, "--retain", "safe-private,uids")
		assert y[0x00991002].value == "1.2.826.0.1.77.9"
	END
}

@test "an object's own declaration of its blocks is believed, and loses items of blocks that go" {
	py <<-'END'
		elements = ((0x00610010, "LO", "ACME 1"), (0x00611001, "LO", "Kernel B30"), (0x00611002, "DS", "7.5"),
		    (0x00611003, "LO", "room 12"), (0x00611004, "LO", "x"), (0x00611005, "UI", "1.2.826.0.1.77.5"),
		    (0x00611006, "LO", "gone"), (0x00611007, "DS", "8.25"))
		actions = (0x00080305, "SQ", [item((0x00080306, "US", n), (0x00080307, "CS", a)) for n, a in
		    ((3, "D"), (4, "Z"), (5, "U"), (6, "X"))])
		def tags(y):
		    return [t[-2:] for t in private(y)]
		def declared(*blocks):
		    return scrub(add(new(), *elements, (0x00080300, "SQ", list(blocks))), *SAFE)
		y = declared(block(0x0061, "acme 1", "SAFE"))
		assert tags(y) == ["10", "01", "02", "03", "04", "05", "06", "07"], tags(y)
		y = declared(block(0x0061, "ACME 1", "MIXED", (0x00080304, "US", [1, 2]), actions))
		assert tags(y) == ["10", "01", "02", "03", "04", "05"], tags(y)
		assert y[0x00611001].value == "Kernel B30" and y[0x00611002].value == 7.5
		assert y[0x00611003].value == "ANON" and y[0x00611004].value == "" and y[0x00611005].value == y.SOPInstanceUID
		i, = y[0x00080300].value
		assert i[0x00080303].value == "MIXED" and list(i[0x00080304].value) == [1, 2]
		for b in block(0x0061, "ACME 1", "UNSAFE"), block(0x0063, "ACME 1", "SAFE"), block(0x0061, "ACME 2", "SAFE"):
		    y = declared(b)
		    assert private(y) == [] and 0x00080300 not in y
		y = declared(block(0x0061, "ACME 1", "MIXED", (0x00080304, "US", 2)), block(0x0063, "ACME 1", "SAFE"))
		assert tags(y) == ["10", "02"] and len(y[0x00080300].value) == 1
		# Of items too, by who is around them, or by the item itself.
		x = add(new(), (0x00080300, "SQ", [block(0x0061, "ACME 1", "SAFE")]), (0x52009229, "SQ", [item(*elements[:3])]))
		y = scrub(x, *SAFE)
		assert tags(y[0x52009229].value[0]) == ["10", "01", "02"] and len(y[0x00080300].value) == 1
	END
}

@test "dates and names in declared blocks follow the profile" {
	py <<-'END'
		x = add(new(), (0x00080300, "SQ", [block(0x0061, "ACME 1", "SAFE")]), (0x00610010, "LO", "ACME 1"),
		    (0x00611001, "DA", "20210516"), (0x00611002, "TM", "1112"), (0x00611003, "DT", "202105161112"), (0x00611004, "PN", "Doe^J"),
		    (0x00611005, "AS", "095Y"), (0x00611006, "US", 3))
		y = scrub(x, *SAFE)
		assert private(y) == ["00610010", "00611005", "00611006"] and y[0x00611005].value == "090Y"
		y = scrub(x, "--retain", "safe-private,full-dates")
		assert private(y) == ["00610010", "00611001", "00611002", "00611003", "00611005", "00611006"]
		assert y[0x00611001].value == "20210516"
		from datetime import datetime as d
		y = scrub(x, "--retain", "safe-private,modified-dates")
		day = lambda t: d.strptime(t[:8], "%Y%m%d")
		assert (day(y[0x00611001].value) - day(y.StudyDate)).days == 2 and y.StudyDate != "20210514"
		assert day(y[0x00611003].value) == day(y[0x00611001].value) and y[0x00611003].value[8:] == "1112"
		assert y[0x00611002].value == "1112"
	END
}

@test "a creator that names the patient goes with its block" {
	py <<-'END'
		for creator, want in (("ACME 1", 2), ("QUILLFEATHER", 0)):
		    x = add(new(), (0x00080300, "SQ", [block(0x0061, creator, "SAFE")]), (0x00610010, "LO", creator), (0x00611001, "US", 3))
		    y = scrub(x, *SAFE)
		    assert len(private(y)) == want, creator
		    assert b"QUILL" not in open("out.dcm", "rb").read()
	END
}

@test "a creator may have the name of the place, as a maker's phantom has" {
	py <<-'END'
		x = add(new(InstitutionName="ACME Works", Manufacturer="ACME"), (0x00080300, "SQ", [block(0x0061, "ACME 1", "SAFE")]),
		    (0x00610010, "LO", "ACME 1"), (0x00611001, "US", 3))
		y = scrub(x, *SAFE)
		assert private(y) == ["00610010", "00611001"] and y[0x00080300].value[0][0x00080302].value == "ACME 1"
	END
}

@test "scrubbing again changes nothing, and the log tells what went" {
	py <<-'END'
		import json
		x = add(new(), (0x00080300, "SQ", [block(0x0061, "ACME 1", "SAFE")]), (0x00610010, "LO", "ACME 1"), (0x00611001, "UI", "1.2.3.4"),
		    (0x00190010, "LO", "GEMS_ACQU_01"), (0x0019109E, "LO", "FSE Quillfeather"), (0x00191023, "DS", "1.5"),
		    (0x00470010, "LO", "NOBODY KNOWS"), (0x00471001, "DS", "1.5"))
		scrub(x, *SAFE)
		actions = {a["path"]: a["action"] for a in json.loads(open("log").readlines()[-1])["actions"]}
		assert actions["(0047,0010)"] == actions["(0047,1001)"] == "remove"
		assert actions["(0061,1001)"] == "uid" and actions["(0019,109E)"] in ("clean", "remove")
		assert "(0061,0010)" not in actions and "(0019,1023)" not in actions
		assert subprocess.run(["dcm-scrub", "-k", "key", *SAFE, "-o", "two.dcm", "out.dcm"]).returncode == 0
		assert open("out.dcm", "rb").read() == open("two.dcm", "rb").read()
	END
}

@test "bytes of a vendor that a policy keeps are searched, for it cannot know them" {
	printf '(0029,"SIEMENS CSA HEADER",10) keep\n(0029,"SIEMENS CSA HEADER",08) keep\n' >policy
	py <<-'END'
		csa = b"SV10\4\3\2\1" + bytes(64) + b"PatientID\0" + b"%s" + bytes(100)
		for who in b"", b"quillfeather", b"MRN4711x":
		    x = add(new(), (0x00290010, "LO", "SIEMENS CSA HEADER"), (0x00291008, "CS", "IMAGE NUM 4"),
		        (0x00291010, "OB", csa.replace(b"%s", who) + bytes(len(who) % 2)))
		    y = scrub(x, "--policy", "policy")
		    want = ["00290010", "00291008"] + ["00291010"] * (who == b"")
		    assert private(y) == want, (who, private(y))
		assert private(scrub(x)) == []
	END
}
