load helper

# pgm [TEXT [X Y [SIDE]]]: a black image of SIDE x SIDE pixels with white text.
pgm() {
	pgmmake 0 "${4:-400}" "${4:-400}" >black
	[ $# -gt 0 ] || { cat black; return; }
	pbmtext -builtin bdf "$1" | pnmcrop 2>/dev/null | pnminvert >ink
	pnmpaste ink "$2" "$3" black
}

# frame IMAGE/IMAGES <PGM: the image with the comment that dcm-frames would write.
frame() {
	printf 'P5\n# unphi {"file":"a.dcm","by":"dcm-frames","image":%d,"images":%d,"frame":%d,"frames":%d,"view":"voi","width":400,"height":400}\n' \
	    "${1%/*}" "${1#*/}" "${1%/*}" "${1#*/}"
	tail -n +2
}

@test "text is found where it is, and read" {
	pgm "DOE^JANE 1956-03-07" 40 60 >in	# pbmtext's ink: 128 by 9 pixels
	txt-detect <in >out
	[ "$(jq -c '[.file,.by,.image,.images,.frame,.frames,.width,.height]' out)" = '["-","txt-detect",1,1,1,1,400,400]' ]
	[ "$(jq '.boxes | length' out)" -eq 1 ]
	[ "$(jq '.boxes[0] | .x <= 40 and .y <= 60 and .x + .w >= 168 and .y + .h >= 69' out)" = true ]
	[ "$(jq '.boxes[0] | .w * .h < 4 * 128 * 9' out)" = true ]
	[ "$(jq '.boxes[0].text | test("JANE 1956-03-07")' out)" = true ]
}

@test "dark text on white is found as well" {
	pgm "DOE^JANE 1956-03-07" 40 60 | pnminvert >in
	[ "$(txt-detect in | jq -r '.boxes[].text' | grep -c 'JANE 1956-03-07')" -eq 1 ]
}

@test "text that runs upwards or downwards is found and read" {
	for turn in 90 270; do
		pgm "DOE^JANE 1956-03-07" 40 60 | pamflip -r$turn >in
		[ "$(txt-detect in | jq -r '.boxes[].text' | grep -c '1956-03-07')" -eq 1 ]
	done
}

@test "lines close to one another are boxes of their own" {
	pgm "DOE^JANE 1956-03-07" 40 60 >one
	pbmtext -builtin bdf "ID 12345678 ROOM 42" | pnmcrop 2>/dev/null | pnminvert >ink
	pnmpaste ink 40 73 one >in	# 4 rows below
	[ "$(txt-detect in | jq '.boxes | length')" -eq 2 ]
	[ "$(txt-detect in | jq -r '.boxes[0].text' | grep -c '1956-03-07')" -eq 1 ]
	[ "$(txt-detect in | jq -r '.boxes[1].text' | grep -c '12345678')" -eq 1 ]
}

@test "a blank image gives a record with no boxes" {
	pgm >in
	[ "$(txt-detect in | jq -c .boxes)" = '[]' ]
	pgmmake 0.5 1 1 >in
	[ "$(txt-detect in | jq -c .boxes)" = '[]' ]
}

@test "an empty stream gives an empty list" {
	run -0 txt-detect </dev/null
	[ -z "$output" ]
}

@test "every image has its record, with the keys of its comment" {
	{ pgm | frame 1/3; pgm "DOE^JANE" 40 60 | frame 2/3; pgm | frame 3/3; } >in
	txt-detect --no-text in >out
	[ "$(jq -c '[.file,.by,.image,.images,.frame,.frames,.view]' out | tail -n 1)" = '["a.dcm","txt-detect",3,3,3,3,"voi"]' ]
	[ "$(jq -s -c 'map(.boxes | length)' out)" = '[0,1,0]' ]
}

@test "plain images are counted, and none is taken for the whole of a cut stream" {
	{ pgm; pgm "DOE^JANE" 40 60; } >in
	[ "$(txt-detect -n in | jq -c '[.file,.image,.images,.frame,.frames]' | paste -sd' ')" = '["in",1,2,1,2] ["in",2,2,2,2]' ]
	for bytes in 1 100 160014 160020 320000; do
		head -c "$bytes" in >cut
		run -2 --separate-stderr txt-detect -n cut
		[ -z "$output" ]
		[[ $stderr == "txt-detect: cut: "* ]]
	done
}

@test "a cut stream with comments gives the records before the cut, and trouble" {
	{ pgm | frame 1/2; pgm | frame 2/2; } >in
	head -c -1 in >cut
	run -2 --separate-stderr txt-detect cut
	[ "$(jq -c .image <<<"$output")" = 1 ]
}

# keyed IMAGE/IMAGES FRAME/FRAMES WxH [VIEW] <PGM: the image with that comment.
keyed() {
	printf 'P5\n# unphi {"file":"a.dcm","by":"dcm-frames","image":%d,"images":%d,"frame":%d,"frames":%d,"view":"%s","width":%d,"height":%d}\n' \
	    "${1%/*}" "${1#*/}" "${2%/*}" "${2#*/}" "${4:-voi}" "${3%x*}" "${3#*x}"
	tail -n +2
}

# film: 20 frames of white noise, 200x60, with gray text that stands still: 128 by 9 pixels at 30,20.
film() {
	pgmmake 0 200 60 >black
	pgmmake 0.5 200 60 >gray
	pbmtext -builtin bdf "DOE^JANE 1956-03-07" | pnmcrop 2>/dev/null | pnminvert >ink
	pnmpaste ink 30 20 black >alpha
	for n in $(seq 20); do
		pgmnoise -randomseed="$n" 200 60 | pamcomp -alpha=alpha gray - | keyed "$n/20" "$n/${1:-20}" 200x60
	done
}
covers='any(.boxes[]; .x <= 30 and .y <= 20 and .x + .w >= 158 and .y + .h >= 29)'

@test "text that stands still before what moves is found over time, on every frame" {
	film >in
	txt-detect in >out
	[ "$(wc -l <out)" -eq 21 ]
	[ "$(jq -c "select(.frame > 0 and ($covers))" out | wc -l)" -lt 20 ]	# or there would be no need
	jq -c 'select(.frame == 0)' out >still
	[ "$(jq -c '[.file,.by,.image,.images,.frame,.frames,(.boxes | length)]' still)" = '["a.dcm","txt-detect still",1,1,0,20,1]' ]
	jq -e "$covers" still
	[ "$(jq -r '.boxes[].text' still | grep -c '1956-03-07')" -eq 1 ]
	# The list without its last line lacks an image, so no sink can miss the record.
	[ "$(tail -n 1 out | jq -c '[.image,.frame]')" = '[20,20]' ]
	box-merge --all-frames out | jq -e "$covers"
	for jobs in 2 5; do
		txt-detect -j $jobs in | cmp - out
	done
}

@test "the frames of a plain stream are held together as well" {
	film | LC_ALL=C sed '/^# unphi /d' >in
	txt-detect -n in >out
	[ "$(jq -c 'select(.frame == 0) | [.file,.image,.images,.frames]' out)" = '["in",1,1,20]' ]
	[ "$(tail -n 1 out | jq -c '[.image,.frame]')" = '[20,20]' ]
	jq -s -e "map(select(.frame == 0))[0] | $covers" out
}

@test "px-redact fills still text on every frame, and nothing when the list is cut" {
	film | LC_ALL=C sed '/^# unphi /d' >in
	txt-detect -n in >boxes
	px-redact -b boxes -o out in
	for n in 1 7 20; do	# headers of 14 bytes; its samples are the last 12000 of each image
		tail -c +$((n * 12014 - 11999)) out | head -c 12000 | rawtopgm 200 60 | pamcut 30 20 128 9 >text
		[ "$(pamsumm -max -brief text)" = 0 ]
	done
	head -n -1 boxes >cut
	run -2 px-redact -b cut -o none in
	[ ! -e none ]
}

@test "no record speaks for a frame that was left out" {
	film 21 >in
	txt-detect -n in >out
	[ "$(wc -l <out)" -eq 20 ]
	[ "$(jq -s 'any(.[]; .frame == 0)' out)" = false ]
	tail -n 1 out | jq -e "$covers"
}

@test "what is on some frames only is not taken for still" {
	for n in $(seq 6); do
		pgmnoise -randomseed="$n" 200 60 >noise
		pbmtext -builtin bdf "DOE^JANE 1956-03-07" | pnmcrop 2>/dev/null | pnminvert >ink
		{ [ "$n" -ne 3 ] && cat noise || pgmmake 0 200 60 | pnmpaste ink 30 20; } | keyed "$n/6" "$n/6" 200x60
	done >in
	txt-detect -n in >out
	jq -s -e ".[2] | $covers" out
	[ "$(jq -s 'any(.[]; .frame == 0)' out)" = false ]
}

@test "what was found and has not changed is found, whatever is beside it" {
	pgm "DOE^JANE 1956-03-07" 40 200 >one
	pgmnoise -randomseed=1 100 200 >block
	pnmpaste block 175 100 one >two	# joins the contour of the text
	{ keyed 1/2 1/2 400x400 <one; keyed 2/2 2/2 400x400 <two; } >in
	[ "$(keyed 1/1 1/1 400x400 <two | txt-detect -n -e edge | jq -c .boxes)" = '[]' ]
	[ "$(txt-detect -n -e edge in | jq '.boxes | length' | paste -sd' ')" = "1 1" ]
	[ "$(txt-detect -n -j 2 -e edge in | jq -c .boxes | uniq | wc -l)" -eq 1 ]
	pgm "DOE^JANE 1956-03-08" 40 200 | pnmpaste block 175 100 >two	# its last figure has changed
	{ keyed 1/2 1/2 400x400 <one; keyed 2/2 2/2 400x400 <two; } >in
	[ "$(txt-detect -n -e edge in | jq '.boxes | length' | paste -sd' ')" = "1 0" ]
}

@test "what has not changed since the frame before is found without being looked at again" {
	pbmtext -builtin bdf "DOE^JANE 1956-03-07" | pnmcrop 2>/dev/null | pnminvert | pgmtopgm 2>/dev/null | pamdepth 255 >text 2>/dev/null
	"$BUILD/tests/detect" 1500 620 12 text	# at its own size
	"$BUILD/tests/detect" 1300 390 8 text	# and at twice
	"$BUILD/tests/detect" 1700 1210 6 text	# and at a quarter
	run -1 "$BUILD/tests/detect" -c 1500 620 12 text	# a control: what has changed is not looked at either
}

@test "views of a file are followed each by itself" {
	pgm "DOE^JANE 1956-03-07" 40 60 >voi
	pgm "ID 12345678" 40 160 >full
	for n in 1 2 3 4 5 6; do
		view=voi; [ $((n % 2)) -eq 1 ] || view=full
		keyed $n/6 $(((n + 1) / 2))/3 400x400 $view <$view
	done >in
	txt-detect -n in >out
	[ "$(jq -c '[.image,.view]' out | paste -sd' ')" = '[1,"voi"] [2,"full"] [3,"voi"] [4,"full"] [5,"voi"] [6,"full"]' ]
	[ "$(jq -c 'select(.view == "voi") | .boxes' out | uniq | wc -l)" -eq 1 ]
	[ "$(jq -s -c 'map(.boxes | length) | unique' out)" = '[1]' ]
}

@test "an image of another size than its comment says is refused" {
	pgm "DOE^JANE" 40 60 300 | frame 1/1 >in
	run -2 --separate-stderr txt-detect in
	[ -z "$output" ]
}

@test "the output is the same for any number of jobs" {
	for n in $(seq 12); do
		pgm "IMAGE $((n / 3)) OF 12" "$((n / 3 * 20))" "$((n / 3 * 11))" | frame "$n/12"
	done >in
	txt-detect -j 1 in >one
	txt-detect -j 4 in >four
	[ "$(wc -l <one)" -eq 12 ]
	[ "$(jq -s 'map(.boxes | length) | add' one)" -ge 12 ]
	cmp one four
}

@test "each kernel finds the same boxes" {
	{ pgm "DOE^JANE 1956-03-07" 40 60; pgm "12345678" 3 380; pgm "a b c d e" 90 8 1500; } >in
	txt-detect -n -k plain in >plain
	txt-detect -n in >auto
	[ "$(jq -s 'map(.boxes | length) | add' plain)" -ge 3 ]
	cmp plain auto
}

@test "each kernel of the net computes the same values" {
	compared=0
	for kernel in avx2 sse2 neon; do	# 2: this processor lacks it
		run "$BUILD/tests/net" kernels plain "$kernel"
		[ "$status" -eq 0 ] || [ "$status" -eq 2 ]
		[ "$status" -eq 2 ] || compared=$((compared + 1))
	done
	[ "$compared" -gt 0 ]
}

@test "weights that are cut, or whose sums could overflow, are no net" {
	# The largest layer adds 432 weights for each output: times 32768 and 151 that is less than 2^31 - 2^20, and 152 more.
	"$BUILD/tests/net" weights 151 0
	run -1 "$BUILD/tests/net" weights 152 0
	run -1 "$BUILD/tests/net" weights -152 0
	run -1 "$BUILD/tests/net" weights 151 1
}

@test "a tile with its surroundings says what the whole image says" {
	"$BUILD/tests/net" tiles 192
	run -1 "$BUILD/tests/net" tiles 128	# a control: less than the net reaches
}

@test "a large image is seen in tiles, and text across their borders is found" {
	# Cores of 2048 pixels meet in the middle of this text.
	pgm "DOE^JANE 1956-03-07" 1984 2044 2600 >in
	[ "$(txt-detect -n in | jq -c '[.boxes[] | select(.x <= 1984 and .y <= 2044 and .x + .w >= 2112 and .y + .h >= 2053)] | length')" -eq 1 ]
}

@test "colour and 16 bits give the same boxes as gray" {
	pgm "DOE^JANE 1956-03-07" 40 60 >gray
	txt-detect -n <gray >want
	pgmtoppm white gray >colour
	[ "$(head -c 2 colour)" = P6 ]
	txt-detect -n <colour | cmp - want
	pamdepth 4095 gray >deep
	txt-detect -n <deep | cmp - want
}

@test "coloured text as bright as its ground is found and read" {
	# Red on the gray of its luma, 76: the two are one gray image without text.
	pgm "DOE^JANE 1956-03-07" 40 60 | pgmtoppm rgb:4c/4c/4c-rgb:ff/00/00 >in
	[ "$(ppmtopgm in 2>/dev/null | txt-detect -n | jq -c .boxes)" = '[]' ]
	[ "$(txt-detect in | jq -r '.boxes[].text' | grep -c '1956-03-07')" -eq 1 ]
}

@test "--min-conf leaves out boxes, reading does not" {
	pgm "DOE^JANE 1956-03-07" 40 60 >in
	[ "$(txt-detect in | jq '.boxes | length')" -eq 1 ]
	[ "$(txt-detect --min-conf 1 in | jq '.boxes | length')" -eq 0 ]
}

@test "a language that is not installed is trouble, and the image has no record" {
	pgm "DOE^JANE" 40 60 >in
	run -2 --separate-stderr txt-detect --lang nosuch in
	[ -z "$output" ]
}

@test "each engine finds plain text on black" {
	pgm "DOE^JANE 1956-03-07" 40 12 >in	# in the upper tenth, 40 rows
	for engine in net ocr edge threshold strips; do
		txt-detect -n -e $engine in >out
		[ "$(jq '[.boxes[] | select(.x <= 40 and .y <= 12 and .x + .w >= 168 and .y + .h >= 21)] | length' out)" -eq 1 ]
	done
}

@test "each engine finds dark text on white, and coloured text as bright as its ground" {
	pgm "DOE^JANE 1956-03-07" 40 12 | pnminvert >in
	pgm "DOE^JANE 1956-03-07" 40 12 | pgmtoppm rgb:4c/4c/4c-rgb:ff/00/00 >colour
	for engine in net ocr edge threshold strips; do
		txt-detect -n -e $engine in | jq -e '.boxes | length == 1 or length == 2'
		[ $engine = ocr ] || txt-detect -n -e $engine colour | jq -e '.boxes | length == 1 or length == 2'
	done
}

@test "engines find nothing in a blank image, but for the strips" {
	pgm >in
	[ "$(txt-detect -n -e ocr,edge,threshold in | jq -c .boxes)" = '[]' ]
	[ "$(txt-detect -n -e strips in | jq -c '[.boxes[] | [.x,.y,.w,.h]]')" = '[[0,0,400,40],[0,360,400,40]]' ]
	pgmmake 0.5 1 1 >in
	[ "$(txt-detect -n -e ocr,edge,threshold in | jq -c .boxes)" = '[]' ]
	[ "$(txt-detect -n -e strips in | jq -c '[.boxes[] | [.x,.y,.w,.h]]')" = '[[0,0,1,1]]' ]
}

@test "strips reach to the anatomy, up to a quarter of the height" {
	pgmmake 0 400 400 >black
	pgmmake 0.5 200 240 >organ	# rows 64 to 304: strips of 64 and 96 rows
	pnmpaste organ 100 64 black >in
	[ "$(txt-detect -n -e strips in | jq -c '[.boxes[] | [.y,.h]]')" = '[[0,64],[304,96]]' ]
	pgmmake 0.5 200 160 >organ	# rows 120 to 280
	pnmpaste organ 100 120 black | pnminvert >in
	[ "$(txt-detect -n -e strips in | jq -c '[.boxes[] | [.y,.h]]')" = '[[0,100],[300,100]]' ]
}

@test "several engines are united, in any order" {
	pgm "DOE^JANE 1956-03-07" 40 200 >in
	[ "$(txt-detect -n -e strips,net in | jq '.boxes | length')" -eq 3 ]
	[ "$(txt-detect -n -e net,edge,threshold in | jq '.boxes | length')" -eq 1 ]
	txt-detect -n -e strips,net,edge in | jq -c '[.boxes[] | [.x,.y,.w,.h]]' >one
	txt-detect -n -e edge,net,strips in | jq -c '[.boxes[] | [.x,.y,.w,.h]]' | cmp - one
}

@test "engine ocr gives what it read, or none of it with --no-text" {
	pgm "DOE^JANE 1956-03-07" 40 60 >in
	[ "$(txt-detect -e ocr in | jq -r '.boxes[].text' | grep -c '1956-03-07')" -eq 1 ]
	[ "$(txt-detect -n -e ocr in | jq '[.boxes[] | has("text")] | any')" = false ]
}

@test "an engine that fails leaves it to the others and says so once" {
	{ pgm "DOE^JANE" 40 60; pgm "DOE^JANE" 40 80; } >in
	run -0 --separate-stderr txt-detect -n -l nosuch -e ocr,net in
	[ "$(jq -s 'map(.boxes | length) | add' <<<"$output")" -eq 2 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == "txt-detect: in: engine ocr: "* ]]
}

