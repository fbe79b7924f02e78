load helper

# Pictures are made and read by pydicom (tests/px-redact.py).
img() {
	/usr/bin/python3 "$ROOT/tests/px-redact.py" "$@"
}

# one FILE X,Y,W,H...: redacts a.dcm with the boxes on every frame.
one() {
	local out=$1
	shift
	frame=0 frames=${frames:-1} record 1/1 "$@" | px-redact -o "$out" ${fill:+-f $fill} a.dcm
}

# What dcmdump shows of a header, less what redaction is to change.
header() {
	dcmdump -q +L +R 200 "$1" | grep -vE '^#|^$|\((7fe0,00|0028,0301|0012,0064|0002,0000)' |
		grep -vE '^ *\((fffe,e|0008,010)' | grep -vE "${2:-^$}"
}

@test "native pixels outside of the boxes stay, in every syntax and form" {
	n=0
	for form in "photo=MONOCHROME2 bits=8" "photo=MONOCHROME1 bits=16 stored=12" \
	    "photo=MONOCHROME2 bits=16 signed=1" "photo=MONOCHROME2 bits=16 stored=12 signed=1" \
	    "photo=MONOCHROME2 bits=1" "photo=RGB planar=0" "photo=RGB planar=1" "photo=YBR_FULL" \
	    "photo=YBR_FULL_422" "photo='PALETTE COLOR'" "photo=RGB bits=16 planar=1" "photo=MONOCHROME2 rows=49 cols=99"; do
		for ts in implicit explicit big deflated; do
			[ "$ts" = big ] && [[ $form == *bits=1 ]] && continue	# pydicom cannot
			n=$((n + 1))
			s=100x50 b=10,5,40,20 grown=10,5,40,20
			[[ $form == *cols=99* ]] && s=99x49
			[[ $form == *422* ]] && b=9,5,40,20 grown=8,5,42,20
			echo "make $n.dcm ts=$ts frames=3 $form" >>make
			file=$n.dcm frame=0 frames=3 size=$s record 1/1 "$b" 90,40,60,60 >>list
			echo "same $n.dcm out/$n.dcm $grown 90,40,60,60" >>compare
		done
	done
	img each <make
	px-redact -O out -b list [1-9]*.dcm
	img each <compare
	[ "$(wc -l <compare)" -eq 47 ]
	for f in [1-9]*.dcm; do
		diff <(header "$f") <(header "out/$f")
		run ! cmp -s "$f" "out/$f"
	done
}

@test "fills are the stored values that a viewer shows black and white" {
	n=0
	while IFS='|' read -r form black white; do
		n=$((n + 1))
		echo "make $n.dcm $form" >>make
		file=$n.dcm frame=0 frames=1 record 1/1 10,10,20,10 >>list
		printf '%s\n' "inside black/$n.dcm 10,10,20,10" "inside white/$n.dcm 10,10,20,10" >>look
		printf '%s\n' "$black" "$white" >>want
	done <<-'END'
	photo=MONOCHROME2|0|255
	photo=MONOCHROME1|255|0
	photo=MONOCHROME2 slope=-1|255|0
	photo=MONOCHROME1 slope=-1|0|255
	photo=MONOCHROME2 bits=16 stored=12|0|4095
	photo=MONOCHROME1 bits=16 stored=12|4095|0
	photo=MONOCHROME2 bits=16 signed=1|-32768|32767
	photo=MONOCHROME2 bits=16 stored=12 signed=1|-2048|2047
	photo=MONOCHROME2 bits=1|0|1
	photo=RGB|0 0 0|255 255 255
	photo=RGB planar=1|0 0 0|255 255 255
	photo=YBR_FULL|0 128 128|255 128 128
	photo=YBR_FULL_422|0 128 128|255 128 128
	photo=YBR_PARTIAL_422|16 128 128|235 128 128
	photo='PALETTE COLOR'|5|9
	END
	img each <make
	px-redact -O black -b list [1-9]*.dcm
	px-redact -O white -f white -b list [1-9]*.dcm
	img each <look >got
	diff want got
	[ "$(wc -l <got)" -eq 30 ]
}

@test "min, max, background and contrast come from the frame" {
	img make a.dcm bits=16 stored=12
	# A field of 700 with a frame of 900 around one box; 30 and 3000 elsewhere.
	/usr/bin/python3 - <<-'END'
	import pydicom, numpy as np
	ds = pydicom.dcmread("a.dcm")
	a = np.full((50, 100), 700, "<u2")
	a[9:31, 9:51] = 900
	a[0, 0], a[0, 1] = 30, 3000
	ds.PixelData = a.tobytes()
	ds.save_as("a.dcm")
	END
	for t in min=30 max=3000 background=900 contrast=4095; do
		fill=${t%=*} one b.dcm 10,10,40,20
		[ "$(img inside b.dcm 10,10,40,20)" = "${t#*=}" ] || { echo "$t"; false; }
		img same a.dcm b.dcm 10,10,40,20
	done
	fill=background one b.dcm 10,10,40,20 70,10,5,5	# each box has its own
	[ "$(img inside b.dcm 70,10,5,5)" = 700 ]
	fill=background one b.dcm 0,0,100,50	# nothing is left to look at
	[ "$(img inside b.dcm 0,0,100,50)" = 0 ]
}

@test "bits outside of Bits Stored are cleared, inside of boxes and outside" {
	img make a.dcm bits=16 stored=12
	cp a.dcm plain.dcm
	/usr/bin/python3 - <<-'END'
	import pydicom, numpy as np
	ds = pydicom.dcmread("a.dcm")
	ds.PixelData = (np.frombuffer(ds.PixelData, "<u2") | 0xf000).astype("<u2").tobytes()
	ds.save_as("a.dcm")
	END
	fill=white one b.dcm 10,10,40,20
	[ "$(img inside b.dcm 10,10,40,20)" = 4095 ]
	img same plain.dcm b.dcm 10,10,40,20
}

