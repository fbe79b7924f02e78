load helper

# A folder for media; pydicom, dcmdump and dciodvfy judge its DICOMDIR.

KEY=0123456789abcdef0123456789abcdef	# no secret: it makes the tests repeatable

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	(umask 077 && printf %s $KEY >key)
	CT_FILE=$PYDICOM/test_files/CT_small.dcm
}

# clean OPTION...: clean files of several kinds, in clean/
clean() {
	dcm-scrub -k key -O clean "$@" "$PYDICOM"/test_files/{CT_small,MR_small,SC_rgb_jpeg_gdcm,rtplan,reportsi,liver_1frame}.dcm
}

py() {
	/usr/bin/python3 -c "
import os, pydicom, warnings
from pydicom.fileset import FileSet
warnings.simplefilter('ignore')
$1"
}

@test "every file is in the folder and in its DICOMDIR, which an independent reader follows" {
	clean
	run -0 dcm-media -i STUDY_7 -o media clean/*.dcm
	[ "$(find media -type f | sort | tr '\n' ' ')" = "media/DICOMDIR media/DIR00001/FILE0001 media/DIR00001/FILE0002 media/DIR00001/FILE0003 media/DIR00001/FILE0004 media/DIR00001/FILE0005 media/DIR00001/FILE0006 " ]
	n=0
	for f in clean/*.dcm; do
		n=$((n + 1))
		cmp "$f" "media/DIR00001/FILE000$n"
	done
	run -0 py "
s = FileSet('media/DICOMDIR')
print(s.ID, len(s), all(i.load().SOPInstanceUID == i.SOPInstanceUID for i in s),
    {i.SOPInstanceUID for i in s} == {pydicom.dcmread('clean/' + n).SOPInstanceUID for n in os.listdir('clean')})"
	[ "$output" = "STUDY_7 6 True True" ]
}

@test "nothing of the originals and nothing of today is in the DICOMDIR" {
	clean
	run -0 dcm-media -o media clean/*.dcm
	for f in CT_small MR_small rtplan reportsi; do
		run -0 py "
d = pydicom.dcmread('$PYDICOM/test_files/$f.dcm')
print('\n'.join(str(v) for v in (d.PatientName, d.PatientID, d.StudyInstanceUID, d.StudyDate) if str(v)))"
		printf '%s\n' "$output"
	done >originals
	[ "$(wc -l <originals)" -ge 12 ]
	run -1 grep -aF -f originals media/DICOMDIR
	run -1 grep -aF "$(date +%Y%m%d)" media/DICOMDIR
	run -0 dcmdump +P StudyDate +P StudyTime media/DICOMDIR
	[[ $output == *"[19000101]"*"[000000]"* ]]
}

@test "dates that were kept are those of the records" {
	clean --dates keep
	run -0 dcm-media -o media clean/CT_small.dcm
	run -0 dcmdump +P StudyDate +P StudyTime media/DICOMDIR
	[[ $output == *"[20040119]"*"[072730]"* ]]
}

@test "the same files give the same DICOMDIR, others one of another UID" {
	clean
	dcm-media -o one clean/*.dcm
	sleep 1
	printf '%s\0' clean/*.dcm | dcm-media -0 -o two
	cmp one/DICOMDIR two/DICOMDIR
	dcm-media -o three clean/CT_small.dcm
	run -0 py "
a, b = (pydicom.dcmread(n + '/DICOMDIR').file_meta.MediaStorageSOPInstanceUID for n in ('one', 'three'))
print(a != b, a.is_valid, b.is_valid, a[:5], b[:5])"
	[ "$output" = "True True True 2.25. 2.25." ]
}

@test "a file that is no DICOM, cut, or there already is refused, and the others are in" {
	clean
	head -c 100 clean/CT_small.dcm >cut.dcm
	echo hello >text
	run -2 dcm-media -o media text clean/CT_small.dcm cut.dcm clean/CT_small.dcm missing clean/MR_small.dcm
	[ "${#lines[@]}" -eq 4 ]
	[ "$(find media -type f | wc -l)" -eq 3 ]
	run -0 py "print(len(FileSet('media/DICOMDIR')))"
	[ "$output" = 2 ]
}

@test "more than a thousand files go into several folders" {
	py "
d = pydicom.dcmread('$CT_FILE')
del d.PixelData
os.mkdir('many')
for i in range(1001):
    d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = '1.2.3.%d' % (i + 1)
    d.save_as('many/%04d' % i)"
	run -0 dcm-media -o media many/*
	[ "$(find media/DIR00001 | wc -l)" -eq 1001 ]
	[ "$(ls media/DIR00002)" = FILE0001 ]
}

@test "a folder that exists, no file, a bad id, a full disk: trouble" {
	clean
	mkdir there
	run -2 dcm-media -o there clean/CT_small.dcm
	[ -z "$(ls there)" ]
	run -2 dcm-media -o media
	run -2 dcm-media clean/CT_small.dcm
	run -2 dcm-media -i "study 7" -o media clean/CT_small.dcm
	run -2 dcm-media -0 -o media </dev/null
	[ ! -e media/DICOMDIR ]
	run -2 dcm-media -o /dev/full/media clean/CT_small.dcm
}

@test "without a second name the file is copied" {
	clean
	ln -s "$PWD/clean/CT_small.dcm" link.dcm
	# Another file system, where there is one.
	other=$(mktemp -d -p /dev/shm) || skip "no other file system"
	run -0 dcm-media -o "$other/media" link.dcm
	cmp "$other/media/DIR00001/FILE0001" clean/CT_small.dcm
	[ ! -L "$other/media/DIR00001/FILE0001" ]
	rm -r "$other"
}
