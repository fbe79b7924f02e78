load helper

# One object with nesting, dates and private blocks, made and read by pydicom
# (policy.py); what a rule did is seen beside the same run without it.
KEY=0123456789abcdef0123456789abcdef	# no secret: it makes the tests repeatable

setup_file() {
	policy_py make "$BATS_FILE_TMPDIR/in.dcm"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	(umask 077 && printf %s $KEY >key)
	cp "$BATS_FILE_TMPDIR/in.dcm" .
}

policy_py() {
	/usr/bin/python3 "$ROOT/tests/policy.py" "$@"
}

# scrub [OPTION ...]: in.dcm by the policy on stdin to out.dcm, with a log.
scrub() {
	cat >policy
	rm -f log out.dcm
	dcm-scrub -k key --policy policy -l log "$@" -o out.dcm in.dcm
}

# want: each line on stdin, PATH = VALUE, PATH != VALUE or PATH ~ REGEX, is true of
# out.dcm as pydicom reads it; "-" is an absent element, nothing an empty one.
want() {
	policy_py want out.dcm
}

# value GGGG,EEEE FILE: the text that dcmdump shows at the top level.
value() {
	dcmdump -q +p +P "$1" "$2" | sed -n "s/^($1) .. \[\(.*\)\] *#.*/\1/p"
}

