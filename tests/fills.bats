load helper

# Pictures are made by tests/px-redact.py, judged by tests/fills.py.
img() {
	/usr/bin/python3 "$ROOT/tests/px-redact.py" "$@"
}
judge() {
	/usr/bin/python3 "$ROOT/tests/fills.py" "$@"
}

# one OUT OPTIONS -- X,Y,W,H...: redacts ${from:-a.dcm} with the boxes on every frame.
one() {
	local out=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	file=${from:-a.dcm} frame=0 frames=${frames:-1} record 1/1 "${@:2}" |
		px-redact -o "$out" "${options[@]}" "${from:-a.dcm}"
}

forms() {
	cat <<-'END'
	photo=MONOCHROME2 bits=8
	photo=MONOCHROME2 bits=16 stored=12
	photo=MONOCHROME1 bits=16
	photo=MONOCHROME2 bits=16 signed=1
	photo=MONOCHROME2 bits=16 stored=12 signed=1
	photo=MONOCHROME2 bits=16 stored=12 ts=big
	photo=MONOCHROME2 bits=1
	photo=RGB planar=0
	photo=RGB planar=1
	photo=YBR_FULL
	photo=YBR_FULL_422
	photo='PALETTE COLOR'
	END
}

# Two of them overlap, one is at a corner, one touches nothing.
boxes=(9,5,40,20 30,15,30,12 85,40,40,40 66,20,12,20)

@test "mean, telea, ns, noise and text fill what they should, in every form of pixels" {
	n=0
	while read -r form; do
		n=$((n + 1))
		echo "make $n.dcm frames=2 $form" >>make
		file=$n.dcm frame=0 frames=2 record 1/1 "${boxes[@]}" >>list
		for mode in mean telea ns noise text; do
			[ $mode = text ] && [[ $form == *bits=1 || $form == *422* || $form == *PALETTE* ]] && continue
			echo "check $mode $n.dcm $mode/$n.dcm ${boxes[*]}" >>look
		done
	done < <(forms)
	img each <make
	for mode in mean telea ns noise text; do
		px-redact -f $mode -O $mode -b list [1-9]*.dcm
	done
	judge each <look
	[ "$(wc -l <look)" -eq 57 ]
	# The control: what one fill makes is wrong for another.
	run ! judge check mean 1.dcm noise/1.dcm "${boxes[@]}"
	run ! judge check noise 1.dcm text/1.dcm "${boxes[@]}"
}

@test "what a fill draws does not depend on what was covered" {
	n=0
	while read -r form; do
		n=$((n + 1))
		echo "make $n.dcm frames=2 $form" >>make
		echo "plant $n.dcm other/$n.dcm ${boxes[*]}" >>plant
		file=$n.dcm frame=0 frames=2 record 1/1 "${boxes[@]}" >>list
	done < <(forms)
	mkdir other
	img each <make
	judge each <plant
	for mode in black background contrast mean telea ns noise text; do
		px-redact -f $mode -O a -b list [1-9]*.dcm
		(cd other && px-redact -f $mode -O ../b -b ../list [1-9]*.dcm)
		for f in [1-9]*.dcm; do
			run ! cmp -s "$f" "other/$f"
			cmp "a/$f" "b/$f" || { echo "$mode $f"; false; }
		done
		rm -r a b
	done
	# The control: the smallest value of the frame may lie in a box.
	img make a.dcm
	judge field a.dcm 100 7 10,10,4,4
	one b.dcm -f min -- 10,10,4,4
	judge field a.dcm 100
	one c.dcm -f min -- 10,10,4,4
	run ! cmp -s b.dcm c.dcm
}

@test "RLE frames take the same fills as native ones, with any number of threads" {
	img make a.dcm bits=16 stored=12 frames=3
	dcmcrle a.dcm r.dcm
	for mode in mean telea ns noise text; do
		frames=3 one n.dcm -f $mode -- "${boxes[@]}"
		frames=3 from=r.dcm one 1.dcm -f $mode -- "${boxes[@]}"
		frames=3 from=r.dcm one 4.dcm -j 4 -f $mode -- "${boxes[@]}"
		cmp 1.dcm 4.dcm
		dcmdrle 1.dcm d.dcm
		img same n.dcm d.dcm
	done
}

