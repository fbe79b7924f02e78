load helper

# The table's own meaning, row by row, is judged by profile.py; here it is by hand what
# no table says.
CT=1.2.840.10008.5.1.4.1.1.2
GSPS=1.2.840.10008.5.1.4.1.1.11.1
SR=1.2.840.10008.5.1.4.1.1.88.22
ODD=1.2.3.4.5	# a SOP Class that nobody knows
TABLE=$ROOT/share/confidentiality-profile.tsv

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	PATH=$BUILD/tests:$PATH
}

profile_py() {
	/usr/bin/python3 "$ROOT/tests/profile.py" "$@"
}

# verdict OPTIONS TAG VR [TABLE]: the action in a CT image, and the rule.
verdict() {
	printf '%s\t%s\t0\t%s\t%s\n' $CT "$1" "$2" "$3" >question
	profile ${4:+"$4"} <question >answer || return
	awk -F'\t' 'NR == 1 { print $1, $3 }' answer
}

@test "every row, under any one or two options and all of them, in four kinds of objects" {
	profile_py ask $CT $GSPS $SR $ODD >questions
	profile <questions >answers
	[ "$(wc -l <questions)" -gt 100000 ]
	run -0 profile_py judge answers $CT $GSPS $SR $ODD
}

@test "control: the judge finds a row that is obeyed too little, in one option alone" {
	profile_py ask $CT >questions
	awk -F'\t' -v OFS='\t' '$1 == "00081030" { $(NF - 3) = "K" } 1' "$TABLE" >wrong.tsv
	awk -F'\t' '{ print NF }' "$TABLE" | tail -1 | grep -qx 19
	profile wrong.tsv <questions >answers
	run -1 profile_py judge answers $CT
	[[ $output == *"00081030 "*descriptors*"keep instead of clean"* ]]
	[[ $output != *"00081031"* ]]
}

@test "dates of calibration are cleaned when device and modified dates are both wanted" {
	for t in 0014407C/TM 0014407E/DA 00181200/DA 00181201/TM 00181202/DT 00181203/DT 00181204/DA 00181205/DT \
	    0018700C/DA 0018700E/TM 300C0127/DA; do
		[ "$(verdict device,modified-dates ${t%/*} ${t#*/})" = "shift C" ]
		[ "$(verdict device ${t%/*} ${t#*/})" = "keep K" ]
		[ "$(verdict device,full-dates ${t%/*} ${t#*/})" = "keep K" ]
	done
}

@test "the birth date is never kept, in no calendar" {
	all=uids,safe-private,device,institution,patient,descriptors,structured,graphics
	for o in $all $all,full-dates $all,modified-dates; do
		[ "$(verdict $o 00100030 DA)" = "empty Z" ]
		[ "$(verdict $o 00100032 TM)" = "remove X" ]
		[ "$(verdict $o 00100033 LO)" = "remove date" ]
	done
}

@test "a stamp in bytes cannot be moved; a zone is looked at" {
	[ "$(verdict modified-dates 00340007 OB)" = "dummy D" ]
	[ "$(verdict modified-dates 04000310 OB)" = "remove X" ]
	[ "$(verdict full-dates 04000310 OB)" = "keep K" ]
	[ "$(verdict modified-dates 00080201 SH)" = "zone C" ]
	[ "$(verdict "" 00080201 SH)" = "remove X" ]
}

@test "dates that are no rows follow the option; UIDs without K change all the same" {
	[ "$(verdict modified-dates 00143076 DA)" = "shift date" ]
	[ "$(verdict full-dates 00143076 DA)" = "keep date" ]
	[ "$(verdict "" 00143076 DA)" = "remove date" ]
	[ "$(verdict uids 0040A124 UI)" = "uid U" ]
	[ "$(verdict uids 04000100 UI)" = "uid U" ]
	[ "$(verdict uids 00081167 UI)" = "keep uid" ]
}

@test "bytes that are no rows are searched, but for pixels and waveforms" {
	[ "$(verdict "" 00282000 OB)" = "search bytes" ]
	[ "$(verdict "" 7FE00010 OB)" = "keep " ]
	[ "$(verdict "" 54001010 OB)" = "keep " ]
	[ "$(verdict "" 00281201 OW)" = "keep " ]
}

@test "an age is looked at; network names are cleaned; codes stay as sequences" {
	[ "$(verdict patient 00101010 AS)" = "age K" ]
	[ "$(verdict device 00080055 AE)" = "clean C" ]
	[ "$(verdict descriptors 00400275 SQ)" = "clean C" ]
	[ "$(verdict structured 0040A730 SQ)" = "clean C" ]
	[ "$(verdict descriptors 0016002B OB)" = "remove X" ]
}

