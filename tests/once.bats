load helper

# What dcm-scrub does with ids and dates, and that it does it once. The hashes themselves are tests/ids.bats' business.

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	(umask 077 && head -c 32 /dev/zero >key && head -c 32 /dev/zero | tr '\0' x >other)
	py "
x.PatientID, x.IssuerOfPatientID, x.AccessionNumber, x.PatientName = 'MRN4711', 'HOSP', 'A90210', 'Doe^Jane'
x.PatientBirthDate, x.PatientAge = '19560307', '065Y'
x.StudyDate, x.StudyTime, x.ContentDate = '20210514', '235959.5', '2021.05.15'
x.AcquisitionDateTime, x.SeriesDescription = '20210514235959.500000+0100', 'T2 prior of 2021-05-10 tra'
r = Dataset()
r.AccessionNumber, r.StudyInstanceUID = 'A90210', '1.2.3.9'
x.ReferencedStudySequence = Sequence([])
x.RequestAttributesSequence = Sequence([r])
x.save_as('in.dcm')"
}

# py CODE: with x, a CT image, and d(FILE), which reads one.
py() {
	/usr/bin/python3 -W ignore -c "
import datetime, pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
d = pydicom.dcmread
x = d('$PYDICOM/test_files/CT_small.dcm')
def day(v): return datetime.datetime.strptime(v[:8], '%Y%m%d')
$1"
}

# The table LINES... as a file of its owner.
table() {
	(umask 077 && printf '%s\n' "$@" >table)
}

@test "an id table names the patient, and nobody that it lacks" {
	table patient,new-patient,issuer,accession,new-accession MRN4711,TRIAL-001,HOSP,A90210,V1
	run -0 dcm-scrub -k key --id-table table --clean descriptors -o out.dcm in.dcm
	run -0 py "
o = d('out.dcm')
print(o.PatientID, o.PatientName, o.AccessionNumber, o.RequestAttributesSequence[0].AccessionNumber)"
	[ "$output" = "TRIAL-001 TRIAL-001 V1 V1" ]
	table patient,new-patient,issuer MRN4711,TRIAL-001,OTHER
	run -2 dcm-scrub -k key --id-table table -o no.dcm in.dcm
	[ "$output" = "dcm-scrub: in.dcm: Patient ID (0010,0020) is not in the id table" ]
	table patient,new-patient,accession,new-accession MRN4711,TRIAL-001,A90211,V1
	run -2 dcm-scrub -k key --id-table table -o no.dcm in.dcm
	[ "$output" = "dcm-scrub: in.dcm: Accession Number (0008,0050) is not in the id table" ]
	table patient,new-patient MRN4711,TRIAL-001 MRN4711,TRIAL-002
	run -2 dcm-scrub -k key --id-table table -o no.dcm in.dcm
	[ "$output" = "dcm-scrub: table: line 3: the patient of line 2 gets another id" ]
	chmod 644 table
	run -2 dcm-scrub -k key --id-table table -o no.dcm in.dcm
	[ "$output" = "dcm-scrub: table: others than its owner can read it; chmod 600" ]
	[ ! -e no.dcm ]
}

@test "ids are compared as characters, whatever the file's character set" {
	for set in ISO_IR\ 100:latin-1 ISO_IR\ 192:utf-8; do
		py "
x.SpecificCharacterSet, x.PatientName = '${set%:*}', 'x'
x.PatientID = 'Mü11er'
x.save_as('${set#*:}.dcm')"
	done
	table patient,new-patient Mü11er,Añb
	run -0 dcm-scrub -k key --id-table table --map map -O out latin-1.dcm utf-8.dcm
	run -0 py "
for f in 'latin-1', 'utf-8': print(d('out/%s.dcm' % f).PatientID, d('out/%s.dcm' % f)[0x00100020].value.encode(f))"
	[ "${lines[0]}" = "Añb b'A\\xf1b'" ]
	[ "${lines[1]}" = "Añb b'A\\xc3\\xb1b'" ]
	[ "$(jq -r 'select(.kind == "patient") | "\(.from) \(.to)"' map)" = $'Mü11er Añb\nMü11er Añb' ]
	table patient,new-patient Mü11er,Ωμέγα
	run -2 dcm-scrub -k key --id-table table -O no latin-1.dcm utf-8.dcm
	[ "$output" = "dcm-scrub: latin-1.dcm: its character set cannot hold the new id of (0010,0010)" ]
	[ "$(find no -type f)" = no/utf-8.dcm ]
}

