load helper

# Pictures beside Pixel Data are planted and looked for by pydicom.
carry() {
	/usr/bin/python3 "$ROOT/tests/carriers.py" "$@"
}

img() {
	/usr/bin/python3 "$ROOT/tests/px-redact.py" "$@"
}

# Boxes of three frames: on the second one only.
boxes() {
	frame=1 frames=3 record 1/3
	frame=2 frames=3 record 2/3 "$@"
	frame=3 frames=3 record 3/3
}

@test "every carrier is taken out, all else stays, in each encoding, with boxes and without" {
	for what in overlays curve icon graphics nested private values padding preamble; do
		for ts in implicit explicit big deflated; do
			img make a.dcm frames=3 ts=$ts
			carry plant $what a.dcm
			boxes | px-redact -o b.dcm -l log a.dcm
			carry check $what a.dcm b.dcm
			[ "$(jq -c 'select(.carrier)' log | wc -l)" -ge 1 ]
			run ! grep -q JANE log
			boxes 10,5,40,20 | px-redact -o c.dcm a.dcm
			img same a.dcm c.dcm 2:10,5,40,20
			run ! grep -q 'JANE DOE' c.dcm
		done
	done
	# The control: a carrier that nobody swept is seen.
	run ! carry check preamble a.dcm a.dcm
}

@test "a file without carriers has no line of them" {
	img make a.dcm frames=3
	boxes | px-redact -o b.dcm -l log a.dcm
	[ "$(wc -l <log)" -eq 1 ]
}

@test "--overlays redact clears what lies in boxes and outside of the image" {
	for ts in implicit explicit big; do
		img make a.dcm frames=3 ts=$ts
		carry plant overlays a.dcm
		boxes 10,5,40,20 | px-redact --overlays redact -l log -o b.dcm a.dcm
		carry redacted b.dcm
		# 800 points of the box; 2 planes of 600 less 100; 3 of 35 less 9.
		[ "$(jq -c 'select(.carrier) | .points' log | paste -sd,)" = 800,1000,78 ]
		boxes 10,5,40,20 | px-redact --overlays keep -l log -o c.dcm a.dcm
		run ! carry redacted c.dcm
		[ "$(jq -r 'select(.carrier) | .action' log | paste -sd,)" = kept,kept,kept ]
	done
}

@test "an overlay that is shorter than it says is refused where it was to be redacted" {
	img make a.dcm frames=3
	carry plant overlays a.dcm
	dcmodify -nb -m '(6000,0010)=51' a.dcm
	run -2 px-redact --overlays redact -o b.dcm a.dcm < <(boxes)
	[[ $output == *"shorter"* ]]
	[ ! -e b.dcm ]
	boxes | px-redact -o b.dcm a.dcm
}

@test "bits beside the stored ones are cleared, whoever tells of them, in native and in RLE frames" {
	for ts in implicit explicit big deflated rle; do
		img make a.dcm frames=3 bits=16 stored=12 ts=${ts/rle/explicit}
		carry plant bits a.dcm
		cp a.dcm words.dcm
		if [ $ts = rle ]; then
			dcmcrle words.dcm a.dcm
		fi
		boxes | px-redact -l log -o b.dcm a.dcm
		[ "$(jq -c 'select(.carrier) | [.carrier, .words]' log)" = '["unused bits",200]' ]
		cp b.dcm w.dcm
		[ $ts != rle ] || dcmdrle b.dcm w.dcm
		carry check bits words.dcm w.dcm
		[ $ts = rle ] && dcmdump +L b.dcm >/dev/null
		# A second time there is nothing left to do.
		file=b.dcm boxes | px-redact -l log -o c.dcm b.dcm
		cmp b.dcm c.dcm
	done
}

