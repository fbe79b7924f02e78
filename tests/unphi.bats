load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	head -c 32 /dev/zero >key
	chmod 600 key
	mkdir -p "raw/ZEBEDEE QUENTIN/deep"
}

stamp() {
	/usr/bin/python3 "$ROOT/tests/stamp.py" "$@"
}

three() {	# three images of one patient, of different kinds
	stamp "raw/ZEBEDEE QUENTIN/a.dcm" kind=mono16 uid=11
	stamp "raw/ZEBEDEE QUENTIN/deep/b" kind=rgb frames=3 uid=12
	stamp "raw/c.jpg" kind=inverse uid=13
}

planted="ZEBEDEE QUENTIN MRN4711 19560307 20240229 ACC90210 HOUSE GREGORY Princeton 1.2.826.0.1.3680043.9.7777"

@test "a tree of files becomes a clean tree, a report and logs" {
	three
	run -0 unphi -k key -o clean raw
	[ "$(find clean/dicom -type f | wc -l)" -eq 3 ]
	[ -s clean/report.html ]
	[[ $output == *"3 files are clean (0 of them from earlier), 0 were refused"* ]]
	[ ! -e clean/.work ]
}

@test "no planted name, id, date or UID is left in any byte of the clean tree or the logs" {
	three
	run -0 unphi -k key -o clean raw
	for word in $planted; do
		grep -raqF "$word" raw	# the control: it was there
		run -1 grep -raF "$word" clean/dicom clean/logs
		run -1 bash -c "find clean | grep -F '$word'"
	done
}

@test "no pixel of the text is left, and outside of the boxes every pixel is what it was" {
	three
	run -0 unphi -k key -o clean raw
	cat >compare.py <<-'END'
		import glob, json, sys, numpy as np, pydicom
		out = {}
		for f in glob.glob("clean/dicom/*/*/*.dcm"):
		    d = pydicom.dcmread(f)
		    out[(d.PhotometricInterpretation, int(d.get("NumberOfFrames", 1)))] = d
		boxes = [json.loads(l)["boxes"] for l in open("clean/logs/boxes.ndjson")]
		assert len(out) == 3 and len(boxes) >= 5
		for name in ["raw/ZEBEDEE QUENTIN/a.dcm", "raw/ZEBEDEE QUENTIN/deep/b", "raw/c.jpg"]:
		    was = pydicom.dcmread(name)
		    now = out[(was.PhotometricInterpretation, int(was.get("NumberOfFrames", 1)))]
		    ink = np.load(name + ".npy")
		    a, b = was.pixel_array, now.pixel_array
		    assert a.shape == b.shape and a.dtype == b.dtype
		    if a.ndim == 2: a, b = a[None], b[None]
		    for f in range(a.shape[0]):
		        changed = a[f] != b[f]
		        if changed.ndim == 3: changed = changed.any(-1)
		        fill = b[f][ink]
		        assert (fill == fill[0]).all(), "the text is one colour"
		        assert changed[ink].mean() > .99
		        allowed = np.zeros_like(ink)
		        for group in boxes:
		            for q in group:
		                allowed[q["y"]:q["y"]+q["h"], q["x"]:q["x"]+q["w"]] = True
		        assert not changed[~allowed].any(), "a pixel outside of all boxes changed"
		        assert allowed.mean() < .35
	END
	/usr/bin/python3 compare.py
}

@test "independent readers open what comes out, and dciodvfy has no new complaint" {
	three
	run -0 unphi -k key -o clean raw
	for f in clean/dicom/*/*/*.dcm; do
		run -0 dcmdump -q "$f"
		run -0 gdcminfo "$f"
		run -0 /usr/bin/python3 -c 'import pydicom, sys; pydicom.dcmread(sys.argv[1]).pixel_array' "$f"
		dciodvfy "$f" 2>&1 | grep -a '^Error' >>after || :
	done
	find raw -type f ! -name '*.npy' -exec dciodvfy {} \; 2>&1 | grep -a '^Error' >before || :
	sort -u -o before before
	sort -u -o after after
	[ -z "$(comm -13 before after)" ]
}

