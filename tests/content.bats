load helper

# Objects with content come from content.py, which reads the table of share/ in its
# own way, and judges what became of them by pydicom.
content_py() {
	/usr/bin/python3 "$ROOT/tests/content.py" "$@"
}

setup_file() {
	content_py write "$BATS_FILE_TMPDIR/in"
	content_py overlays "$BATS_FILE_TMPDIR/planes"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	cp -r "$BATS_FILE_TMPDIR"/* .
	(umask 077 && printf %s 0123456789abcdef0123456789abcdef >key)	# no secret
}

# clean_by OPTIONS IN OUT: by the options of --retain, then descriptors; or none.
clean_by() {
	local retain=${1%descriptors} clean=structured
	[[ $1 != *descriptors ]] || clean+=,descriptors
	retain=${retain%,}
	retain=${retain/none/}
	dcm-scrub -k key --clean $clean ${retain:+--retain $retain} -o "$3" "$2"
}

# errors FILE: dciodvfy's, without values.
errors() {
	dciodvfy "$1" 2>&1 | grep '^Error' | sed 's/<[0-9.]*>//g; s/UID [0-9.]*$/UID/' | sort -u
}

@test "each row of Table E.3.4-1 is obeyed under each option, by old codes and by meaning too" {
	set --
	for o in none uids device institution patient full-dates modified-dates descriptors \
	    uids,device,institution,patient,full-dates device,modified-dates,descriptors; do
		run -0 clean_by $o in/table.dcm $o.dcm
		set -- "$@" $o in/table.dcm $o.dcm
	done
	run -0 content_py judge "$@"
	[ "${#lines[@]}" = 10 ]
	for l in "${lines[@]}"; do
		[ "$l" = "460 items, 0 wrong" ]	# 214, 11 of retired codes under three schemes, 213 by meaning
	done
}

@test "control: the judge finds what was not cleaned, what was taken without need, and another option" {
	clean_by none in/table.dcm basic.dcm
	clean_by uids in/table.dcm uids.dcm
	run -1 content_py judge none in/table.dcm in/table.dcm none in/table.dcm uids.dcm \
	    device in/table.dcm uids.dcm uids in/table.dcm basic.dcm
	grep items <<<"$output" >found
	sed -i 's/460 items, \(.*\) wrong/\1/' found
	mapfile -t wrong <found
	[ "${wrong[0]}" = 460 ]
	for n in "${wrong[@]:1}"; do	# 62 rows are kept with UIDs, by code and by meaning
		[ "$n" -ge 124 ]
	done
}

@test "items go with what refers to them, and references to others are put right" {
	run -0 dcm-scrub -k key --clean structured -o out.dcm in/tree.dcm
	content_py show out.dcm | sed 's/2\.25\.[0-9]*/NEW/; s/Identifier: .*/Identifier: TEXT/' >tree
	diff - tree <<-END
	1 CONTAINER Imaging Measurement Report: CONTAINER
	1.1 PNAME Person Observer Name: ANON
	1.2 CONTAINER Measurement Group: CONTAINER
	1.2.1 TEXT Tracking Identifier: TEXT
	1.2.2 UIDREF Tracking Unique Identifier: TEXT
	1.2.3 NUM Length: 12.5
	1.2.3.1 IMAGE Source of Measurement: NEW
	1.3 TEXT Conclusion: ANON
	1.3.1 -> 1.2.3
	1.4 NUM Age at visit: 90
	1.5 NUM Age at visit: 89
	1.6 PNAME Told by: ANON
	1.7 DATE Seen on: 19000101
	1.8 CODE Finding: 27925004
	1.9 TEXT Subject ID: ANON
	1.10 TEXT Observer Organization Name: ANON
	1.11 CODE Hospital: ANON
	1.12 CODE Side: 8
	1.13 TEXT Radiologist comment: nodule of 12 mm
	1.14 CODE Comment: ANON
	1.15 NUM Length: 7.25
	1.15.1 -> 1.8
	1.15.2 -> 1.13
	END
	run ! grep -aE 'Jane|Kildare|Fernwood|4711|1\.2\.3\.4' out.dcm
	# DCMTK checks each reference, and warns.
	run -0 dsrdump +Pn out.dcm
	run ! grep -E '^[WE]: ' <<<"$output"
	run -0 dsrdump +Pn out.dcm
	for n in 1.2.3 1.8 1.13; do
		[[ $output == *"<inferred from $n>"* ]]
	done
}

