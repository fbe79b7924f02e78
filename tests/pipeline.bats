load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	head -c 32 /dev/zero >key
	chmod 600 key
	mkdir -p raw clean
}

stamp() {
	/usr/bin/python3 "$ROOT/tests/stamp.py" "$@"
}

@test "any filter can sit between any two" {
	stamp raw/a.dcm kind=rgb frames=2
	set -o pipefail
	dcm-frames raw/a.dcm | txt-detect --no-text | jq -c . | box-merge | jq -c '.seen = true' |
		tee boxes | px-redact -o a.px.dcm raw/a.dcm
	dcm-scrub -k key -o clean/a.dcm a.px.dcm
	run -0 dcm-validate --against raw/a.dcm -b boxes clean/a.dcm
}

@test "one pipeline serves 500 files" {
	stamp one.dcm kind=mono8 size=64x64
	for ((i = 0; i < 500; i++)); do cp one.dcm "raw/$i.dcm"; done
	bash -c 'set -o pipefail
		dcm-frames raw/*.dcm | txt-detect --no-text | box-merge >boxes && px-redact -b boxes -O out raw/*.dcm'
	[ "$(find out -name '*.dcm' | wc -l)" -eq 500 ]
	[ "$(wc -l <boxes)" -eq 500 ]
	[ "$(sha256sum out/*.dcm | cut -d' ' -f1 | sort -u | wc -l)" -eq 1 ]
}

@test "a stage that dies leaves nothing that looks clean" {
	stamp raw/a.dcm kind=mono8 frames=4
	for dead in 'head -c 100000' 'head -n 2' false; do
		case $dead in
		*-c*) dcm-frames raw/a.dcm | $dead | txt-detect --no-text >boxes || : ;;
		*-n*) dcm-frames raw/a.dcm | txt-detect --no-text | $dead >boxes || : ;;
		*) dcm-frames raw/a.dcm | $dead >boxes || : ;;
		esac
		run -2 px-redact -b boxes -o out.dcm raw/a.dcm
		[ ! -e out.dcm ]
	done
	dcm-frames raw/a.dcm | txt-detect --no-text >boxes	# the control
	run -0 px-redact -b boxes -o out.dcm raw/a.dcm
}

@test "frames in which nobody looked keep a file from its output" {
	stamp raw/a.dcm kind=mono8 frames=4
	dcm-frames -f 1-3 raw/a.dcm | txt-detect --no-text >boxes
	run -2 px-redact -b boxes -o out.dcm raw/a.dcm
	[[ $output == *"frame 4 of 4"* ]]
	[ ! -e out.dcm ]
}

# What the manual pages' examples find where they run: one example a file e.N.
fixture() {
	mkdir -p fixture/raw fixture/clean fixture/config
	cp key fixture/trial.key
	cp key fixture/key
	(
		cd fixture
		stamp raw/a.dcm kind=mono8 uid=21
		stamp raw/b.dcm kind=rgb uid=22
		stamp cine.dcm kind=mono8 frames=6 uid=23
		stamp a.dcm kind=mono8 size=512x512 uid=24
		rm raw/*.npy ./*.npy
		(umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=trial -keyout private.pem -out cert.pem 2>err &&
			printf '%s\n' patient,new-patient MRN471121,T-001 MRN471122,T-002 >codes.csv)
		dcmj2pnm +on a.dcm a.png
		dcm-frames raw/*.dcm | txt-detect >boxes.ndjson
		px-redact -b boxes.ndjson -O px --log px.ndjson raw/*.dcm
		dcm-scrub -k key -O clean --log scrub.ndjson px/*.dcm
		cp raw/a.dcm raw.dcm
		cp clean/a.dcm clean.dcm
		dcm-validate --against raw -b boxes.ndjson clean/*.dcm >findings.ndjson
		echo '{"file":"raw/c.dcm","by":"dcm-frames","refused":"has no pixel data"}' >refused.ndjson
	)
}

@test "the examples of the manual pages run as printed" {
	fixture
	for page in "$ROOT"/man/*.[157]; do
		awk -v page="${page##*/}" '
		/^\.Sh EXAMPLES/ { on = 1; next }
		/^\.Sh/ { on = 0 }
		!on { next }
		/^\.Bd -literal/ { code = 1; n++; next }
		/^\.Ed/ { code = 0; next }
		/^\.Dl / { n++; print substr($0, 5) >(page "." n ".example"); next }
		code { print >(page "." n ".example") }' "$page"
	done
	for example in *.example; do
		sed -i 's/\\e/\\/g' "$example"	# mdoc writes a backslash so
		rm -rf try
		cp -r fixture try
		echo "# $example"
		(cd try && XDG_CONFIG_HOME=$PWD/config bash -eu "../$example") || {
			cat "$example"
			false
		}
	done
	[ "$(find . -maxdepth 1 -name '*.example' | wc -l)" -ge 15 ]
}