@test "inpainting keeps a flat field flat and carries a bar through a box" {
	n=0
	for form in "bits=8" "bits=16 signed=1" "bits=16 photo=MONOCHROME1"; do
		n=$((n + 1))
		printf '%s\n' "make flat$n.dcm $form" "make bar$n.dcm $form" >>make
		printf '%s\n' "field flat$n.dcm 90 17 20,10,50,30" "field bar$n.dcm 90" "bar bar$n.dcm 40 12 30" >>paint
		file=flat$n.dcm frame=0 frames=1 record 1/1 20,10,50,30 >>list
		file=bar$n.dcm frame=0 frames=1 record 1/1 30,20,32,6 >>list
		for mode in telea ns; do
			echo "flat $mode/flat$n.dcm 90"
			echo "values $mode/bar$n.dcm 44,20,4,6=30..34 30,20,6,6=86..90 56,20,6,6=78..90"
		done >>look
	done
	img each <make
	judge each <paint
	for mode in telea ns; do
		px-redact -f $mode -O $mode -b list -- *.dcm
	done
	judge each <look
	[ "$(wc -l <look)" -eq 12 ]
	px-redact -f mean -O mean -b list -- *.dcm	# the control
	run ! judge values mean/bar1.dcm 44,20,4,6=30..34
}

@test "where no pixel is left outside of the boxes all is black" {
	img make a.dcm bits=16 signed=1
	for mode in mean telea ns noise background; do
		one $mode.dcm -f $mode -- 0,0,100,50
		echo "flat $mode.dcm -32768"
	done >look
	judge each <look
}

@test "mean and noise leave padding out, unless there is nothing else" {
	img make a.dcm bits=16 signed=1
	judge field a.dcm -2000
	judge bar a.dcm 0 20 500
	/usr/bin/python3 - <<-'END'
	import pydicom
	ds = pydicom.dcmread("a.dcm")
	ds.add_new(0x00280120, "SS", -2000)
	ds.save_as("a.dcm")
	END
	for mode in mean noise; do
		one $mode.dcm -f $mode -- 15,10,20,20 70,10,20,20
		echo "values $mode.dcm 15,10,20,20=500 70,10,20,20=-2000"
	done >look
	judge each <look
}

@test "text is of the words that the manual page names, and --bold is bolder" {
	{ printf 'P5\n420 160\n255\n'; head -c 67200 /dev/zero | tr '\0' '\310'; } >a.pgm
	box() { size=420x160 file=$1 record 1/1 10,10,400,140; }
	box a.pgm | px-redact -f text -o b.pgm a.pgm
	box a.pgm | px-redact -f text --bold -o c.pgm a.pgm
	txt-detect b.pgm >found
	jq -r '.boxes[].text' found | tr -s ' ' '\n' | grep . >words
	[ "$(wc -l <words)" -ge 8 ]
	[ "$(grep -cxE 'covered|dummy|erased|filler|hidden|nonsense|nothing|placeholder|redacted|removed' words)" \
		-ge $(($(wc -l <words) * 8 / 10)) ]
	ink() { tail -c 67200 "$1" | tr -d '\310' | wc -c; }
	[ "$(ink c.pgm)" -gt $(($(ink b.pgm) * 5 / 4)) ]
	box a.pgm | px-redact -f text -o d.pgm a.pgm
	cmp b.pgm d.pgm
}