@test "the prefix stands before patient ids, and before accession numbers as far as they have room" {
	run -0 dcm-scrub -k key --prefix SITE-01- -o out.dcm in.dcm
	run -0 py "
o = d('out.dcm')
print(o.PatientID[:8], len(o.PatientID), o.PatientName == o.PatientID, o.AccessionNumber[:6], len(o.AccessionNumber))"
	[ "$output" = "SITE-01- 24 True SITE-0 16" ]
}

@test "dates of elements and of text move by the same days, times stay, the birth date goes" {
	for how in shift shift=-1000 shift=+31; do
		run -0 dcm-scrub -k key --dates $how --clean descriptors --retain patient -o out.dcm in.dcm
		run -0 py "
o = d('out.dcm')
n = (day(o.StudyDate) - day('20210514')).days
assert {'shift': -3652 <= n <= -366, 'shift=-1000': n == -1000, 'shift=+31': n == 31}['$how'], n
def moved(v): return (day(v) + datetime.timedelta(n)).strftime('%Y%m%d')
assert o.ContentDate == moved('20210515') and len(o.ContentDate) == 8
assert o.AcquisitionDateTime == moved('20210514') + '235959.500000+0100'
assert o.StudyTime == '235959.5' and o.PatientAge == '065Y' and not o.PatientBirthDate
words = o.SeriesDescription.split()
assert words[:3] == ['T2', 'prior', 'of'] and words[4:] == ['tra'] and words[3].replace('-', '') == moved('20210510'), words
print(o[0x00280303].value)"
		[ "$output" = MODIFIED ]
	done
	for how in shift= shift=0 shift=x shift=1x shift=--1 shift=36526 shifty never ""; do
		run -2 dcm-scrub -k key --dates "$how" -o no.dcm in.dcm
		[[ $output == "dcm-scrub: --dates "* ]]
	done
}