@test "a second run does nothing, a third does what was added or lost" {
	three
	run -0 unphi -k key -o clean raw
	find clean/dicom -type f -exec stat -c '%n %i %y' {} + | sort >first
	run -0 unphi -k key -o clean raw
	[[ $output == *"3 files are clean (3 of them from earlier)"* ]]
	find clean/dicom -type f -exec stat -c '%n %i %y' {} + | sort >second
	cmp first second
	stamp raw/d.dcm kind=mono8 uid=14
	lost=$(find clean/dicom -type f | head -n 1)
	sum=$(sha256sum "$lost")
	rm "$lost"
	run -0 unphi -k key -o clean raw
	[[ $output == *"4 files are clean (2 of them from earlier)"* ]]
	[ "$(sha256sum "$lost")" = "$sum" ]
	[ "$(wc -l <clean/logs/finished.ndjson)" -eq 4 ]
}

@test "an interrupted run leaves nothing half done, and the next one goes on" {
	for ((i = 100; i < 130; i++)); do stamp "raw/$i.dcm" kind=mono8 "uid=$i"; done
	unphi -j 1 -k key -o clean raw 2>log &
	for ((n = 0; n < 300; n++)); do	# until the first handful is finished
		[ -s clean/logs/finished.ndjson ] && break
		sleep 0.1
	done
	kill -TERM $!
	ended=0
	wait $! || ended=$?
	[ "$ended" -eq 143 ]
	[ ! -e clean/.work ]
	[ "$(wc -l <clean/logs/finished.ndjson)" -lt 30 ]	# the control: it was interrupted
	run -0 unphi -j 2 -k key -o clean raw
	[ "$(find clean/dicom -name '*.dcm' | wc -l)" -eq 30 ]
	[ "$(find clean -name '*.part' | wc -l)" -eq 0 ]
	run -0 unphi -k key -o whole raw
	diff -r clean/dicom whole/dicom
}

@test "the number of jobs does not change a byte" {
	three
	run -0 unphi -j 1 -k key -o one raw
	run -0 unphi -j 3 -k key -o three raw
	diff -r one/dicom three/dicom
}

@test "a bad file among good ones is named with a reason, and has no output" {
	three
	head -c 30000 raw/c.jpg >"raw/ZEBEDEE QUENTIN/cut"	# ends inside of the pixels
	run -2 unphi -k key -o clean raw
	[[ $output == *"ZEBEDEE QUENTIN/cut: refused by "* ]]
	[ "$(find clean/dicom -type f | wc -l)" -eq 3 ]
	[ "$(wc -l <clean/logs/refused.ndjson)" -eq 1 ]
	run -1 grep -F ZEBEDEE clean/logs/refused.ndjson
}

@test "two files of one SOP Instance UID both come out, told apart by a number" {
	stamp raw/a.dcm kind=mono8 uid=11
	stamp raw/b.dcm kind=mono16 uid=11
	run -0 unphi -j 2 -k key -o clean raw
	[ "$(find clean/dicom -type f | wc -l)" -eq 2 ]
	[ "$(dcmdump +P BitsAllocated clean/dicom/*/*/*-2.dcm | grep -c 'US 16')" -eq 1 ]
}

@test "an object without pixels goes through" {
	cp "$PYDICOM/test_files/rtplan.dcm" raw
	run -0 unphi -k key -o clean raw
	[ "$(find clean/dicom -type f | wc -l)" -eq 1 ]
}

@test "--map is the only place where old and new names stand together" {
	three
	run -0 unphi -k key --map map -o clean raw
	[ "$(stat -c %a map)" = 600 ]
	[ "$(jq -r 'select(.kind == "file") | .from' map | grep -c 'ZEBEDEE QUENTIN')" -eq 2 ]
	jq -r 'select(.kind == "file") | .to' map | while read -r f; do [ -s "clean/$f" ]; done
	[ "$(jq -r 'select(.kind == "patient") | .from' map | sort -u)" = $'MRN471111\nMRN471112\nMRN471113' ]
}

@test "a key of your own is made once, kept from others, and named" {
	stamp raw/a.dcm
	export XDG_CONFIG_HOME=$PWD/config
	run -0 unphi -o clean raw
	[[ $output == *"made the key $PWD/config/unphi/key"* ]]
	[ "$(stat -c '%a %s' config/unphi/key)" = "600 32" ]
	sum=$(sha256sum config/unphi/key)
	run -0 unphi -o again raw
	[[ $output != *"made the key"* ]]
	[ "$(sha256sum config/unphi/key)" = "$sum" ]
	diff -r clean/dicom again/dicom
}

