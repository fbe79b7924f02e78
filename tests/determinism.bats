load helper

# The same input, key and options give the same bytes: on every run, in any order, in one process or one for each file,
# wherever and in whatever surroundings it runs; and a second time, of what came out of the first.

setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	/usr/bin/python3 "$ROOT/bench/midi/generate.py" made patients=2 >/dev/null
	(umask 077 && head -c 32 /dev/zero >key)
	/usr/bin/python3 -W ignore - >table <<-'END'
		import glob, pydicom
		print("patient,new-patient,accession,new-accession")
		ids = set()
		for f in glob.glob("made/raw/**/*.dcm", recursive=True):
		    d = pydicom.dcmread(f, stop_before_pixels=True)
		    ids.add((d.PatientID, d.AccessionNumber))
		patients = sorted({p for p, a in ids})
		for n, (p, a) in enumerate(sorted(ids)):
		    print("%s,TRIAL-%d,%s,V%d" % (p, patients.index(p), a, n))
	END
	printf 'StudyID keep\nStationName replace "CT 1"\nvr:DA shift\nPatientComments hash\n' >policy
	openssl req -x509 -newkey rsa:2048 -nodes -keyout private.pem -out cert.pem -subj /CN=x 2>/dev/null
	chmod 600 table private.pem
	(cd made/raw && find . -type f | sort) >list
}

setup() {
	cd "$BATS_FILE_TMPDIR" || exit 1
}

# same_bytes NAME FILES OPTIONS...: with file names from the root, since each runs in a folder of its own.
same_bytes() {
	local name=out.$1 f
	shift
	rm -rf "$name" && mkdir -p "$name/elsewhere" "$name/single"
	# As it is, all in one process; documents may be refused.
	dcm-scrub -k key "$@" -O "$name/all" $(sed 's,^,made/raw/,' list) 2>/dev/null || [ $? -eq 2 ]
	[ "$(find "$name/all" -type f | wc -l)" -gt 40 ]
	# Backwards, in other surroundings.
	(
		cd "$name/elsewhere" || exit
		export TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 LANG=de_DE HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent
		dcm-scrub -k ../../key "$@" -O ../backwards $(sort -r ../../list | sed 's,^,../../made/raw/,') 2>/dev/null || [ $? -eq 2 ]
	)
	diff -r "$name/all" "$name/backwards"
	# Some of them in a process each, two at a time, by standard input.
	sed -n '1~7s,^\./,,p' list | TZ=UTC NAME=$name xargs -P 2 -I '{}' sh -c \
		'dcm-scrub -k key "$@" -o "$NAME/single/$(echo {} | tr / _)" <"made/raw/{}" 2>/dev/null || :' sh "$@"
	[ "$(find "$name/single" -type f | wc -l)" -ge 6 ]
	for f in "$name/single"/*; do
		cmp "$f" "$name/all/$(basename "$f" | sed 's,_,/,')"
	done
	# What came out, once more.
	(
		cd "$name/all" || exit
		dcm-scrub -k ../../key "$@" -O ../twice $(find . -type f)
	)
	diff -r "$name/all" "$name/twice"
}

@test "the same bytes under the basic profile" {
	same_bytes basic
}

@test "the same bytes under all options that go together, with shifted dates" {
	same_bytes research --retain safe-private,device,institution,patient --dates shift \
		--clean descriptors,structured,graphics --prefix TRIAL-
}

@test "the same bytes with an id table" {
	same_bytes table --id-table "$PWD/table" --dates shift=-777 --clean descriptors,structured
}

@test "the same bytes with UIDs and full dates retained" {
	same_bytes uids --retain uids,full-dates --prefix S --clean graphics
}

@test "the same bytes with UIDs retained, dates shifted, documents made dummies" {
	same_bytes documents --retain uids,safe-private --dates shift --documents dummy
}

@test "the same bytes with a policy" {
	same_bytes policy --policy "$PWD/policy" --clean descriptors
}

@test "the same bytes with the originals encrypted" {
	same_bytes encrypted --encrypt-to "$PWD/cert.pem" --dates shift
}

@test "control: another key or another option gives other bytes in every file" {
	(umask 077 && head -c 32 /dev/zero | tr '\0' x >other)
	dcm-scrub -k key -O control.a $(sed 's,^,made/raw/,' list) 2>/dev/null || [ $? -eq 2 ]
	dcm-scrub -k other -O control.b $(sed 's,^,made/raw/,' list) 2>/dev/null || [ $? -eq 2 ]
	dcm-scrub -k key --dates shift -O control.c $(sed 's,^,made/raw/,' list) 2>/dev/null || [ $? -eq 2 ]
	for f in $(cd control.a && find . -type f); do
		run -1 cmp -s "control.a/$f" "control.b/$f"
		run -1 cmp -s "control.a/$f" "control.c/$f"
	done
}

@test "the same shift for all files of a patient, and references resolve" {
	dcm-scrub -k key --dates shift -O shifts $(sed 's,^,made/raw/,' list) 2>/dev/null || [ $? -eq 2 ]
	run -0 /usr/bin/python3 -W ignore - <<-'END'
		import datetime, glob, pydicom
		day = lambda v: datetime.datetime.strptime(v.replace(".", "")[:8], "%Y%m%d")
		shifts = {}
		for f in glob.glob("shifts/**/*.dcm", recursive=True):
		    a, b = pydicom.dcmread(f.replace("shifts", "made/raw", 1)), pydicom.dcmread(f)
		    for e in a:
		        if e.VR == "DA" and e.VM == 1 and e.tag in b and e.tag != 0x00100030 and len(e.value) >= 8:
		            shifts.setdefault(a.PatientID, set()).add((day(b[e.tag].value) - day(e.value)).days)
		print([len(s) for s in shifts.values()], len({min(s) for s in shifts.values()}))
	END
	[ "$output" = "[1, 1] 2" ]
}