@test "PNM: the same fills, in samples of 16 bits and in colour" {
	/usr/bin/python3 - <<-'END'
	import numpy as np
	rng = np.random.default_rng(3)
	for name, kind, shape, top in (("a", b"P5", (50, 100), 4095), ("b", b"P6", (50, 100, 3), 255)):
	    a = rng.integers(0, top + 1, shape)
	    for _ in range(2):      # the same but in the box
	        open(name + ".pnm", "wb").write(b"%s\n100 50\n%d\n" % (kind, top) +
	                                        a.astype(">u2" if top > 255 else "u1").tobytes())
	        name, a[10:30, 20:60] = name + "2", top - a[10:30, 20:60]
	END
	for i in a b; do
		for mode in mean telea ns noise text; do
			file=$i.pnm record 1/1 20,10,40,20 | px-redact -f $mode -o $i.$mode $i.pnm
			file=${i}2.pnm record 1/1 20,10,40,20 | px-redact -f $mode -o other ${i}2.pnm
			cmp $i.$mode other
		done
	done
	/usr/bin/python3 - <<-'END'
	import numpy as np
	for name, shape, kind in (("a", (50, 100, 1), ">u2"), ("b", (50, 100, 3), "u1")):
	    read = lambda f: np.frombuffer(open(f, "rb").read()[-int(np.prod(shape)) * np.dtype(kind).itemsize:],
	                                   kind).reshape(shape).astype(int)
	    a, m = read(name + ".pnm"), read(name + ".mean")
	    r = np.zeros((50, 100), bool)
	    r[9:31, 19:61] = True
	    r[10:30, 20:60] = False
	    assert (m[10:30, 20:60] == np.floor(a[r].mean(0) + 0.5)).all()
	    for mode in "mean", "telea", "ns", "noise", "text":
	        d = read("%s.%s" % (name, mode)) != a
	        d[10:30, 20:60] = False
	        assert not d.any(), mode
	END
}

@test "--test-fill shows the boxes, leaves what is in them, and marks nothing as clean" {
	img make a.dcm photo=RGB marked=1
	one b.dcm --test-fill '#10c0ff' -- 20,10,40,30
	[ "$(dcmdump -q +P 0028,0301 b.dcm | grep -c '\[YES\]')" -eq 1 ]
	run ! grep -q 113101 <(dcmdump -q b.dcm)
	img same a.dcm b.dcm 20,10,40,30
	# Its border; a diagonal, where x + y is a multiple of 16; and what is between.
	judge values b.dcm 20,10,40,2=16,192,255 20,38,40,2=16,192,255 20,10,2,30=16,192,255 \
		58,10,2,30=16,192,255 24,24,1,1=16,192,255 "23,13,1,1=$(img inside a.dcm 23,13,1,1 | tr ' ' ,)"
	printf '%s\n' "make gray.dcm bits=16 signed=1" "make pal.dcm photo='PALETTE COLOR'" \
		"make ybr.dcm photo=YBR_FULL" | img each
	judge field gray.dcm -1000 1000 90,40,4,4
	from=gray.dcm one g.dcm --test-fill red -- 20,10,40,30
	from=pal.dcm one p.dcm --test-fill white -- 20,10,40,30
	from=ybr.dcm one y.dcm --test-fill blue -- 20,10,40,30
	# The luma of red is 0.299, from -1000 to 1000; entry 9 is white; ITU-R BT.601.
	printf '%s\n' "values g.dcm 20,10,40,2=-402" "values p.dcm 20,10,40,2=9" \
		"values y.dcm 20,10,40,2=29,255,107" | judge each
}

@test "--keep with hundreds of boxes and a large image take seconds" {
	/usr/bin/python3 - <<-'END'
	import json
	import numpy as np
	a = (np.add.outer(np.arange(1000), np.arange(1000)) // 12).astype("u1")
	open("a.pgm", "wb").write(b"P5\n1000 1000\n255\n" + a.tobytes())
	boxes = [dict(x=70 * i + 5, y=70 * k + 9 + i, w=40, h=40) for i in range(14) for k in range(14)]
	print(json.dumps(dict(file="a.pgm", by="test", image=1, images=1, frame=1, frames=1, width=1000,
	                      height=1000, boxes=boxes)), file=open("list", "w"))
	END
	for mode in noise telea ns; do
		timeout 60 px-redact --keep -f $mode -b list -o b.pgm a.pgm
		cmp -l a.pgm b.pgm | wc -l >n
		[ "$(cat n)" -gt 1000 ]
	done
}

@test "fills that do not go together are usage errors" {
	img make a.dcm
	record 1/1 >list
	run -2 px-redact -b list -o b.dcm --bold a.dcm
	run -2 px-redact -b list -o b.dcm -f telea --test-fill red a.dcm
	for colour in orange '#12345' '#1234567' '#-12345' '#0x1234' ''; do
		run -2 px-redact -b list -o b.dcm --test-fill "$colour" a.dcm
	done
	run -2 px-redact -b list -o b.dcm -f test a.dcm
	[ ! -e b.dcm ]
}