@test "nothing to do, or results inside of the input, are trouble" {
	run -2 unphi -k key -o clean raw
	[[ $output == *"no DICOM files were found"* ]]
	stamp raw/a.dcm
	run -2 unphi -k key -o raw/clean raw
	run -2 unphi -k key -o raw raw
	run -2 unphi -k key -o clean missing
	run -2 unphi -k nokey -o clean raw
	run -2 unphi -j 0 -k key -o clean raw
	run -2 unphi raw
}

@test "no image gets around the pixel stages, also if dcm-find could not read it" {
	stamp raw/a.dcm kind=mono8
	mkdir bin
	find "$BUILD" -maxdepth 1 -type f -perm -u+x -exec ln -s {} bin/ \;
	rm bin/dcm-find bin/unphi
	cp "$BUILD/unphi" bin/unphi
	cat >bin/dcm-find <<-END
		#!/bin/sh
		"$BUILD/dcm-find" "\$@" | sed 's/"pixels":"int"/"pixels":"unreadable"/'
	END
	chmod +x bin/dcm-find
	run -0 bin/unphi -k key -o clean raw
	run -0 dcmdump +P 0028,0301 clean/dicom/*/*/*.dcm	# px-redact's mark
	[[ $output == *"[NO]"* ]]
	[ "$(wc -l <clean/logs/redact.ndjson)" -eq 1 ]
}

@test "a key of your own is refused where it cannot be made, and two runs at once make one" {
	stamp raw/a.dcm
	for n in 1 2 3 4; do
		XDG_CONFIG_HOME=$PWD/config unphi -o "clean$n" raw 2>"log$n" &
	done
	wait
	[ "$(cat log? | grep -c 'made the key')" -eq 1 ]
	[ "$(ls config/unphi)" = key ]
	for n in 2 3 4; do diff -r clean1/dicom "clean$n/dicom"; done
	: >file
	XDG_CONFIG_HOME=$PWD/file run -2 unphi -o none raw
	[[ $output == *"file/unphi/key: the key cannot be made; name another with -k"* ]]
	HOME='' XDG_CONFIG_HOME='' run -2 unphi -o none raw
	[[ $output == *"there is no home folder for a key of your own; name one with -k"* ]]
	chmod 644 config/unphi/key
	XDG_CONFIG_HOME=$PWD/config run -2 unphi -o none raw
	[[ $output == *"others than its owner can read it"* ]]
	[ ! -e none/dicom ]
}

@test "dcm-scrub's options are unphi's, but those of one run over files" {
	dcm-scrub -h | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -oE -- '--[a-z-]+' |
		grep -vxE -- '--(output|outdir|key|log|check-policy|re-identify|help|version)' >wanted
	[ "$(wc -l <wanted)" -ge 9 ]
	unphi -h | grep -oE -- '^ +--[a-z-]+' | tr -d ' ' >has
	grep -vxE -- '--(dicomdir|fill|video)' has | diff wanted -
}

@test "what dcm-scrub is told by files holds in every folder, and is checked before anything is done" {
	stamp raw/a.dcm kind=mono8 uid=11
	printf 'patient,new-patient\nMRN471111,TRIAL-001\n' >table
	chmod 600 table
	run -0 unphi -k key --id-table table --dates shift=-400 --retain device,patient --clean descriptors -o clean raw
	[[ "$(dcmdump +P 0008,0020 +P 0010,0020 +P 0028,0303 clean/dicom/*/*/*.dcm)" == \
	    *"[20230125]"*"[TRIAL-001]"*"[MODIFIED]"* ]]	# 400 days before 2024-02-29
	# Another table, another result: what was done by the first is done anew.
	echo MRN471112,TRIAL-002 >>table
	run -0 unphi -k key --id-table table --dates shift=-400 --retain device,patient --clean descriptors -o other raw
	[[ $output == *"1 files are clean (0 of them from earlier)"* ]]
	for wrong in "--id-table raw/a.dcm" "--id-table missing" "--dates never" "--retain nothing" "--policy key"; do
		chmod 600 raw/a.dcm
		# shellcheck disable=SC2086
		run -2 unphi -k key $wrong -o none raw
		[ "${#lines[@]}" -le 3 ]
		[ ! -e none/dicom ]
	done
}