@test "only bytes of boxes and the marks differ from the input" {
	img make a.dcm frames=2
	frames=2 one b.dcm 10,5,40,20
	# (0028,0301) CS NO: 10 bytes; (0012,0064) SQ with one item: 78.
	[ "$(wc -c <b.dcm)" -eq $(($(wc -c <a.dcm) + 10 + 78)) ]
	tail -c 10000 a.dcm >pa
	tail -c 10000 b.dcm >pb
	[ "$(cmp -l pa pb | awk '{ r = int(($1 - 1) / 100) % 50; c = ($1 - 1) % 100
		if (c < 10 || c >= 50 || r < 5 || r >= 25) n++ } END { print n + 0 }')" -eq 0 ]
	# All of the header is in the output, in order, around the two insertions.
	at=$(dcmdump -q +U8 a.dcm >/dev/null; LC_ALL=C grep -obUaP '\x28\x00\x02\x00US' a.dcm | head -1 | cut -d: -f1)
	cmp -n "$at" <(head -c "$at" a.dcm) <(head -c "$at" b.dcm) || {
		i=$(LC_ALL=C grep -obUaP '\x12\x00\x64\x00SQ' b.dcm | cut -d: -f1)
		cmp -n "$i" a.dcm b.dcm
		cmp <(head -c "$at" a.dcm | tail -c +$((i + 1))) <(head -c $((at + 78)) b.dcm | tail -c +$((i + 79)))
	}
}

@test "a file that has the marks and no boxes is copied byte for byte" {
	img make a.dcm
	one b.dcm
	size=100x50 frame=0 frames=1 file=b.dcm record 1/1 | px-redact -o c.dcm b.dcm
	cmp b.dcm c.dcm
}

@test "redacting again gives the same bytes" {
	for form in "" "ts=big bits=16" "ts=deflated" "photo=RGB planar=1" "ts=implicit marked=1"; do
		img make a.dcm $form frames=2
		for fill in black contrast max; do
			frames=2 fill=$fill one b.dcm 10,5,40,20 49,20,9,9
			frame=0 frames=2 file=b.dcm record 1/1 10,5,40,20 49,20,9,9 | px-redact -f $fill -o c.dcm b.dcm
			cmp b.dcm c.dcm
		done
	done
}

@test "the marks are set, and an item that is there stays" {
	img make a.dcm marked=1
	one b.dcm 1,1,2,2
	run -0 dcmdump -q b.dcm
	[[ $output == *"(0028,0301) CS [NO]"* ]]
	[ "$(grep -c '(0008,0100) SH \[11310[01]\]' <<<"$output")" -eq 2 ]
	[[ $output != *"(0012,0062)"* ]]
	img make a.dcm
	one b.dcm
	run -0 dcmdump -q b.dcm
	[[ $output == *"(0028,0301) CS [NO]"* ]]
	[[ $output == *"(0008,0100) SH [113101]"*"(0008,0102) SH [DCM]"*"[Clean Pixel Data Option]"* ]]
}

@test "retired group lengths of groups that change are dropped, others stay" {
	img make p.dcm
	dcmconv +g p.dcm a.dcm
	one b.dcm 1,1,2,2
	run -0 dcmdump -q b.dcm
	[[ $output != *"(0028,0000)"* && $output != *"(0012,0000)"* ]]
	[[ $output == *"(0008,0000)"* && $output == *"(0010,0000)"* ]]
	img same a.dcm b.dcm 1,1,2,2
}

@test "RLE: frames without boxes keep their fragments, offset tables are right" {
	img make p.dcm frames=3 photo=RGB
	for table in -ot +ot; do
		dcmcrle $table p.dcm a.dcm
		frame=1 record 1/3 >list
		frame=2 record 2/3 10,5,40,20 >>list
		frame=3 record 3/3 >>list
		px-redact -o b.dcm a.dcm <list
		[ "$(dcmdump -q +P 0002,0010 b.dcm | grep -c RLELossless)" -eq 1 ]
		dcmdrle a.dcm da.dcm
		dcmdrle b.dcm db.dcm
		img same da.dcm db.dcm 2:10,5,40,20
		img same a.dcm b.dcm 2:10,5,40,20	# pydicom's own decoder
		gdcmconv --raw b.dcm gb.dcm
		img same gb.dcm db.dcm
		/usr/bin/python3 - <<-'END'
		import pydicom
		from pydicom.encaps import generate_pixel_data_fragment, get_frame_offsets
		from pydicom.filebase import DicomBytesIO
		def parts(n):
		    f = DicomBytesIO(pydicom.dcmread(n).PixelData)
		    f.is_little_endian = True
		    return get_frame_offsets(f)[1], list(generate_pixel_data_fragment(f))
		(ta, a), (tb, b) = parts("a.dcm"), parts("b.dcm")
		assert a[0] == b[0] and a[2] == b[2] and a[1] != b[1]
		want = [0, 8 + len(b[0]), 16 + len(b[0]) + len(b[1])]
		assert tb == (want if ta != [0] else [0]), (ta, tb, want)
		END
	done
}

@test "RLE: the extended offset table is made right" {
	img make p.dcm frames=2
	dcmcrle -ot p.dcm a.dcm
	/usr/bin/python3 - <<-'END'
	import pydicom, struct
	from pydicom.encaps import generate_pixel_data_fragment
	from pydicom.filebase import DicomBytesIO
	ds = pydicom.dcmread("a.dcm")
	f = DicomBytesIO(ds.PixelData)
	f.is_little_endian = True
	f.read(8)	# the empty table
	n = [len(x) for x in generate_pixel_data_fragment(f)]
	ds.add_new(0x7fe00001, "OV", struct.pack("<2Q", 0, n[0] + 8))
	ds.add_new(0x7fe00002, "OV", struct.pack("<2Q", *n))
	ds.save_as("a.dcm")
	END
	frame=1 record 1/2 10,5,40,20 >list
	frame=2 record 2/2 >>list
	px-redact -o b.dcm a.dcm <list
	/usr/bin/python3 - <<-'END'
	import pydicom, struct
	from pydicom.encaps import generate_pixel_data_fragment
	from pydicom.filebase import DicomBytesIO
	ds = pydicom.dcmread("b.dcm")
	f = DicomBytesIO(ds.PixelData)
	f.is_little_endian = True
	f.read(8)
	n = [len(x) for x in generate_pixel_data_fragment(f)]
	assert struct.unpack("<2Q", ds[0x7fe00001].value) == (0, n[0] + 8)
	assert struct.unpack("<2Q", ds[0x7fe00002].value) == tuple(n)
	END
}