@test "signs and padding above the stored bits are no carriers; one way to write a sign is kept" {
	img make a.dcm frames=3 bits=16 stored=12 signed=1
	img make one.dcm frames=3 bits=16 stored=15 signed=1
	for f in a one; do
		file=$f.dcm boxes | px-redact -l log -o b.dcm $f.dcm
		[ "$(wc -l <log)" -eq 1 ]
		img same $f.dcm b.dcm
	done
	/usr/bin/python3 - <<-'END'
	import numpy as np, pydicom
	ds = pydicom.dcmread("one.dcm")
	ds.PixelData = b"".join(v.to_bytes(2, "little") for v in ([0xc001] * 200 + [7] * 14800))
	ds.save_as("one.dcm")
	w = np.frombuffer(ds.PixelData, "<u2").copy()
	w[50:150] &= 0x7fff    # of negative words, the one bit above: text can hide in that
	ds.PixelData = w.tobytes()
	ds.save_as("hidden.dcm")
	ds = pydicom.dcmread("a.dcm")
	w = np.frombuffer(ds.PixelData, "<i2").copy()
	assert (w < 0).sum() > 400
	ds.PixelData = (w & 0xfff).astype("<u2").tobytes()    # signs not repeated, everywhere
	ds.save_as("zeros.dcm")
	w = (w & 0xffff).astype("<u2")
	w[np.flatnonzero(w & 0x800)[:300]] &= 0xfff    # on some: bad writers do
	ds.PixelData = w.tobytes()
	ds.save_as("mixed.dcm")
	ds = pydicom.dcmread("a.dcm")
	ds.PixelRepresentation = 0
	ds.add_new(0x00280120, "US", 0xf830)
	w = np.frombuffer(ds.PixelData, "<u2").copy() & 0xfff
	w[:500] = 0xf830
	ds.PixelData = w.tobytes()
	ds.save_as("padded.dcm")
	END
	for f in zeros padded mixed; do
		file=$f.dcm boxes | px-redact -l log -o b.dcm $f.dcm
		[ "$(wc -l <log)" -eq 1 ]
		img same $f.dcm b.dcm
	done
	file=hidden.dcm boxes | px-redact -l log -o b.dcm hidden.dcm
	[ "$(jq -c 'select(.carrier) | .words' log)" = 100 ]
	img same one.dcm b.dcm
}

@test "a coded image inside of a standard sequence refuses the file, or takes the sequence with it" {
	img make a.dcm frames=3
	carry plant coded a.dcm
	run -2 px-redact -o b.dcm a.dcm < <(boxes)
	[[ $output == *"(0008,1140)"*"--nested remove"* ]]
	[ ! -e b.dcm ]
	boxes | px-redact --nested remove -o b.dcm a.dcm
	carry check coded a.dcm b.dcm
}

@test "sequences of VR UN and pixels of other groups are swept too" {
	for ts in explicit big deflated; do
		for what in unknown second; do
			img make a.dcm frames=3 ts=$ts
			carry plant $what a.dcm
			boxes 10,5,40,20 | px-redact -o b.dcm a.dcm
			run ! grep -q 'JANE DOE' b.dcm
			[ $ts = big ] || boxes | px-redact -o b.dcm a.dcm
			[ $ts = big ] || carry check $what a.dcm b.dcm
		done
	done
}

@test "a picture in a sequence that has to be added to refuses the file, or goes" {
	img make a.dcm frames=3
	carry plant marked a.dcm
	run -2 px-redact -o b.dcm a.dcm < <(boxes 10,5,40,20)
	[[ $output == *"(0012,0064)"* ]]
	[ ! -e b.dcm ]
	boxes 10,5,40,20 | px-redact --nested remove -o b.dcm a.dcm
	run ! grep -q 'JANE DOE' b.dcm
	dcmdump +P 0008,0100 +s b.dcm | grep -q 113101
}

