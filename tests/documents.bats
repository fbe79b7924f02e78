load helper

# Encapsulated documents (0042,0011): refused, dropped, or replaced. poppler, xmllint and pydicom judge.

KEY=0123456789abcdef0123456789abcdef	# no secret: it makes the tests repeatable
MIME=(application/pdf text/XML model/stl model/obj model/mtl)

# Files named by what they hold: documents that name Jane Doe wherever they can.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	(umask 077 && printf %s $KEY >key)
	py "
def make(name, sop, mime, document, **more):
    o = Dataset()
    o.SOPClassUID, o.SOPInstanceUID = '1.2.840.10008.5.1.4.1.1.104.%d' % sop, '1.2.3.%d' % len(name)
    o.StudyInstanceUID, o.SeriesInstanceUID = '1.2.3', '1.2.3.4'
    o.PatientName, o.PatientID, o.Modality = 'Doe^Jane', 'ID7531', 'DOC'
    o.DocumentTitle, o.BurnedInAnnotation = 'Letter on Doe', 'YES'
    o.MIMETypeOfEncapsulatedDocument = mime
    o.EncapsulatedDocument = document + b'\\0' * (len(document) % 2)
    o.EncapsulatedDocumentLength = len(document)
    for k, v in more.items():
        setattr(o, k, v)
    o.file_meta = pydicom.dataset.FileMetaDataset()
    o.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.1'
    o.is_little_endian, o.is_implicit_VR = True, False
    o.save_as(name + '.dcm', write_like_original=False)
make('pdf', 1, 'application/pdf', b'%PDF-1.4 Jane Doe')
make('cda', 2, 'text/XML; name=doe.xml', b'<ClinicalDocument>Jane Doe</ClinicalDocument>',
    HL7InstanceIdentifier='2.16.840.1.113883.19^DOE', ListOfMIMETypes=['image/doe', 'text/doe'])
make('stl', 3, 'MODEL/STL', b'solid Jane Doe')
make('obj', 4, 'model/obj', b'# Jane Doe\n')
make('mtl', 5, 'model/mtl', b'# Jane Doe')
make('large', 1, 'application/pdf', b'%PDF-1.4 Jane Doe' * 100000)
make('other', 1, 'application/msword', b'Jane Doe')
make('none', 1, '', b'Jane Doe')"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	cp "$BATS_FILE_TMPDIR"/* .
	KNOWN=(pdf.dcm cda.dcm stl.dcm obj.dcm mtl.dcm large.dcm)
}

py() {
	/usr/bin/python3 -c "
import pydicom, struct, sys, warnings
from pydicom.dataset import Dataset
warnings.simplefilter('ignore')
$1"
}

# take FILE: writes its document, of the length that the file says, to FILE.document
take() {
	py "
o = pydicom.dcmread('$1')
assert len(o.EncapsulatedDocument) == (o.EncapsulatedDocumentLength + 1) // 2 * 2
open('$1.document', 'wb').write(o.EncapsulatedDocument[:o.EncapsulatedDocumentLength])
print(o.MIMETypeOfEncapsulatedDocument, o.BurnedInAnnotation, repr(o.DocumentTitle), 'ListOfMIMETypes' in o)"
}

@test "a document is refused unless --documents says what to do" {
	for options in "" "--documents refuse"; do
		# shellcheck disable=SC2086	# two words
		run -2 dcm-scrub -k key $options -O out "${KNOWN[@]}"
		[ "${#lines[@]}" -eq 6 ]
		[[ $output == *"(0042,0011)"* ]]
		[ -z "$(find out -type f 2>/dev/null)" ]
	done
	run -2 dcm-scrub -k key --documents keep -o out.dcm pdf.dcm
}

@test "--documents drop leaves files with documents out, says so and logs it, and is no failure" {
	cp "$PYDICOM/test_files/CT_small.dcm" ct.dcm
	run -0 dcm-scrub -k key --documents drop -O out -l log "${KNOWN[@]}" other.dcm none.dcm ct.dcm
	[ "$(find out -type f)" = out/ct.dcm ]
	[ "$(grep -c 'dropped: it holds an encapsulated document (0042,0011)' <<<"$output")" -eq 8 ]
	run -0 jq -r 'select(.dropped) | "\(.file) \(.dropped)"' log
	[ "${lines[0]}" = "pdf.dcm document" ]
	[ "${#lines[@]}" -eq 8 ]
	run -0 dcm-report -o report.txt log
	grep -qE 'files refused +8$' report.txt
}