@test "RLE of 16 bits, signed, palette and odd sizes reads back in DCMTK, GDCM and pydicom" {
	for form in "bits=16 signed=1" "bits=16 stored=12" "photo=PALETTE\ COLOR" "photo=MONOCHROME1 rows=49 cols=99" \
	    "photo=YBR_FULL rows=1 cols=129" "photo=RGB rows=129 cols=1"; do
		eval "img make p.dcm $form"
		size=100x50
		[[ $form == *rows=49* ]] && size=99x49
		[[ $form == *rows=1\ * ]] && size=129x1
		[[ $form == *rows=129* ]] && size=1x129
		dcmcrle p.dcm a.dcm
		one b.dcm 0,0,30,20
		dcmdrle b.dcm db.dcm
		img same p.dcm db.dcm 0,0,30,20
		img same p.dcm b.dcm 0,0,30,20
		gdcmconv --raw b.dcm gb.dcm
		img same p.dcm gb.dcm 0,0,30,20
	done
}

@test "lossless syntaxes stay what they are, with the same pixels outside of the boxes" {
	for form in "bits=16 stored=12 frames=2" "photo=RGB" "photo=MONOCHROME1 rows=49 cols=99"; do
		img make p.dcm $form
		size=100x50 frames=1
		[[ $form == *frames=2* ]] && frames=2
		[[ $form == *rows=49* ]] && size=99x49
		for coder in "dcmcjpeg +e1" "dcmcjpeg +el" dcmcjpls "gdcmconv --j2k"; do
			$coder p.dcm a.dcm
			one b.dcm 10,5,40,20
			diff <(dcmdump -q +P 0002,0010 a.dcm) <(dcmdump -q +P 0002,0010 b.dcm)
			img same p.dcm b.dcm 10,5,40,20
			[ "$(img inside b.dcm 10,5,40,20 | wc -l)" -eq 1 ]
			diff <(header a.dcm) <(header b.dcm)
			dciodvfy b.dcm 2>&1 | grep ^Error | sort >eb || :
			dciodvfy a.dcm 2>&1 | grep ^Error | sort >ep || :
			[ -z "$(comm -23 eb ep)" ] || { comm -23 eb ep; false; }
		done
	done
}

@test "JPEG: 8 bits stay what they are, outside of the units that a box touches" {
	img make p.dcm photo=RGB frames=2
	# The unit of 4:2:2 is 16x8; decoders carry its chroma two pixels further.
	while IFS='|' read -r coder touched; do
		$coder p.dcm j.dcm
		dcmodify -nb -ea "(0028,2110)" j.dcm
		mv j.dcm a.dcm
		frames=2 one b.dcm 10,5,40,20
		diff <(dcmdump -q +P 0002,0010 a.dcm) <(dcmdump -q +P 0002,0010 b.dcm)
		run -0 dcmdump -q b.dcm
		[[ $output == *"(0028,2110) CS [01]"* ]]
		dcmdjpeg +cn a.dcm da.dcm
		dcmdjpeg +cn b.dcm db.dcm
		img same da.dcm db.dcm "$touched"
		dcmj2pnm +op --frame 1 a.dcm a.ppm
		dcmj2pnm +op --frame 1 b.dcm b.ppm
		/usr/bin/python3 - "$touched" <<-'END'
		import sys
		from PIL import Image
		import numpy as np
		a, b = (np.asarray(Image.open(f)).astype(int) for f in ("a.ppm", "b.ppm"))
		x, y, w, h = map(int, sys.argv[1].split(","))
		assert b[5:25, 10:50].max() == 0
		d = abs(a - b)
		d[y:y + h, x:x + w] = 0
		assert d.max() == 0, d.max()
		END
	done <<-'END'
	dcmcjpeg +eb +s4|8,0,48,32
	dcmcjpeg +eb +cr|8,0,48,32
	dcmcjpeg +eb +s2|0,0,66,32
	dcmcjpeg +ep +s2|0,0,66,32
	END
}

