load helper

py() {
	/usr/bin/python3 "$ROOT/tests/dcm-stamp.py" "$@"
}

forms() {
	cat <<-'END'
	photo=MONOCHROME2 bits=8
	photo=MONOCHROME1 bits=8 frames=3
	photo=MONOCHROME2 bits=16 stored=12
	photo=MONOCHROME2 bits=16 stored=10 window=500,900
	photo=MONOCHROME1 bits=16 stored=14 window=7400,12000
	photo=MONOCHROME2 bits=16 signed=1 intercept=-1024 slope=1 window=-4300,30000 pad=-18276
	photo=MONOCHROME2 bits=16 stored=12 signed=1 pad=-1500
	photo=MONOCHROME2 bits=16 stored=12 slope=-2 intercept=50 window=-3600,6000
	photo=MONOCHROME2 bits=16 stored=12 ts=big
	photo=RGB planar=0 frames=2
	photo=RGB planar=1
	photo=YBR_FULL
	photo=YBR_FULL_422
	photo='PALETTE COLOR'
	END
}

@test "what changes is what the mask says, in every form of pixels, and it is light or dark as shown" {
	n=0
	while read -r form; do
		n=$((n + 1))
		echo "make $n.dcm $form" >>make
		for tone in light dark; do
			echo "judge $n.dcm $tone/$n.dcm $tone/$n.truth $tone/$n.mask $tone" >>look
		done
	done < <(forms)
	py each <make
	for tone in light dark; do
		mkdir $tone
		for ((i = 1; i <= n; i++)); do
			dcm-stamp -p random -z 16-32 --ink $tone -s $i -o $tone/$i.dcm --truth $tone/$i.truth --mask $tone/$i.mask $i.dcm
		done
	done
	[ "$(wc -l <look)" -eq 28 ]
	py each <look
	# The controls: a pixel, the header, a mask, a box and the tone that are wrong.
	py damage pixel light/3.dcm pixel.dcm
	run ! py judge 3.dcm pixel.dcm <(sed 's,light/3,pixel,' light/3.truth) light/3.mask light
	py damage header light/3.dcm header.dcm
	run ! py judge 3.dcm header.dcm <(sed 's,light/3,header,' light/3.truth) light/3.mask light
	run ! py judge 3.dcm light/3.dcm light/3.truth dark/3.mask light
	run ! py judge 3.dcm light/3.dcm <(jq -c '.boxes[0].w += 1' light/3.truth) light/3.mask light
	run ! py judge 3.dcm light/3.dcm light/3.truth light/3.mask dark
}