# lint: the findings of the policy on stdin, less the file's name, in $output.
lint() {
	cat >policy
	run dcm-scrub --check-policy policy
	output=${output//policy:/}
}

@test "control: without a policy the same object is what the profile makes of it" {
	dcm-scrub -k key -o out.dcm in.dcm
	want <<-'E'
	PatientAge = -
	PatientBirthDate =
	StudyDate =
	SeriesDescription = -
	SliceThickness = 2.5
	(0043,1027) = -
	SourceImageSequence = -
	RequestAttributesSequence = -
	StudyDate != 20200315
	E
}

@test "elements are selected by keyword, tag and glob, at any depth or at the top" {
	scrub <<-E
	StationName keep
	(0018,1030) keep
	00081070 keep
	Patient?ex keep
	SourceImageSequence keep
	PurposeOfReferenceCodeSequence keep
	SeriesDescription keep
	/StudyDate keep
	E
	want <<-'E'
	StationName = STATION9
	ProtocolName = HEAD routine
	OperatorsName = Op^Erator
	PatientSex = F
	SeriesDescription = T1 axial
	SourceImageSequence/PurposeOfReferenceCodeSequence/SeriesDescription = nested
	StudyDate = 20200315
	SourceImageSequence/PurposeOfReferenceCodeSequence/StudyDate != 20200315
	E
}

@test "elements are selected by VR, group and tags with wildcards" {
	scrub <<-E
	vr:DA keep
	group:0010 keep
	(0018,10**) keep
	60xx3000 keep
	(60xx,0010) keep
	E
	want <<-'E'
	StudyDate = 20200315
	PatientBirthDate = 19610704
	PatientComments = Jane Doe has asthma
	DeviceSerialNumber = SN-5
	(6000,0010) = 2
	E
	run dcmdump +P 6002,3000 out.dcm
	[[ $output == *6002,3000* ]]
	want <<-'E'
	InstitutionName = -
	E
}

@test "wildcards of groups do not reach private ones" {
	scrub <<-E
	(00xx,*) keep
	E
	want <<-'E'
	(0043,1027) = -
	(0045,1001) = -
	InstitutionName = Hospital
	E
}

@test "private elements are selected by creator, and take it along" {
	scrub <<-E
	(0043,"GEMS_PARM_01",27) keep
	(00xx,"LON*",**) shift
	E
	want <<-'E'
	(0043,0010) = GEMS_PARM_01
	(0043,1027) = 1.375:1
	(0043,1028) = -
	(0043,0011) = -
	(0043,1127) = -
	(0045,0010) = LONE
	(0045,1001) != 20200315
	(0045,1001) != -
	E
	scrub <<<'private:"ACME*" keep'
	want <<-'E'
	(0043,1127) = acme
	(0043,1027) = -
	E
	scrub <<<'private keep'
	want <<-'E'
	(0043,1028) = other
	(0043,1127) = acme
	E
}

@test "paths select within sequences" {
	scrub <<-E
	SourceImageSequence/**/PatientName replace "IN^SIDE"
	E
	want <<-'E'
	SourceImageSequence/PurposeOfReferenceCodeSequence/PatientName = IN^SIDE
	PatientName != IN^SIDE
	E
	scrub <<<'SourceImageSequence/*/SeriesDescription keep'
	want <<-'E'
	SourceImageSequence/PurposeOfReferenceCodeSequence/SeriesDescription = nested
	SeriesDescription = -
	E
	scrub <<<'/PurposeOfReferenceCodeSequence/SeriesDescription keep'
	want <<-'E'
	SourceImageSequence = -
	E
}

@test "a path holds back the sequence that it leads into, and that alone of it" {
	scrub <<-E
	RequestAttributesSequence/ScheduledProcedureStepDescription keep
	E
	want <<-'E'
	RequestAttributesSequence/ScheduledProcedureStepDescription = Brain protocol
	DeidentificationMethodCodeSequence = -
	E
	# Some IOD demands the id there.
	want <<-'E'
	RequestAttributesSequence/ScheduledProcedureStepID = ANON
	RequestAttributesSequence/RequestedProcedureDescription = -
	E
	# Nothing left in it: it goes, and a selector without a path holds nothing.
	scrub <<<'RequestAttributesSequence/ScheduledProcedureStepDescription keep if Modality = MR'
	want <<-'E'
	RequestAttributesSequence = -
	E
	scrub <<<'RequestAttributesSequence/CommentsOnTheScheduledProcedureStep keep'
	want <<-'E'
	RequestAttributesSequence = -
	DeidentificationMethodCodeSequence/CodeValue = 113100
	E
	scrub <<<'ScheduledProcedureStepDescription keep'
	want <<-'E'
	RequestAttributesSequence = -
	E
	scrub <<<'RequestAttributesSequence/** keep'
	want <<-'E'
	RequestAttributesSequence/ScheduledProcedureStepID = SPS1
	E
}

@test "every action does what it says" {
	scrub <<-'E'
	PatientSex keep
	SliceThickness remove
	Manufacturer empty
	KVP dummy
	StationName replace "A \"B\""
	InstitutionName replace "Universität"
	DeviceSerialNumber hash
	FrameOfReferenceUID uid
	StudyDate shift
	AcquisitionDateTime round month
	ContentDate round year
	PatientComments clean
	PatientAge round 5
	PatientWeight round 5
	PatientSize round 0.05
	PatientBirthDate round year
	StudyTime keep
	E
	want <<-'E'
	PatientSex = F
	SliceThickness = -
	Manufacturer =
	KVP = 0
	StationName = A "B"
	InstitutionName = Universität
	DeviceSerialNumber ~ ^[0-9A-Z]{16}$
	FrameOfReferenceUID ~ ^2\.25\.[0-9]+$
	AcquisitionDateTime = 202003
	ContentDate = 20200101
	PatientAge = 055Y
	PatientWeight = 70
	PatientSize = 1.65
	PatientBirthDate = 19610101
	StudyTime = 101500
	StudyDate ~ ^20[0-9]{6}$
	StudyDate != 20200315
	E
	# The whole days of the patient, as --dates shift has them.
	dcm-scrub -k key --dates shift -o shifted.dcm in.dcm
	[ "$(value 0008,0020 shifted.dcm)" = "$(value 0008,0020 out.dcm)" ]
	[[ $(value 0010,4000 out.dcm) == *"has asthma" && $(value 0010,4000 out.dcm) != *Doe* ]]
	# Replacements are in the file's own character set: bytes of ISO 8859-1.
	LC_ALL=C grep -qaP 'Universit\xe4t' out.dcm
}

@test "profile takes back what an earlier line said" {
	scrub <<-E
	Patient* keep
	PatientComments profile
	E
	want <<-'E'
	PatientSex = F
	PatientComments = -
	E
}

@test "ages over 89 are rounded to 090Y, months and weeks to years" {
	for pair in 093Y:090Y 089Y:085Y 090Y:090Y 130M:010Y 030D:000Y 100W:000Y; do
		dcmodify -nb -m PatientAge=${pair%:*} in.dcm
		scrub <<<'PatientAge round 5'
		[ "$(value 0010,1010 out.dcm)" = ${pair#*:} ]
	done
}

@test "a value that cannot be read as what it should be is not let through" {
	policy_py make in.dcm
	dcmodify -nb -m PatientAge=old -m StudyDate=spring -m PatientWeight=heavy in.dcm 2>/dev/null
	scrub <<-E
	PatientAge round 5
	StudyDate shift
	PatientWeight round 5
	E
	want <<-'E'
	PatientAge =
	StudyDate = 19000101
	PatientWeight =
	E
}

@test "an action names only elements on whose VR it means something" {
	scrub <<-E
	(0008,*) shift
	group:0010 replace "999Y"
	E
	want <<-'E'
	Manufacturer = MAKER
	Modality = CT
	StudyDate ~ ^20[0-9]{6}$
	PatientAge = 999Y
	PatientWeight = -
	E
	run dciodvfy out.dcm
	[[ $output != *"Value invalid for this VR"* ]]
}

@test "later lines win over earlier ones, whatever is narrower" {
	scrub <<-E
	vr:DA keep
	StudyDate remove
	ContentDate empty
	(0008,002x) keep if Modality = CT
	SliceThickness remove
	SliceThickness keep if Modality = MR
	E
	want <<-'E'
	StudyDate = 20200315
	ContentDate = 20200316
	SliceThickness = -
	E
}

@test "conditions compare, search, and ask whether there is a value" {
	while read -r holds condition; do
		echo "StationName keep if $condition" >policy
		dcm-scrub -k key --policy policy -o out.dcm in.dcm
		[ "$(value 0008,1010 out.dcm)" = "$([ "$holds" = 0 ] || echo STATION9)" ] ||
			{ echo "$condition"; false; }
	done <<-'E'
	1 Modality = CT
	0 Modality = MR
	1 Modality != MR
	1 SOPClassUID = CTImageStorage
	1 SOPClassUID = "CT Image Storage"
	1 SOPClassUID = 1.2.840.10008.5.1.4.1.1.2
	0 SOPClassUID = MRImageStorage
	1 ImageType = AXIAL
	0 ImageType = "AXIAL PRIMARY"
	1 PatientWeight = 73.40
	1 Rows = 2
	0 Rows = 3
	1 (0008,103E) ~ "^T1"
	1 SeriesDescription ~ "(?i)AXIAL$"
	0 SeriesDescription !~ "T1"
	1 PatientSex exists
	0 PatientSex absent
	1 EthnicGroup absent
	1 EthnicGroup != NONE
	0 EthnicGroup = NONE
	1 (0043,"GEMS_PARM_01",27) ~ "^1\.375"
	0 (0043,"OTHER",27) exists
	1 Modality=CT and PatientSex=F
	0 Modality=CT and PatientSex=M
	1 PatientName = "Doe^Jane"
	E
}

@test "conditions read text in the file's character set" {
	policy_py make in.dcm InstitutionName=Universität
	scrub <<<'StationName keep if InstitutionName = "Universität" and InstitutionName ~ "it.t$"'
	want <<-'E'
	StationName = STATION9
	E
	policy_py make in.dcm SpecificCharacterSet='ISO_IR 192' InstitutionName=大学病院
	scrub <<<'StationName keep if InstitutionName ~ "^大学..$"'
	want <<-'E'
	StationName = STATION9
	E
}

@test "conditions see the object as it was" {
	scrub <<-E
	Modality replace "OT"
	ImageType empty
	StationName keep if Modality = CT and ImageType = AXIAL
	E
	want <<-'E'
	Modality = OT
	StationName = STATION9
	E
}

@test "a condition that cannot be decided refuses the file" {
	policy_py make in.dcm PatientComments="$(printf 'a%.0s' {1..60})b"
	echo 'StationName keep if PatientComments ~ "^(a+)+$"' >policy
	run -2 dcm-scrub -k key --policy policy -o out.dcm in.dcm
	[[ $output == *"cannot be searched"* && $output != *aaa* ]]
	[ ! -e out.dcm ]
}

@test "an allow-list lets through what it names, and what makes an object" {
	scrub <<-E
	default remove
	SliceThickness keep
	StationName keep
	KVP profile
	PatientComments profile
	SourceImageSequence/PurposeOfReferenceCodeSequence/SeriesDescription keep
	E
	want <<-'E'
	SliceThickness = 2.5
	StationName = STATION9
	KVP = 120
	PatientComments = -
	SourceImageSequence/PurposeOfReferenceCodeSequence/SeriesDescription = nested
	SourceImageSequence/DerivationDescription = -
	ProtocolName = -
	PatientWeight = -
	PatientAge = -
	PatientSex =
	StudyDate =
	Modality = CT
	Rows = 2
	(0043,1027) = -
	PatientID ~ ^[0-9A-Z]{16}$
	SOPInstanceUID ~ ^2[.]25[.]
	E
	cmp <(dcmdump +P 7fe0,0010 in.dcm) <(dcmdump +P 7fe0,0010 out.dcm)
}

@test "control: with the options of the profile alone more than the allow-list has stays" {
	dcm-scrub -k key --retain patient,device -o out.dcm in.dcm
	want <<-'E'
	PatientSex = F
	PatientWeight = 73.4
	E
	scrub --retain patient,device <<<'default remove'
	want <<-'E'
	PatientSex =
	PatientWeight = -
	DeviceSerialNumber = ANON
	E
	scrub --retain patient,device <<<$'default remove\ndefault profile if Modality = CT'
	want <<-'E'
	PatientWeight = 73.4
	E
}

@test "allow-listed objects of many IODs stay readable, and dciodvfy finds nothing new" {
	echo 'default remove' >policy
	for f in CT_small MR_small rtplan waveform_ecg JPEG2000 SC_rgb_rle_2frame; do
		dcm-scrub -k key --policy policy -o $f.dcm "$PYDICOM/test_files/$f.dcm"
		dcmdump -q $f.dcm >/dev/null
		for d in "$PYDICOM/test_files/$f.dcm" $f.dcm; do
			{ dciodvfy "$d" 2>&1 || true; } | sed -n 's/^Error - //p' | sort -u >"$(basename "$(dirname "$d")").errors"
		done
		[ -z "$(comm -13 test_files.errors ..errors)" ]
		# Again, by the same policy: the same bytes.
		dcm-scrub -k key --policy policy -o again.dcm $f.dcm
		cmp $f.dcm again.dcm
	done
}

@test "what a policy cannot decide stays as it is under any rule" {
	scrub <<-E
	vr:UI uid
	(xxxx,xxxx) remove
	private remove
	E
	want <<-'E'
	SOPClassUID = 1.2.840.10008.5.1.4.1.1.2
	Rows = 2
	SpecificCharacterSet = ISO_IR 100
	PatientIdentityRemoved = YES
	PatientName = -
	E
	cmp <(dcmdump +P 7fe0,0010 in.dcm) <(dcmdump +P 7fe0,0010 out.dcm)
	want <<-'E'
	SOPInstanceUID ~ ^2[.]25[.]
	E
	for tag in 0002,0010 0008,0005 0008,0016 0012,0062 0028,0303 0028,0010 7FE0,0010 0018,0000 FFFA,FFFA 0043,0010; do
		lint <<<"($tag) keep"
		[ "$status" -eq 1 ]
		[[ $output == *error* ]]
	done
	for action in remove empty 'replace "1.2"'; do
		lint <<<"SOPInstanceUID $action"
		[ "$status" -eq 1 ]
	done
}

@test "what a rule lets through is logged by its line, and costs the claim of the profile" {
	scrub <<-E
	# its line is 2
	SeriesDescription keep
	E
	run -0 jq -r '.actions[] | select(.rule | startswith("policy")) | [.tag, .rule, .action] | join(" ")' log
	[ "$output" = "(0008,103E) policy:2 keep" ]
	want <<-'E'
	DeidentificationMethod ~ ^unphi: PS3.15 Basic Profile, weakened by a site policy\\
	DeidentificationMethodCodeSequence = -
	LongitudinalTemporalInformationModified = REMOVED
	E
	run ! grep -q "T1 axial" log
	# Rules that only take away, or that let nothing through in this file, cost nothing.
	scrub <<<$'SliceThickness remove\nSeriesDescription keep if Modality = MR\nEthnicGroup keep'
	want <<-'E'
	DeidentificationMethodCodeSequence/CodeValue = 113100
	E
	# An option that keeps it anyway is no weakening.
	scrub --retain patient <<<'PatientSex keep'
	want <<-'E'
	DeidentificationMethodCodeSequence/CodeValue = 113100
	E
}

@test "dates let through otherwise than the run's are said to be modified" {
	scrub <<<'StudyDate keep'
	want <<-'E'
	LongitudinalTemporalInformationModified = MODIFIED
	E
	scrub --dates keep <<<'StudyDate keep'
	want <<-'E'
	LongitudinalTemporalInformationModified = UNMODIFIED
	E
	scrub --dates keep <<<'StudyDate round year'
	want <<-'E'
	LongitudinalTemporalInformationModified = MODIFIED
	E
}

@test "an object is the same by a policy in any run, and again" {
	cat >policy <<-E
	PatientName replace "TRIAL^1"
	AccessionNumber hash
	DeviceSerialNumber hash
	PatientAge round 5
	SeriesDescription clean
	StudyDate shift
	private:"GEMS*" keep
	E
	dcm-scrub -k key --policy policy -o a.dcm in.dcm
	dcm-scrub -k key --policy policy -o b.dcm in.dcm
	cmp a.dcm b.dcm
	dcm-scrub -k key --policy policy -o c.dcm a.dcm
	cmp a.dcm c.dcm
}

@test "dates that a policy kept can still be moved; those that it moved are not moved again" {
	scrub <<<'StudyDate keep'
	dcm-scrub -k key --dates shift -o second.dcm out.dcm
	dcm-scrub -k key --dates shift -o shifted.dcm in.dcm
	[ "$(value 0008,0020 second.dcm)" = "$(value 0008,0020 shifted.dcm)" ]
	scrub <<<'StudyDate shift'
	dcm-scrub -k key --dates shift -o second.dcm out.dcm
	[ "$(value 0008,0020 second.dcm)" = "$(value 0008,0020 shifted.dcm)" ]
}

@test "a replacement that the file's character set lacks refuses the file" {
	echo 'InstitutionName replace "大学"' >policy
	run -2 dcm-scrub -k key --policy policy -o out.dcm in.dcm
	[[ $output == *"character set cannot hold what line 1"* ]]
	[ ! -e out.dcm ]
	policy_py make in.dcm SpecificCharacterSet='ISO_IR 192'
	scrub <<<'InstitutionName replace "大学"'
	want <<<'InstitutionName = 大学'
}

@test "the lint names what is wrong, by line" {
	expect() {	# LINE LEVEL WORDS, of the policy on stdin
		lint
		[ "$status" -eq 1 ]
		[[ $output == *"$1: $2: "*"$3"* ]] || { echo "$output"; false; }
	}
	expect 1 error "is it PatientName?" <<<'PatientNam keep'
	expect 1 error "is it SeriesDescription?" <<<'seriesdescription keep'
	expect 1 error "no keyword of PS3.6 is like" <<<'Xyzzy* keep'
	expect 1 error "four digits" <<<'(0010,00G0) keep'
	expect 1 error "a tag is" <<<'(0010 keep'
	expect 1 warning "no attribute of PS3.6" <<<'(0010,9999) keep'
	expect 1 error "no VR" <<<'vr:XX keep'
	expect 1 error "no action" <<<'PatientName kepe'
	expect 1 error "action is missing" <<<'PatientName'
	expect 1 error "follows the action" <<<'PatientName keep 5'
	expect 1 error "double quotes" <<<'PatientName replace DOE'
	expect 1 error "not closed" <<<'PatientName replace "DOE'
	expect 1 error "VR CS" <<<'PatientSex replace "female"'
	expect 1 error "VR DA" <<<'StudyDate replace "20200230"'
	expect 1 error "too long" <<<'StationName replace "seventeen letters"'
	expect 1 error "not for VR LO" <<<'PatientID shift'
	expect 1 error "not for VR PN" <<<'vr:PN round year'
	expect 1 error "round wants" <<<'PatientAge round'
	expect 1 error "not for VR IS" <<<'InstanceNumber round 0.5'
	expect 1 error "odd groups" <<<'(0042,"X",10) keep'
	expect 1 error "no part of what is given away" <<<'(0002,0012) keep'
	expect 1 warning "depends on the file" <<<'(0043,1027) keep'
	expect 1 error "pattern is wrong" <<<'StudyDate keep if StudyDescription ~ "("'
	expect 1 error "can never hold" <<<'StudyDate keep if Modality = ct'
	expect 1 error "can never hold" <<<'StudyDate keep if PatientAge = 45'
	expect 1 error "can never hold" <<<'StudyDate keep if Rows = many'
	expect 1 error "no SOP Class" <<<'StudyDate keep if SOPClassUID = CTStorage'
	expect 1 error "exists and absent alone" <<<'StudyDate keep if PixelData = 1'
	expect 1 error "one attribute" <<<'StudyDate keep if Patient* = 1'
	expect 1 error "exclude each other" <<<'StudyDate keep if Modality = CT and Modality = MR'
	expect 1 error "exclude each other" <<<'StudyDate keep if Modality = CT and Modality ~ "^M"'
	expect 1 error "exclude each other" <<<'StudyDate keep if Modality absent and Modality = CT'
	expect 1 error "exclude each other" <<<'StudyDate keep if StudyID exists and StudyID absent'
	expect 1 error "line 2 says something else" <<<$'StudyDate keep\nStudyDate shift'
	expect 1 error "line 2 says something else" <<<$'StudyDate keep if Modality=CT\n(0008,0020) empty if Modality = CT'
	expect 1 warning "line 2 says the same" <<<$'StudyDate keep\nStudyDate keep'
	expect 1 warning "never applies: line 2" <<<$'StudyDate keep if Modality = CT\n(0008,*) remove'
	expect 1 warning "never applies: line 3" <<<$'PatientSex keep\n# c\nPatient* remove'
	expect 1 warning "never applies: line 2" <<<$'StudyDate keep\nvr:DA shift'
	expect 1 warning "never applies: line 2" <<<$'*/StudyDate keep\n**/StudyDate remove'
	expect 1 warning "never applies: line 2" <<<$'(0043,"GEMS*",27) keep\nprivate remove'
	expect 1 warning "never applies: line 2" <<<$'SourceImageSequence/StudyDate keep\nStudyDate remove'
}

@test "the lint is content with what means something" {
	lint <<-E
	# later lines are narrower, or hold in other files
	Patient* remove
	PatientSex keep
	(0008,*) shift
	StudyDate keep if Modality = CT
	StudyDate keep if Modality = MR
	ImageType keep if ImageType = AXIAL and ImageType = ORIGINAL
	ContentDate round year
	(0043,"A",27) keep
	(0043,"B",27) remove
	SeriesDescription keep
	/SeriesDescription remove
	E
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output != *error* && $output != *warning* ]]
}

@test "the lint says which lines weaken the profile, and that is no fault" {
	lint <<-E
	SliceThickness keep
	PatientSex keep
	StudyDate shift
	PatientName remove
	private keep
	E
	[ "$status" -eq 0 ]
	[ "$(sed 's/: note.*//' <<<"$output")" = $'2\n3\n5' ]
}

@test "a policy with errors is refused before anything is written" {
	printf 'PatientSex keep\nPatientNam keep\n' >policy
	run -2 dcm-scrub -k key --policy policy -O out in.dcm
	[[ $output == *"policy: line 2: "*"is it PatientName?"* ]]
	[ ! -e out ]
	run -2 dcm-scrub -k key --policy missing -O out in.dcm
	run -2 dcm-scrub --check-policy missing
	run -2 dcm-scrub --check-policy .
	run -2 dcm-scrub --check-policy in.dcm
	head -c 2000000 /dev/zero | tr '\0' '#' >huge
	run -2 dcm-scrub --check-policy huge
	run -0 dcm-scrub --check-policy - </dev/null
}

@test "values that a policy puts in are shown by no diagnostic" {
	lint <<<'PatientAge replace "SECRET"'
	[ "$status" -eq 1 ]
	[[ $output != *SECRET* ]]
}

@test "the example policies are clean, and work" {
	for p in "$ROOT"/examples/*.policy; do
		run -0 dcm-scrub --check-policy "$p"
		dcm-scrub -k key --policy "$p" -o out.dcm in.dcm
		dcmdump -q out.dcm >/dev/null
	done
}

@test "damaged policies are judged or refused, and nothing else" {
	run -0 policy_py fuzz ${FUZZ_SEED:-1} ${FUZZ:-150} dcm-scrub
	# The control: a checker that crashes is found.
	printf '#!/bin/sh\nkill -SEGV $$\n' >crash && chmod +x crash
	run -1 policy_py fuzz 1 1 ./crash
}
