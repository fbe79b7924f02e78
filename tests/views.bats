load helper

# Images in which a text hides are drawn by pydicom and Pillow; where it is, they know.
views() {
	PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$ROOT/tests/views.py" "$@"
}

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	views make
	dcm-frames --view voi,full,low,overlay ./*.dcm | txt-detect --no-text >boxes
	views found <boxes >found
}

# hides_in VIEW,... NAME...: the text of each is found in those views, and unless it is one of them not in voi.
hides_in() {
	local v name want=$1
	shift
	for name in "$@"; do
		for v in ${want//,/ }; do
			grep "^$name $v " "$BATS_FILE_TMPDIR/found"
		done
		[[ $want == *voi* ]] || run ! grep "^$name voi " "$BATS_FILE_TMPDIR/found"
	done
}

@test "what a window, a VOI or a Modality LUT hides is found in full and low" {
	hides_in full,low below-window above-window voi-lut modality-lut
}

@test "a text within the range of Pixel Padding Values is found in full and low" {
	hides_in full,low in-padding-range
}

@test "a text two levels or one above black is found in low" {
	hides_in low two-above-black one-above-black
}

@test "a text one level off white, off an even grey or off the darkest of MONOCHROME1 is found in low" {
	hides_in low one-below-white one-above-grey beyond-window-by-one darkest-of-monochrome1
}

@test "a text just above a noisy floor is found in low" {
	hides_in low above-noise
}

@test "a text one level off air is found in low, also beside a far padding value" {
	hides_in low one-off-air-beside-padding
}

@test "a text that 32 bits hide is found in low" {
	hides_in low 32-bit
}

@test "a text in one frame of several is found there" {
	hides_in low third-of-four
	[ "$(grep -c "^third-of-four " "$BATS_FILE_TMPDIR/found")" -eq 1 ]
	grep "^third-of-four low 3$" "$BATS_FILE_TMPDIR/found"
}

@test "a text of its ground's luma, one level of blue, or chroma alone is found in low" {
	hides_in low blue-by-one chroma-by-two chroma-in-black
	grep "^equal-luma low " "$BATS_FILE_TMPDIR/found"
}

@test "a text in an entry of the palette that looks like its ground's is found in low" {
	hides_in low palette-same-colour palette-by-one
}

@test "what a shutter covers, and one bit, are found in voi and full" {
	hides_in voi,full,low shutter
	hides_in voi,full one-bit
}

@test "overlay planes, one over another too, and bits beside the stored ones are found in overlay" {
	hides_in overlay overlay overlay-in-overlay overlay-in-bits high-bits low-bits
}

@test "in overlay each combination of planes and bits has a shade, where they lie over the frame" {
	cat >test.py <<-'EOF'
	import numpy as np, pydicom
	from dcmfile import *
	def planes(group, frames, x, y, first=None):
	    ds.add_new(group << 16 | 0x10, 'US', frames.shape[1])
	    ds.add_new(group << 16 | 0x11, 'US', frames.shape[2])
	    if first:
	        ds.add_new(group << 16 | 0x15, 'IS', len(frames))
	        ds.add_new(group << 16 | 0x51, 'US', first)
	    ds.add_new(group << 16 | 0x40, 'CS', 'G')
	    ds.add_new(group << 16 | 0x50, 'SS', [y, x])
	    ds.add_new(group << 16 | 0x100, 'US', 1)
	    ds.add_new(group << 16 | 0x102, 'US', 0)
	    b = np.packbits(frames.ravel(), bitorder='little').tobytes()
	    b += b'\0' * (len(b) % 2)
	    if syntax == BIG:    # words: PS3.5 8.1.2
	        b = np.frombuffer(b, '<u2').astype('>u2').tobytes()
	    ds.add_new(group << 16 | 0x3000, 'OW', b)
	rng = np.random.default_rng(5)
	for syntax in EXPLICIT, IMPLICIT, BIG:
	    a = np.zeros((3, 9, 11), 'u2')
	    ds = make('a.dcm', a, stored=12, syntax=syntax)
	    one = rng.integers(0, 2, (1, 7, 5), dtype='u1')
	    two = rng.integers(0, 2, (2, 13, 17), dtype='u1')
	    planes(0x6000, one, 3, 2)
	    planes(0x6002, two, -2, 0, 2)
	    a[2, 8, 10] = 0x8000
	    ds.PixelData = a.astype('>u2' if syntax == BIG else '<u2').tobytes()
	    ds.save_as('a.dcm')
	    for n, (key, got) in enumerate(frames('--view', 'overlay', 'a.dcm')):
	        kind = np.zeros((9, 11), int)
	        kind[1:8, 2:7] += 4 * one[0]    # over all frames
	        if n > 0:    # from row -1 and column -3
	            kind += 2 * two[n - 1, 1:10, 3:14]
	        kind += a[n] >> 15
	        shades = np.unique(kind)
	        assert (key['view'], key['frame'], got.ndim) == ('overlay', n + 1, 2)
	        assert (got == np.searchsorted(shades, kind) * 255 // (len(shades) - 1)).all(), (syntax, n)
	# A file without any is black; one that is none of PS3.3 is refused.
	make('b.dcm', np.full((1, 4, 5, 3), 77, 'u1'), 'RGB')
	assert (frames('--view', 'overlay', 'b.dcm')[0][1] == np.zeros((4, 5))).all()
	ds['60020010'].value = 200
	ds.save_as('c.dcm')
	assert '(6002,3000) is shorter' in refused('c.dcm', '--view', 'overlay')
	assert len(frames('--view', 'voi', 'c.dcm')) == 3
	EOF
	PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 test.py
}

@test "boxes of the view overlay let px-redact clear what overlays tell, and keep the rest of them" {
	cp "$BATS_FILE_TMPDIR/overlay.dcm" a.dcm
	points() {
		/usr/bin/python3 -c 'import pydicom, sys; v = pydicom.dcmread(sys.argv[1])[0x60003000].value
print(sum(bin(b).count("1") for b in v))' "$1"
	}
	dcm-frames --view voi,full,low a.dcm | txt-detect --no-text | px-redact --overlays redact -o b.dcm a.dcm
	[ "$(points b.dcm)" -eq "$(points a.dcm)" ]	# the control: nobody looked there
	dcm-frames --view voi,overlay a.dcm | txt-detect --no-text | px-redact --overlays redact -o b.dcm a.dcm
	[ "$(points b.dcm)" -eq 0 ]
}