@test "with descriptors the words of texts stay, and those that identify go" {
	run -0 dcm-scrub -k key --clean structured,descriptors,graphics -O out in/tree.dcm in/ko.dcm in/gsps.dcm in/ecg.dcm
	content_py show out/tree.dcm >tree
	grep -qx '1.2.1 TEXT Tracking Identifier: Lesion A of' tree
	grep -qx '1.2.3 TEXT Comment: nodule of 12 mm in' tree
	grep -qx '1.3 TEXT Conclusion: nodule of 12 mm in' tree
	grep -qx '1.3.2 -> 1.2.3' tree
	content_py show out/ko.dcm >ko
	grep -qx '1.2 TEXT Key Object Description: nodule of 12 mm in' ko
	run -0 dcmdump +P 0070,0006 +P 0070,0081 +P 0070,0068 out/gsps.dcm
	[ "$(grep -c 'nodule of 12 mm in\]' <<<"$output")" = 2 ]
	[[ $output == *"[marks on]"* ]]
	run -0 dcmdump +P 0070,0006 +P 003a,0203 out/ecg.dcm
	[[ $output == *"[sinus rhythm of]"* && $output == *"[ectopic beat of]"* && $output == *"[lead I of]"* ]]
	run ! grep -aE 'Jane|Doe|DOE|Kildare' out/*.dcm
}

@test "a patient called Text Point leaves reports and drawings what they are" {
	/usr/bin/python3 -c "
import pydicom
for f in 'tree', 'gsps':
    d = pydicom.dcmread('in/%s.dcm' % f)
    d.PatientName = 'Text^Point^Contains'
    if f == 'gsps':
        d.GraphicAnnotationSequence[0].GraphicObjectSequence[0].GraphicType = 'POINT'
    d.save_as(f + '.dcm')"
	run -0 dcm-scrub -k key --clean structured,descriptors,graphics -O out tree.dcm gsps.dcm
	run -0 dcmdump +P 0070,0023 out/gsps.dcm
	[[ $output == *"[POINT]"* ]]
	diff <(dcmdump +P 0040,a040 +P 0040,a010 out/tree.dcm) <(dcm-scrub -k key --clean structured,descriptors in/tree.dcm | dcmdump +P 0040,a040 +P 0040,a010 -)
}

@test "items outside of reports are found, with a value type or without" {
	run -0 dcm-scrub -k key --clean structured -o out.dcm in/context.dcm
	run -0 /usr/bin/python3 -c "
import pydicom
d = pydicom.dcmread('out.dcm')
for i in d.AcquisitionContextSequence:
    print(i.ConceptNameCodeSequence[0].CodeMeaning, i.get('PersonName', ''), i.get('NumericValue', ''))
step = d.SpecimenDescriptionSequence[0].SpecimenPreparationSequence[0]
print([i.TextValue for i in step.SpecimenPreparationStepContentItemSequence])"
	[ "$output" = "$(printf '%s\n' 'Subject Name ANON ' 'Stress  7' "['ANON']")" ]
	run -0 dcm-scrub -k key -o out.dcm in/context.dcm
	run -0 /usr/bin/python3 -c "
import pydicom
d = pydicom.dcmread('out.dcm')
print('AcquisitionContextSequence' in d, len(d.SpecimenDescriptionSequence[0].SpecimenPreparationSequence))"
	[ "$output" = "False 0" ]
}

@test "annotations of waveforms stay without words, and numbers with theirs" {
	run -0 dcm-scrub -k key --clean structured -o out.dcm in/ecg.dcm
	run -0 /usr/bin/python3 -c "
import pydicom
d, a = pydicom.dcmread('out.dcm'), pydicom.dcmread('in/ecg.dcm')
for i in d.WaveformAnnotationSequence:
    print(i.get('UnformattedTextValue', ''), i.get('NumericValue', ''), list(i.ReferencedWaveformChannels))
print(d.WaveformSequence[0].WaveformData == a.WaveformSequence[0].WaveformData)"
	[ "$output" = "$(printf '%s\n' ' 61 [1, 0]' 'ANON  [1, 0]' 'ANON  [1, 0]' True)" ]
	run ! grep -aE 'Jane|Doe' out.dcm
}

@test "sound is refused, by SOP class, modality or coding" {
	/usr/bin/python3 -c "
import pydicom
for name, change in (('class', lambda d: setattr(d, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.9.4.1')),
                     ('general', lambda d: setattr(d, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.9.4.2')),
                     ('modality', lambda d: setattr(d, 'Modality', 'AU')),
                     ('coding', lambda d: setattr(d.WaveformSequence[1], 'WaveformSampleInterpretation', 'MB'))):
    d = pydicom.dcmread('in/ecg.dcm')
    change(d)
    d.save_as(name + '.dcm')"
	for f in class general modality coding; do
		run -2 dcm-scrub -k key --clean structured -o out.dcm $f.dcm
		[[ $output == *"cannot be cleaned" ]]
		[ ! -e out.dcm ]
	done
}

@test "graphics of a presentation state stay to the point, and its texts lose their words" {
	run -0 dcm-scrub -k key --clean graphics -o out.dcm in/gsps.dcm
	run -0 /usr/bin/python3 -c "
import pydicom
g = pydicom.dcmread('out.dcm').GraphicAnnotationSequence[0]
print([float(v) for v in g.GraphicObjectSequence[0].GraphicData], g.GraphicObjectSequence[0].GraphicType, g.GraphicLayer)
print(g.TextObjectSequence[0].UnformattedTextValue, [float(v) for v in g.TextObjectSequence[0].AnchorPoint])"
	[ "$output" = "$(printf '%s\n' '[1.5, 2.0, 30.0, 40.25] POLYLINE ONE' 'ANON [3.0, 4.0]')" ]
	run ! grep -aE 'Jane|Doe|DOE|Kildare' out.dcm
}

@test "structures and segments keep what they are called, not of whom, and their references resolve" {
	run -0 dcm-scrub -k key --clean descriptors -O out in/rtstruct.dcm in/context.dcm
	run -0 /usr/bin/python3 -c "
import pydicom
d, c = pydicom.dcmread('out/rtstruct.dcm'), pydicom.dcmread('out/context.dcm')
roi, seen, f = d.StructureSetROISequence[0], d.RTROIObservationsSequence[0], d.ReferencedFrameOfReferenceSequence[0]
print(roi.ROIName, '|', roi.ROIDescription, '|', seen.ROIObservationLabel, '|', d.StructureSetLabel, '|', d.StructureSetDescription)
print(d.SegmentSequence[0].SegmentLabel, '|', d.SegmentSequence[0].SegmentDescription)
study, series = f.RTReferencedStudySequence[0], f.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
print(f.FrameOfReferenceUID == roi.ReferencedFrameOfReferenceUID == c.FrameOfReferenceUID,
      study.ReferencedSOPInstanceUID == c.StudyInstanceUID, series.SeriesInstanceUID == c.SeriesInstanceUID,
      series.ContourImageSequence[0].ReferencedSOPInstanceUID == c.SOPInstanceUID)
print([float(v) for v in d.ROIContourSequence[0].ContourSequence[0].ContourData])"
	[ "$output" = "$(printf '%s\n' 'GTV | right lung | GTV | plan | boost for' 'GTV | lesion of' \
	    'True True True True' '[1.0, 2.0, 3.5, 4.0, 5.0, 6.0]')" ]
	run ! grep -aE 'Jane|Doe|Kildare' out/rtstruct.dcm
}

@test "overlays keep every point but those of their text, in every byte order, also large ones" {
	run -0 dcm-scrub -k key --clean graphics -O out planes/*.dcm
	set --
	for f in plain frames big large bad-short bad-bits; do
		set -- "$@" planes/$f.dcm out/$f.dcm
	done
	run -0 content_py look "$@"
	for ((i = 0; i < 12; i += 3)); do
		[ "${lines[i]}" = "text 0 drawings 0 new 0 rest 0" ]
		[[ ${lines[i + 1]} == "label contour type G size "* ]]
		[ "${lines[i + 2]}" = "says ['outline of', 'drawn for'] pixels True" ]
	done
	# Shorter than it says; in bits of Pixel Data.
	[ "${lines[12]} ${lines[13]}" = "no overlay; pixels True no overlay; pixels True" ]
	run -0 dcm-scrub -k key -o out.dcm planes/plain.dcm
	run -0 content_py look planes/plain.dcm out.dcm
	[ "$output" = "no overlay; pixels True" ]
}

@test "control: text that stays in an overlay is counted" {
	run -0 content_py look planes/plain.dcm planes/plain.dcm
	[[ ${lines[0]} == "text "[1-9]*" drawings 0 new 0 rest "[1-9]* ]]
}

@test "a curve stays if it is a list of numbers, and its sound never" {
	/usr/bin/python3 -c "
import struct, pydicom
for name, kind, points, data in (('flow', 'FLOW', 3, struct.pack('<3H', 7, 8, 9)), ('odd', 'VOICE', 3, b'x' * 6),
                                 ('long', 'FLOW', 3, b'x' * 60)):
    d = pydicom.dcmread('$PYDICOM/test_files/MR_small.dcm')
    for e, vr, v in ((0x5, 'US', 1), (0x10, 'US', points), (0x20, 'CS', kind), (0x103, 'US', 0), (0x200c, 'OW', b'voice!'),
                     (0x3000, 'OW', data)):
        d.add_new((0x5002, e), vr, v)
    d.save_as(name + '.dcm')"
	run -0 dcm-scrub -k key --clean graphics -O out flow.dcm odd.dcm long.dcm
	run -0 /usr/bin/python3 -c "
import pydicom
for name in 'flow', 'odd', 'long':
    d = pydicom.dcmread('out/%s.dcm' % name)
    print(['%04X' % e.tag.elem for e in d if e.tag.group == 0x5002])"
	[ "$output" = "$(printf '%s\n' "['0005', '0010', '0020', '0103', '3000']" '[]' '[]')" ]
}

@test "the log tells what went by tag, path and rule" {
	run -0 dcm-scrub -k key --clean structured,graphics -l log -O out in/tree.dcm planes/plain.dcm
	jq -r '.actions[] | "\(.path) \(.rule) \(.action)"' log >actions
	grep -qx '(0040,A730) X remove item' actions
	grep -qx '(0040,A730)/(0040,A730) reference remove item' actions
	grep -qx '(0040,A730)/(0040,A300)/(0040,A30A) age dummy' actions
	grep -qx '(6000,3000) C clean' actions
	run ! grep -E 'Jane|Doe|4711' log
}

@test "dciodvfy has nothing to say of the outputs that it did not say of the inputs" {
	cp "$PYDICOM"/test_files/{reportsi,test-SR,rtstruct}.dcm in
	run -0 dcm-scrub -k key --clean structured,descriptors,graphics -O out in/*.dcm
	for f in in/*.dcm; do
		errors "$f" >before
		errors "out/${f#in/}" >after
		run -0 comm -13 before after
		[ -z "$output" ] || { echo "$f: $output"; false; }
	done
}

@test "cleaning again gives the same bytes, from implicit and big endian too" {
	cp planes/plain.dcm planes/big.dcm in
	dcmconv +ti in/tree.dcm in/implicit.dcm
	dcmconv +tb in/tree.dcm in/bigtree.dcm
	run -0 dcm-scrub -k key --clean structured,graphics -O one in/*.dcm
	run -0 dcm-scrub -k key --clean structured,graphics -O two one/*.dcm
	diff -r one two
	for f in tree implicit bigtree; do
		content_py show one/$f.dcm >$f
		cmp $f tree
	done
}
