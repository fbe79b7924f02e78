load helper

# Each test plants one fault into a file that conforms, and looks for its name.
setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	cat >make.py <<-'END'
		import copy, sys
		import numpy as np
		from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
		from pydicom.sequence import Sequence
		from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

		def image(uid, name, patient):
		    ds = FileDataset(None, {}, preamble=b"\0" * 128)
		    ds.is_little_endian, ds.is_implicit_VR = True, False
		    meta = ds.file_meta = FileMetaDataset()
		    meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
		    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = uid + ".1"
		    meta.TransferSyntaxUID = ExplicitVRLittleEndian
		    meta.ImplementationClassUID = "2.25.12345"
		    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid + ".2", uid + ".3"
		    ds.Modality, ds.ConversionType = "OT", "WSD"
		    ds.PatientName, ds.PatientID = name, patient
		    ds.PatientBirthDate = ds.StudyDate = ds.StudyTime = ds.PatientSex = ""
		    ds.AccessionNumber = ds.StudyID = ds.ReferringPhysicianName = ""
		    ds.SeriesNumber = ds.InstanceNumber = "1"
		    ds.Rows, ds.Columns, ds.NumberOfFrames = 40, 60, 2
		    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
		    ds.BitsAllocated = ds.BitsStored = 8
		    ds.HighBit, ds.PixelRepresentation = 7, 0
		    px = np.arange(2 * 40 * 60, dtype=np.uint32).reshape(2, 40, 60)
		    ds.px = (px * 7 % 251).astype(np.uint8)
		    return ds

		def write(ds, name):
		    ds.PixelData = ds.px.tobytes()
		    del ds.px
		    ds.save_as(name, write_like_original=False)

		def code(value, meaning):
		    c = Dataset()
		    c.CodeValue, c.CodingSchemeDesignator, c.CodeMeaning = value, "DCM", meaning
		    return c

		def pair(change, raw_name, ok_name, patient=""):
		    raw = image("1.2.3.4567", "Planted^Person", "PID-4711" + patient)
		    raw.PatientBirthDate, raw.StudyDate, raw.AccessionNumber = "19630412", "20190807", "ACC0815"
		    raw.InstitutionAddress = "Elm Street 7"
		    ok = image("2.25.99", "ANON", "ANON-1" + patient)
		    ok.PatientIdentityRemoved = "YES"
		    ok.DeidentificationMethodCodeSequence = Sequence([code("113100", "Basic"), code("113101", "Pixels")])
		    ok.LongitudinalTemporalInformationModified, ok.BurnedInAnnotation = "REMOVED", "NO"
		    exec(change.replace("\n\t", "\n"), {**globals(), "raw": raw, "ok": ok})
		    write(raw, raw_name)
		    write(ok, ok_name)

		if len(sys.argv) == 2:
		    pair(sys.argv[1], "raw.dcm", "ok.dcm")
		else:   # of each line on standard input one more, numbered from 1
		    for n, line in enumerate(sys.stdin, 1):
		        pair(sys.argv[1] + line.split("|")[1].strip(), f"raw/{n}.dcm", f"ok/{n}.dcm", f"-{n}")
	END
}

