load helper

# Originals in Encrypted Attributes Sequence (0400,0500), PS3.15 E.1.1 and E.1.2. openssl, gdcmanon and pydicom judge.

KEY=0123456789abcdef0123456789abcdef	# no secret: it makes the tests repeatable
setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	umask 077
	printf %s $KEY >key
	for name in a b; do
		openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name.key -out $name.pem 2>/dev/null
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	cp "$BATS_FILE_TMPDIR"/* .
	FILES=("$PYDICOM"/test_files/{CT_small,MR_small_bigendian,MR_small_implicit,image_dfl,reportsi,rtplan,liver_1frame,SC_rgb_jpeg_gdcm}.dcm)
	CT_FILE=${FILES[0]}
}

# py CODE: with pydicom; d(FILE) reads one; same(A, B) says what differs apart from the marks; FILES are their names.
py() {
	/usr/bin/python3 -c "
import os, pydicom, warnings
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
warnings.simplefilter('ignore')
pydicom.config.convert_wrong_length_to_UN = True
d = lambda f: pydicom.dcmread(f, force=True)
MARKS = {0x00120062, 0x00120063, 0x00120064, 0x00280303, 0xfffcfffc}
FILES = '${FILES[*]}'.split()
def seal_as(content, syntax, out):
    # An object of CT_FILE with one encrypted content.
    o, i = d('$CT_FILE'), Dataset()
    i.EncryptedContentTransferSyntaxUID = syntax
    c = open(content, 'rb').read()
    i.EncryptedContent = c + b'\\0' * (len(c) % 2)
    o.EncryptedAttributesSequence = [i]
    o.save_as(out)
def same(a, b):
    a, b = d(a), d(b)
    for t in sorted({int(t) for t in a.keys()} | {int(t) for t in b.keys()}):
        if t & 0xffff == 0 or t in MARKS:
            continue
        if t not in a or t not in b or a[t].value != b[t].value:
            print('%08X differs' % t)
$1"
}

# sealed FILE: the originals in it, as openssl decrypts them, written as a DICOM file FILE.in
sealed() {
	py "
item, = d('$1').EncryptedAttributesSequence
assert item.EncryptedContentTransferSyntaxUID == '1.2.840.10008.1.2.1'
open('cms', 'wb').write(item.EncryptedContent)"
	openssl cms -decrypt -inform DER -in cms -inkey "${2:-a.key}" -binary -out plain
	py "
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
s = read_dataset(DicomBytesIO(open('plain', 'rb').read()), False, True)
assert [int(t) for t in s.keys()] == [0x04000550]
item, = s.ModifiedAttributesSequence
item.is_little_endian, item.is_implicit_VR = True, False
item.save_as('$1.in')"
}

@test "--re-identify gives back all that --encrypt-to put in, in every transfer syntax" {
	run -0 dcm-scrub -k key --encrypt-to a.pem -O out "${FILES[@]}"
	run -0 dcm-scrub --re-identify a.key -O back out/*.dcm
	run -0 py "
for f in FILES:
    n = 'back/' + os.path.basename(f)
    same(f, n)
    b = d(n)
    if [b.PatientIdentityRemoved] + sorted(t for t in MARKS if t in b) != ['NO', 0x00120062]:
        print('marks')
    if b.file_meta.MediaStorageSOPInstanceUID != d(f).SOPInstanceUID or 0x04000500 in b:
        print('not all of it')"
	[ -z "$output" ]
}

@test "the envelope holds what was changed or removed at the top, and nothing that stays" {
	run -0 dcm-scrub -k key --encrypt-to a.pem -o out.dcm "$CT_FILE"
	sealed out.dcm
	run -0 py "
o, c, s = d('$CT_FILE'), d('out.dcm'), d('out.dcm.in')
for e in o:
    t = e.tag
    changed = t not in c or c[t].value != e.value
    if changed and int(t) not in MARKS and (t not in s or s[t].value != e.value):
        print(t, 'is missing')
    if not changed and t in s and int(t) != 0x00080005:
        print(t, 'stays and is in it')
print(len(s) > 20, 'PixelData' in s, s.PatientName)"
	[ "$output" = "True False CompressedSamples^CT1" ]
}

@test "without --encrypt-to nothing is put in, and nothing original is in the bytes with it" {
	run -0 dcm-scrub -k key -o plain.dcm "$CT_FILE"
	run -0 dcm-scrub -k key --encrypt-to a.pem -o out.dcm "$CT_FILE"
	run -0 py "same('plain.dcm', 'out.dcm')"
	[ "$output" = "04000500 differs" ]
	run -1 grep -aE 'CompressedSamples|JFK IMAGING|1CT1' out.dcm
	grep -aq CompressedSamples "$CT_FILE"
}

@test "gdcmanon re-identifies what dcm-scrub sealed" {
	run -0 dcm-scrub -k key --encrypt-to b.pem --encrypt-to a.pem -O out "${FILES[@]}"
	mkdir back
	for f in out/*.dcm; do
		run -0 gdcmanon -d -k a.key "$f" "back/${f#out/}"
	done
	run -0 py "
for f in FILES:
    same(f, 'back/' + os.path.basename(f))"
	[ -z "$output" ]
}

@test "dcm-scrub re-identifies what gdcmanon sealed" {
	mkdir sealed
	for f in "${FILES[@]}"; do
		gdcmanon -e -c a.pem "$f" "sealed/$(basename "$f")" 2>/dev/null || :	# it does not take all of them
	done
	run -0 dcm-scrub --re-identify a.key -O back sealed/*.dcm
	[ "$(ls back | wc -l)" -ge 4 ]
	for f in sealed/*.dcm; do
		gdcmanon -d -k a.key "$f" "$f.theirs"
	done
	run -0 py "
for n in os.listdir('back'):
    same('sealed/' + n + '.theirs', 'back/' + n)
    if d('back/' + n).PatientIdentityRemoved != 'NO':
        print('marks')"
	[ -z "$output" ]
}

@test "the same key, file and certificates give the same bytes, and a second run changes nothing" {
	run -0 dcm-scrub -k key --encrypt-to a.pem --encrypt-to b.pem -O one "${FILES[@]}"
	for f in "${FILES[@]}"; do	# another process each, another order
		run -0 dcm-scrub -k key --encrypt-to b.pem --encrypt-to a.pem -o "two.$(basename "$f")" "$f"
	done
	run -0 dcm-scrub -k key --encrypt-to b.pem --encrypt-to a.pem -O three two.*
	run -0 dcm-scrub -k key -O four two.*
	for f in one/*; do
		cmp "$f" "two.${f#one/}"
		cmp "$f" "three/two.${f#one/}"
		cmp "$f" "four/two.${f#one/}"
	done
}

@test "what a later run changes gets an envelope of its own, and the oldest originals come back" {
	run -0 dcm-scrub -k key --retain device,patient --encrypt-to a.pem -o one.dcm "$CT_FILE"
	run -0 dcm-scrub -k key --encrypt-to a.pem -o two.dcm one.dcm
	run -0 py "print(len(d('two.dcm').EncryptedAttributesSequence))"
	[ "$output" = 2 ]
	run -0 dcm-scrub --re-identify a.key -o back.dcm two.dcm
	run -0 py "same('$CT_FILE', 'back.dcm')"
	[ -z "$output" ]
}

@test "an envelope of another key or program does not stay, nor one that somebody changed" {
	(umask 077 && printf %s ${KEY}x >key2)
	run -0 dcm-scrub -k key --encrypt-to a.pem -o one.dcm "$CT_FILE"
	run -0 dcm-scrub -k key2 -o two.dcm one.dcm
	gdcmanon -e -c a.pem "$CT_FILE" gdcm.dcm
	py "
o = d('one.dcm')
i = o.EncryptedAttributesSequence[0]
i.EncryptedContent = i.EncryptedContent[:-60] + b'\\1' + i.EncryptedContent[-59:]
o.save_as('changed.dcm')
o = d('one.dcm')
o.EncryptedAttributesSequence[0].PatientComments = 'HIDDEN'
o.save_as('more.dcm')"
	run -0 dcm-scrub -k key -O out one.dcm gdcm.dcm changed.dcm more.dcm
	run -0 py "print([0x04000500 in d(f) for f in ('out/one.dcm', 'two.dcm', 'out/gdcm.dcm', 'out/changed.dcm', 'out/more.dcm')])"
	[ "$output" = "[True, False, False, False, False]" ]
}

@test "originals encrypted by others come in implicit VR and big endian too" {
	py "
i, s = Dataset(), Dataset()
i.PatientName, i.SeriesNumber, i.Rows = 'Doe^Jane', 7, 258
s.ModifiedAttributesSequence = [i]
s.is_little_endian, s.is_implicit_VR = True, True
s.save_as('plain.implicit')
s.is_little_endian, s.is_implicit_VR = False, False
s.save_as('plain.big')"
	for n in implicit big; do
		openssl cms -encrypt -binary -in plain.$n -outform DER -out cms.$n -aes256 a.pem
	done
	py "
seal_as('cms.implicit', '1.2.840.10008.1.2', 'implicit.dcm')
seal_as('cms.big', '1.2.840.10008.1.2.2', 'big.dcm')
seal_as('cms.big', '1.2.840.10008.1.2.5', 'unknown.dcm')"
	run -0 dcm-scrub --re-identify a.key -O out implicit.dcm big.dcm
	run -0 py "
for o in d('out/implicit.dcm'), d('out/big.dcm'):
    print(o.PatientName, o.SeriesNumber, o.Rows)"
	[ "$output" = $'Doe^Jane 7 258\nDoe^Jane 7 258' ]
	run -2 dcm-scrub --re-identify a.key -o out.dcm unknown.dcm
}

@test "a file that the key does not open, or without originals, is refused, and the next one is done" {
	run -0 dcm-scrub -k key --encrypt-to a.pem -o one.dcm "$CT_FILE"
	run -0 dcm-scrub -k key --encrypt-to b.pem -o two.dcm "$CT_FILE"
	run -2 dcm-scrub --re-identify a.key -O out "$CT_FILE" two.dcm one.dcm
	[[ $output == *"has no Encrypted Attributes Sequence (0400,0500)"*"cannot be opened by this key"* ]]
	[ "$(find out -name '*.dcm' | wc -l)" -eq 1 ]
}

@test "what comes out of an envelope is checked: no data set, a cut one, one with something else" {
	py "
i, s = Dataset(), Dataset()
i.PatientName = 'Doe^Jane'
s.ModifiedAttributesSequence = [i]
s.is_little_endian, s.is_implicit_VR = True, False
s.save_as('plain.whole')
open('plain.cut', 'wb').write(open('plain.whole', 'rb').read()[:-3])
open('plain.noise', 'wb').write(b'noise' * 20)
open('plain.empty', 'wb')
s.ModifiedAttributesSequence = [i, i]
s.save_as('plain.two')
i.is_little_endian, i.is_implicit_VR = True, False
i.save_as('plain.other')"
	for n in whole cut noise empty two other; do
		openssl cms -encrypt -binary -in plain.$n -outform DER -out cms.$n -aes256 a.pem
	done
	py "
for n in 'whole cut noise empty two other'.split():
    seal_as('cms.' + n, '1.2.840.10008.1.2.1', n + '.dcm')"
	run -2 dcm-scrub --re-identify a.key -O out cut.dcm noise.dcm empty.dcm two.dcm other.dcm whole.dcm
	[ "${#lines[@]}" -eq 5 ]
	[ "$(ls out)" = whole.dcm ]
}

@test "the log tells of the envelope and of what came back, by tag, never by value" {
	run -0 dcm-scrub -k key --encrypt-to a.pem -l log -o out.dcm "$CT_FILE"
	run -0 jq -r '.actions[] | select(.action == "encrypt") | "\(.tag) \(.rule)"' log
	[ "$output" = "(0400,0500) originals" ]
	run -0 dcm-scrub --re-identify a.key -l back -o back.dcm out.dcm
	run -0 jq -r '.actions[] | select(.tag == "(0010,0010)") | .action' back
	[ "$output" = restore ]
	run -0 jq -r 'has("name")' back	# it would be the original UIDs
	[ "$output" = false ]
	run -1 grep -E 'CompressedSamples|JFK|1\.3\.6\.1\.4\.1\.5962' back
}

@test "options that contradict each other, bad certificates and keys are told before anything is written" {
	run -2 dcm-scrub -k key --re-identify a.key -o out.dcm "$CT_FILE"
	run -2 dcm-scrub --re-identify a.key --re-identify b.key -o out.dcm "$CT_FILE"
	run -2 dcm-scrub --re-identify a.key --encrypt-to a.pem -o out.dcm "$CT_FILE"
	run -2 dcm-scrub -k key --encrypt-to a.key -o out.dcm "$CT_FILE"
	[ "$output" = "dcm-scrub: a.key: certificate: is no X.509 in PEM or DER" ]
	chmod 644 b.key
	run -2 dcm-scrub --re-identify b.key -o out.dcm "$CT_FILE"
	[ "$output" = "dcm-scrub: b.key: key: others than its owner can read it; chmod 600" ]
	[ ! -e out.dcm ]
}