@test "--documents dummy leaves no word of the document, and a true length, type and mark" {
	run -0 dcm-scrub -k key --documents dummy -O out "${KNOWN[@]}"
	run -1 grep -aiE 'Jane|Doe' out/*.dcm
	grep -aqE 'Jane' cda.dcm
	run -0 take out/pdf.dcm
	[ "$output" = "application/pdf NO '' False" ]
	run -0 take out/cda.dcm
	[ "$output" = "text/XML NO '' False" ]
	run -0 take out/stl.dcm
	[ "$output" = "model/stl NO '' False" ]
}

@test "a dummy PDF is opened by poppler, has one page and says that it stands for another" {
	run -0 dcm-scrub -k key --documents dummy -O out pdf.dcm large.dcm
	run -0 take out/pdf.dcm
	run -0 --separate-stderr pdfinfo out/pdf.dcm.document
	[[ $output =~ Pages:\ +1 ]]
	[ -z "$stderr" ]
	run -0 pdftotext out/pdf.dcm.document -
	[[ $output == *"The document was removed."* ]]
	run -0 take out/large.dcm
	cmp out/pdf.dcm.document out/large.dcm.document
}

@test "a dummy CDA is well-formed, and its id is that which the file names" {
	run -0 dcm-scrub -k key --documents dummy -o out.dcm cda.dcm
	run -0 take out.dcm
	run -0 xmllint --xpath 'string(/*[local-name()="ClinicalDocument"]/*[local-name()="id"]/@root)' out.dcm.document
	run -0 py "print(pydicom.dcmread('out.dcm').HL7InstanceIdentifier == '$output')"
	[ "$output" = True ]
}

@test "dummy models are one triangle, and a material" {
	run -0 dcm-scrub -k key --documents dummy -O out stl.dcm obj.dcm mtl.dcm
	for n in stl obj mtl; do
		run -0 take out/$n.dcm
	done
	run -0 py "
b = open('out/stl.dcm.document', 'rb').read()
n, = struct.unpack('<I', b[80:84])
print(n, len(b) == 84 + 50 * n, b[:5] != b'solid', struct.unpack('<12f', b[84:132]))"
	[ "$output" = "1 True True (0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)" ]
	[ "$(grep -c '^v ' out/obj.dcm.document) $(grep -c '^f 1 2 3$' out/obj.dcm.document)" = "3 1" ]
	grep -q '^newmtl removed$' out/mtl.dcm.document
}

@test "a document of another MIME type, or of none, has no dummy and is refused" {
	run -2 dcm-scrub -k key --documents dummy -O out other.dcm none.dcm pdf.dcm
	[ "${#lines[@]}" -eq 2 ]
	[[ $output != *msword* ]]
	[ "$(find out -type f)" = out/pdf.dcm ]
}

@test "a document in a sequence is found, too" {
	py "
o = pydicom.dcmread('$PYDICOM/test_files/CT_small.dcm')
i = Dataset()
i.EncapsulatedDocument, i.MIMETypeOfEncapsulatedDocument = b'%PDF Jane Doe ', 'application/pdf'
o.SourceImageSequence = [i]
o.save_as('nested.dcm')"
	run -2 dcm-scrub -k key -o out.dcm nested.dcm
	run -0 dcm-scrub -k key --documents drop -o out.dcm nested.dcm
	[ ! -e out.dcm ]
	run -0 dcm-scrub -k key --documents dummy -o out.dcm nested.dcm
	run -1 grep -a 'Jane' out.dcm
}

@test "scrubbing a file with a dummy again changes nothing" {
	run -0 dcm-scrub -k key --documents dummy -O one "${KNOWN[@]}"
	run -0 dcm-scrub -k key --documents dummy -O two one/*.dcm
	for f in one/*.dcm; do
		cmp "$f" "two/${f#one/}"
	done
}
