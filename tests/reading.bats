load helper

# What txt-detect reads is compared with what tests/reading.py drew.

# reads TEXT [KEY=VALUE...]: is each word of the drawn line read to the letter? A line may be found in parts.
reads() {
	local word
	"$ROOT/tests/reading.py" "$@" | txt-detect | jq -r '.boxes[].text' >said
	for word in $1; do
		tr ' ' '\n' <said | grep -Fxq -e "$word" || { echo "drawn '$1' ${*:2}, read '$(cat said)'"; return 1; }
	done
}

@test "lines of 12 to 90 pixels are read as they were drawn" {
	for size in 12 16 24 48 90; do
		reads "DOE JANE" size=$size width=600
	done
	reads "ID: 75501904 MILLER" size=16
	run ! reads "DOE JANE" ink=30	# nothing is drawn
}

@test "a caret is read, which tesseract's English does not know" {
	reads "DOE^JANE 1956-03-07"
	reads "SMITH^John" size=32
}

@test "an apostrophe or an asterisk is not taken for a caret" {
	reads "Dr. O'Brien" size=24
}

@test "lines that run upwards or downwards are read" {
	reads "DOE JANE 1956-03-07" turn=90
	reads "DOE JANE 1956-03-07" turn=270
}

@test "a line askew is read" {
	reads "DOE JANE 56" turn=4
	reads "DOE JANE 56" turn=-4
}

@test "dark text is read, and text whose paper changes under it" {
	reads "DOE JANE 1956" ink=20 paper=220
	reads "DOE JANE 1956" ink=250 paper=20 half=140
	reads "DOE JANE 1956" ink=0 paper=130 half=230
}

@test "coloured text as bright as its ground is read" {
	reads "DOE JANE 1956" ink=255,0,0 paper=76		# BT.601: 76 is the luma of that red
	reads "DOE JANE 1956" ink=200,200,200 paper=60,60,255 size=16
}

@test "a whitelist holds for what is corrected too" {
	"$ROOT/tests/reading.py" "DOE^JANE" size=24 >in
	txt-detect --whitelist DOEJAN in | jq -r '.boxes[].text' | tr -d '\n DOEJAN' >other
	[ ! -s other ]
}

@test "each page segmentation mode that reads a line reads this one" {
	"$ROOT/tests/reading.py" "DOE JANE" >in
	for mode in 6 7; do
		[ "$(txt-detect --psm $mode in | jq -r '.boxes[].text')" = "DOE JANE" ]
	done
}

@test "a language that is missing is told by its package, also as the second one" {
	"$ROOT/tests/reading.py" "DOE JANE" >in
	for lang in nosuch eng+no_such; do
		run -2 --separate-stderr txt-detect --lang $lang in
		[ -z "$output" ]
		[[ $stderr == "txt-detect: in: "*"tesseract-ocr-no"*"such" ]]
	done
	run -2 --separate-stderr txt-detect --lang ../../etc/passwd in
	[[ $stderr != *passwd* ]]
}

@test "a still overlay on 300 frames is read once" {
	[ -z "${SANITIZE:-}" ] || skip "its library wants to be loaded first"
	cat >count.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdio.h>
		int TessBaseAPIRecognize(void *engine, void *monitor)
		{
			FILE *f = fopen("calls", "a");
			fputs("x\n", f);
			fclose(f);
			return ((int (*)(void *, void *))dlsym(RTLD_NEXT, "TessBaseAPIRecognize"))(engine, monitor);
		}
	END
	gcc -shared -fPIC -o count.so count.c
	"$ROOT/tests/reading.py" "DOE JANE" width=200 height=96 >one
	"$ROOT/tests/reading.py" "DOE JANE" width=200 height=96 frames=300 >many
	LD_PRELOAD=./count.so txt-detect one >/dev/null
	mv calls once
	LD_PRELOAD=./count.so txt-detect many >out
	[ "$(jq -r '.boxes[].text' out | sort | uniq -c | tr -s ' ')" = " 300 DOE JANE" ]
	[ -s once ]
	cmp calls once
}