@test "JPEG: only coefficients in boxes change, frame by frame; what else the frames hold stays" {
	cat >j.py <<-'END'
	import io, subprocess, sys
	import numpy as np, pydicom
	from PIL import Image
	from pydicom.encaps import encapsulate, generate_pixel_data_frame
	import jpeg_dct
	from dcmfile import make
	rng = np.random.default_rng(3)
	y, x = np.indices((50, 100))
	frames = np.stack([np.stack([128 + 80 * np.sin(x / (5 + f) + k) + rng.normal(0, 9, x.shape) for k in range(3)], 2)
	                   for f in range(3)]).clip(0, 255).astype("u1")
	def segments(code):
	    # libjpeg reads each, so their order is all that has to be seen here.
	    at, out = 2, []
	    while code[at + 1] != 0xda:
	        n = 2 + int.from_bytes(code[at + 2:at + 4], "big")
	        if code[at + 1] != 0xc4:
	            out.append(code[at:at + n])
	        at += n
	    return out
	def write(path, codes, photo, parts=1):
	    ds = make(path, frames, photo)
	    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
	    ds.PixelData = encapsulate(codes, fragments_per_frame=parts)
	    ds["PixelData"].is_undefined_length = True
	    ds["PixelData"].VR = "OB"
	    ds.save_as(path, write_like_original=False)
	def codes_of(path):
	    return list(generate_pixel_data_frame(pydicom.dcmread(path).PixelData, 3))
	END
	cat >write.py <<-'END'
	from j import *
	kept = (jpeg_dct.segment(0xe1, b"Exif\0\0\1") + jpeg_dct.segment(0xfe, b"a comment") +
	        jpeg_dct.segment(0xe1, b"once more") + jpeg_dct.segment(0xe0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0"))
	def own(**more):
	    return [jpeg_dct.encode(f.transpose(2, 0, 1), [(2, 2), (1, 1), (1, 1)], 3, app=kept, **more) for f in frames]
	write("pieces.dcm", own(), "YBR_FULL_422", 3)
	write("restart.dcm", own(restart=2, interleaved=False, sof=0xc1), "YBR_FULL_422")
	codes = []
	for f in frames:
	    ppm = b"P6 100 50 255\n" + f.tobytes()
	    codes.append(subprocess.run(["cjpeg", "-progressive", "-sample", "2x2"], input=ppm, stdout=-1, check=True).stdout)
	write("progressive.dcm", codes, "YBR_FULL_422")
	END
	cat >look.py <<-'END'
	from j import *
	name, boxes = sys.argv[1], [(10, 5, 40, 20)]
	a, b = codes_of(name), codes_of("out.dcm")
	assert a[0] == b[0] and a[2] == b[2] and a[1] != b[1]
	a, b = (c[1].rstrip(b"\0") for c in (a, b))
	assert segments(a) == segments(b)
	assert a.count(b"\xff\xda") == b.count(b"\xff\xda")
	if name != "progressive.dcm":
	    a, b = jpeg_dct.Jpeg(a), jpeg_dct.Jpeg(b)
	    assert (a.sof, a.restart) == (b.sof, b.restart)
	    for c, d in zip(a.components, b.components):
	        out = ~a.touched(c, boxes, True)
	        assert c["id"] == d["id"] and (c["blocks"] == d["blocks"])[out].all()
	        assert not d["blocks"][~out][:, 1:].any() and c["blocks"][~out][:, 1:].any()
	else:	# every coefficient has a part in what these show
	    a, b = (np.array(Image.open(io.BytesIO(subprocess.run(["djpeg", "-nosmooth"], input=c, stdout=-1).stdout))).astype(int)
	            for c in (a, b))
	    d = (a != b).any(2)
	    d[0:32, 0:64] = False
	    assert not d.any() and (b[0:32, 0:64] == 0).all()
	END
	/usr/bin/python3 write.py
	frame=1 record 1/3 >list
	frame=2 record 2/3 10,5,40,20 >>list
	frame=3 record 3/3 >>list
	for f in pieces restart progressive; do
		sed "s/a.dcm/$f.dcm/" list | px-redact -o out.dcm "$f.dcm"
		/usr/bin/python3 look.py "$f.dcm"
		# The control.
		sed "s/a.dcm/$f.dcm/; s/\"x\":10/\"x\":50/" list | px-redact -o out.dcm "$f.dcm"
		run ! /usr/bin/python3 look.py "$f.dcm"
	done
}

@test "JPEG: every fill, --keep and a wrong colour read back" {
	img make p.dcm photo=RGB
	dcmcjpeg +eb +s2 p.dcm a.dcm
	for f in white mean background telea noise text; do
		fill=$f one b.dcm 10,5,40,20
		run -0 dcmdump -q b.dcm
		[[ $output == *"=JPEGBaseline"* ]]
		dcmdjpeg +cn a.dcm da.dcm
		dcmdjpeg +cn b.dcm db.dcm
		img same da.dcm db.dcm 0,0,66,32
	done
	frame=0 frames=1 record 1/1 16,8,32,16 | px-redact --keep -o b.dcm a.dcm
	dcmdjpeg +cn b.dcm db.dcm
	/usr/bin/python3 - <<-'END'
	import pydicom, numpy as np
	a, b = (pydicom.dcmread(f).pixel_array for f in ("da.dcm", "db.dcm"))
	k = np.zeros((50, 100), bool)
	k[8:24, 16:48] = True
	assert (b[..., 0][~k] == 0).all() and (a[..., 0] == b[..., 0])[k].all()
	assert (a == b)[8:24, 18:46].all()
	END
	# Adobe's marker or sampling prove YCbCr, whatever the header says.
	dcmodify -nb -m "(0028,0004)=RGB" a.dcm
	one b.dcm 10,5,40,20
	[[ $(dcmdump -q +P 0028,0004 b.dcm) == *YBR_FULL_422* ]]
	one b.dcm	# nothing is filled, nothing is called otherwise
	[[ $(dcmdump -q +P 0028,0004 b.dcm) == *RGB* ]]
}

@test "JPEG of 12 bits: decoded as DCMTK does, then without loss" {
	img make p.dcm bits=16 stored=12
	dcmcjpeg +ee p.dcm a.dcm
	one b.dcm 10,5,40,20
	dcmdjpeg a.dcm d.dcm
	img same d.dcm b.dcm 10,5,40,20
	run -0 dcmdump -q b.dcm
	[[ $output == *"(0002,0010) UI =JPEGLossless"* && $output == *"(0028,2110) CS [01]"* ]]
}

@test "a compressed file without boxes keeps its pixel data byte for byte" {
	img make p.dcm frames=2
	for coder in "dcmcjpeg +eb" "dcmcjpeg +e1" dcmcjpls dcmcrle; do
		$coder p.dcm a.dcm
		frames=2 one b.dcm
		/usr/bin/python3 -c 'import pydicom; a, b = map(pydicom.dcmread, ("a.dcm", "b.dcm"))
assert a.PixelData == b.PixelData and a.file_meta.TransferSyntaxUID == b.file_meta.TransferSyntaxUID'
	done
}

@test "--keep fills all but the boxes" {
	img make a.dcm photo=RGB
	frame=0 frames=1 record 1/1 10,5,40,20 30,10,40,20 | px-redact --keep -o b.dcm a.dcm
	/usr/bin/python3 - <<-'END'
	import pydicom
	a, b = (pydicom.dcmread(f).pixel_array for f in ("a.dcm", "b.dcm"))
	import numpy as np
	k = np.zeros((50, 100), bool)
	k[5:25, 10:50] = k[10:30, 30:70] = True
	assert (a[k] == b[k]).all() and (b[~k] == 0).all()
	END
	frame=0 frames=1 record 1/1 | px-redact --keep -o b.dcm a.dcm	# keeps nothing
	[ "$(img inside b.dcm 0,0,100,50)" = "0 0 0" ]
}

@test "bytes after the last frame become zero and are counted in the log" {
	img make a.dcm tail=1000
	frame=0 frames=1 record 1/1 | px-redact -l log -o b.dcm a.dcm
	[ "$(jq -c 'select(.carrier) | [.carrier, .action, .bytes]' log)" = '["bytes after the last frame","zeroed",1000]' ]
	run ! grep -q SSSS b.dcm
	[ "$(tail -c 1000 b.dcm | tr -d '\0' | wc -c)" -eq 0 ]
}

@test "an image behind the last frame is refused" {
	img make p.dcm frames=3
	for coder in dcmcrle "dcmcjpeg +eb" dcmcjpls "gdcmconv --j2k"; do
		$coder p.dcm a.dcm
		for n in 1 2; do
			dcmodify -nb -m "(0028,0008)=$n" a.dcm
			for b in "" 1,1,2,2; do
				frame=0 frames=$n record 1/1 $b >list
				run -2 px-redact -o out.dcm a.dcm <list
				[[ $output == *fragment* || $output == *"offset table has 3"* ]]
			done
		done
	done
	[ ! -e out.dcm ]
}

@test "an element that says twice how large the image is is refused" {
	img make p.dcm
	at=$(LC_ALL=C grep -obUaP '\x28\x00\x11\x00US' p.dcm | cut -d: -f1)
	{
		head -c "$at" p.dcm
		printf '\x28\x00\x10\x00US\x02\x00\x19\x00'	# Rows again: 25
		tail -c +$((at + 1)) p.dcm
	} >a.dcm
	frame=0 frames=1 record 1/1 1,1,2,2 >list
	run -2 px-redact -o out.dcm a.dcm <list
	[[ $output == *"(0028,0010) twice"* ]]
}

@test "GE's little endian files with big endian pixels are redacted in place" {
	img make p.dcm ts=implicit bits=16 stored=12
	/usr/bin/python3 - <<-'END'
	b = bytearray(open("p.dcm", "rb").read())
	at = len(b) - 100 * 50 * 2
	b[at::2], b[at + 1::2] = b[at + 1::2], b[at::2]
	# The UID is one byte longer than the old one with its padding.
	old, new = b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x12\x001.2.840.113619.5.2"
	i = b.index(old)
	b[i:i + len(old)] = new
	open("a.dcm", "wb").write(b)
	END
	one b.dcm 10,5,40,20
	fill=white one w.dcm 10,5,40,20
	/usr/bin/python3 - <<-'END'
	import numpy as np
	p = np.frombuffer(open("p.dcm", "rb").read()[-10000:], "<u2").reshape(50, 100)
	for f, v in (("b.dcm", 0), ("w.dcm", 4095)):
	    b = np.frombuffer(open(f, "rb").read()[-10000:], ">u2").reshape(50, 100).copy()
	    assert (b[5:25, 10:50] == v).all()
	    b[5:25, 10:50] = p[5:25, 10:50]
	    assert (b == p).all()
	END
}

@test "a box list cut anywhere leaves no output" {
	img make a.dcm frames=2
	record 1/2 0,0,10,10 >list
	record 2/2 >>list
	for ((n = $(wc -c <list) - 1; n >= 0; n--)); do
		head -c "$n" list >cut
		run -2 px-redact -o out.dcm a.dcm <cut
		[ ! -e out.dcm ]
	done
	run -0 px-redact -o out.dcm a.dcm <list
}

@test "a dropped line, a missing frame, a wrong size: refused" {
	img make a.dcm frames=3
	for i in 1 2 3; do frame=$i record $i/3 0,0,10,10; done >list
	px-redact -o good.dcm a.dcm <list
	for i in 1 2 3; do
		sed "${i}d" list >bad
		run -2 px-redact -o out.dcm a.dcm <bad
		[[ $output == *"a.dcm: "*"did not arrive"* ]]
	done
	{ frame=1 record 1/2; frame=3 record 2/2; } >bad 2>&1
	sed -i 's/"frames":2/"frames":3/' bad
	run -2 px-redact -o out.dcm a.dcm <bad
	[[ $output == *"frame 2 of 3 was not examined"* ]]
	for edit in .width=101 .height=49 .frames=4 '.file="b.dcm"'; do
		frame=0 frames=3 record 1/1 | jq -c "$edit" >bad
		run -2 px-redact -o out.dcm a.dcm <bad
	done
	[ ! -e out.dcm ]
	[ -z "$(ls -A | grep part || :)" ]
}

@test "a DICOM file cut at any byte leaves no output" {
	img make full.dcm rows=4 cols=4
	size=4x4 frame=0 frames=1 record 1/1 0,0,4,4 >list
	for ((n = $(wc -c <full.dcm) - 1; n >= 0; n -= n > 200 && n < $(wc -c <full.dcm) - 20 ? 23 : 1)); do
		head -c "$n" full.dcm >a.dcm
		run -2 px-redact -o out.dcm a.dcm <list
		[ ! -e out.dcm ]
	done
	for coder in dcmcrle "dcmcjpeg +e1"; do
		$coder full.dcm c.dcm
		for ((n = $(wc -c <c.dcm) - 1; n > $(wc -c <c.dcm) - 20; n--)); do
			head -c "$n" c.dcm >a.dcm
			run -2 px-redact -o out.dcm a.dcm <list
			[ ! -e out.dcm ]
		done
	done
}

@test "sequences nested too deep are refused, by items and by length" {
	/usr/bin/python3 - <<-'END'
	import struct
	head = open("/dev/null", "rb").read()
	def el(t, vr, v):
	    return struct.pack("<HH2sH", t >> 16, t & 0xffff, vr, len(v)) + v
	def meta(ts):
	    m = el(0x00020010, b"UI", ts + b"\0" * (len(ts) % 2))
	    return b"\0" * 128 + b"DICM" + m
	for n in (60, 70, 100000):
	    deep = (struct.pack("<HH2sHI", 0x8, 0x1140, b"SQ", 0, 0xffffffff) + struct.pack("<HHI", 0xfffe, 0xe000, 0xffffffff)) * n
	    deep += (struct.pack("<HHI", 0xfffe, 0xe00d, 0) + struct.pack("<HHI", 0xfffe, 0xe0dd, 0)) * n
	    open("u%d.dcm" % n, "wb").write(meta(b"1.2.840.10008.1.2.1") + deep)
	for n in (60, 70, 30000):
	    deep = b""
	    for i in range(n):
	        deep = struct.pack("<HHI", 0xfffe, 0xe000, len(deep)) + deep
	        deep = struct.pack("<HHI", 0x8, 0x1140, len(deep)) + deep
	    open("i%d.dcm" % n, "wb").write(meta(b"1.2.840.10008.1.2") + deep)
	END
	for k in u i; do
		frame=0 frames=1 file=${k}60.dcm record 1/1 >list
		run -2 px-redact -o out.dcm ${k}60.dcm <list
		[[ $output != *nested* ]]	# it has no pixels, that is all
		for f in ${k}70 ${k}[13]0000*; do
			f=${f%.dcm}
			frame=0 frames=1 file=$f.dcm record 1/1 >list
			run -2 px-redact -o out.dcm "$f.dcm" <list
			[[ $output == *"nested more than 64 deep"* ]]
		done
	done
}

@test "a deflated data set that would fill the disk is refused" {
	/usr/bin/python3 - <<-'END'
	import struct, zlib
	ts = b"1.2.840.10008.1.2.1.99"
	z = zlib.compressobj(9, zlib.DEFLATED, -15)
	body = b"".join(z.compress(b"\0" * (1 << 20)) for _ in range(200)) + z.flush()
	open("a.dcm", "wb").write(b"\0" * 128 + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", len(ts)) + ts + body)
	END
	frame=0 frames=1 record 1/1 >list
	run -2 px-redact -o out.dcm a.dcm <list
	[[ $output == *"larger than"* ]]
}

@test "float pixel data, and objects without pixels, are refused by name" {
	/usr/bin/python3 "$ROOT/tests/px-redact.py" make a.dcm bits=32
	/usr/bin/python3 - <<-'END'
	import pydicom
	ds = pydicom.dcmread("a.dcm")
	v = ds.PixelData
	del ds.PixelData
	ds.save_as("n.dcm")
	ds.add_new(0x7fe00008, "OF", v)
	ds.save_as("f.dcm")
	END
	file=f.dcm frame=0 frames=1 record 1/1 >list
	run -2 px-redact -o out.dcm f.dcm <list
	[[ $output == *"float pixel data"* ]]
	file=n.dcm frame=0 frames=1 record 1/1 >list
	run -2 px-redact -o out.dcm n.dcm <list
	[[ $output == *"no pixel data"* ]]
}

@test "a bad file does not stop the next, and has no output" {
	mkdir in
	img make in/a.dcm
	head -c 600 in/a.dcm >in/b.dcm
	img make in/c.dcm photo=RGB
	img make in/d.dcm
	for f in a b c; do file=in/$f.dcm frame=0 frames=1 record 1/1 1,1,2,2; done >list
	run -2 --separate-stderr px-redact -O out -l log -b list in/a.dcm in/b.dcm in/c.dcm in/d.dcm
	[ "$(ls out)" = "$(printf 'a.dcm\nc.dcm')" ]
	[ "$(wc -l <<<"$stderr")" -eq 2 ]
	[[ $stderr == *"in/b.dcm: "* && $stderr == *"in/d.dcm: no record"* ]]
	[ "$(jq -r .output log)" = "$(printf 'out/a.dcm\nout/c.dcm')" ]
}

@test "-O keeps the paths below the common folder" {
	mkdir -p in/x in/y/z
	img make in/x/i.dcm
	cp in/x/i.dcm in/y/i.dcm
	cp in/x/i.dcm in/y/z/i.dcm
	for f in in/x/i.dcm in/y/../y/i.dcm in/y/z/i.dcm; do file=$f frame=0 frames=1 record 1/1 1,1,2,2; done >list
	px-redact -O out -b list in/x/i.dcm in/y/../y/i.dcm in/y/z/i.dcm
	[ "$(cd out && find . -type f | sort | tr '\n' ' ')" = "./x/i.dcm ./y/i.dcm ./y/z/i.dcm " ]
	px-redact -O out2 -b list in/x/i.dcm	# an only input: its name
	[ "$(cd out2 && find . -type f)" = ./i.dcm ]
	# The same file by two names would be one output twice.
	file=in/y/i.dcm frame=0 frames=1 record 1/1 >>list
	run -2 px-redact -O out3 -b list in/y/../y/i.dcm in/y/i.dcm
	[[ $output == *"named twice"* ]]
}

@test "an input is never replaced, by whatever name" {
	mkdir in
	img make in/a.dcm
	cp in/a.dcm keep.dcm
	ln in/a.dcm in/hard.dcm
	ln -s a.dcm in/soft.dcm
	file=in/a.dcm frame=0 frames=1 record 1/1 1,1,2,2 >list
	for o in in/a.dcm in/hard.dcm in/soft.dcm ./in/../in/a.dcm; do
		run -2 px-redact -b list -o "$o" in/a.dcm
		[[ $output == *"inputs are never replaced"* ]]
	done
	run -2 px-redact -b list -O in in/a.dcm
	run -2 px-redact -b list -o out.dcm -l in/a.dcm in/a.dcm
	cmp in/a.dcm keep.dcm
	[ ! -e out.dcm ]
}

@test "a full disk is trouble and leaves nothing" {
	img make a.dcm
	frame=0 frames=1 record 1/1 1,1,2,2 >list
	run -2 bash -c 'px-redact a.dcm <list >/dev/full'
	run -2 bash -c 'ulimit -f 4; trap "" XFSZ; px-redact -o out.dcm a.dcm <list'
	[ ! -e out.dcm ]
	[ -z "$(ls | grep part || :)" ]
	# No output that the log does not tell of, nor a line of one that there is not.
	run -2 px-redact -o out.dcm -l /dev/full a.dcm <list
	[ ! -e out.dcm ]
	[ -z "$(ls | grep part || :)" ]
	cp a.dcm b.dcm
	{ cat list; file=b.dcm frame=0 frames=1 record 1/1; } >both
	run -2 px-redact -O out -l /dev/full -b both a.dcm b.dcm
	[[ $output == *"a.dcm: log: No space"*"b.dcm: log: an earlier line"* ]]
	[ -z "$(find out -type f)" ]
}

@test "a full disk under what standard input is kept in is named as such" {
	img make a.dcm
	file=- frame=0 frames=1 record 1/1 >list
	run -2 bash -c 'ulimit -f 4; trap "" XFSZ; px-redact -b list -o out.dcm - <a.dcm'
	[[ $output == *"temporary file: File too large"* ]]
	[ ! -e out.dcm ]
}

@test "standard input and output are files like any other" {
	img make a.dcm
	file=- frame=0 frames=1 record 1/1 10,5,40,20 >list
	px-redact -b list - <a.dcm >b.dcm
	one c.dcm 10,5,40,20
	cmp b.dcm c.dcm
	frame=0 frames=1 record 1/1 10,5,40,20 | px-redact a.dcm >d.dcm
	cmp b.dcm d.dcm
}

@test "the log says what was done" {
	img make a.dcm frames=3
	frame=1 record 1/3 0,0,10,10 5,5,10,10 >list
	frame=2 record 2/3 >>list
	frame=3 record 3/3 90,45,50,50 >>list
	px-redact -l log -f white -o b.dcm a.dcm <list
	[ "$(jq -c . log)" = '{"file":"a.dcm","by":"px-redact","output":"b.dcm","syntax_in":"1.2.840.10008.1.2.1","syntax_out":"1.2.840.10008.1.2.1","frames":3,"frames_changed":2,"boxes":3,"pixels":225,"fill":"white","keep":false}' ]
}

@test "PNM: only samples in boxes change" {
	printf 'P5\n# made by hand\n4 2 # odd\n255\nabcdefghP6 2 1 65535\nAABBCCDDEEFF' >a.pnm
	for i in 1 2; do
		s=4x2
		[ $i = 2 ] && s=2x1
		file=a.pnm size=$s record $i/2 1,0,1,1
	done >list
	# One file, two sizes: the records contradict each other.
	run -2 px-redact -o b.pnm a.pnm <list
	printf 'P5\n# made by hand\n4 2 # odd\n255\nabcdefghP5 4 2 65535\nAABBCCDDEEFFGGHH' >a.pnm
	for i in 1 2; do file=a.pnm size=4x2 record $i/2 1,0,1,1 3,1,9,9; done >list
	px-redact -f white -o b.pnm a.pnm <list
	printf 'P5\n# made by hand\n4 2 # odd\n255\na\377cdefg\377P5 4 2 65535\nAA\377\377CCDDEEFFGG\377\377' | cmp - b.pnm
	run -2 px-redact --crop 0,0,2,2 -o c.pnm a.pnm <list
	[[ $output == *"cannot be cropped"* ]]
	[ ! -e c.pnm ]
	head -n 1 list >bad
	run -2 px-redact -o c.pnm a.pnm <bad
	[ ! -e c.pnm ]
}

@test "PNM: a frame with our comment is found by the file that it names" {
	printf 'P5\n# unphi {"file":"x.dcm","by":"dcm-frames","image":1,"images":1,"frame":2,"frames":2,"view":"voi","width":4,"height":1}\n4 1\n255\nabcd' >s.pnm
	file=x.dcm size=4x1 frame=1 record 1/2 0,0,1,1 >list
	file=x.dcm size=4x1 frame=2 record 2/2 2,0,1,1 >>list
	px-redact -b list - <s.pnm >out
	[ "$(tail -c 4 out | tr '\0' .)" = ab.d ]
	cmp -n $(($(wc -c <s.pnm) - 4)) s.pnm out
}

@test "a cine of 500 frames takes less than 150 MB" {
	measures_memory
	img make p.dcm frames=500 rows=400 cols=400
	size=400x400
	dcmcrle p.dcm r.dcm
	for f in p r; do
		frame=0 frames=500 file=$f.dcm record 1/1 5,5,100,20 >list
		run -0 img rss px-redact -b list -o b.dcm $f.dcm
		echo "$output"
		[ "${output% *}" -eq 0 ]
		[ "${output#* }" -lt 150 ]
	done
}

@test "usage errors are status 2" {
	: >list
	run -2 px-redact -b list
	run -2 px-redact -b list -o x -O y a.dcm
	run -2 px-redact -b list -O
	run -2 px-redact -b list a.dcm b.dcm
	run -2 px-redact -f pink a.dcm
	run -2 px-redact - <list
	run -2 px-redact -b list -l - a.dcm
	run -2 px-redact -b missing -o x a.dcm
}

@test "any number of threads gives the same bytes, and a damaged frame is refused by each" {
	img make a.dcm ts=explicit frames=12 photo=RGB
	dcmcrle a.dcm b.dcm
	mv b.dcm a.dcm
	for f in 2 3 5 8 12; do frame=$f frames=12 record "$f/12" 10,5,40,20; done >some
	for f in 1 4 6 7 9 10 11; do frame=$f frames=12 record "$f/12"; done >>some
	for j in 1 2 5 32; do px-redact -j "$j" -o "$j.dcm" -b some a.dcm; done
	cmp 1.dcm 2.dcm
	cmp 1.dcm 5.dcm
	cmp 1.dcm 32.dcm
	run ! cmp -s a.dcm 1.dcm
	img break_rle a.dcm 5
	for j in 1 4; do
		run -2 px-redact -j "$j" -o "bad.dcm" -b some a.dcm
		[[ $output == *"frame 5:"* ]]
		[ ! -e bad.dcm ]
	done
}

@test "--crop cuts the frames of every syntax, after filling" {
	n=0
	for form in "photo=MONOCHROME2 bits=16 stored=12 signed=1" "photo=RGB planar=1" "photo=MONOCHROME2 bits=1" \
	    "photo=YBR_FULL_422" "photo='PALETTE COLOR' rows=49 cols=99"; do
		for how in "explicit cp" "implicit cp" "big cp" "deflated cp" "explicit dcmcrle" "explicit dcmcjpeg +e1" "explicit dcmcjpls" "explicit gdcmconv --j2k"; do
			[[ $form == *bits=1\ * || $form == *bits=1 ]] && [[ $how == big* || $how == *dcm* ]] && continue
			[[ $form == *422* && $how == *dcm* ]] && continue
			[[ $how == *gdcmconv* && $form != *RGB* ]] && continue	# it refuses them
			[[ $form == *planar=1* && $how == *+e1 ]] && continue	# it takes planes for pixels
			n=$((n + 1))
			eval "img make p.dcm ts=${how%% *} frames=3 $form"
			${how#* } p.dcm a.dcm
			crop=20,7,31,40
			[[ $form == *422* ]] && crop=20,7,30,40
			s=100x50
			[[ $form == *cols=99* ]] && s=99x49
			px-redact --crop $crop -o b.dcm a.dcm < <(size=$s frame=0 frames=3 record 1/1 10,5,20,20)
			img cut p.dcm b.dcm $crop 10,5,20,20
			diff <(header a.dcm '0028,001') <(header b.dcm '0028,001')
		done
	done
	[ "$n" -eq 28 ]
}

@test "a crop that is not within the image, or would part a pair, is refused" {
	img make a.dcm
	frame=0 frames=1 record 1/1 >list
	for crop in 100,0,1,1 0,50,1,1 90,0,11,50 0,1,100,50; do
		run -2 px-redact --crop $crop -o b.dcm -b list a.dcm
		[[ $output == *"the crop is not within"* ]]
		[ ! -e b.dcm ]
	done
	for crop in 1,2,3 1,2,0,4 a,1,1,1 -1,0,1,1 1,2,3,4,5 ''; do
		run -2 px-redact --crop "$crop" -o b.dcm -b list a.dcm
		[[ $output == *"--crop wants"* ]]
	done
	img make a.dcm photo=YBR_FULL_422
	run -2 px-redact --crop 1,0,4,4 -o b.dcm -b list a.dcm
	[[ $output == *"even"* ]]
}

@test "a crop moves all places in the matrix along" {
	img make a.dcm frames=2
	cat >places.py <<-'END'
	import pydicom, sys
	from pydicom.dataset import Dataset
	from pydicom.sequence import Sequence

	def item(**kw):
	    ds = Dataset()
	    for k, v in kw.items():
	        setattr(ds, k, v)
	    return ds

	def region(x0, y0, x1, y1, rx, ry):
	    return item(RegionLocationMinX0=x0, RegionLocationMinY0=y0, RegionLocationMaxX1=x1, RegionLocationMaxY1=y1,
	                ReferencePixelX0=rx, ReferencePixelY0=ry, PhysicalDeltaX=0.5)

	if sys.argv[1] == "make":
	    ds = pydicom.dcmread("a.dcm")
	    ds.ImagePositionPatient = [-100, "10.5", 7]
	    ds.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
	    ds.PixelSpacing = [2, "0.25"]
	    ds.ShutterLeftVerticalEdge, ds.ShutterUpperHorizontalEdge = 25, 10
	    ds.CenterOfCircularShutter = [30, 60]
	    ds.SequenceOfUltrasoundRegions = [region(5, 3, 60, 40, 10, -4), region(30, 20, 99, 49, 1, 2), region(0, 0, 19, 49, 0, 0)]
	    ds.add_new(0x60000010, "US", 4); ds.add_new(0x60000011, "US", 4); ds.add_new(0x60000040, "CS", "G")
	    ds.add_new(0x60000050, "SS", [1, 30]); ds.add_new(0x60000100, "US", 1); ds.add_new(0x60000102, "US", 0)
	    ds.add_new(0x60003000, "OW", b"\xff\xff")
	    shared = item(PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
	                  PixelMeasuresSequence=[item(PixelSpacing=["0.5", "0.3"])])
	    ds.SharedFunctionalGroupsSequence = [shared]
	    ds.PerFrameFunctionalGroupsSequence = [item(PlanePositionSequence=[item(ImagePositionPatient=[1, 2, 3])]),
	        item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 5])], PixelMeasuresSequence=[item(PixelSpacing=[1, 1])])]
	    if sys.argv[2:] == ["lost"]:
	        del ds.PixelSpacing
	    ds.save_as("a.dcm")
	    sys.exit()
	ds = pydicom.dcmread("b.dcm")
	assert (ds.Columns, ds.Rows) == (30, 40)
	# 20 columns of 0.25 along y, 7 rows of 2 along -z.
	assert [float(v) for v in ds.ImagePositionPatient] == [-100, 15.5, -7], ds.ImagePositionPatient
	assert (ds.ShutterLeftVerticalEdge, ds.ShutterUpperHorizontalEdge) == (5, 3)
	assert list(ds.CenterOfCircularShutter) == [23, 40]
	got = [[r.RegionLocationMinX0, r.RegionLocationMinY0, r.RegionLocationMaxX1, r.RegionLocationMaxY1, r.ReferencePixelX0,
	        r.ReferencePixelY0, r.PhysicalDeltaX] for r in ds.SequenceOfUltrasoundRegions]
	# The first lost 15 columns and 4 rows at its corner; the second none there; the third lies outside.
	assert got == [[0, 0, 29, 33, -5, -8, 0.5], [10, 13, 29, 39, 1, 2, 0.5]], got
	f = [[float(v) for v in g.PlanePositionSequence[0].ImagePositionPatient] for g in ds.PerFrameFunctionalGroupsSequence]
	assert f == [[1 + 20 * 0.3, 2 + 7 * 0.5, 3], [20, 7, 5]], f
	assert [float(v) for v in ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing] == [0.5, 0.3]
	assert (0x60000050) not in ds or list(ds[0x60000050].value) == [-6, 10]
	END
	for ts in explicit implicit big deflated; do
		img make a.dcm frames=2 ts=$ts
		/usr/bin/python3 places.py make
		px-redact --crop 20,7,30,40 -o b.dcm a.dcm < <(frame=0 frames=2 record 1/1)
		/usr/bin/python3 places.py check
		# What has no place stays as it is.
		out='0028,001|0020,0032|0018,1[67]|0018,60|5200|0020,9113|0028,9110|0020,9116|60..,|0028,0030|0020,0037'
		diff <(header a.dcm "$out") <(header b.dcm "$out")
	done
	/usr/bin/python3 places.py make lost
	run -2 px-redact --crop 20,7,30,40 -o c.dcm a.dcm < <(frame=0 frames=2 record 1/1)
	[[ $output == *"cannot be moved"* ]]
	[ ! -e c.dcm ]
}