# cases PRELUDE: each line of standard input, "CHECK TAG | CHANGE" or "- | CHANGE", is a file of a patient of its own
# that has an error of that check and tag, and no other, or none at all.
cases() {
	rm -rf raw ok && mkdir raw ok
	cat >cases
	/usr/bin/python3 make.py "$1" cases <cases 2>python.err || { cat python.err; return 1; }
	dcm-validate --against raw ok/*.dcm >found || [ $? -eq 1 ]
	[ "$(jq -r 'select(.check == "summary").file' found | wc -l)" -eq "$(wc -l <cases)" ]
	jq -r 'select(.level == "error") | "\(.file) \(.check) \(.tag // "")"' found | sort -u >errors
	awk -F' *[|]' '$1 != "-" { print "ok/" NR ".dcm " $1 }' cases | sort -u | diff - errors
	if grep -aiE 'planted|person|4711|19630412|20190807|0815|elm' found; then
		echo "a value is shown"
		return 1
	fi
}

# has CONDITION [FILE]: one line, of the file or of $output, fulfils it.
has() {
	jq -es "any(.[]; $1)" "${2:-/dev/stdin}" <<<"$output"
}

make() {
	/usr/bin/python3 make.py "${1:-}"
}

# fails CHECK [TAG]: that check, and no other, has an error, of that tag.
fails() {
	run -1 --separate-stderr dcm-validate --against raw.dcm ok.dcm
	printf '%s\n' "$output" >found
	[ "$(jq -r 'select(.level == "error") | .check' found | sort -u)" = "$1" ] || { cat found; false; }
	[ -z "${2:-}" ] || has ".level == \"error\" and .tag == \"$2\""
	if grep -aiE 'planted|person|4711|19630412|20190807|0815|elm' found; then
		echo "a value is shown"
		return 1
	fi
}

@test "a file that conforms has no finding but the summary" {
	make
	run -0 dcm-validate ok.dcm
	[ "$(jq -r .check <<<"$output")" = summary ]
	run -0 dcm-validate --strict --against raw.dcm ok.dcm
	[ "$(jq -c '[.file,.check,.level]' <<<"$output")" = '["ok.dcm","summary","info"]' ]
	[ "$(jq -r .message <<<"$output")" = "11 of 11 checks: 0 errors, 0 warnings" ]
}

@test "marks: each mark that is absent or wrong is an error" {
	for fault in 'del ok.PatientIdentityRemoved|(0012,0062)' 'ok.PatientIdentityRemoved = "NO"|(0012,0062)' \
	    'del ok.DeidentificationMethodCodeSequence|(0012,0064)' \
	    'del ok.DeidentificationMethodCodeSequence[0]|(0012,0064)' \
	    'del ok.DeidentificationMethodCodeSequence[1].CodeMeaning|(0012,0064)' \
	    'del ok.LongitudinalTemporalInformationModified|(0028,0303)' \
	    'ok.LongitudinalTemporalInformationModified = "MODIFIED"|(0028,0303)' \
	    'del ok.BurnedInAnnotation|(0028,0301)' 'ok.BurnedInAnnotation = "YES"|(0028,0301)'; do
		make "${fault%|*}"
		fails marks "${fault#*|}"
	done
	make 'ok.DeidentificationMethodCodeSequence += [code("113106", "x"), code("113107", "y")]'
	fails marks "(0012,0064)"
}

@test "marks: text alone is accepted, with a warning that no option is known" {
	make 'del ok.DeidentificationMethodCodeSequence, ok.BurnedInAnnotation; ok.DeidentificationMethod = "by hand"'
	run -0 dcm-validate ok.dcm
	[ "$(jq -r 'select(.level == "warning") | .check' <<<"$output")" = marks ]
	run -1 dcm-validate --strict ok.dcm
}

@test "profile: an attribute to be removed is an error at any depth" {
	make 'ok.InstitutionalDepartmentName = "Somewhere"'
	fails profile "(0008,1040)"
	make 'i = Dataset(); i.add_new(0x00081155, "UI", "2.25.7"); j = Dataset(); j.PatientComments = "well"
	i.PurposeOfReferenceCodeSequence = Sequence([j]); ok.SourceImageSequence = Sequence([i])'
	fails profile "(0010,4000)"
	[ "$(jq -r 'select(.level == "error") | .path' found)" = "(0008,2112)[1](0040,A170)[1](0010,4000)" ]
	make 'ok.add_new(0x60023000, "OW", b"\0\0"); ok.add_new(0x50000005, "US", 1)'
	fails profile "(6002,3000)"
	has '.tag == "(5000,0005)"'
}

@test "profile: an attribute to be removed that is empty or holds a dummy is told, no more" {
	make 'ok.add_new(0x00700082, "DA", "19000101"); ok.InstitutionAddress = ""'
	run -0 dcm-validate --strict --against raw.dcm ok.dcm
	has '.check == "profile" and .level == "info" and .tag == "(0070,0082)"'
	has '.check == "profile" and .level == "info" and .tag == "(0008,0081)"'
}

@test "profile: what an option keeps may stay, if its code is claimed" {
	make 'ok.InstitutionalDepartmentName = "Somewhere"
	ok.DeidentificationMethodCodeSequence.append(code("113112", "Institution"))'
	run -0 dcm-validate --against raw.dcm ok.dcm
}

@test "profile: the old value under an attribute to be replaced is an error" {
	make 'ok.StudyDate = raw.StudyDate'
	run -1 dcm-validate --against raw.dcm ok.dcm
	has '.check == "profile" and .tag == "(0008,0020)" and .level == "error"'
	run -0 dcm-validate ok.dcm	# alone it is only suspicious
	has '.check == "profile" and .tag == "(0008,0020)" and .level == "warning"'
}

@test "private: a private attribute is an error, also in a sequence" {
	make 'ok.add_new(0x00090010, "LO", "MAKER"); ok.add_new(0x00091001, "LO", "x")'
	fails private "(0009,0010)"
	make 'i = Dataset(); i.add_new(0x00290010, "LO", "MAKER"); ok.SourceImageSequence = Sequence([i])'
	fails private "(0029,0010)"
}

# Claims 113111; private elements of Table E.3.10-1: (0019,xx23) of GEMS_ACQU_01.
SAFE='ok.DeidentificationMethodCodeSequence.append(code("113111", "Safe"))
	for d in (raw, ok):
	    d.add_new(0x00190010, "LO", "GEMS_ACQU_01"); d.add_new(0x00191023, "DS", "1.5")
	'

@test "private: claimed as safe they stay, but only those of Table E.3.10-1, and with their creator" {
	cases "$SAFE" <<-'END'
		- |
		- | ok.add_new(0x00190010, "LO", "gems_acqu_01 ")
		private (0019,1025) | ok.add_new(0x00191025, "DS", "1.5")
		private (0019,1023) | ok.add_new(0x00190010, "LO", "GEMS ACQU_01")
		private (0019,1023) | del ok[0x00190010]
		private (0019,1123) | ok.add_new(0x00191123, "DS", "1")
		private (0019,1023) | i = Dataset(); i.add_new(0x00191023, "DS", "1"); ok.SourceImageSequence = Sequence([i])
	END
}

# (0008,0300) of the original, or else of the file: block (0029,10xx) of ACME is what STATUS says.
DECLARES='def declare(d, status, safe=None, action=None):
	    i = Dataset(); i.PrivateGroupReference = 0x29; i.PrivateCreatorReference = "ACME"
	    i.BlockIdentifyingInformationStatus = status
	    if safe: i.add_new(0x00080304, "US", safe)
	    if action:
	        j = Dataset(); j.add_new(0x00080306, "US", [1]); j.add_new(0x00080307, "CS", action)
	        i.add_new(0x00080305, "SQ", Sequence([j]))
	    d.add_new(0x00080300, "SQ", Sequence([i]))
	for d in (raw, ok):
	    d.add_new(0x00290010, "LO", "ACME"); d.add_new(0x00291001, "LO", "one"); d.add_new(0x00291002, "LO", "two")
	'

@test "private: what (0008,0300) of the original declares safe may stay" {
	cases "$SAFE$DECLARES" <<-'END'
		- | declare(raw, "SAFE")
		- | declare(raw, "MIXED", [1, 2])
		private (0029,1001) | declare(raw, "MIXED", [2, 7])
		- | declare(raw, "MIXED", [2], "Z"); ok[0x00291001].value = ""
		private (0029,1001) | declare(raw, "MIXED", [2], "Z")
		private (0029,1001) | declare(raw, "MIXED", [2], "X"); ok[0x00291001].value = ""
		private (0029,1002) | declare(raw, "UNSAFE", None, "Z"); declare(ok, "SAFE"); ok[0x00291001].value = ""
	END
	run -0 dcm-validate ok/7.dcm	# alone it is believed
}

# Claims 113107; all dates of the original are 400 days later.
MOVED='ok.DeidentificationMethodCodeSequence.append(code("113107", "Modified dates"))
	ok.LongitudinalTemporalInformationModified = "MODIFIED"
	raw.StudyDate, ok.StudyDate = "20190807", "20180703"
	raw.AcquisitionDateTime, ok.AcquisitionDateTime = "20200229101500.5+0100", "20190125101500.5+0100"
	raw.add_new(0x00080021, "DA", "2019.08.07"); ok.add_new(0x00080021, "DA", "20180703")
	raw.DateOfLastCalibration, ok.DateOfLastCalibration = ["20190101", "20191231"], ["20171127", "20181126"]
	raw.ContentTime = ok.ContentTime = "101500"
	def nested(d, date):
	    i = Dataset(); i.StudyDate = date; d.ReferencedStudySequence = Sequence([i])
	def describe(text):
	    ok.ImageComments = text; ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))
	'

@test "dates: all of a file move by one number of days, and the birth date is not kept" {
	cases "$MOVED" <<-'END'
		- |
		dates (0008,0020) | ok.StudyDate = "20180704"
		dates (0008,002A) | ok.AcquisitionDateTime = "20190126101500.5+0100"
		dates (0018,1200) | ok.DateOfLastCalibration = ["20171127", "20181127"]
		dates (0008,0020) | ok.StudyDate = raw.StudyDate
		- | ok.StudyDate, ok.AcquisitionDateTime, ok.DateOfLastCalibration = "19000101", "", ""
		dates (0010,0030) | ok.PatientBirthDate = "19620308"
		- | nested(raw, "20190809"); nested(ok, "20180705")
		dates (0008,0020) | nested(raw, "20190809"); nested(ok, "20180706")
		- | raw.StudyDate = ok.StudyDate = "19700101"
		values (0008,0020) | describe("as of 2019-08-07")
		values (0008,0020) | describe("as of 20190807")
		- | describe("as of 2018-07-03")
	END
}

@test "dates: all files of a patient move by the same days" {
	mkdir raw ok
	make "$MOVED"
	cp raw.dcm raw/1.dcm && cp ok.dcm ok/1.dcm && cp raw.dcm raw/2.dcm && cp ok.dcm ok/2.dcm
	run -0 dcm-validate --against raw ok/1.dcm ok/2.dcm
	other='ok.StudyDate, ok.AcquisitionDateTime, ok.DateOfLastCalibration = "20180702", "20190124101500.5+0100", ["20171126", "20181125"]
	ok[0x00080021].value = "20180702"
	'
	make "$MOVED$other"
	cp raw.dcm raw/2.dcm && cp ok.dcm ok/2.dcm
	run -0 dcm-validate --against raw.dcm ok.dcm	# by itself it is right
	run -1 dcm-validate --against raw ok/1.dcm ok/2.dcm
	has '.check == "dates" and .file == "ok/2.dcm"'
	make "$MOVED$other"'raw.PatientID, ok.PatientID = "PID-4712", "ANON-2"'	# another patient
	cp raw.dcm raw/2.dcm && cp ok.dcm ok/2.dcm
	run -0 dcm-validate --against raw ok/1.dcm ok/2.dcm
	make "$MOVED$other"'raw.PatientID = "PID-4712"'	# two ids that became one
	cp raw.dcm raw/2.dcm && cp ok.dcm ok/2.dcm
	run -1 dcm-validate --against raw ok/1.dcm ok/2.dcm
}

@test "dates: an age above 090Y is an error, also where ages are kept" {
	cases 'ok.DeidentificationMethodCodeSequence.append(code("113108", "Patient")); ' <<-'END'
		- | raw.PatientAge = ok.PatientAge = "090Y"
		- | raw.PatientAge = ok.PatientAge = "999M"
		dates (0010,1010) | raw.PatientAge = ok.PatientAge = "091Y"
	END
}

# Claims 113105: descriptions may stay; the patient is Łukasz Müllerschön.
WORDS='ok.DeidentificationMethodCodeSequence.append(code("113105", "Descriptors"))
	raw.SpecificCharacterSet = ok.SpecificCharacterSet = "ISO_IR 192"
	raw.PatientName = "M\u00fcllersch\u00f6n^\u0141ukasz"
	raw.StudyDescription = "CT chest of M\u00fcllersch\u00f6n"
	def nested(charset, text):
	    i = Dataset(); i.SpecificCharacterSet = charset; i.ImageComments = text
	    ok.PurposeOfReferenceCodeSequence = Sequence([i])
	'

@test "values: words of the original are found in text whatever its case, accents and character set" {
	cases "$WORDS" <<-'END'
		- | ok.StudyDescription = "CT chest"
		values (0010,0010) | ok.StudyDescription = "CT chest of M\u00fcllersch\u00f6n, low dose"
		values (0010,0010) | ok.StudyDescription = "CT chest of MULLERSCHON, low dose"
		values (0010,0010) | ok.StudyDescription = "CT chest of mullerschon"
		values (0010,0010) | ok.StudyDescription = "M\u00dcLLERSCH\u00d6N: CT"
		values (0010,0010) | ok.StudyDescription = "Mu\u0308llerscho\u0308n"
		values (0010,0010) | ok.StudyDescription = "\u0141UKASZ"
		values (0010,0010) | ok.StudyDescription = "lukasz"
		values (0010,0010) | ok.SpecificCharacterSet = "ISO_IR 100"; ok.StudyDescription = "CT of M\u00fcllersch\u00f6n"
		values (0010,0010) | nested("ISO_IR 101", "M\u00fcllersch\u00f6n")
		- | ok.StudyDescription = "Mullerschone and unmullerschon"
		- | raw.PatientName = "M\u00fc^\u00d6"; ok.StudyDescription = "mu o"
		values (0010,0010) | raw.SpecificCharacterSet = ["", "ISO 2022 IR 87"]; raw.StudyDescription = ""; raw.PatientName = "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce"; ok.StudyDescription = "\u5c71\u7530\u592a\u90ce\u69d8"
	END
}

# warned: files that have a warning of the check values.
warned() {
	jq -r 'select(.check == "values" and .level == "warning").file' found | sort -u | tr -dc '0-9\n' | paste -sd' '
}

@test "values: a name that is a word of medicine is an error, unless it is written as the word" {
	cases 'raw.PatientName = "Stone^Planted"; ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))
	' <<-'END'
		- | ok.DerivationDescription = "kidney stone of 6 mm"
		- | ok.DerivationDescription = "Stone of 6 mm"
		- | ok.DerivationDescription = "KIDNEY STONE LEFT"
		values (0010,0010) | ok.DerivationDescription = "seen by Stone today"
		values (0010,0010) | ok.DerivationDescription = "kidney stone of mr planted"
	END
	[ "$(warned)" = "1 2 3 5" ]
}

@test "values: a description that another cleaned element has is a warning, a patient's number never" {
	cases 'ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))
	raw.SpecialNeeds = raw.AdmittingDiagnosesDescription = "pain in left knee"; raw.SeriesDescription = raw.SpecialNeeds
	' <<-'END'
		- | ok.SeriesDescription = "pain in left knee"
		- | raw.ImageType = ok.ImageType = ["DERIVED", "PLANTED"]
		values (0010,0020) | raw.ImageType = ok.ImageType = ["DERIVED", raw.PatientID]
	END
	[ "$(warned)" = "1 2" ]
}

@test "values: what an option keeps as it was is a warning" {
	cases 'ok.DeidentificationMethodCodeSequence.append(code("113112", "x"))
	raw.InstitutionName = "Planted Memorial"; ' <<-'END'
		- | ok.InstitutionName = raw.InstitutionName
		values (0010,0010) | ok.InstitutionName = "Planted Hospital"
	END
	[ "$(warned)" = 1 ]
}

# The original is de-identified already, with its own pseudonyms and dates.
@test "what was de-identified before may stay as it is, with warnings, and nowhere else" {
	cases 'raw.PatientIdentityRemoved = "YES"; raw.LongitudinalTemporalInformationModified = "MODIFIED"
	raw.DeidentificationMethodCodeSequence = Sequence([code("113100", "Basic"), code("113107", "Dates")])
	ok.DeidentificationMethodCodeSequence = Sequence(list(raw.DeidentificationMethodCodeSequence) + [code("113101", "x"), code("113105", "x")])
	ok.LongitudinalTemporalInformationModified = "MODIFIED"
	ok.PatientID, ok.StudyDate, ok.StudyInstanceUID = raw.PatientID, raw.StudyDate, raw.StudyInstanceUID
	' <<-'END'
		- |
		- | ok.DeidentificationMethodCodeSequence[1].CodeValue = "113106"
		values (0010,0020) | ok.ImageComments = "of " + raw.PatientID
		uids (0020,000D) | ok.SeriesInstanceUID = raw.StudyInstanceUID
	END
	make 'ok.PatientID = raw.PatientID; raw.PatientIdentityRemoved = "YES"'	# by what profile?
	run -1 dcm-validate --against raw.dcm ok.dcm
	has '.check == "profile" and .level == "error" and .tag == "(0010,0020)"'
}

@test "uids: of content items those stay that Table E.3.4-1 keeps with 113109" {
	device='item = Dataset(); item.add_new(0x0040A124, "UI", "1.2.3.4567.9")
	raw.ContentSequence = ok.ContentSequence = Sequence([item])
	ok.DeidentificationMethodCodeSequence.append(code("113104", "x"))
	'
	cases "$device" <<-'END'
		- | ok.DeidentificationMethodCodeSequence.append(code("113109", "x"))
	END
	make "$device"
	run -1 dcm-validate --against raw.dcm ok.dcm
	has '.check == "uids" and .level == "error"'
}

@test "values: a date of the original is found in text in any usual form" {
	for text in 2019-08-07 2019/08/07 07.08.2019 7.8.2019 08/07/2019 8/7/2019 07-AUG-2019 'August 7, 2019' '7 Aug 2019' '7. August 2019'; do
		echo "values (0008,0020) | ok.DerivationDescription = 'compared with $text'"
	done >list
	echo "- | ok.DerivationDescription = 'compared with 2019-08-17, 17/8/2019, 7.8.20191'" >>list
	cases 'ok.DeidentificationMethodCodeSequence.append(code("113105", "x")); ' <list
}

ENVELOPE='def put(name):
	    i = Dataset(); i.EncryptedContentTransferSyntaxUID = ExplicitVRLittleEndian
	    i.EncryptedContent = open(name, "rb").read(); i.EncryptedContent += b"\0" * (len(i.EncryptedContent) % 2)
	    ok.EncryptedAttributesSequence = Sequence([i])
	    return i
	'

@test "encrypted: what openssl makes of a key's certificate is an envelope, and nothing else is" {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -subj /CN=none 2>/dev/null
	head -c 3000 /dev/zero >secret
	envelope() {
		openssl cms -encrypt -binary -aes256 -in secret "$@" rsa.pem
	}
	envelope -outform DER >whole
	envelope -outform DER -stream >stream
	envelope -outform PEM >pem
	openssl cms -sign -binary -outform DER -signer rsa.pem -inkey rsa.key -in secret >signed
	head -c -9 whole >cut
	cat whole whole >twice
	: >empty
	cases "$ENVELOPE" <<-'END'
		- | put("whole")
		- | put("stream")
		encrypted (0400,0520) | put("pem")
		encrypted (0400,0520) | put("secret")
		encrypted (0400,0520) | put("signed")
		encrypted (0400,0520) | put("cut")
		encrypted (0400,0520) | put("twice")
		encrypted (0400,0520) | put("empty")
		encrypted (0008,1030) | put("whole").StudyDescription = "x"; ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))
		encrypted (0400,0500) | put("whole"); j = Dataset(); j.EncryptedAttributesSequence = ok.EncryptedAttributesSequence; del ok.EncryptedAttributesSequence; ok.SourceImageSequence = Sequence([j])
		- | put("whole"); raw.EncryptedAttributesSequence = ok.EncryptedAttributesSequence
	END
	[ "$(jq -r 'select(.level == "warning") | "\(.file) \(.check)"' found)" = "ok/11.dcm encrypted" ]
}

@test "uids: a UID of the original anywhere in the bytes is an error" {
	make 'ok.FrameOfReferenceUID = raw.StudyInstanceUID'
	fails uids "(0020,000D)"
	make 'ok.ImageComments = "see 1.2.3.4567.1"; ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))'
	fails uids "(0008,0018)"
	make 'ok.FrameOfReferenceUID = raw.StudyInstanceUID + "9"'	# another one
	run -0 dcm-validate --against raw.dcm ok.dcm
}

@test "uids: UIDs of the standard may stay, and all of them when 113110 is claimed" {
	make 'raw.FrameOfReferenceUID = ok.FrameOfReferenceUID = "1.2.840.10008.1.4.1.1"'
	run -0 dcm-validate --against raw.dcm ok.dcm
	make 'ok.FrameOfReferenceUID = raw.StudyInstanceUID
	ok.DeidentificationMethodCodeSequence.append(code("113110", "UIDs"))'
	run -0 dcm-validate --against raw.dcm ok.dcm
	has '.check == "uids" and .level == "info"'
}

@test "values: a value of the original anywhere in the bytes is an error" {
	for at in 'DerivationDescription = "of Planted^Person"|(0010,0010)' 'DerivationDescription = "mr PERSON"|(0010,0010)' \
	    'DerivationDescription = "PID-4711"|(0010,0020)' 'SoftwareVersions = "(ACC0815)"|(0008,0050)' \
	    'SoftwareVersions = "v20190807"|' 'SoftwareVersions = "of 20190807"|(0008,0020)' \
	    'SoftwareVersions = "elm street 7"|(0008,0081)'; do
		claim='; ok.DeidentificationMethodCodeSequence.append(code("113105", "Descriptors"))'
		make "ok.${at%|*}$claim"
		if [ -n "${at#*|}" ]; then
			fails values "${at#*|}"
		else	# part of a word
			run -0 dcm-validate --against raw.dcm ok.dcm
		fi
	done
}

@test "values: an institution called as the maker is a warning, a patient so called an error" {
	make 'raw.InstitutionName = "ACME"; ok.Manufacturer = raw.Manufacturer = "acme scanners"'
	run -0 dcm-validate --against raw.dcm ok.dcm
	has '.check == "values" and .level == "warning" and .tag == "(0008,0080)"'
	make 'raw.InstitutionName = "ACME"; raw.Manufacturer = "Acme scanners"; ok.Manufacturer = "scan by Acme"'
	fails values "(0008,0080)"	# it was not there before
	make 'raw.Manufacturer = ok.Manufacturer = "Planted scanners"'
	fails values "(0010,0010)"
}

@test "values: an error after a warning of the same value is found" {
	make 'raw.InstitutionName = "ACME"; ok.Manufacturer = raw.Manufacturer = "acme scanners"
	ok.ImageComments = "at Acme"; ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))'
	fails values "(0008,0080)"
}

@test "uids: numbers of an image orientation are no UID, a UID in a text is one" {
	make 'raw.ImageOrientationPatient = ok.ImageOrientationPatient = ["1.5", "0.5", "0.25", "0.1", "1.0", "0.2"]'
	/usr/bin/dcmconv +ti raw.dcm raw2.dcm && mv raw2.dcm raw.dcm
	run -0 dcm-validate --against raw.dcm ok.dcm
	make 'raw.ImageComments = "1.9.8.7.6"; ok.FrameOfReferenceUID = "1.9.8.7.6"'
	fails uids "(0020,4000)"
}

@test "values: bytes after the pixel data and the preamble are searched, too" {
	make
	printf 'PID-4711' >>ok.dcm
	run -1 dcm-validate --against raw.dcm ok.dcm
	has '.check == "values" and .tag == "(0010,0020)"'
	has '.check == "structure"'
	make
	printf 'PID-4711' | dd of=ok.dcm conv=notrunc status=none
	run -1 dcm-validate --against raw.dcm ok.dcm
	has '.message | endswith("is at byte 0, in no element")'
	has '.check == "meta"'
}

@test "values: the finding has the byte offset of the value" {
	make 'ok.DerivationDescription = "x PID-4711"; ok.DeidentificationMethodCodeSequence.append(code("113105", "x"))'
	fails values "(0010,0020)"
	at=$(grep -abo PID-4711 ok.dcm | cut -d: -f1)
	has ".message | contains(\"byte $at, in (0008,2111)\")"
}

@test "values: a value on the border of two blocks is found" {
	for shift in 0 1 60 127 128 129; do
		make "ok.add_new(0x00720069, 'UT', 'x' * (1048576 + $shift - 1400) + ' Planted')"
		run -1 dcm-validate --against raw.dcm ok.dcm
		has '.check == "values" and .tag == "(0010,0010)"'
	done
	for shift in $(seq 1 16 200); do
		make "ok.add_new(0x00720069, 'UT', 'x' * (1048576 - 700 + $shift * 4) + ' Planted')"
		run -1 dcm-validate --against raw.dcm ok.dcm
		has '.check == "values" and .tag == "(0010,0010)"'
	done
}

@test "meta: elements that carry something over are errors" {
	make 'ok.file_meta.SourceApplicationEntityTitle = "HOSPITAL"'
	fails meta "(0002,0016)"
	make 'ok.preamble = b"II*\0" + b"\0" * 124'
	fails meta
	make
	LC_ALL=C sed -i '0,/2\.25\.99/s//2.25.98/' ok.dcm	# the first is (0002,0003)
	fails meta "(0002,0003)"
}

@test "structure: what is no data set is an error" {
	make
	printf '\0\0\0\0\0\0\0\0' >>ok.dcm
	fails structure
	make
	# A group length before (0008,0016), which is the first element.
	/usr/bin/python3 - <<-'END'
		b = open("ok.dcm", "rb").read()
		at = b.index(b"\x08\0\x16\0UI")
		length = b"\x08\0\0\0UL\4\0\x10\0\0\0"
		open("group.dcm", "wb").write(b[:at] + length + b[at:])
		odd = b.index(b"\x10\0\x20\0LO")
		open("odd.dcm", "wb").write(b[:odd] + b"\x10\0\x20\0LO\5\0ANON1" + b[odd + 14 + (b[odd + 6] - 6):])
		swap = b.index(b"\x20\0\x11\0IS")
		after = b.index(b"\x20\0\x13\0IS")
		open("order.dcm", "wb").write(b[:swap] + b[after:after + 10] + b[swap:after] + b[after + 10:])
	END
	for f in group odd order; do
		mv $f.dcm ok.dcm
		fails structure
	done
}

@test "reader: what GDCM cannot read is an error, and its absence is said" {
	make
	mkdir bin
	printf '#!/bin/sh\n[ "${1##*/}" = raw.dcm ]\n' >bin/gdcmdump
	chmod +x bin/gdcmdump
	PATH=$PWD/bin:$PATH fails reader
	printf '#!/bin/sh\nexit 1\n' >bin/gdcmdump
	PATH=$PWD/bin:$PATH run -0 dcm-validate --against raw.dcm ok.dcm
	has '.check == "reader" and .level == "warning"'
	rm bin/gdcmdump
	run -0 env PATH="$PWD/bin" "$BUILD/dcm-validate" ok.dcm
	has '.check == "reader" and .level == "info"'
}