@test "in every transfer syntax other people's readers see changes in stamped pixels alone" {
	/usr/bin/python3 "$ROOT/tests/syntaxes.py" make in --small
	rm -f in/*mpeg* in/*h264* in/*hevc* in/*float*
	dcm-stamp -t 'name=DOE^J' -p 50:50 -z 12 -O out --mask mask in/*.dcm || true
	ls in out
	py outside in out mask >count
	output=$(cat count)
	[ "${output% files*}" -ge 15 ]
	[ "$(echo "$output" | sed 's/.*, \([0-9]*\) readings/\1/')" -ge 40 ]
	# The control: what was stamped elsewhere.
	dcm-stamp -t 'name=DOE^J' -p 0:0 -z 12 -O other in/*.dcm || true
	run -1 py outside in other mask
}

# The lines' texts of FILE.
texts() {
	jq -r '.boxes[].text' "$1"
}

@test "the same seed gives the same bytes, another seed other ones" {
	py make a.dcm frames=2
	for n in 1 2 3; do
		dcm-stamp -n 3 -s $((n / 3 + 1)) -o $n.dcm --truth $n.truth --mask $n.mask a.dcm
	done
	cmp 1.dcm 2.dcm
	cmp <(tail -c +200 1.mask) <(tail -c +200 2.mask)
	diff <(jq -c .boxes 1.truth) <(jq -c .boxes 2.truth)
	run ! cmp -s 1.dcm 3.dcm
	run ! diff <(texts 1.truth) <(texts 3.truth)
}

@test "lines are the same on all frames, or other ones on each" {
	py make a.dcm frames=3
	dcm-stamp -z 16 -o still.dcm --truth still a.dcm
	[ "$(jq -c '[.frame, .frames, .image, .images]' still)" = "[0,3,1,1]" ]
	dcm-stamp --ink light -p random -z 16-20 --per-frame -o each.dcm --truth each --mask mask a.dcm
	[ "$(jq -sc 'map([.frame, .frames, .image, .images])' each)" = "[[1,3,1,3],[2,3,2,3],[3,3,3,3]]" ]
	[ "$(jq -c .boxes each | sort -u | wc -l)" -eq 3 ]
	py judge a.dcm each.dcm each mask light
	dcm-stamp -f 2- -t X -p 50:50 -o some.dcm --truth some --mask mask a.dcm
	[ "$(jq -sc 'map([.frame, (.boxes | length)])' some)" = "[[1,0],[2,1],[3,1]]" ]
	cmp <(dcm-frames -f 1 --view raw a.dcm | tail -c 38400) <(dcm-frames -f 1 --view raw some.dcm | tail -c 38400)
	run ! cmp -s <(dcm-frames -f 2 --view raw a.dcm | tail -c 38400) <(dcm-frames -f 2 --view raw some.dcm | tail -c 38400)
	run -2 dcm-stamp -f 4 -o none.dcm a.dcm
}

@test "lines are given with their kind, and lie where they are wanted" {
	py make a.dcm
	dcm-stamp -t 'name=DOE^JANE' -t 'SE 3' -t 'technical=a=b' -t 'x=y' -p 100:100 -z 12 -o b.dcm --truth - a.dcm >truth
	diff <(jq -c '.boxes[] | [.text, .phi, .size, .style]' truth) - <<-'END'
	["DOE^JANE","name",12,"plain"]
	["SE 3",null,12,"plain"]
	["a=b",null,12,"plain"]
	["x=y",null,12,"plain"]
	END
	[ "$(jq '.boxes[0] | .x + .w' truth)" -eq 240 ]
	[ "$(jq '.boxes[0] | .y + .h' truth)" -eq 160 ]
	jq -e '[.boxes[].y] | . == (sort | reverse)' truth
	# What has no room refuses the file; an invented line is left out.
	run -2 --separate-stderr dcm-stamp -t 'a line that is far too long for so small an image' -z 40 -o c.dcm --truth t a.dcm
	[ "$stderr" = "dcm-stamp: a.dcm: line 1: no room for it" ]
	[ ! -e c.dcm ]
	[ ! -s t ]
	dcm-stamp -k institution -z 200 -o d.dcm --truth d a.dcm
	[ "$(jq -c .boxes d)" = "[]" ]
	cmp a.dcm d.dcm
}

@test "invented lines are of the kinds that are wanted" {
	py make a.dcm rows=400 cols=600
	for kind in name date id institution place time; do
		dcm-stamp -k $kind -n 4 -o $kind.dcm --truth $kind a.dcm
		[ "$(jq -r '.boxes[].phi' $kind | sort -u)" = $kind ]
	done
	jq -e '.boxes | all(.text | test("[0-9]"))' date
	jq -e '.boxes | all(.text | test("[0-9]{1,2}:[0-9]{2}"))' time
	dcm-stamp -k technical -n 4 -o t.dcm --truth t a.dcm
	jq -e '.boxes | length > 1 and all(.phi == null)' t
	dcm-stamp -n 200 -p random -z 8-10 -o all.dcm --truth all a.dcm
	[ "$(jq -r '.boxes[].phi' all | sort -u | wc -l)" -eq 7 ]
	# None lies on another.
	jq -e '.boxes as $b | [range($b | length) as $i | range($i) as $j | $b[$i] as $p | $b[$j] as $q |
	    $p.x < $q.x + $q.w and $q.x < $p.x + $p.w and $p.y < $q.y + $q.h and $q.y < $p.y + $p.h] | any | not' all
}

@test "contrast, colour, opacity, style, edges and angle are as wanted" {
	py make a.dcm window=128,256
	dcm-stamp -p random -n 6 -c 45-60 -z 12 -o b.dcm --truth b a.dcm
	jq -e '.boxes | length > 0 and all(.contrast >= 44 and .contrast <= 61)' b
	py make rgb.dcm photo=RGB
	dcm-stamp -t HHHHHH -z 40 -p 50:50 --colour '#ff8000' -o c.dcm --mask mask rgb.dcm
	at=$(tail -c $((240 * 160)) mask | od -An -v -tu1 -w1 | grep -n '^ *255' | sed -n '200s/:.*//p')
	[ "$(py shown c.dcm $(((at - 1) % 240)) $(((at - 1) / 240)))" = "255 128 0" ]
	dcm-stamp -t HHHHHH -z 40 -p 50:50 --colour '#ff8000' --opacity 0.5 -o h.dcm rgb.dcm
	set -- $(py shown h.dcm $(((at - 1) % 240)) $(((at - 1) / 240))) $(py shown rgb.dcm $(((at - 1) % 240)) $(((at - 1) / 240)))
	[ $((2 * $1 - 255 - $4)) -ge -3 ] && [ $((2 * $1 - 255 - $4)) -le 3 ]
	# Outline, box and shadow are 1 in the mask, plain letters have none of it; hard edges are 255 alone.
	levels() {
		tail -c $((240 * 160)) "$1" | od -An -v -tu1 -w1 | tr -d ' ' | sort -nu | tr '\n' ' '
	}
	for style in plain outline box shadow; do
		dcm-stamp -t HHH -p 50:50 --style $style --edges hard -o $style.dcm --truth truth --mask mask a.dcm
		[ "$(jq -r '.boxes[].style' truth)" = $style ]
		[ "$(levels mask)" = "0 $([ $style = plain ] || echo 1\ )255 " ]
	done
	dcm-stamp -t 'HHHHHH' -p 50:50 -o soft.dcm --mask mask a.dcm
	[ "$(levels mask | wc -w)" -gt 5 ]
	dcm-stamp -t 'HHHHHH' -p 50:50 -a 90 -o d.dcm --truth up a.dcm
	jq -e '.boxes[0] | .h > 3 * .w and .angle == 90' up
	dcm-stamp -t 'HHHHHH' -p 50:50 -o e.dcm --truth level a.dcm
	jq -e '.boxes[0] | .w > 3 * .h and .angle == null' level
}