@test "dates that have moved stay, also when they are to be kept or moved otherwise" {
	run -0 dcm-scrub -k key --dates shift -o one.dcm in.dcm
	run -0 dcm-scrub -k key --dates shift -o same.dcm one.dcm
	cmp one.dcm same.dcm
	run -0 dcm-scrub -k key --dates shift=500 -o two.dcm one.dcm
	run -0 dcm-scrub -k key --dates keep -o three.dcm one.dcm
	run -0 dcm-scrub -k key -o four.dcm one.dcm
	run -0 py "
a, b, c, e = (d(n + '.dcm') for n in ('one', 'two', 'three', 'four'))
print(a.StudyDate == b.StudyDate == c.StudyDate, b[0x00280303].value, c[0x00280303].value)
print([i.CodeValue for i in c.DeidentificationMethodCodeSequence])
print(e.get('StudyDate'), e[0x00280303].value)"
	[ "$output" = "True MODIFIED MODIFIED
['113100', '113107']
 REMOVED" ]
	# Another key proves nothing: they move again, as what they are now would.
	run -0 dcm-scrub -k other --dates shift=500 -o five.dcm one.dcm
	run -0 py "print((day(d('five.dcm').StudyDate) - day(d('one.dcm').StudyDate)).days)"
	[ "$output" = 500 ]
}

@test "dates that were kept move later by the days of the original's" {
	run -0 dcm-scrub -k key --dates shift -o at-once.dcm in.dcm
	run -0 dcm-scrub -k key --dates keep --prefix A- -o kept.dcm in.dcm
	run -0 dcm-scrub -k key --dates shift -o later.dcm kept.dcm
	run -0 py "
a, b, c = d('at-once.dcm'), d('kept.dcm'), d('later.dcm')
print(b.StudyDate, a.StudyDate == c.StudyDate, a.AcquisitionDateTime == c.AcquisitionDateTime)"
	[ "$output" = "20210514 True True" ]
}

@test "an id that is put in later is replaced, and nothing else changes" {
	table patient,new-patient MRN4711,TRIAL-001 MRN4712,TRIAL-002
	run -0 dcm-scrub -k key --id-table table --dates shift --retain uids -o one.dcm in.dcm
	py "
o = d('one.dcm')
o.PatientID = 'MRN4712'
o.save_as('touched.dcm')"
	run -0 dcm-scrub -k key --id-table table --dates shift --retain uids -o two.dcm touched.dcm
	run -0 py "
a, b = d('one.dcm'), d('two.dcm')
for e in a:
    if e != b.get(e.tag): print('%08X' % e.tag, a[e.tag].value if e.tag.group == 16 else '')
print(b.PatientID, b.SOPInstanceUID == x.SOPInstanceUID)"
	[ "$output" = "00100010 TRIAL-001
00100020 TRIAL-001
00120063 
TRIAL-002 True" ]
	# Without a seal the new id is an id like any other.
	py "
o = d('one.dcm')
o.DeidentificationMethod = 'by hand'
o.save_as('unsealed.dcm')"
	run -2 dcm-scrub -k key --id-table table -o no.dcm unsealed.dcm
	[[ $output == *"not in the id table" ]]
}

@test "a seal of other bytes, of another's key or of another instance proves nothing and does not stay" {
	run -0 dcm-scrub -k other --dates shift -o theirs.dcm in.dcm
	py "
t = d('theirs.dcm')
x = d('in.dcm')
x.DeidentificationMethod = [*t.DeidentificationMethod, 'unphi seal forged', 'by hand']
x.add_new(0x00280303, 'CS', 'MODIFIED')
x.save_as('forged.dcm')"
	run -0 dcm-scrub -k key --dates shift -o out.dcm forged.dcm
	run -0 dcm-scrub -k key --dates shift -o plain.dcm in.dcm
	run -0 py "
a, b = d('out.dcm'), d('plain.dcm')
print(a.StudyDate == b.StudyDate, a.PatientID == b.PatientID, list(a.DeidentificationMethod)[-1] == b.DeidentificationMethod[-1])
print(sum(v.startswith('unphi seal') for v in a.DeidentificationMethod), 'by hand' in a.DeidentificationMethod)"
	[ "$output" = "True True True
1 True" ]
}

@test "the crosswalk has ids, accession numbers, UIDs, the file and the shift, and may be a pipe" {
	mkfifo pipe
	jq -c . <pipe >map &
	run -0 dcm-scrub -k key --dates shift=-400 --map pipe -o out.dcm in.dcm
	wait
	[ "$(jq -r 'select(.kind == "shift") | "\(.from) \(.to)"' map)" = "MRN4711 -400" ]
	[ "$(jq -r 'select(.kind == "accession") | .from' map | sort -u)" = A90210 ]
	run -0 py "print(d('out.dcm').PatientID, d('out.dcm').SOPInstanceUID, x.SOPInstanceUID)"
	[ "$(jq -r 'select(.kind == "patient") | .to' map)" = "${output%% *}" ]
	jq -r 'select(.kind == "uid") | "\(.to) \(.from)"' map | grep -qxF "${output#* }"
	[ "$(jq -r 'select(.kind == "file") | "\(.from) \(.to)"' map)" = "in.dcm out.dcm" ]
	# A second time nothing is old: there is nothing to tell but the file.
	run -0 dcm-scrub -k key --dates shift=-400 --map again -o out2.dcm out.dcm
	[ "$(jq -r .kind again | sort -u)" = file ]
	run -0 bash -c 'dcm-scrub -k key --map >(cat >piped) -o out3.dcm in.dcm; wait $!'
	[ "$(jq -r .kind piped | sort -u | tr '\n' ' ')" = "accession file patient uid " ]
}

@test "what a policy kept is not proven: without the policy it is replaced" {
	printf 'PatientID keep\nAccessionNumber replace "A1"\n' >policy
	run -0 dcm-scrub -k key --policy policy -o kept.dcm in.dcm
	run -0 dcm-scrub -k key --policy policy -o again.dcm kept.dcm
	cmp kept.dcm again.dcm
	run -0 dcm-scrub -k key -o out.dcm kept.dcm
	run -0 dcm-scrub -k key -o plain.dcm in.dcm
	run -0 py "
a, b, c = d('kept.dcm'), d('out.dcm'), d('plain.dcm')
print(a.PatientID, a.AccessionNumber, b.PatientID == c.PatientID, b.AccessionNumber != 'A1')"
	[ "$output" = "MRN4711 A1 True True" ]
}

@test "dates that others have moved are not taken for ours" {
	py "
x = d('in.dcm')
x.PatientIdentityRemoved = 'YES'
x.add_new(0x00280303, 'CS', 'MODIFIED')
x.save_as('theirs.dcm')"
	run -0 dcm-scrub -k key --dates keep -o kept.dcm theirs.dcm
	run -0 dcm-scrub -k key --dates shift=-500 -o out.dcm kept.dcm
	run -0 py "
a, b = d('kept.dcm'), d('out.dcm')
print(a.StudyDate, a[0x00280303].value, (day(b.StudyDate) - day('20210514')).days)"
	[ "$output" = "20210514 MODIFIED -500" ]
}
