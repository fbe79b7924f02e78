load helper

# cases: the table's cases as the driver reads them, names of identities replaced.
cases() {
	awk -F'\t' -v OFS='\t' '/^#/ || $0 == "" { next }
		/^@/ && NF < 3 { identity[$1] = $2; next }
		{ print identity[$1], $2, $3, $4 }' "$ROOT/tests/clean.tsv"
}

@test "only what identifies goes, and every other token stays: each case of the table" {
	cases >cases
	[ "$(wc -l <cases)" -ge 300 ]
	"$BUILD/tests/clean" <cases >answers
	cut -f4 cases | diff - answers
}

@test "control: a case with another answer is seen" {
	cases | sed '1s/$/ x/' >cases
	"$BUILD/tests/clean" <cases >answers
	cut -f4 cases >expected
	run ! cmp -s expected answers
}

@test "cleaning what was cleaned changes nothing" {
	cases >cases
	"$BUILD/tests/clean" <cases >once
	# Dates that were moved are kept the second time.
	cut -f1,2 cases | sed 's/shift=[-0-9]*/keep/' | paste - once >again
	"$BUILD/tests/clean" <again >twice
	diff once twice
}

@test "a name is found in any case, accent and separator, and in any place" {
	for name in 'Müllerschön, Anna' 'MULLERSCHON^ANNA' 'muellerschoen_anna' 'anna.müllerschön' \
		'Anna Müllerschön' 'A. Müllerschön' 'annamüllerschön' 'Mu\xcc\x88llerscho\xcc\x88n'; do
		for around in '%s Thorax' 'Thorax %s' 'Thorax (%s) nativ' 'Thorax, %s, nativ' 'Thorax_%s.dcm'; do
			# shellcheck disable=SC2059
			printf "patient=Müllerschön^Anna\t\t$around\n" "$name"
		done
	done >cases
	"$BUILD/tests/clean" <cases | sort -u >left
	printf '%s\n' Thorax 'Thorax nativ' 'Thorax, nativ' Thorax.dcm | sort | diff - left
}

@test "text that is no UTF-8, or has too many bytes, becomes empty" {
	printf '\t\tthorax \\xff\\xfe\n' | "$BUILD/tests/clean" >left
	[ "$(cat left)" = "" ]
	{
		printf '\t\t'
		head -c 17000000 /dev/zero | tr '\0' a
		echo
	} | "$BUILD/tests/clean" >left
	[ "$(cat left)" = "" ]
}

@test "hostile text is done in time: 300 kB of each kind in a second or so" {
	for text in 'a' 'A' '1' '1.' '1-' 'a@' 'Dr. ' 'anna^' 'Anna-' 'mrn ' 'AbC' '١' '年1' '(' '2021-05-' '1 May ' 'rue '; do
		printf 'patient=Anna^Aa\t\t'
		yes "$text" | tr -d '\n' | head -c 300000 | iconv -c -f utf-8 -t utf-8
		echo
	done >cases
	run -0 timeout 20 "$BUILD/tests/clean" <cases
	[ "${#lines[@]}" -ge 1 ]
}

@test "errors in a site's lists and patterns are named with their lines" {
	printf 'title dr\nnosuch word\n' >lists
	run -2 "$BUILD/tests/clean" -l lists </dev/null
	[[ $output == *"lists:2: no such list" ]]
	printf 'title dr-med\n' >lists
	run -2 "$BUILD/tests/clean" -l lists </dev/null
	[[ $output == *"lists:1: an entry is not one word" ]]
	printf 'months a b\n' >lists
	run -2 "$BUILD/tests/clean" -l lists </dev/null
	[[ $output == *"lists:1: not 12 words" ]]
	printf '# x\nid\t-\t-\t(\n' >patterns
	run -2 "$BUILD/tests/clean" -p patterns </dev/null
	[[ $output == *"patterns:2: missing closing parenthesis" ]]
	printf 'id\tdigits=x\t-\ta\n' >patterns
	run -2 "$BUILD/tests/clean" -p patterns </dev/null
	[[ $output == *"patterns:1: no such condition" ]]
	printf 'id\t-\tnocheck\ta\n' >patterns
	run -2 "$BUILD/tests/clean" -p patterns </dev/null
	[[ $output == *"patterns:1: no such check" ]]
	printf 'id\t-\t-\n' >patterns
	run -2 "$BUILD/tests/clean" -p patterns </dev/null
	[[ $output == *"patterns:1: not four fields" ]]
	run -2 "$BUILD/tests/clean" -p nowhere </dev/null
	[[ $output == *"nowhere: No such file or directory" ]]
}

@test "a site's lists and patterns take the place of ours" {
	printf 'title Xerxes\n' >lists
	printf 'id\t-\t-\tzz\\d+\n' >patterns
	printf '\t\tXerxes Featherstone zz12 94 year old\n' | "$BUILD/tests/clean" -l lists -p patterns >left
	[ "$(cat left)" = "94 year old" ]
}

@test "a pattern that runs out of its limits empties the text" {
	printf 'id\t-\t-\t(a+)+$\n' >patterns
	{
		printf '\t\t'
		head -c 5000 /dev/zero | tr '\0' a
		echo b
	} | "$BUILD/tests/clean" -p patterns >left
	[ "$(cat left)" = "" ]
}

# found YES|NO IDENTITY SETTINGS: what is said of the bytes in the file "blob".
found() {
	printf '%s\t%s\tx\n' "$2" "$3" | "$BUILD/tests/clean" -b blob >answer
	[ "$(cat answer)" = "$1" ] || { echo "not $1: $2"; xxd blob | head -2; false; }
}

@test "header values are found in bytes of any encoding, and nothing else" {
	id='patient=Döring^Jane|id=PH3012345|birth=19561026|date=20210514'
	for coding in UTF-8 ISO-8859-1 UTF-16LE UTF-16BE; do
		for name in Döring DÖRING 'döring^jane' Jane PH3012345 19561026; do
			{ printf '\001\005'; iconv -t $coding <<<"$name"; head -c 9 /dev/zero; } >blob
			found yes "$id" ""
			found no "patient=Kowalczyk^Zbigniew|id=PH3012346|birth=19561027" ""
		done
	done
	printf '1.3.12.2.20210514103000.5' >blob
	found yes "$id" ""
	found no "$id" keep
	printf 'HEAD FIRST, JANET, doringo' >blob
	found no "patient=Head^Jane" ""
	found yes "$id" ""	# six letters, anywhere
	iconv -t UTF-16BE <<<"ПЕТРУХИНА" >blob
	found yes "patient=Петрухина^Марфа" ""
}