@test "fonts are families, files and folders, and have all characters or are passed over" {
	py make a.dcm
	file=$(fc-match -f '%{file}' 'DejaVu Sans')
	mkdir -p fonts/deep
	cp "$file" fonts/deep/one.ttf
	echo 'no font' >two.ttf
	for font in 'DejaVu Sans' "$file" fonts; do
		dcm-stamp -F "$font" -n 3 -o out.dcm a.dcm
		[ ! -e last.dcm ] || cmp out.dcm last.dcm
		mv out.dcm last.dcm
	done
	run -2 --separate-stderr dcm-stamp -F 'No Such Family' -o b.dcm a.dcm
	[[ $stderr == "dcm-stamp: --font No Such Family: no font of that family is installed"* ]]
	run -2 dcm-stamp -F two.ttf -o b.dcm a.dcm
	cp two.ttf fonts
	dcm-stamp -F fonts -n 3 -o passed.dcm a.dcm
	mkdir none
	run -2 dcm-stamp -F none -o b.dcm a.dcm
	run -2 --separate-stderr dcm-stamp -F "$file" -t $'\xf0\x9f\x92\xa9\xed\x95\x9c' -o b.dcm a.dcm
	[ "$stderr" = "dcm-stamp: a.dcm: line 1: no font has all of its characters" ]
	run -2 dcm-stamp -t $'\xff\xfe' -o b.dcm a.dcm
	[ ! -e b.dcm ]
}

@test "a bad file has no output and no record, and does not stop the next one" {
	mkdir in
	py make in/b.dcm
	head -c 2000 in/b.dcm >in/a.dcm
	run -2 --separate-stderr dcm-stamp -O out --truth truth --mask mask in/a.dcm in/b.dcm
	[[ $stderr == "dcm-stamp: in/a.dcm: "* ]]
	[ "$(find out -type f)" = out/b.dcm ]
	[ "$(jq -r .file truth)" = out/b.dcm ]
	[ "$(grep -ac '^# unphi' mask)" -eq 1 ]
	# Inputs are never replaced, and standard input is one.
	cp in/b.dcm keep.dcm
	run -2 dcm-stamp -o keep.dcm keep.dcm
	run -2 dcm-stamp -o new.dcm --truth keep.dcm keep.dcm
	cmp keep.dcm in/b.dcm
	dcm-stamp - <keep.dcm >stdin.dcm
	cmp stdin.dcm out/b.dcm
	run -2 bash -c 'dcm-stamp keep.dcm >/dev/full'
	run -2 bash -c 'dcm-stamp - </dev/null >none.dcm'
	[ ! -s none.dcm ]
}

@test "wrong options are usage errors" {
	py make a.dcm
	for wrong in "-z 2" "-z 12x" "-z 5-200%" "-z 20-10" "-n 3-1" "-n 1.5" "-n 300" "-p middle" "-p 10" "-p 10:101" "-i grey" \
	    "-c 0" "-c 256" "-a 12.5" "-a 90," "--style bold" "--style plain," "--edges none" "--opacity 2" "--colour pink" \
	    "-k names" "-t name=" "-n 2 -t x" "-s -1" "-o x -O y" "-f 0" "-o x --truth - --mask -" "-o x --truth x" "--truth -"; do
		run -2 --separate-stderr dcm-stamp $wrong a.dcm
		[[ $stderr == *"usage: dcm-stamp"* ]]
		[ -z "$output" ]
	done
	run -2 dcm-stamp
	run -2 dcm-stamp a.dcm a.dcm
}
