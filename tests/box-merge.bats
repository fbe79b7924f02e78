load helper

boxes() {	# the boxes of each record, compactly: x,y,w,h;...
	jq -r '[.boxes[] | "\(.x),\(.y),\(.w),\(.h)"] | join(";")' "$@"
}

@test "boxes that share a pixel become the box around both" {
	record 1/1 10,10,10,10 19,19,5,5 >in
	box-merge <in >out
	[ "$(boxes out)" = 10,10,14,14 ]
}

@test "boxes that only touch stay apart" {
	record 1/1 10,10,10,10 20,10,5,10 >in
	[ "$(box-merge <in | boxes)" = "10,10,10,10;20,10,5,10" ]
}

@test "a union that reaches a third box takes it in" {
	# The box around the first two, 0..30 by 0..30, holds the third.
	record 1/1 0,0,20,5 15,0,15,30 0,25,3,3 >in
	[ "$(box-merge <in | boxes)" = 0,0,30,30 ]
}

@test "--iou asks for that much overlap" {
	# Intersection 50, union 150: a third.
	record 1/1 0,0,10,10 5,0,10,10 >in
	[ "$(box-merge --iou 0.33 <in | boxes)" = 0,0,15,10 ]
	[ "$(box-merge --iou 0.34 <in | boxes)" = "0,0,10,10;5,0,10,10" ]
}

@test "--pad grows boxes before they are united, --expand after, both within the image" {
	record 1/1 0,0,10,10 13,0,10,10 95,45,5,5 >in
	[ "$(box-merge --pad 2 <in | boxes)" = "0,0,25,12;93,43,7,7" ]
	[ "$(box-merge --expand 2 <in | boxes)" = "0,0,12,12;11,0,14,12;93,43,7,7" ]
}

@test "boxes are cut to the image, and those outside of it go" {
	record 1/1 90,40,50,50 100,0,5,5 >in
	[ "$(box-merge <in | boxes)" = 90,40,10,10 ]
}

@test "merging twice is merging once" {
	record 1/1 0,0,20,5 15,0,15,30 0,25,3,3 50,1,9,9 57,8,30,30 >in
	box-merge <in >once
	box-merge <once >twice
	cmp once twice
}

@test "every record comes out, also one without boxes" {
	{ record 1/2; record 2/2 1,1,2,2; } >in
	[ "$(box-merge <in | wc -l)" -eq 2 ]
}

@test "keys that box-merge does not know are passed on" {
	record 1/1 1,2,3,4 | jq -c '. + {why: "x", n: 0.97} | .boxes[0].seen = [1]' >in
	box-merge <in >out
	cmp in out
}

@test "--all-frames gives one record for every frame" {
	{ frames=9 record 1/2 1,1,5,5; frames=9 frame=7 record 2/2 3,3,5,5; } >in
	box-merge --all-frames <in >out
	[ "$(boxes out)" = 1,1,7,7 ]
	[ "$(jq -c '[.by,.image,.images,.frame,.frames]' out)" = '["box-merge",1,1,0,9]' ]
}

@test "--all-frames writes nothing for a file of which an image is missing" {
	{ record 1/2 1,1,5,5; file=b.dcm record 1/1 2,2,2,2; } >in
	run -2 --separate-stderr box-merge --all-frames <in
	[ "$(jq -r .file <<<"$output")" = b.dcm ]
	[[ $stderr == *"a.dcm: image 2 of 2 did not arrive"* ]]
}

@test "--union dir gives the boxes of a folder to each of its files of one size" {
	{
		file=x/a record 1/1 1,1,2,2
		file=x/b record 1/1 9,9,2,2
		file=x/c size=50x50 record 1/1 20,20,2,2
		file=y/a record 1/1 30,30,2,2
	} >in
	box-merge --union dir <in >out
	[ "$(boxes out | paste -sd' ')" = "1,1,2,2;9,9,2,2 1,1,2,2;9,9,2,2 20,20,2,2 30,30,2,2" ]
}

@test "a text that stays still is named once" {
	{ record 1/2 1,1,5,5; record 2/2 1,1,5,5; } | jq -c '.boxes[0].text = "A"' >in
	[ "$(box-merge -a <in | jq -r '.boxes[0].text')" = A ]
}

@test "a list cut at any byte is trouble" {
	{ record 1/2 0,0,10,10; record 2/2; } >list
	first=$(head -n 1 list | wc -c)
	for ((n = $(wc -c <list) - 1; n > 0; n--)); do
		[ "$n" -eq "$first" ] && continue	# whole lines: a sink must see this
		head -c "$n" list >cut
		run -2 box-merge cut
	done
	head -c "$first" list >cut
	run -2 box-merge --all-frames cut
}

@test "a known key of the wrong type is an error, never a default" {
	for edit in '.image = "1"' '.image = 2' '.frame = -1' '.frames = 0' 'del(.images)' \
	    '.width = 1.5' '.width = 70000' '.boxes = {}' 'del(.boxes)' '.boxes[0].w = 0' \
	    '.boxes[0].x = 65535 | .boxes[0].w = 2' '.boxes[0].conf = 2' '.boxes[0].text = 5' \
	    '.file = null' 'del(.by)' '.boxes[0] = 3' '[.]'; do
		record 1/1 1,1,2,2 | jq -c "$edit" >in
		run -2 --separate-stderr box-merge in
		[ -z "$output" ]
	done
	record 1/1 1,1,2,2 | jq -c . >in	# the control
	run -0 box-merge in
}

@test "no diagnostic shows what a line holds" {
	for line in '{"file":SECRET' '{"SECRET":1}' 'SECRET' '{"file":"SECRET","file":"SECRET"}'; do
		echo "$line" >in
		run -2 box-merge in
		[[ $output != *SECRET* ]]
	done
}

@test "no input, - and an empty file are alike" {
	run -0 box-merge </dev/null
	[ -z "$output" ]
	run -0 box-merge - </dev/null
	[ -z "$output" ]
	: >empty
	run -0 box-merge empty
	[ -z "$output" ]
}

@test "a bad file does not stop the next one" {
	echo bad >bad
	record 1/1 1,1,2,2 >good
	run -2 --separate-stderr box-merge bad missing good
	[ "$(jq -r .file <<<"$output")" = a.dcm ]
	[ "$(wc -l <<<"$stderr")" -eq 2 ]
}

@test "a full disk is trouble" {
	record 1/1 1,1,2,2 >in
	run -2 bash -c 'box-merge <in >/dev/full'
}

@test "a reader that leaves is no trouble to anybody" {
	for ((i = 0; i < 5000; i++)); do record 1/1 1,1,2,2; done >in
	run -0 bash -c 'box-merge <in | head -n 1'
	run bash -c 'set -o pipefail; box-merge <in | head -n 1'
	[ "$status" -eq 141 ] || [ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "usage errors are status 2 and name the option" {
	run -2 box-merge --iou 1.5 </dev/null
	run -2 box-merge --pad -1 </dev/null
	run -2 box-merge --pad 1x </dev/null
	run -2 box-merge --union moon </dev/null
}