@test "reader: files shown together get the findings that they get alone" {
	make
	mkdir many alone
	for i in 1 2 3 4 5; do cp ok.dcm many/$i.dcm; done
	# GDCM does not know two of these transfer syntaxes.
	/usr/bin/python3 "$ROOT/tests/syntaxes.py" make many ht201-8 deflateframe-8 rle-8
	rm many/boxes
	ln -s ../ok.dcm many/link.dcm
	mkdir tmp
	TMPDIR=$PWD/tmp dcm-validate many/*.dcm >together || [ $? -eq 1 ]
	[ -z "$(ls -A tmp)" ]
	for f in many/*.dcm; do dcm-validate "$f" || [ $? -eq 1 ]; done >one_by_one
	cmp together one_by_one
	[ "$(jq -r 'select(.check == "reader") | .file' together | sort -u | wc -l)" -eq 2 ]
}

@test "reader: a file that it would hold in memory is not given to it, and that is said" {
	make 'ok.Rows, ok.Columns = 10000, 10000'
	# 200 MB of pixels, none of which is on disk.
	/usr/bin/python3 - <<-'END'
		b = bytearray(open("ok.dcm", "rb").read())
		at = b.index(b"\xe0\x7f\x10\0") + 8
		b[at:at + 4] = (200000000).to_bytes(4, "little")
		f = open("ok.dcm", "wb")
		f.write(b[:at + 4])
		f.truncate(at + 4 + 200000000)
	END
	run -0 dcm-validate ok.dcm
	has '.check == "reader" and .level == "info"'
}

# boxes FRAME X,Y,W,H...: the record for raw.dcm
boxes() {
	local frame=$1
	shift
	file=raw.dcm frames=2 frame=$frame size=60x40 record 1/1 "$@"
}

@test "pixels: one value changed outside of the boxes is an error" {
	boxes 0 5,6,10,8 >boxes
	make 'ok.px[:, 6:14, 5:15] = 0'
	run -0 dcm-validate --strict --against raw.dcm -b boxes ok.dcm
	for at in 0,5,5 1,6,4 0,14,14 1,13,15 0,0,0 1,39,59; do
		make "ok.px[:, 6:14, 5:15] = 0; ok.px[$at] ^= 1"
		run -1 dcm-validate --against raw.dcm -b boxes ok.dcm
		[ "$(jq -r 'select(.level == "error") | .check' <<<"$output")" = pixels ]
	done
}

@test "pixels: without boxes every value counts" {
	make 'ok.px[1, 20, 30] ^= 1'
	fails pixels
	[[ $(jq -r 'select(.check == "pixels") | .message' found) == "frame 2: 1 pixels changed outside of the boxes, the first at 30,20" ]]
}

@test "pixels: a box that was not filled is an error, one filled unevenly a warning" {
	boxes 0 5,6,10,8 >boxes
	make 'ok.px[0, 6:14, 5:15] = 0'	# the second frame was forgotten
	run -1 dcm-validate --against raw.dcm -b boxes ok.dcm
	[[ $(jq -r 'select(.level == "error") | .message' <<<"$output") == "frame 2: 1 of 1 boxes still show"* ]]
	make 'ok.px[:, 6:14, 5:15] = 0; ok.px[1, 8, 8] = 9'
	run -0 dcm-validate --against raw.dcm -b boxes ok.dcm
	[[ $(jq -r 'select(.level == "warning") | .message' <<<"$output") == "frame 2: 1 of 1 boxes changed, but"* ]]
}

@test "pixels: a box of one frame is no permission for the other" {
	{ frame=1 file=raw.dcm frames=2 size=60x40 record 1/2 5,6,10,8
	  frame=2 file=raw.dcm frames=2 size=60x40 record 2/2; } >boxes
	make 'ok.px[0, 6:14, 5:15] = 0'
	run -0 dcm-validate --strict --against raw.dcm -b boxes ok.dcm
	make 'ok.px[:, 6:14, 5:15] = 255'
	run -1 dcm-validate --against raw.dcm -b boxes ok.dcm
	[[ $(jq -r 'select(.level == "error") | .message' <<<"$output") == "frame 2: 80 pixels changed outside"* ]]
}

@test "pixels: another size, depth or number of frames is an error" {
	make 'ok.NumberOfFrames = 1; ok.px = ok.px[:1]'
	fails pixels
	make 'ok.Rows, ok.Columns = 60, 40'
	fails pixels
	make 'ok.PixelRepresentation = 1'
	fails pixels
	make 'ok.PhotometricInterpretation = "MONOCHROME1"'
	fails pixels
}

@test "pixels: a box list that is not complete is an error" {
	boxes 1 5,6,10,8 >boxes
	make 'ok.px[0, 6:14, 5:15] = 0'
	run -1 dcm-validate --against raw.dcm -b boxes ok.dcm
	has '.check == "pixels" and .level == "error"'
	file=other.dcm record 1/1 >boxes
	make
	run -0 dcm-validate --against raw.dcm -b boxes ok.dcm
	has '.check == "pixels" and .level == "warning"'
	# Nobody looks for text in what has no pixels.
	for f in raw ok; do
		dcmodify -q -nb -e PixelData $f.dcm
	done
	run -0 dcm-validate --strict --against raw.dcm -b boxes ok.dcm
	make 'ok.BurnedInAnnotation = "NO"'	# pixels came from nowhere
	dcmodify -q -nb -e PixelData raw.dcm
	run -1 dcm-validate --against raw.dcm ok.dcm
	has '.check == "pixels" and .level == "error"'
}

@test "pixels: in a JPEG only the units that a box touches may differ, and a sample of chroma" {
	syntaxes() { /usr/bin/python3 "$ROOT/tests/syntaxes.py" "$@"; }
	set -- jpeg50-odd jpeg50-420 jpeg50-411 jpeg50-scans jpeg51-8
	syntaxes make in "$@"	# outputs are made of the inputs' coefficients, without px-redact
	syntaxes ideal out "$@"
	run dcm-validate -a in -b in/boxes out/*.dcm
	run ! has '.check == "pixels"'
	run dcm-validate -a in -b in/boxes in/*.dcm	# nothing was filled
	[ "$(jq -rs '[.[] | select(.check == "pixels" and .level == "error") | .file] | unique | length' <<<"$output")" -eq 5 ]
	jq -c '.boxes |= map(.x += 40)' in/boxes >moved
	run dcm-validate -a in -b moved out/*.dcm
	[ "$(jq -rs '[.[] | select(.check == "pixels") | select(.message | test("outside")) | .file] | unique | length' \
		<<<"$output")" -eq 5 ]
}

@test "pixels: native 4:2:2 changes by pairs" {
	/usr/bin/python3 "$ROOT/tests/syntaxes.py" make in explicit-422
	/usr/bin/python3 "$ROOT/tests/syntaxes.py" ideal out explicit-422
	run dcm-validate -a in -b in/boxes out/*.dcm
	run ! has '.check == "pixels"'
	jq -c '.boxes |= map(.x += 2)' in/boxes >moved
	run dcm-validate -a in -b moved out/*.dcm
	has '.check == "pixels" and .level == "error"'
}

@test "pixels: --keep turns the boxes inside out" {
	make 'ok.px[...] = 0; ok.px[:, 5:25, 10:30] = raw.px[:, 5:25, 10:30]'
	file=raw.dcm frame=0 frames=2 size=60x40 record 1/1 10,5,20,20 >list
	run dcm-validate -k -a raw.dcm -b list ok.dcm
	run ! has '.check == "pixels"'
	run -1 dcm-validate -a raw.dcm -b list ok.dcm
	make 'ok.px[...] = 0; ok.px[:, 5:25, 10:30] = raw.px[:, 5:25, 10:30]; ok.px[1, 5, 10] ^= 1'
	run -1 dcm-validate -k -a raw.dcm -b list ok.dcm
	has '.check == "pixels" and (.message | test("1 pixels changed outside"))'
	run -1 dcm-validate -k -a raw.dcm -b list raw.dcm
	has '.check == "pixels" and (.message | test("still show"))'
	run -2 dcm-validate -k -a raw.dcm ok.dcm
}

@test "every encoding is read: implicit, big endian, deflated, sequences of both lengths" {
	make 'i = Dataset(); i.PatientComments = "well"; ok.SourceImageSequence = Sequence([i])'
	dcmconv +ti ok.dcm implicit.dcm
	dcmconv +tb ok.dcm big.dcm
	dcmconv +td ok.dcm deflated.dcm
	dcmconv -e ok.dcm undefined.dcm
	dcmconv +ti -e ok.dcm undefined-implicit.dcm
	for f in implicit big deflated undefined undefined-implicit; do
		run -1 dcm-validate $f.dcm
		has '.check == "profile" and .path == "(0008,2112)[1](0010,4000)"'
	done
}

@test "a folder of originals: the same name, relative to what the files share" {
	mkdir -p raw/s out/s
	make 'ok.px[1, 20, 30] ^= 1'
	cp raw.dcm raw/a.dcm && cp ok.dcm out/a.dcm
	make
	cp raw.dcm raw/s/b.dcm && cp ok.dcm out/s/b.dcm
	run -1 dcm-validate --against raw out/a.dcm out/s/b.dcm
	[ "$(jq -r 'select(.level == "error") | .file' <<<"$output")" = out/a.dcm ]
	run -2 dcm-validate --against raw out/s/b.dcm	# its own folder is what it shares
	run -0 dcm-validate --against raw/s out/s/b.dcm
	run -2 dcm-validate --against raw.dcm out/a.dcm out/s/b.dcm
}

@test "what cannot be read is status 2, and does not stop the next file" {
	make 'ok.px[1, 20, 30] ^= 1'
	echo "no DICOM" >bad.dcm
	run -2 --separate-stderr dcm-validate bad.dcm ok.dcm
	[ "$(jq -r .file <<<"$output")" = ok.dcm ]
	[ "$stderr" = "dcm-validate: bad.dcm: not a DICOM file" ]
	run -2 dcm-validate missing.dcm
	: >empty.dcm
	run -2 dcm-validate empty.dcm
	run -2 dcm-validate --against missing.dcm ok.dcm
	run -2 dcm-validate
	run -2 bash -c 'dcm-validate ok.dcm >/dev/full'
}

@test "a file cut at any byte is trouble or has an error, never a crash" {
	make
	size=$(wc -c <ok.dcm)
	for ((n = 0; n < 900; n += 13)) do
		head -c "$n" ok.dcm >cut.dcm
		run dcm-validate cut.dcm	# 1 where the cut is between two elements
		[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
	done
	head -c $((size - 1)) ok.dcm >cut.dcm
	run -2 dcm-validate cut.dcm
}

@test "a nesting without end and lengths beyond the file are refused" {
	/usr/bin/python3 - <<-'END'
		import struct
		head = b"\0" * 128 + b"DICM" + b"\2\0\x10\0UI\x14\0" + b"1.2.840.10008.1.2.1\0"
		deep = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff" * 100000
		open("deep.dcm", "wb").write(head + deep)
		open("long.dcm", "wb").write(head + b"\x10\0\x10\0PN\xfe\xffab")
		open("item.dcm", "wb").write(head + b"\x08\0\x40\x11SQ\0\0\x0a\0\0\0\xfe\xff\0\xe0\xf0\0\0\0ab")
	END
	for f in deep long item; do
		run -2 dcm-validate $f.dcm
	done
}

@test "--list names each check" {
	run -0 dcm-validate --list
	[ "$(cut -d' ' -f1 <<<"$output" | sort | paste -sd' ')" = "dates encrypted marks meta pixels private profile reader structure uids values" ]
}