@test "the crosswalk goes into a program that encrypts, and is nowhere else" {
	stamp raw/a.dcm kind=mono8 uid=11
	openssl req -x509 -newkey rsa:2048 -nodes -keyout private.pem -out cert.pem -subj /CN=x 2>/dev/null
	unphi -k key --dates shift --map >(openssl cms -encrypt -binary -outform PEM -out map.cms cert.pem) -o clean raw
	wait $!	# for openssl
	openssl cms -decrypt -inform PEM -in map.cms -inkey private.pem >map
	[ "$(jq -r 'select(.kind == "patient") | .from' map)" = MRN471111 ]
	[ "$(jq -r 'select(.kind == "shift") | .to' map)" -lt -365 ]
	[ "$(jq -r 'select(.kind == "file") | .from' map)" = "$PWD/raw/a.dcm" ]
	run -1 grep -ra MRN471111 clean
}

@test "what a site's policy lets through is no refusal, and without it is one" {
	stamp raw/a.dcm kind=mono8 uid=12
	dcmodify -nb -i 0010,2160=Plantish raw/a.dcm
	echo 'EthnicGroup keep' >policy
	run -0 unphi -k key --policy policy -o clean raw
	[[ $output == *"1 files are clean"*"0 were refused"* ]]
	run -0 dcmdump +P 0010,2160 +P 0012,0063 clean/dicom/*/*/*.dcm
	[[ $output == *Plantish*"weakened by a site policy"* ]]
	# The judge, not told of a policy, has something against it.
	run -1 dcm-validate clean/dicom/*/*/*.dcm
	run -0 dcm-validate --policy clean/dicom/*/*/*.dcm
	[[ $output == *'"level":"warning","tag":"(0010,2160)"'* ]]
	# A file that owns up to no policy gains nothing by the option.
	run -1 dcm-validate --policy raw/a.dcm
}

@test "a file that is to be dropped is named and counted, and is no failure" {
	stamp raw/a.dcm kind=mono8 uid=11
	/usr/bin/python3 -c "
import pydicom
d = pydicom.dcmread('raw/a.dcm')
for t in [t for t in d.keys() if t.group in (0x28, 0x7fe0)]: del d[t]
d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = '1.2.840.10008.5.1.4.1.1.104.1'
d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = '1.2.3.4'
d.MIMETypeOfEncapsulatedDocument, d.EncapsulatedDocument = 'application/pdf', b'%PDF-1.4'
d.save_as('raw/b.dcm')"
	run -0 unphi -k key --documents drop -o clean raw
	[[ $output == *"raw/b.dcm: dropped: it holds an encapsulated document"* ]]
	[[ $output == *"1 files are clean (0 of them from earlier), 0 were refused, 1 dropped"* ]]
	run -2 unphi -k key -o clean raw
	[[ $output == *"raw/b.dcm: refused by dcm-scrub: "* ]]
}

@test "a DICOMDIR of the originals is left out, and --dicomdir makes one of the clean tree" {
	three
	cp "$PYDICOM/test_files/dicomdirtests/DICOMDIR" raw/
	run -0 unphi -k key -o clean raw
	[[ $output == *"left out 1 DICOMDIR of the originals"*"3 files are clean"*"0 were refused"* ]]
	[ ! -e clean/media ]
	run -0 unphi -k key --dicomdir -o clean raw
	[[ $output == *"3 files are clean (3 of them from earlier)"* ]]
	[ "$(ls clean/media/DIR00001 | wc -l)" -eq 3 ]
	run -0 dcmdump +P 0004,1511 clean/media/DICOMDIR
	[ "${#lines[@]}" -eq 3 ]
	for word in $planted; do
		run -1 grep -raF "$word" clean/media
	done
	cp clean/media/DICOMDIR one
	run -0 unphi -k key --dicomdir -o clean raw
	cmp one clean/media/DICOMDIR
	run -0 unphi -k key -o only raw/DICOMDIR
	[[ $output == *"0 files are clean"* ]]
}