@test "--strict refuses the frame when an engine fails, as the last of them does" {
	pgm "DOE^JANE" 40 60 >in
	run -2 --separate-stderr txt-detect -n -l nosuch --strict -e ocr,net in
	[ -z "$output" ]
	run -2 --separate-stderr txt-detect -n -l nosuch -e ocr in
	[ -z "$output" ]
}

@test "engines that there are not, or twice, are usage errors" {
	for list in nosuch net,nosuch net,net "" , net, Net; do
		run -2 --separate-stderr txt-detect -e "$list" </dev/null
		[[ $stderr == *usage:* ]]
	done
}

@test "the engines are the same in -h and the manual page" {
	txt-detect -h | sed -n '/--engine/,/--strict/s/^ \{20,\}\([a-z]*\) .*/\1/p' >help
	[ "$(wc -l <help)" -eq 5 ]
	sed -n '/Bl -tag -width threshold/,/^.El/s/^\.It Cm //p' "$ROOT/man/txt-detect.1" | cmp - help
}

@test "boxes without a confidence stay under --min-conf, unless they are read" {
	pgm "DOE^JANE 1956-03-07" 40 12 >in
	[ "$(txt-detect -n -m 1 -e strips in | jq '.boxes | length')" -eq 2 ]
	[ "$(txt-detect -m 1 -e strips in | jq '.boxes | length')" -eq 0 ]
}