@test "under graphics a plane stays as a whole, but its sound" {
	for o in graphics graphics,descriptors; do
		[ "$(verdict $o 60023000 OW)" = "clean C" ]
		[ "$(verdict $o 60024000 LT)" = "clean C" ]
		[ "$(verdict $o 60020022 LO)" = "clean C" ]
		[ "$(verdict $o 60020010 US)" = "keep overlay" ]
		[ "$(verdict $o 50003000 OW)" = "clean C" ]
		[ "$(verdict $o 5000200C OW)" = "remove curve" ]
		[ "$(verdict $o 00700001 SQ)" = "clean C" ]
	done
	[ "$(verdict descriptors 60020010 US)" = "remove overlay" ]
	[ "$(verdict descriptors 60023000 OW)" = "remove overlay" ]
}

@test "full and modified dates exclude each other" {
	run -2 verdict full-dates,modified-dates 00080020 DA
	[[ $output == *"both full and modified"* ]]
}

@test "the marks name the edition, and what was done to dates" {
	for o in /REMOVED full-dates/UNMODIFIED uids,modified-dates/MODIFIED; do
		verdict "${o%/*}" 00080020 DA
		[ "$(tail -1 answer)" = "$(printf 'unphi: PS3.15 2026d Basic Profile\t%s' "${o#*/}")" ]
	done
	sed '1s/edition 2026d/edition 2031a-site/' "$TABLE" >t.tsv
	verdict "" 00080020 DA t.tsv
	[ "$(tail -1 answer | cut -f1)" = "unphi: PS3.15 2031a-site Basic Profile, table of the site" ]
}

@test "the table in share/, read as a file, is the one compiled in" {
	profile_py ask $CT $ODD >questions
	profile <questions | sed '$d' >a
	profile "$TABLE" <questions | sed '$d' >b
	cmp a b
}

@test "another edition: rows changed, added, taken out, in another order" {
	awk -F'\t' -v OFS='\t' '
		$1 == "00081030" { $8 = "D" }
		$1 == "00100040" { next }
		$1 == "00080080" { $12 = "C" }
		FNR > 2 { print | "sort -r" }
		FNR <= 2 { print }' "$TABLE" >t.tsv
	printf '00180050\tx\tx\tDS\t1\tN\tY\tX/Z\t\t\tK\t\t\t\t\t\t\t\tsite\r\n0018106x\tx\tx\tDS\t1\tN\tY\tX\t\t\t\t\t\t\t\t\t\t\tsite\n' >>t.tsv
	[ "$(verdict "" 00081030 LO t.tsv)" = "dummy D" ]
	[ "$(verdict "" 00100040 CS)" != "keep " ]
	[ "$(verdict "" 00100040 CS t.tsv)" = "keep " ]
	[ "$(verdict institution 00080080 LO)" = "keep K" ]
	[ "$(verdict institution 00080080 LO t.tsv)" = "clean C" ]
	# Types are known of the rows compiled in alone: the last alternative.
	[ "$(verdict "" 00180050 DS t.tsv)" = "empty X/Z" ]
	[ "$(verdict device 00180050 DS t.tsv)" = "keep K" ]
	[ "$(verdict "" 00181063 DS t.tsv)" = "remove X" ]
	[ "$(verdict "" 00181070 LO t.tsv)" = "keep " ]
}

# refused LINE REASON: of the table on stdin.
refused() {
	cat >bad.tsv
	run -2 verdict "" 00080020 DA bad.tsv
	[[ $output == *"${1:+line $1: }"*"$2"* ]] || { echo "$output"; false; }
}

@test "an edition that is not understood is refused, with its line" {
	sed '3s/X/Y/4' "$TABLE" | awk -F'\t' -v OFS='\t' 'NR == 7 { $8 = "X/Q" } 1' | refused 7 "no such code"
	awk -F'\t' -v OFS='\t' 'NR == 9 { $15 = "k" } 1' "$TABLE" | refused 9 "retain_long_modified_dates"
	awk -F'\t' -v OFS='\t' 'NR == 5 { $1 = "0008001" } 1' "$TABLE" | refused 5 "eight hex digits"
	awk -F'\t' -v OFS='\t' 'NR == 5 { $1 = "000800120" } 1' "$TABLE" | refused 5 "eight hex digits"
	{ cat "$TABLE"; sed -n 20p "$TABLE"; } | refused $(($(wc -l <"$TABLE") + 1)) "second row"
	cut -f 1-12 "$TABLE" | refused 2 "no column retain_patient"
	head -c 3000 "$TABLE" | refused "" "too few columns"
	sed 's/edition/version/g' "$TABLE" | refused "" "edition"
	sed -n 1,2p "$TABLE" | refused "" "no rows"
	refused "" "no rows" <<<"# edition 1"
	printf '# edition 1\n\0\n' | refused 2 "not text"
	run -2 verdict "" 00080020 DA missing.tsv
	run -2 verdict "" 00080020 DA .
}
