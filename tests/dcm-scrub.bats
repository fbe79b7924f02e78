load helper

# Objects that hold a planted token in every row of the profile, at the top and
# two sequences deep, come from scrub.py, which also reads the tables of share/
# in its own way and judges what is left.
scrub_py() {
	/usr/bin/python3 "$ROOT/tests/scrub.py" "$@"
}

CT=1.2.840.10008.5.1.4.1.1.2
GSPS=1.2.840.10008.5.1.4.1.1.11.1
SR=1.2.840.10008.5.1.4.1.1.88.22
ODD=1.2.3.4.5	# a SOP Class that nobody knows
KEY=0123456789abcdef0123456789abcdef	# no secret: it makes the tests repeatable

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	(umask 077 && printf %s $KEY >key)
	CT_FILE=$PYDICOM/test_files/CT_small.dcm
}

# py CODE: with pydicom; d(FILE) reads one.
py() {
	/usr/bin/python3 -c "
import sys, hashlib, pydicom, warnings
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
warnings.simplefilter('ignore')
d = pydicom.dcmread
$1"
}

@test "every row of the profile is obeyed in every IOD, at the top and nested" {
	scrub_py plant in $(scrub_py classes)
	run -0 dcm-scrub -k key -O out in/*.dcm
	run -0 scrub_py judge "" out $(scrub_py classes)
}

@test "no planted token is left in the raw bytes, whatever the IOD" {
	scrub_py plant in $(scrub_py classes)
	run -0 dcm-scrub -k key -O out in/*.dcm
	[ "$(ls out | wc -l)" -gt 100 ]
	run -0 scrub_py leaks out/*.dcm
}

# apply OPTIONS [ARGS...]: dcm-scrub with options of the profile by their names.
apply() {
	local o retain="" clean=""
	for o in ${1//,/ }; do
		case $o in
		descriptors | structured | graphics) clean+=${clean:+,}$o ;;
		*) retain+=${retain:+,}$o ;;
		esac
	done
	dcm-scrub -k key ${retain:+--retain $retain} ${clean:+--clean $clean} "${@:2}"
}

@test "each of the ten options does what its column says, and no more" {
	local single=(uids safe-private device institution patient full-dates modified-dates descriptors structured graphics)
	local all=${single[*]}
	all=${all// /,}
	scrub_py plant in $CT $GSPS $SR $ODD
	for o in "${single[@]}" device,modified-dates ${all/full-dates,/} ${all/modified-dates,/}; do
		run -0 apply $o -O "out.$o" in/*.dcm
		run -0 scrub_py judge $o "out.$o" $CT $GSPS $SR $ODD
	done
}

@test "an edition of the table from a file is obeyed, and marked" {
	local table=$ROOT/share/confidentiality-profile.tsv
	awk -F'\t' -v OFS='\t' 'NR == 1 { sub(/edition 2026d/, "edition 2040a") }
		$1 == "00081030" { $8 = "Z"; $12 = "K" } { print }' "$table" >t.tsv
	py "
x = d('$CT_FILE')
x.StudyDescription = 'Thorax'
x.save_as('in.dcm')"
	run -0 dcm-scrub -k key --profile t.tsv -l log -o a.dcm in.dcm
	run -0 dcm-scrub -k key --profile t.tsv --retain institution -o b.dcm in.dcm
	run -0 dcm-scrub -k key --profile "$table" -o c.dcm in.dcm
	run -0 py "
a, b, c = d('a.dcm'), d('b.dcm'), d('c.dcm')
print([a.StudyDescription], [b.StudyDescription], 'StudyDescription' in c)
print(a.DeidentificationMethod[0])"
	[ "${lines[0]}" = "[''] ['Thorax'] False" ]
	[ "${lines[1]}" = "unphi: PS3.15 2040a Basic Profile, table of the site" ]
	run ! grep -q t.tsv log a.dcm
	awk -F'\t' -v OFS='\t' 'NR == 9 { $8 = "Q" } 1' "$table" >bad.tsv
	run -2 dcm-scrub -k key --profile bad.tsv -o bad.dcm in.dcm
	[[ $output == *"bad.tsv: line 9: "* ]]
	[ ! -e bad.dcm ]
}

@test "control: the judge finds an object that was not scrubbed, and one kept too much" {
	scrub_py plant in $CT
	run -1 scrub_py judge "" in $CT
	[ "${#lines[@]}" -gt 1000 ]
	run -1 scrub_py leaks in/$CT.dcm
	[ "${#lines[@]}" -gt 150 ]
	run -0 dcm-scrub -k key --retain device -O out in/$CT.dcm
	run -1 scrub_py judge "" out $CT
	run -1 scrub_py judge device in $CT
	# Text that was to be cleaned: as it was, or gone as a whole.
	run -1 scrub_py judge descriptors in $CT
	[[ $output == *"00081030 X type 3: same instead of cleaned"* ]]
	run -1 scrub_py judge descriptors out $CT
	[[ $output == *"00081030 X type 3: gone instead of cleaned"* ]]
	# Dates that moved by one day more in one place.
	run -0 dcm-scrub -k key --retain modified-dates -o out/$CT.dcm in/$CT.dcm
	run -0 scrub_py judge modified-dates out $CT
	py "
import datetime
x = d('out/$CT.dcm')
x.StudyDate = (datetime.datetime.strptime(x.StudyDate, '%Y%m%d') + datetime.timedelta(1)).strftime('%Y%m%d')
x.save_as('out/$CT.dcm')"
	run -1 scrub_py judge modified-dates out $CT
	[[ $output == *"not the same"* ]]
}

@test "--dates keep is --retain full-dates, and never keeps the birth date" {
	scrub_py plant in $CT
	run -0 dcm-scrub -k key --dates keep -o a.dcm in/$CT.dcm
	run -0 dcm-scrub -k key --retain full-dates -o b.dcm in/$CT.dcm
	cmp a.dcm b.dcm
	run -0 dcmdump +P 0010,0030 +P 0010,0032 a.dcm
	[[ $output != *"[1"* ]]
}

@test "the year of birth of who is over 89 goes from text though dates are kept" {
	py "
x = d('$CT_FILE')
x.StudyDate = x.SeriesDate = x.ContentDate = x.AcquisitionDate = '20210514'
x.PatientBirthDate = '19310203'
x.StudyDescription = 'born 1931, prior 2019'
x.save_as('old.dcm')
x.PatientBirthDate = '19610203'
x.StudyDescription = 'born 1961, prior 2019'
x.save_as('young.dcm')"
	run -0 dcm-scrub -k key --retain full-dates --clean descriptors -O out old.dcm young.dcm
	run -0 py "
print(d('out/old.dcm').StudyDescription)
print(d('out/young.dcm').StudyDescription)"
	[ "${lines[0]}" = "prior 2019" ]
	[ "${lines[1]}" = "born 1961, prior 2019" ]
}

@test "the marks say what was done and claim nothing else" {
	run -0 dcm-scrub -k key --retain uids,patient -o out.dcm "$CT_FILE"
	run -0 py "
o = d('out.dcm')
print(o.PatientIdentityRemoved, o.LongitudinalTemporalInformationModified, 'BurnedInAnnotation' in o)
print([(i.CodeValue, i.CodingSchemeDesignator) for i in o.DeidentificationMethodCodeSequence])
print(all(len(v) <= 64 for v in o[0x00120063].value))"
	[ "${lines[0]}" = "YES REMOVED False" ]
	[ "${lines[1]}" = "[('113100', 'DCM'), ('113110', 'DCM'), ('113108', 'DCM')]" ]
	[ "${lines[2]}" = True ]
	run -0 dcm-scrub -k key --dates keep -o out.dcm "$CT_FILE"
	run -0 py "
o = d('out.dcm')
print(o.LongitudinalTemporalInformationModified, [i.CodeValue for i in o.DeidentificationMethodCodeSequence])"
	[ "$output" = "UNMODIFIED ['113100', '113106']" ]
}

@test "dates that somebody removed are never called unmodified" {
	for was in REMOVED MODIFIED; do
		py "
x = d('$CT_FILE')
x.PatientIdentityRemoved, x.LongitudinalTemporalInformationModified = 'YES', '$was'
x.save_as('in.dcm')"
		run -0 dcm-scrub -k key --dates keep -o keep.dcm in.dcm
		run -0 dcm-scrub -k key -o remove.dcm in.dcm
		run -0 py "
print(*(d(f).LongitudinalTemporalInformationModified for f in ('keep.dcm', 'remove.dcm')))"
		[ "$output" = "$was REMOVED" ]
	done
}

@test "the marks of px-redact stay: its code, its method, Burned In Annotation" {
	py "
x = d('$CT_FILE')
i = Dataset()
i.CodeValue, i.CodingSchemeDesignator, i.CodeMeaning = '113101', 'DCM', 'Clean Pixel Data Option'
x.DeidentificationMethodCodeSequence = Sequence([i])
x.DeidentificationMethod, x.BurnedInAnnotation = 'unphi px-redact', 'NO'
x.save_as('in.dcm')"
	run -0 dcm-scrub -k key -o out.dcm in.dcm
	run -0 py "
o = d('out.dcm')
print([i.CodeValue for i in o.DeidentificationMethodCodeSequence], o[0x00120063].value[0], o.BurnedInAnnotation)"
	[ "$output" = "['113101', '113100'] unphi px-redact NO" ]
}

@test "the same input and key give the same bytes, in one process or in many" {
	scrub_py plant in $CT $GSPS $SR $ODD
	run -0 dcm-scrub -k key -O one in/*.dcm
	mkdir many
	printf '%s\n' in/*.dcm | xargs -P 2 -I{} sh -c 'dcm-scrub -k key -o "many/$(basename {})" {}'
	diff -r one many
	(umask 077 && printf %s "${KEY}x" >other)
	run -0 dcm-scrub -k other -o other.dcm in/$CT.dcm
	run ! cmp -s other.dcm one/$CT.dcm
}

@test "scrubbing a file again gives the same bytes" {
	scrub_py plant in $CT $GSPS $SR $ODD
	cp "$CT_FILE" "$PYDICOM"/test_files/{MR_small,rtplan,waveform_ecg,JPEG2000,SC_rgb_rle_2frame}.dcm in
	run -0 dcm-scrub -k key -O one in/*.dcm
	run -0 dcm-scrub -k key -O two one/*.dcm
	diff -r one two
}

@test "another key's marks prove nothing" {
	run -0 dcm-scrub -k key -o one.dcm "$CT_FILE"
	(umask 077 && printf %s "${KEY}x" >other)
	run -0 dcm-scrub -k other -o two.dcm one.dcm
	run -0 py "print(d('one.dcm').SOPInstanceUID == d('two.dcm').SOPInstanceUID)"
	[ "$output" = False ]
}

@test "patients, studies and references to instances agree across files and runs" {
	py "
for name in 'a', 'b':
    x = d('$CT_FILE')
    x.PatientID, x.PatientName = 'MRN 1', 'Doe^' + name
    x.SOPInstanceUID = x.file_meta.MediaStorageSOPInstanceUID = '1.2.3.' + str(ord(name))
    x.save_as(name + '.dcm')
i, s = Dataset(), Dataset()
i.ReferencedSOPClassUID, i.ReferencedSOPInstanceUID = x.SOPClassUID, '1.2.3.97'
s.SeriesInstanceUID, s.ReferencedInstanceSequence = x.SeriesInstanceUID, Sequence([i])
x.ReferencedSeriesSequence = Sequence([s])
x.save_as('b.dcm')"
	run -0 dcm-scrub -k key -O out a.dcm
	run -0 dcm-scrub -k key --prefix SITE- -O other a.dcm
	run -0 dcm-scrub -k key -o out/b.dcm b.dcm
	run -0 py "
a, b, c = d('out/a.dcm'), d('out/b.dcm'), d('other/a.dcm')
print(a.PatientID == b.PatientID == a.PatientName == b.PatientName, c.PatientID == 'SITE-' + a.PatientID)
print(a.StudyInstanceUID == b.StudyInstanceUID, a.SeriesInstanceUID == b.SeriesInstanceUID)
print(a.FrameOfReferenceUID == b.FrameOfReferenceUID, a.SOPInstanceUID != b.SOPInstanceUID)
s = b.ReferencedSeriesSequence[0]
print(s.SeriesInstanceUID == a.SeriesInstanceUID, s.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == a.SOPInstanceUID)
print(a.SOPClassUID == a.file_meta.MediaStorageSOPClassUID == '$CT')"
	[ "$output" = "$(printf 'True True\nTrue True\nTrue True\nTrue True\nTrue')" ]
}

@test "pixel data keep their very bytes, coded or not" {
	dcmconv +te "$CT_FILE" native.dcm
	dcmcrle "$CT_FILE" rle.dcm
	dcmcjpeg "$CT_FILE" jpeg.dcm
	dcmcjpls "$CT_FILE" jpls.dcm
	cp "$PYDICOM/test_files/JPEG2000.dcm" j2k.dcm
	cp "$PYDICOM/test_files/SC_rgb_rle_2frame.dcm" frames.dcm
	cp "$PYDICOM/test_files/MR_small_jp2klossless.dcm" lossless.dcm
	run -0 dcm-scrub -k key -O out *.dcm
	for f in *.dcm; do
		# With all items of coded data, as they are stored.
		run -0 py "
a, b = d('$f').PixelData, d('out/$f').PixelData
print(a == b, len(a) > 200)"
		[ "$output" = "True True" ]
		[ "$(dcmdump +P 0002,0010 "$f")" = "$(dcmdump +P 0002,0010 "out/$f")" ]
	done
}

@test "implicit, big endian and deflated files keep their syntax and pixels" {
	dcmconv +ti "$CT_FILE" implicit.dcm
	dcmconv +tb "$CT_FILE" big.dcm
	dcmconv +td "$CT_FILE" deflated.dcm
	run -0 dcm-scrub -k key -O out implicit.dcm big.dcm deflated.dcm
	for f in implicit big deflated; do
		[ "$(dcmdump +P 0002,0010 $f.dcm)" = "$(dcmdump +P 0002,0010 out/$f.dcm)" ]
		run -0 py "print((d('$CT_FILE').pixel_array == d('out/$f.dcm').pixel_array).all())"
		[ "$output" = True ]
	done
}

@test "independent readers open every output" {
	cp "$CT_FILE" "$PYDICOM"/test_files/{MR_small,JPEG2000,SC_rgb_rle_2frame,liver_1frame}.dcm .
	run -0 dcm-scrub -k key -O out *.dcm
	for f in *.dcm; do
		run -0 dcmdump -q "out/$f"
		run -0 gdcminfo "out/$f"
		run -0 py "print(d('out/$f').pixel_array.size > 0)"
		run -0 dcmftest "out/$f"
	done
}

# errors FILE: dciodvfy's, without values.
errors() {
	dciodvfy "$1" 2>&1 | grep '^Error' | sed 's/<[0-9.]*>//g' | sort -u
}

@test "dciodvfy has nothing to say that it did not say of the input" {
	cp "$PYDICOM"/test_files/{CT_small,MR_small,rtplan,rtdose,waveform_ecg,liver_1frame,reportsi,rtstruct,SC_rgb_rle}.dcm .
	run -0 dcm-scrub -k key -O out *.dcm
	for f in *.dcm; do
		errors "$f" >before
		errors "out/$f" >after
		run -0 comm -13 before after
		[ -z "$output" ] || { echo "$f: $output"; false; }
	done
}

@test "a structured report keeps its frame and none of its words" {
	cp "$PYDICOM/test_files/reportsi.dcm" .
	run -0 dcm-scrub -k key -o out.dcm reportsi.dcm
	run -0 py "
def words(ds):
    return [str(e.value) for e in ds.ContentSequence[0].iterall() if e.VR in ('UT', 'PN', 'LO', 'SH')]
a, b = d('reportsi.dcm'), d('out.dcm')
print(len(a.ContentSequence) > 1, len(b.ContentSequence), set(words(b)), b.ContentSequence[0].ValueType)"
	[ "$output" = "True 1 {'ANON'} CODE" ]
	for w in 'Enter text' 'Report Text' 'Observation Context Mode'; do
		grep -q "$w" reportsi.dcm
		run ! grep -q "$w" out.dcm
	done
}

@test "values that stay keep their bytes in their character set" {
	for f in chrGreek chrH31 chrX1 chrI2; do
		# The name's bytes, in a place where they stay, of somebody else.
		py "
x = d('$PYDICOM/charset_files/$f.dcm')
x.add_new(0x00080070, 'LO', x.get_item(0x00100010).value)
x.add_new(0x00100010, 'PN', 'OTHER^ONE')
x.save_as('$f.dcm')"
		run -0 dcm-scrub -k key -o out.dcm $f.dcm
		run -0 py "
a, b = d('$f.dcm'), d('out.dcm')
print(a.get_item(0x00080070).value == b.get_item(0x00080070).value, a.get_item(0x00080005).value == b.get_item(0x00080005).value)"
		[ "$output" = "True True" ]
	done
}

@test "a cine of 500 frames is copied in less than 150 MB" {
	py "
x = d('$CT_FILE')
x.Rows, x.Columns, x.NumberOfFrames, x.BitsAllocated, x.BitsStored, x.HighBit = 640, 800, 500, 8, 8, 7
x.PixelData = b'\7' * (640 * 800 * 500)
del x[0xfffcfffc]
x.save_as('cine.dcm')"
	run -0 py "
import subprocess, resource
p = subprocess.run(['dcm-scrub', '-k', 'key', '-o', 'out.dcm', 'cine.dcm'])
print(p.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 150 * 1024)"
	[ "$output" = "0 True" ]
	[ "$(wc -c <out.dcm)" -gt 256000000 ]
}

@test "standard input to standard output, with and without a dash" {
	run -0 dcm-scrub -k key -o want.dcm "$CT_FILE"
	dcm-scrub -k key - <"$CT_FILE" >a.dcm
	dcm-scrub -k key <"$CT_FILE" >b.dcm
	dcm-scrub -k key "$CT_FILE" >c.dcm
	cmp a.dcm want.dcm
	cmp b.dcm want.dcm
	cmp c.dcm want.dcm
}

@test "a bad file among good ones: they are done, it is named, nothing is under its name" {
	mkdir in
	cp "$CT_FILE" in/a.dcm
	head -c 5000 "$CT_FILE" >in/b.dcm
	echo text >in/c.dcm
	cp "$PYDICOM/test_files/MR_small.dcm" in/d.dcm
	run -2 --separate-stderr dcm-scrub -k key -O out in/*.dcm
	[ "$(ls out)" = "$(printf 'a.dcm\nd.dcm')" ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ $stderr == *"in/b.dcm: "* && $stderr == *"in/c.dcm: not a DICOM file"* ]]
}

@test "encapsulated documents and DICOMDIRs are refused, with a reason" {
	py "
x = d('$CT_FILE')
x.add_new(0x00420011, 'OB', b'%PDF')
x.save_as('pdf.dcm')"
	run -2 dcm-scrub -k key -o out.dcm pdf.dcm
	[[ $output == *"encapsulated document"*"cannot be cleaned"* ]]
	run -2 dcm-scrub -k key -o out.dcm "$PYDICOM/test_files/DICOMDIR"
	[[ $output == *DICOMDIR* ]]
	[ ! -e out.dcm ]
}

@test "there is no default key, and a short or public one is refused" {
	run -2 dcm-scrub -o out.dcm "$CT_FILE"
	[[ $output == *"key"* ]]
	(umask 077 && printf %s "${KEY%?}" >short)
	run -2 dcm-scrub -k short -o out.dcm "$CT_FILE"
	cp key public && chmod 644 public
	run -2 dcm-scrub -k public -o out.dcm "$CT_FILE"
	run -2 dcm-scrub -k missing -o out.dcm "$CT_FILE"
	[ ! -e out.dcm ]
}

@test "options that do not exist or exclude each other are refused" {
	for o in "--retain nonsense" "--retain descriptors" "--clean uids" "--clean x" "--retain uids," "--dates never" \
	    "--retain full-dates,modified-dates" "--dates keep --retain modified-dates" "--prefix a^b"; do
		run -2 dcm-scrub -k key $o -o out.dcm "$CT_FILE"
		[ ! -e out.dcm ]
	done
}

@test "an input is never replaced" {
	cp "$CT_FILE" a.dcm
	ln a.dcm b.dcm
	for o in a.dcm ./a.dcm b.dcm; do
		run -2 dcm-scrub -k key -o $o a.dcm
		[[ $output == *"replace an input"* ]]
	done
	run -2 dcm-scrub -k key -O . a.dcm
	cmp a.dcm "$CT_FILE"
}

@test "the log names each output by its new UIDs" {
	run -0 dcm-scrub -k key -l log -o out.dcm "$CT_FILE"
	run -0 py "
o = d('out.dcm')
print('%s/%s/%s.dcm' % (o.StudyInstanceUID, o.SeriesInstanceUID, o.SOPInstanceUID))"
	[ "$output" = "$(jq -r .name log)" ]
	py "
x = d('$CT_FILE')
x.StudyInstanceUID = '../../etc'
del x.SeriesInstanceUID
x.save_as('evil.dcm')"
	run -0 dcm-scrub -k key --retain uids -l evil -o out.dcm evil.dcm
	[[ $(jq -r .name evil) =~ ^2\.25\.[0-9]+/none/[0-9.]+\.dcm$ ]]
}

@test "the log has what was done, element by element, and no value" {
	scrub_py plant in $CT
	run -0 dcm-scrub -k key --log log --map map -o out.dcm in/$CT.dcm
	run -0 scrub_py leaks log
	jq -e 'select(.file == "in/'$CT'.dcm" and .by == "dcm-scrub" and .output == "out.dcm")' log >/dev/null
	run -0 jq -r '.actions[] | select(.path == "(0010,0010)") | "\(.tag) \(.rule) \(.action)"' log
	[[ $output == "(0010,0010) Z "* ]]
	jq -e 'any(.actions[]; .path == "(5200,9229)/(0020,9113)/(0010,0010)")' log >/dev/null
	jq -e 'any(.actions[]; .rule == "private" and .action == "remove")' log >/dev/null
}

@test "the crosswalk has old and new side by side, for its owner alone" {
	umask 022
	run -0 dcm-scrub -k key --map map -o out.dcm "$CT_FILE"
	[ "$(stat -c %a map)" = 600 ]
	run -0 py "
import json
lines = [json.loads(l) for l in open('map')]
a, b = d('$CT_FILE'), d('out.dcm')
has = lambda k, f, t: any(l['kind'] == k and l['from'] == f and l['to'] == t for l in lines)
print(has('uid', a.SOPInstanceUID, b.SOPInstanceUID), has('patient', a.PatientID, b.PatientID), has('file', '$CT_FILE', 'out.dcm'))"
	[ "$output" = "True True True" ]
	n=$(wc -l <map)
	run -0 dcm-scrub -k key --map map -o out.dcm "$CT_FILE"
	[ "$(wc -l <map)" -eq $((2 * n)) ]
}

@test "free text that the profile keeps loses what the profile takes away" {
	py "
x = d('$CT_FILE')
x.PatientName, x.PatientID, x.PatientBirthDate = 'Planted^Ann', 'MRN-4711', '19630412'
x.StudyInstanceUID = '1.2.826.0.1.77.1'
x.Manufacturer, x.ManufacturerModelName = 'Made for Mrs PLANTED', 'Plantedness 9'
x.SoftwareVersions, x.ConvolutionKernel = 'v1 mrn-4711', 'STANDARD'
x.FilterType, x.RescaleType = 'b 19630412', '1.2.826.0.1.77.1'
x.ProtocolName = x.BodyPartExamined = 'ANN'
x.save_as('in.dcm')"
	run -0 dcm-scrub -k key --prefix 'OF STANDARD ' -l log -o out.dcm in.dcm
	run -0 py "
o = d('out.dcm')
print(o.Manufacturer, o.SoftwareVersions, o.FilterType, o.RescaleType)
print(o.ManufacturerModelName, o.ConvolutionKernel, o.BodyPartExamined)"
	[ "${lines[0]}" = "Made for v1 b ANON" ]
	# A longer word, a code, a term of three letters: they prove nothing.
	[ "${lines[1]}" = "Plantedness 9 STANDARD ANN" ]
	[ "$(jq '[.actions[] | select(.rule == "words")] | length' log)" -eq 4 ]
	run -0 dcm-scrub -k key --prefix 'OF STANDARD ' -o again.dcm out.dcm
	cmp out.dcm again.dcm
}

@test "an id in a number, and a name in a colour profile, are found" {
	py "
x = d('$CT_FILE')
x.PatientName, x.PatientID = 'Quillfeather^Ann', '4593013'
x.SpatialResolution, x.ExposureInuAs = '4593013', 4593014
x.add_new(0x00282000, 'OB', bytes(12) + b'acsp' + bytes(20) + b'Quillfeather')
x.save_as('in.dcm')
x.add_new(0x00282000, 'OB', bytes(12) + b'acsp' + bytes(20) + b'sRGB IEC61966')
x.save_as('fine.dcm')"
	run -0 dcm-scrub -k key -O out in.dcm fine.dcm
	run -0 py "
a, b = d('out/in.dcm'), d('out/fine.dcm')
print(a.SpatialResolution, a.ExposureInuAs, 'ICCProfile' in a, b.ICCProfile == d('fine.dcm').ICCProfile)"
	[ "$output" = "0 4593014 False True" ]
}

@test "a sequence of length unknown within UN is cleaned or removed" {
	scrub_py plant in $CT
	run -0 dcm-scrub -k key -o out.dcm in/$CT.dcm
	grep -q PLANTUNNAME in/$CT.dcm
	run ! grep -q PLANTUN out.dcm
}

@test "a full disk is trouble, and leaves nothing" {
	run -2 bash -c "dcm-scrub -k key '$CT_FILE' >/dev/full"
	run -2 dcm-scrub -k key -o /dev/full/out.dcm "$CT_FILE"
	for log in log map; do
		run -2 dcm-scrub -k key --$log /dev/full -o out.dcm "$CT_FILE"
		[ ! -e out.dcm ]
		cp "$CT_FILE" a.dcm
		cp "$CT_FILE" b.dcm
		run -2 dcm-scrub -k key --$log /dev/full -O out a.dcm b.dcm
		[ -z "$(find out -type f)" ]
	done
	[ -z "$(ls | grep part || :)" ]
}

@test "an empty input is not a DICOM file" {
	: >empty
	run -2 dcm-scrub -k key -o out.dcm empty
	run -2 bash -c "dcm-scrub -k key <empty"
	[ ! -e out.dcm ]
}