@test "a whitelist holds the reading, the finding is the same" {
	pgm "DOE^JANE 1956-03-07" 40 60 >in
	[ "$(txt-detect -w 0123456789- in | jq -r '.boxes[].text' | grep -c '1956-03-07')" -eq 1 ]
	[ "$(txt-detect -w 0123456789- in | jq -r '.boxes[].text' | grep -c '[A-Z]')" -eq 0 ]
}

@test "a page segmentation mode that is not one is a usage error" {
	for mode in 0 2 14 x; do
		run -2 --separate-stderr txt-detect -p $mode </dev/null
		[[ $stderr == *usage:* ]]
	done
}

@test "a bad file does not stop the next one" {
	pgm >in
	echo "not an image" >bad
	run -2 --separate-stderr txt-detect bad missing in
	[ "$(jq -r .file <<<"$output")" = in ]
	[[ $stderr == *"bad: "* && $stderr == *"missing: "* ]]
}

@test "a full disk is trouble" {
	pgm | frame 1/1 >in
	run -2 bash -c 'txt-detect in >/dev/full'
}

@test "a reader that leaves ends the program quietly" {
	for n in $(seq 9); do pgm | frame "$n/9"; done >in
	run --separate-stderr bash -c 'txt-detect -n in | head -n 1'
	[ -z "$stderr" ]
}

@test "a record is written when its frame is done, not when the next one comes" {
	mkfifo pipe
	txt-detect -n <pipe 3>&- | cat >out 3>&- &
	exec 7>pipe
	pgm | frame 1/2 >&7
	for _ in $(seq 100); do [ ! -s out ] || break; sleep 0.1; done
	[ "$(jq .image out)" = 1 ]
	exec 7>&-
	wait
}

@test "no diagnostic shows what was read" {
	pgm "SECRETNAME" 40 60 | frame 1/1 >in
	run --separate-stderr bash -c 'txt-detect in >/dev/full'
	[[ $stderr != *SECRET* ]]
}