@test "an overlay plane over no frame, and bits after the last one, are cleared" {
	img make a.dcm frames=3
	carry plant overlays a.dcm
	dcmodify -nb -i '(6002,0051)=9' -m '(6000,0010)=40' -i '(6000,0015)=1' a.dcm
	boxes 10,5,40,20 | px-redact --overlays redact -l log -o b.dcm a.dcm
	# Its 800 points of the box and 1000 that are none of its 40 rows; all 1200.
	[ "$(jq -c 'select(.carrier) | .points' log | paste -sd,)" = 1800,1200,78 ]
	for bad in '(6000,0100)=8' '(6000,0015)=0'; do
		cp a.dcm c.dcm
		dcmodify -nb -i "$bad" c.dcm
		run -2 px-redact --overlays redact -o d.dcm c.dcm < <(file=c.dcm boxes)
		[[ $output == *"(6000,3000) is none of PS3.3 C.9.2; --overlays remove"* ]]
		[ ! -e d.dcm ]
	done
}

@test "a crop moves overlays of every group that is one" {
	img make a.dcm frames=3
	dcmodify -nb -i '(6020,0050)=1\1' -i '(6020,0010)=8' -i '(6020,0011)=2' -i '(6020,3000)=0101' a.dcm
	boxes | px-redact --overlays keep --crop 10,6,20,20 -o b.dcm a.dcm
	dcmdump +P 6020,0050 b.dcm | grep -qF -- '-5\-9'
}

@test "graphics stay where they are asked to" {
	img make a.dcm frames=3
	carry plant graphics a.dcm
	boxes | px-redact --graphics keep -l log -o b.dcm a.dcm
	[ "$(jq -r 'select(.carrier) | .action' log)" = kept ]
	dcmdump -q +P 0070,0001 b.dcm | grep -q 0070,0001
}

@test "an image of a slide's label is refused, or dropped without trouble" {
	img make a.dcm frames=3
	carry plant label a.dcm
	run -2 px-redact -O out a.dcm < <(boxes)
	[[ $output == *"--wsi-labels drop"* ]]
	run -0 px-redact --wsi-labels drop -l log -O out a.dcm < <(boxes)
	[ ! -e out/a.dcm ]
	[ "$(jq -c '[.carrier, .action]' log)" = '["slide label","dropped"]' ]
	dcmodify -nb -m '(0008,0008)=ORIGINAL\PRIMARY\VOLUME\NONE' a.dcm
	boxes | px-redact -O out a.dcm
	dcmodify -nb -i '(0048,0010)=YES' a.dcm
	run -2 px-redact -O out2 a.dcm < <(boxes)
}

@test "bytes after the last element refuse the file" {
	img make a.dcm frames=3
	cp a.dcm b.dcm
	printf 'JANE DOE' >>a.dcm
	run -2 px-redact -o c.dcm a.dcm < <(boxes)
	[ ! -e c.dcm ]
	cat b.dcm b.dcm >a.dcm
	run -2 px-redact -o c.dcm a.dcm < <(boxes)
	[ ! -e c.dcm ]
}

@test "a word that is none of an option's is a usage error" {
	for o in --overlays --graphics --nested --wsi-labels; do
		run -2 px-redact $o perhaps -o b.dcm a.dcm </dev/null
		[[ $output == *"$o"* ]]
	done
}

comments() {
	/usr/bin/python3 "$ROOT/tests/comments.py" "$@"
}

# lines LOG: what became of comments, as "action bytes".
lines() {
	jq -r 'select(.carrier == "comment") | "\(.tag) \(.action) \(.bytes)"' "$1"
}

