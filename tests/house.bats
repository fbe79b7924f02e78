load helper

programs() {
	for f in "$ROOT"/cmd/*; do
		f=${f##*/}
		echo "${f%.*}"
	done
}

@test "options are the same in -h, the manual page and the completions" {
	for p in $(programs); do
		"$p" -h | grep -oE '^  (-.,|   ) --[a-z0-9-]+' | grep -oE -- '(^|[ ])--?[a-zA-Z0-9-]+' |
			tr -d ' ,' | sort >"$p.help"
		# mdoc: .It Fl x , Fl Fl long Ar arg , Fl Fl other
		grep '^\.It Fl' "$ROOT/man/$p.1" | grep -oE 'Fl (Fl )?[a-zA-Z0-9-]+' |
			sed 's/Fl Fl /--/; s/^Fl /-/' | sort >"$p.man"
		diff "$p.help" "$p.man"
		grep -o "compgen -W \"[^\"]*\"" "$BUILD/completions/unphi.bash" >/dev/null
		sed -n "/^_unphi_${p//-/_}()/,/^}/s/.*compgen -W \"\([^\"]*\)\".*/\1/p" \
			"$BUILD/completions/unphi.bash" | tr ' ' '\n' | sort >"$p.bash"
		diff "$p.help" "$p.bash"
		[ "$(wc -l <"$p.help")" -ge 4 ]
	done
}

@test "the synopsis of each manual page has the options of its description" {
	for p in $(programs); do
		sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$ROOT/man/$p.1" >synopsis
		for o in $(grep '^\.It Fl' "$ROOT/man/$p.1" | grep -oE 'Fl (Fl )?[a-zA-Z0-9-]+' | awk 'NF == 2 { print $2 }'); do
			grep -qE "^\.(Op )?Fl [a-zA-Z0-9]*$o|Fl $o( |\$)" synopsis || { echo "$p: -$o"; false; }
		done
	done
}

@test "every program answers -h and --version on stdout with status 0" {
	for p in $(programs); do
		run -0 --separate-stderr "$p" -h
		[[ $output == "usage: $p "* ]]
		[ -z "$stderr" ]
		run -0 --separate-stderr "$p" --version
		[[ $output == "$p (unphi) "[0-9]* ]]
	done
}

@test "every program takes an unknown option for a usage error" {
	for p in $(programs); do
		run -2 --separate-stderr "$p" --no-such-option
		[ -z "$output" ]
		[[ $stderr == *"usage: $p"* ]]
	done
}

@test "a full disk under -h is trouble" {
	for p in $(programs); do
		[ "$p" = unphi ] && continue	# a shell script's echo
		run -2 bash -c "$p -h >/dev/full"
	done
}

@test "manual pages are clean under mandoc -Tlint" {
	run -0 mandoc -Tlint -W warning "$ROOT"/man/*.[157]
}

@test "shell scripts are clean under shellcheck" {
	run -0 shellcheck "$ROOT"/cmd/*.sh "$ROOT"/tools/*.sh "$ROOT"/tests/*.sh "$ROOT"/completions/*.sh \
		"$ROOT"/examples/*.sh "$ROOT"/.ci/run
}

@test "C and C++ are clean under cppcheck" {
	cd "$ROOT"
	run -0 make -s lint
	# The control: it finds what is wrong.
	cd "$BATS_TEST_TMPDIR"
	echo 'int f(void) { int a[2]; a[2] = 1; return a[1]; }' >bad.c
	run -1 cppcheck --quiet --error-exitcode=1 bad.c
}

@test "completions are good in their shells" {
	run -0 bash -n "$BUILD/completions/unphi.bash"
	for s in zsh fish; do
		[ $s = zsh ] && f=_unphi || f=unphi.fish
		run -0 $s -n "$BUILD/completions/$f"
	done
}

@test "no room includes one above it" {
	cd "$ROOT/libcommon"
	run ! grep -rnE '#include "(stream|dicom|image|text|deid|check|report)/' base
	run ! grep -rnE '#include "(image|text|deid|check|report)/' stream dicom
	run ! grep -rnE '#include "(text|deid|check|report)/' image
	run ! grep -rnlE '#include "base/cli.h"' --include='*.[ch]*' stream dicom image text deid check report
	run ! grep -rnlE '\b(exit|abort) ?\(' --include='*.c' --include='*.cc' stream dicom image text deid check report
}

@test "DCMTK is included in libcommon/dicom alone, C++ is there alone" {
	cd "$ROOT"
	[ -z "$(grep -rlE '#include <dcmtk' cmd libcommon | grep -v '^libcommon/dicom/')" ]
	[ -z "$(find cmd libcommon -name '*.cc' | grep -v '^libcommon/dicom/')" ]
}

@test "no DICOM file is in the project" {
	cd "$ROOT"
	run -0 --separate-stderr dcm-find cmd libcommon man tests completions examples share tools
	[ -z "$output" ]
}