@test "text in frames' code is kept and logged, or becomes zeros where it is, and all else stays" {
	img make gray.dcm frames=3
	while read -r table pieces coder; do
		$coder gray.dcm a.dcm
		comments plant a.dcm "$pieces" "$table"
		boxes | px-redact -l kept -o b.dcm a.dcm
		comments same a.dcm b.dcm
		boxes | px-redact --comments clear -l log -o b.dcm a.dcm
		comments check a.dcm b.dcm
		[[ $(lines kept) == "(7fe0,0010) kept "* ]]
		[ "$(lines kept)" = "$(lines log | sed s/zeroed/kept/)" ]
		# A second time there is nothing left to do.
		file=b.dcm boxes | px-redact --comments clear -l log -o c.dcm b.dcm
		cmp b.dcm c.dcm
		[ -z "$(lines log)" ]
		# Frame 2 is coded again.
		boxes 10,5,40,20 >list
		px-redact --comments clear -j 3 -b list -o b.dcm a.dcm
		comments check a.dcm b.dcm 2
		dcm-validate --against a.dcm -b list b.dcm >findings || true
		[ -z "$(jq -c 'select(.check == "pixels" and .level == "error")' findings)" ]
		px-redact -b list -o b.dcm a.dcm
		run ! comments check a.dcm b.dcm 2
	done <<-END
	basic 3 dcmcjpeg +eb
	extended 1 dcmcjpeg +el
	extended 2 dcmcjpls
	basic 2 gdcmconv --j2k
	none 1 gdcmconv --j2k
	END
}

@test "a text behind the end of a frame's code is refused, also where the frame is only copied" {
	img make gray.dcm frames=3
	for coder in "dcmcjpeg +eb" "dcmcjpeg +el" dcmcjpls "gdcmconv --j2k"; do
		$coder gray.dcm a.dcm
		boxes | px-redact -o b.dcm a.dcm
		comments tail a.dcm 3
		for b in "" 10,5,40,20; do
			run -2 px-redact -o c.dcm a.dcm < <(boxes $b)
			[[ $output == *"frame 3: "*"follow"* || $output == *"frame 3: "*"cut or malformed"* ]]
			[ ! -e c.dcm ]
		done
	done
}

@test "bytes beside the runs of an RLE frame, or after a plain or deflated one, refuse the file" {
	img make a.dcm frames=3
	cp a.dcm native.dcm
	dcmcrle native.dcm a.dcm
	cp a.dcm good.dcm
	boxes | px-redact -o b.dcm a.dcm	# the control
	cat >slack.py <<-'END'
	import pydicom, sys, zlib
	from pydicom.encaps import encapsulate, generate_pixel_data_frame
	what, text = sys.argv[1], b"JANE DOE"
	ds = pydicom.dcmread("good.dcm")
	frames = list(generate_pixel_data_frame(ds.PixelData, 3))
	f = frames[1]
	n = int.from_bytes(f[:4], "little")
	if what == "tail":
	    f += text
	elif what == "head":
	    f = f[:40] + text + f[48:]
	elif what == "gap":
	    at = [int.from_bytes(f[4 + 4 * i:8 + 4 * i], "little") + 8 for i in range(n)]
	    f = f[:4] + b"".join(v.to_bytes(4, "little") for v in at) + f[4 + 4 * n:64] + text + f[64:]
	else:
	    p = pydicom.dcmread("native.dcm").PixelData
	    frames = [p[5000 * i:5000 * i + 5000] for i in range(3)]
	    if what.startswith("deflate"):
	        z = [zlib.compressobj(wbits=-15) for _ in frames]
	        frames = [c.compress(v) + c.flush() for c, v in zip(z, frames)]
	        frames = [v + b"\0" * (len(v) % 2) for v in frames]
	    f = frames[1] + (text if what.endswith("tail") else b"")
	frames[1] = f
	ds.PixelData = encapsulate(frames)
	ds["PixelData"].is_undefined_length = True
	ds.save_as("a.dcm")
	if what.startswith(("plain", "deflate")):
	    sys.path.insert(0, sys.argv[2])
	    from dcmfile import retag
	    retag("a.dcm", "1.2.840.10008.1.2." + ("8.1" if what.startswith("deflate") else "1.98"), "a.dcm")
	END
	for what in tail head gap plaintail deflatetail; do
		/usr/bin/python3 slack.py $what "$ROOT/tests"
		run -2 px-redact -o c.dcm a.dcm < <(boxes)
		[[ $output == *"frame 2: "* ]]
		[ ! -e c.dcm ]
	done
	for what in plain deflate; do
		/usr/bin/python3 slack.py $what "$ROOT/tests"
		boxes | px-redact -o c.dcm a.dcm
		rm c.dcm
	done
}
