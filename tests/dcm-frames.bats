load helper
PRELUDE='import numpy as np, pydicom, warnings
from dcmfile import *
warnings.simplefilter("ignore")'

@test "raw gives back stored values of every depth, signed or not, in every native syntax" {
	py <<-'EOF'
	rng = np.random.default_rng(1)
	for syntax in IMPLICIT, EXPLICIT, BIG, DEFLATED:
	    for kind, bits in (('u1', 8), ('u1', 5), ('i1', 8), ('u2', 9), ('u2', 12),
	                       ('i2', 12), ('u2', 16), ('i2', 16)):
	        lo = -(1 << bits - 1) if kind[0] == 'i' else 0
	        a = rng.integers(lo, lo + (1 << bits), (3, 7, 5)).astype(kind)
	        make('a.dcm', a, stored=bits, syntax=syntax)
	        assert (raw('a.dcm') == a.astype(int) - lo).all(), (syntax, kind, bits)
	EOF
}

@test "raw gives back colour, by pixel and by plane, of 8 and 16 bits" {
	py <<-'EOF'
	rng = np.random.default_rng(2)
	for syntax in IMPLICIT, EXPLICIT, BIG, DEFLATED:
	    for kind in 'u1', 'u2':
	        for planar in 0, 1:
	            a = rng.integers(0, 256 ** int(kind[1]), (3, 7, 5, 3)).astype(kind)
	            make('a.dcm', a, 'RGB', planar=planar, syntax=syntax)
	            assert (raw('a.dcm') == a).all(), (syntax, kind, planar)
	EOF
}

@test "bits above Bits Stored, as of an embedded overlay, are no part of a value" {
	py <<-'EOF'
	a = np.array([[[0xf123, 0x0fff], [0x8000, 0x1001]]], 'u2')
	make('a.dcm', a, stored=12)
	assert (raw('a.dcm') == a & 0xfff).all()
	make('b.dcm', a, stored=12, HighBit=15)
	assert (raw('b.dcm') == a >> 4).all()
	EOF
}

@test "1-bit frames that do not end on a byte are told apart" {
	py <<-'EOF'
	rng = np.random.default_rng(3)
	a = rng.integers(0, 2, (5, 7, 3)).astype('u1')
	bits = np.packbits(a.ravel(), bitorder='little').tobytes()
	make('a.dcm', a, data=bits, BitsAllocated=1, BitsStored=1, HighBit=0)
	assert (raw('a.dcm') == a).all()
	# Rendered, ones are white, also in a frame of ones alone.
	for (_, v), f in zip(frames('a.dcm'), a):
	    assert (v == 255 * f.astype(int)).all()
	EOF
}

@test "lossless codecs give the stored values of the original: RLE, JPEG, JPEG-LS, JPEG 2000" {
	py <<-'EOF'
	y, x = np.mgrid[0:40, 0:51]
	rng = np.random.default_rng(4)
	shade = (x + 2 * y + rng.integers(0, 9, (3, 40, 51)))
	coders = {'rle': ['dcmcrle'], 'jpeg': ['dcmcjpeg', '+e1'], 'sv1': ['dcmcjpeg', '+el'],
	          'jls': ['dcmcjpls'], 'j2k': ['gdcmconv', '--j2k']}
	for kind, bits in ('u1', 8), ('u2', 12), ('u2', 16), ('i2', 16):
	    a = (shade * ((1 << bits) // 256) - (1 << bits - 1) * (kind[0] == 'i')).astype(kind)
	    make('a.dcm', a, stored=bits)
	    want = raw('a.dcm')
	    for name, coder in coders.items():
	        if name == 'j2k' and kind == 'i2':    # GDCM cannot write it
	            continue
	        run(*coder, 'a.dcm', 'b.dcm')
	        assert (raw('b.dcm') == want).all(), (name, kind, bits)
	a = np.stack([shade, shade // 2, 255 - shade], -1).astype('u1')
	make('a.dcm', a, 'RGB')
	for name, coder in coders.items():
	    run(*coder, 'a.dcm', 'b.dcm')
	    assert (raw('b.dcm') == a).all(), name
	    assert all((v == f).all() for (_, v), f in zip(frames('b.dcm'), a)), name
	EOF
}

@test "JPEG baseline and extended 12 bit agree with dcmdjpeg, stored values exactly" {
	py <<-'EOF'
	y, x = np.mgrid[0:40, 0:51]
	a = np.stack([x * 4, y * 5, x + y], -1)[None].astype('u1')
	make('rgb.dcm', a, 'RGB')
	for options in ['+eb'], ['+eb', '+s4'], ['+eb', '+cr'], ['+eb', '+cy']:
	    run('dcmcjpeg', *options, 'rgb.dcm', 'b.dcm')
	    run('dcmdjpeg', '+cn', 'b.dcm', 'c.dcm')
	    want = pydicom.dcmread('c.dcm')
	    want.PhotometricInterpretation = 'RGB'    # as it is, not converted
	    assert (raw('b.dcm')[0] == want.pixel_array).all(), options
	make('a.dcm', (x * 70 + y)[None].astype('u2'), stored=12)
	run('dcmcjpeg', '+ee', 'a.dcm', 'b.dcm')
	run('dcmdjpeg', 'b.dcm', 'c.dcm')
	assert (raw('b.dcm') == raw('c.dcm')).all()
	EOF
}

@test "the colour of JPEG follows its markers, not a wrong tag" {
	py <<-'EOF'
	import re
	y, x = np.mgrid[0:40, 0:52]
	a = np.stack([x * 4, y * 5, 255 - x - y], -1)[None].astype('u1')
	make('rgb.dcm', a, 'RGB')
	def tagged(photometric):
	    ds = pydicom.dcmread('b.dcm')
	    ds.PhotometricInterpretation = photometric
	    ds.save_as('c.dcm')
	    return frames('c.dcm')[0][1]
	for options in ['+eb', '+q', '95', '+s4'], ['+eb', '+q', '95', '+cr'], ['+eb', '+q', '95', '+s2']:
	    run('dcmcjpeg', *options, 'rgb.dcm', 'b.dcm')
	    for photometric in 'RGB', 'YBR_FULL', 'YBR_FULL_422':
	        got = tagged(photometric)
	        assert np.abs(got - a[0]).mean() < 4, (options, photometric)
	EOF
}

@test "windows follow the formulas of PS3.3 C.11.2.1: linear, exact, sigmoid" {
	py <<-'EOF'
	a = np.arange(-2000, 2096, dtype='i2').reshape(1, 64, 64)
	x = a[0] * 2.0 - 1000
	def linear(c, w):
	    y = ((x - (c - .5)) / (w - 1) + .5) * 255
	    return np.where(x <= c - .5 - (w - 1) / 2, 0, np.where(x > c - .5 + (w - 1) / 2, 255, y))
	def exact(c, w):
	    y = ((x - c) / w + .5) * 255
	    return np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 255, y))
	def sigmoid(c, w):
	    return 255 / (1 + np.exp(-4 * (x - c) / w))
	for function, formula in ('', linear), ('LINEAR', linear), ('LINEAR_EXACT', exact), ('SIGMOID', sigmoid):
	    for c, w in (40, 400), (-600.5, 1500), (100, 1001):
	        extra = {'VOILUTFunction': function} if function else {}
	        make('a.dcm', a, stored=13, WindowCenter=[c, 0], WindowWidth=[w, 9],
	             RescaleSlope=2, RescaleIntercept=-1000, **extra)
	        got = frames('a.dcm')[0][1]
	        # Rounded to the nearest level.
	        near(got, formula(c, w), .5 + 1e-6)
	        if formula == linear:
	            run('dcmj2pnm', '+op', '+Wi', '1', 'a.dcm', 'a.pgm')
	            b = open('a.pgm', 'rb').read()
	            near(got, np.frombuffer(b[-64 * 64:], 'u1').reshape(64, 64))
	# The narrowest: one level is white.
	make('a.dcm', a, WindowCenter=0, WindowWidth=1)
	assert set(np.unique(frames('a.dcm')[0][1])) == {0, 255}
	EOF
}

@test "without a window the frame's own range is shown, less padding" {
	py <<-'EOF'
	a = np.array([[[10, 20], [30, 110]], [[0, 1], [2, 4]]], 'u2')
	make('a.dcm', a)
	got = [v for _, v in frames('a.dcm')]
	assert got[0].tolist() == [[0, 26], [51, 255]]    # 25.5 is rounded up
	assert got[1].tolist() == [[0, 64], [128, 255]]
	b = np.array([[[-2000, 0], [50, 100]]], 'i2')
	make('b.dcm', b, PixelPaddingValue=-2000)
	assert frames('b.dcm')[0][1].tolist() == [[0, 0], [128, 255]]
	make('b.dcm', b, RescaleSlope=-1, RescaleIntercept=0)
	assert frames('b.dcm')[0][1].tolist() == [[255, 12], [6, 0]]
	EOF
}

@test "a Modality LUT and a VOI LUT are applied as pydicom applies them" {
	py <<-'EOF'
	from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_voi_lut
	from pydicom.sequence import Sequence
	def table(first, bits, data):
	    t = Dataset()
	    t.LUTDescriptor, t.LUTData = [len(data), first, bits], list(data)
	    t['LUTDescriptor'].VR, t['LUTData'].VR = 'US', 'US'
	    return Sequence([t])
	a = np.arange(400, dtype='u2').reshape(1, 20, 20)
	m = table(50, 16, [i * i // 4 for i in range(256)])
	v = table(1000, 12, [4095 - i for i in range(4096)])
	make('v.dcm', a, VOILUTSequence=table(100, 10, range(0, 1024, 8)), WindowCenter=1, WindowWidth=2)
	ds = pydicom.dcmread('v.dcm')
	near(frames('v.dcm')[0][1], apply_voi_lut(ds.pixel_array, ds) / 1023 * 255, .5 + 1e-6)
	make('mv.dcm', a, ModalityLUTSequence=m, VOILUTSequence=v)
	ds = pydicom.dcmread('mv.dcm')
	want = apply_voi_lut(apply_modality_lut(ds.pixel_array, ds), ds)
	near(frames('mv.dcm')[0][1], want / 4095 * 255, .5 + 1e-6)
	make('m.dcm', a, ModalityLUTSequence=m)
	ds = pydicom.dcmread('m.dcm')
	want = apply_modality_lut(ds.pixel_array, ds).astype(float)
	near(frames('m.dcm')[0][1], (want - want.min()) / np.ptp(want) * 255, .5 + 1e-6)
	# Shorter than its descriptor says.
	v[0].LUTData = [1, 2, 3]
	make('bad.dcm', a, VOILUTSequence=v)
	assert 'shorter' in refused('bad.dcm')
	EOF
}

@test "functional groups of a frame win over shared ones, and those over the top level" {
	py <<-'EOF'
	from pydicom.sequence import Sequence
	def voi(c, w):
	    i = Dataset()
	    i.WindowCenter, i.WindowWidth = c, w
	    g = Dataset()
	    g.FrameVOILUTSequence = Sequence([i])
	    return g
	def rescale(g, slope, intercept):
	    i = Dataset()
	    i.RescaleSlope, i.RescaleIntercept, i.RescaleType = slope, intercept, 'US'
	    g.PixelValueTransformationSequence = Sequence([i])
	    return g
	a = np.broadcast_to(np.arange(256, dtype='u2').reshape(16, 16), (3, 16, 16))
	make('a.dcm', a, WindowCenter=1000, WindowWidth=1, RescaleSlope=9, RescaleIntercept=9,
	     SharedFunctionalGroupsSequence=Sequence([rescale(voi(100, 101), 1, 0)]),
	     PerFrameFunctionalGroupsSequence=Sequence([Dataset(), voi(50, 21), rescale(Dataset(), 2, -7)]))
	def linear(x, c, w):
	    return np.clip(((x - (c - .5)) / (w - 1) + .5) * 255, 0, 255)
	got = [v for _, v in frames('a.dcm')]
	near(got[0], linear(a[0], 100, 101), .5 + 1e-6)
	near(got[1], linear(a[1], 50, 21), .5 + 1e-6)
	near(got[2], linear(a[2] * 2.0 - 7, 100, 101), .5 + 1e-6)
	EOF
}

@test "MONOCHROME1 is inverted in voi and full, not in raw" {
	py <<-'EOF'
	a = np.arange(256, dtype='u1').reshape(1, 16, 16)
	for photometric in 'MONOCHROME1', 'MONOCHROME2':
	    make('a.dcm', a, photometric, WindowCenter=128, WindowWidth=100)
	    v, f, r = [v for _, v in frames('--view', 'voi,full,raw', 'a.dcm')]
	    if photometric == 'MONOCHROME1':
	        one = v
	        assert (f == 255 - a[0]).all() and (r == a[0]).all()
	    else:
	        near(one + v, np.full((16, 16), 255))
	        assert (f == a[0]).all() and (r == a[0]).all()
	EOF
}

@test "palettes of 8 and 16 bits, plain and segmented, agree with pydicom" {
	py <<-'EOF'
	from pydicom.pixel_data_handlers.util import apply_color_lut
	def palette(bits, data, first=0, segmented=False, entries=None):
	    out = {}
	    for k, name in enumerate(('Red', 'Green', 'Blue')):
	        d = entries or len(data[k])
	        out[name + 'PaletteColorLookupTableDescriptor'] = [d, first, bits]
	        key = ('Segmented' if segmented else '') + name + 'PaletteColorLookupTableData'
	        out[key] = (np.array(data[k], 'u2') if bits == 16 or segmented else
	                    np.array(data[k], 'u1')).tobytes()
	    return out
	rng = np.random.default_rng(5)
	a = np.arange(256, dtype='u1').reshape(1, 16, 16)
	def check(top, **extra):
	    make('a.dcm', a, 'PALETTE COLOR', **extra)
	    ds = pydicom.dcmread('a.dcm')
	    want = apply_color_lut(ds.pixel_array, ds).astype(float)
	    near(frames('a.dcm')[0][1], want / top * 255, .5 + 1e-6)
	check(65535, **palette(16, rng.integers(0, 65536, (3, 256))))
	check(65535, **palette(16, rng.integers(0, 65536, (3, 100)), first=60))
	check(255, **palette(8, rng.integers(0, 256, (3, 256))))
	# 16 bits that say 16 and hold 8 would be black.
	check(255, **palette(16, rng.integers(0, 256, (3, 256))))
	seg = [0, 2, 0, 65535, 1, 100, 1000, 0, 1, 7, 1, 153, 40000]
	check(65535, **palette(16, [seg] * 3, segmented=True, entries=256))
	# The stored values, not the colours, in the other views.
	make('a.dcm', a, 'PALETTE COLOR', **palette(16, np.full((3, 256), 40000)))
	for _, v in frames('--view', 'full,raw', 'a.dcm'):
	    assert (v == a[0]).all()
	make('a.dcm', a, 'PALETTE COLOR')
	assert 'descriptor is missing' in refused('a.dcm')
	make('a.dcm', a, 'PALETTE COLOR', **palette(16, [seg[:-1]] * 3, segmented=True, entries=256))
	assert 'segment is cut' in refused('a.dcm')
	EOF
}

@test "a supplemental palette colours from its first entry on, and is grey below" {
	py <<-'EOF'
	a = np.array([[[0, 50, 99], [100, 101, 102]]], 'u2')
	lut = {}
	for name, d in ('Red', [0, 65535, 0]), ('Green', [0, 0, 65535]), ('Blue', [65535, 0, 0]):
	    lut[name + 'PaletteColorLookupTableDescriptor'] = [3, 100, 16]
	    lut[name + 'PaletteColorLookupTableData'] = np.array(d, 'u2').tobytes()
	make('a.dcm', a, PixelPresentation='COLOR', WindowCenter=50, WindowWidth=100, **lut)
	grey, colour = frames('a.dcm')[0][1]
	assert grey.tolist() == [[1, 1, 1], [129, 129, 129], [255, 255, 255]] or \
	    grey[0].tolist() == [0, 0, 0], grey.tolist()
	assert colour.tolist() == [[0, 0, 255], [255, 0, 0], [0, 255, 0]]
	EOF
}

@test "YBR_FULL and native YBR_FULL_422 become RGB as pydicom converts them" {
	py <<-'EOF'
	from pydicom.pixel_data_handlers.util import convert_color_space
	rng = np.random.default_rng(6)
	a = rng.integers(0, 256, (1, 30, 40, 3)).astype('u1')
	for planar in 0, 1:
	    make('a.dcm', a, 'YBR_FULL', planar=planar)
	    near(frames('a.dcm')[0][1], convert_color_space(a[0], 'YBR_FULL', 'RGB'))
	    assert (raw('a.dcm') == a).all()
	# Y Y Cb Cr
	s = rng.integers(0, 256, (30, 20, 4)).astype('u1')
	up = np.stack([s[..., 0], s[..., 2], s[..., 3], s[..., 1], s[..., 2], s[..., 3]], -1).reshape(30, 40, 3)
	make('b.dcm', a, 'YBR_FULL_422', data=s.tobytes())
	near(frames('b.dcm')[0][1], convert_color_space(up, 'YBR_FULL', 'RGB'))
	assert (raw('b.dcm')[0] == up).all()
	# Studio range: black, white, and the primaries of BT.601.
	s = np.array([[[16, 235, 128, 128], [81, 81, 90, 240]]], 'u1')
	make('c.dcm', a[:, :1, :4], 'YBR_PARTIAL_422', data=s.tobytes())
	got = frames('c.dcm')[0][1][0]
	near(got, [[0, 0, 0], [255, 255, 255], [254, 0, 0], [254, 0, 0]])
	# The tag that a decompressor left behind: 4:4:4 by its length.
	make('d.dcm', a, 'YBR_FULL_422')
	assert (raw('d.dcm') == a).all()
	EOF
}

@test "colour of 16 and of 32 bits is shown by its upper bits" {
	py <<-'EOF'
	a = np.arange(0, 65536, 437, dtype='u2')[:150].reshape(1, 10, 5, 3)
	make('a.dcm', a, 'RGB')
	near(frames('a.dcm')[0][1], a[0] / 65535 * 255, .5 + 1e-6)
	b = a.astype('u4') << 16
	make('b.dcm', b, 'RGB')
	near(frames('b.dcm')[0][1], a[0] / 65535 * 255, .5 + 1e-6)
	assert '32 bits do not fit' in refused('b.dcm', '--view', 'raw')
	# Grey of 32 bits, as dose has.
	c = (np.arange(100, dtype='u4') * 40000000).reshape(1, 10, 10)
	make('c.dcm', c)
	near(frames('c.dcm')[0][1], c[0] / c.max() * 255, .5 + 1e-6)
	EOF
}

@test "the view low shades levels by their distance from grounds, by logarithm" {
	py <<-'EOF'
	def low(a, *photometric):
	    make('a.dcm', a, *photometric, WindowCenter=1000, WindowWidth=2000)
	    v, low = [v for _, v in frames('--view', 'voi,low', 'a.dcm')]
	    return v, low
	a = np.zeros((1, 20, 20), 'i2') - 1000
	a[0, 5:9, 3:17] = -999
	a[0, 12:, :] = np.arange(160).reshape(8, 20) * 20
	v, s = low(a)
	assert np.unique(v[:12]).size == 1
	# 162 levels, grounds are the first and the last: 80 lie as far as can be.
	top = np.log2(1 + 80)
	assert (s[:5] == 0).all() and (s[5:9, 3:17] == round(255 / top)).all()
	assert s[19, 19] == 0 and s[19, 18] == round(255 / top) and s.max() == 255
	assert s[12, 2] == round(255 * np.log2(1 + 4) / top)
	# The same of 32 bits, upside down, and beside a flat ground between the others.
	assert (low((a.astype('i8') + 2 ** 31).astype('u4'))[1] == s).all()
	assert (low(3000 - a)[1] == s).all()
	a[0, 12:16, :] = 1000
	a[0, 13, 4:7] = 1001
	s = low(a)[1]
	assert (s[12] == 0).all() and (s[13, 4:7] > 30).all()
	# Colour: each sample by itself, a text in one of them.
	y, x = np.mgrid[0:20, 0:20]
	c = np.stack([(x * y) // 2 % 200 + 3 * k for k in range(3)], -1).astype('u1')
	c[:12] = 100, 50, 20
	for k in range(3):
	    d = c.copy()
	    d[5:9, 3:17, k] += 1
	    s = low(d[None], 'RGB')[1]
	    assert (s[:5] == 0).all() and (s[5:9, 3:17, k] > 30).all(), k
	    # Of YBR: Cb, Y, Cr.
	    s = low(d[None], 'YBR_FULL')[1]
	    assert (s[:5] == 0).all() and (s[5:9, 3:17, [1, 0, 2][k]] > 30).all(), k
	EOF
}

@test "-f lists frames, -s spreads them from the first to the last, views alternate" {
	py <<-'EOF'
	a = np.arange(11, dtype='u1')[:, None, None] + np.zeros((1, 4, 4), 'u1')
	make('a.dcm', a)
	def numbers(*args):
	    got = frames('--view', 'raw', *args, 'a.dcm')
	    for i, (k, v) in enumerate(got):
	        assert (v == k['frame'] - 1).all()
	        assert (k['image'], k['images'], k['frames']) == (i + 1, len(got), 11), k
	        assert (k['file'], k['by'], k['view']) == ('a.dcm', 'dcm-frames', 'raw')
	    return [k['frame'] for k, _ in got]
	assert numbers() == list(range(1, 12))
	assert numbers('-f', '3') == [3]
	assert numbers('-f', '9-,1,4-5,5') == [1, 4, 5, 9, 10, 11]
	assert numbers('-s', '1') == [1]
	assert numbers('-s', '2') == [1, 11]
	assert numbers('-s', '3') == [1, 6, 11]
	assert numbers('-s', '99') == list(range(1, 12))
	assert numbers('-s', '2', '-f', '4-7') == [4, 7]
	keys = [k for k, _ in frames('-s', '2', '--view', 'full,raw', 'a.dcm')]
	assert [(k['image'], k['images'], k['frame'], k['view']) for k in keys] == \
	    [(1, 4, 1, 'full'), (2, 4, 1, 'raw'), (3, 4, 11, 'full'), (4, 4, 11, 'raw')]
	assert 'not a frame 12' in refused('a.dcm', '-f', '12')
	EOF
	for l in 0 "" 3-2 1, 1,,2 x 4294967296 1-99999999999; do
		run -2 dcm-frames -f "$l" a.dcm
		[[ $output == *"option -f"* ]]
	done
	run -2 dcm-frames --view voi,voi a.dcm
	run -2 dcm-frames --view colour a.dcm
	run -2 dcm-frames -s 0 a.dcm
}

@test "names come NUL-terminated with -0, and a file on standard input without names" {
	py <<-'EOF'
	make('a.dcm', np.zeros((1, 3, 3), 'u1'))
	make('b\n.dcm', np.zeros((2, 3, 3), 'u1'))
	got = frames('-0', stdin=b'a.dcm\0b\n.dcm\0')
	assert [k['file'] for k, _ in got] == ['a.dcm', 'b\n.dcm', 'b\n.dcm']
	data = open('a.dcm', 'rb').read()
	assert [k['file'] for k, _ in frames(stdin=data)] == ['-']
	assert [k['file'] for k, _ in frames('-', stdin=data)] == ['-']
	EOF
	run -2 dcm-frames -0 a.dcm </dev/null
}

@test "a bad file among good ones is named with a reason, and the good ones are done" {
	py <<-'EOF'
	make('a.dcm', np.zeros((1, 3, 3), 'u1'))
	open('b.dcm', 'w').write('not an image\n' * 20)
	got = frames('b.dcm', 'a.dcm', 'missing.dcm', 'a.dcm', status=2)
	assert [k['file'] for k, _ in got] == ['a.dcm', 'a.dcm']
	EOF
	run -2 --separate-stderr dcm-frames b.dcm missing.dcm
	[ "${#stderr_lines[@]}" -eq 2 ]
	[ "${stderr_lines[0]}" = "dcm-frames: b.dcm: not a DICOM file" ]
}

@test "what has no pixel data, floating-point data or no decoder is refused by name" {
	py <<-'EOF'
	ds = head()
	ds.save_as('none.dcm', write_like_original=False)
	assert refused('none.dcm') == 'dcm-frames: none.dcm: has no pixel data'
	ds.FloatPixelData = b'\0' * 16
	ds.save_as('float.dcm', write_like_original=False)
	assert 'floating-point' in refused('float.dcm')
	make('a.dcm', np.zeros((1, 8, 8), 'u1'))
	run('dcmcrle', 'a.dcm', 'b.dcm')
	for uid, name in (('1.2.840.10008.1.2.4.94', 'JPIP Referenced'),
	                  ('1.2.840.10008.1.2.4.110', 'JPEG XL Lossless')):
	    retag('b.dcm', uid, 'c.dcm')
	    why = refused('c.dcm')
	    assert 'transfer syntax' in why and name in why and 'has no decoder' in why, why
	EOF
}

@test "syntaxes that DCMTK does not know are read: uncompressed and deflated frames, HTJ2K's name, 1-bit RLE" {
	py <<-'EOF'
	import zlib
	rng = np.random.default_rng(9)
	def coded(a, codes, uid):
	    make('a.dcm', a)
	    run('dcmcrle', 'a.dcm', 'b.dcm')
	    ds = pydicom.dcmread('b.dcm')
	    ds.PixelData = b''.join(map(item, [b''] + codes))
	    ds.save_as('b.dcm')
	    retag('b.dcm', uid, 'c.dcm')
	    return raw('c.dcm')
	def deflate(b):
	    z = zlib.compressobj(wbits=-15)
	    return z.compress(b) + z.flush()
	a = rng.integers(0, 65536, (3, 7, 5)).astype('u2')
	assert (coded(a, [f.tobytes() for f in a], '1.2.840.10008.1.2.1.98') == a).all()
	assert (coded(a, [deflate(f.tobytes()) for f in a], '1.2.840.10008.1.2.8.1') == a).all()
	# 1 bit: a frame's bits packed, then coded; PackBits by hand: a literal run.
	b = rng.integers(0, 2, (3, 7, 5)).astype('u1')
	packed = [np.packbits(f.ravel(), bitorder='little').tobytes() for f in b]
	rle = [b'\1\0\0\0\x40' + b'\0' * 59 + bytes([len(p) - 1]) + p for p in packed]
	for uid, codes in (('1.2.840.10008.1.2.5', rle), ('1.2.840.10008.1.2.8.1', list(map(deflate, packed)))):
	    make('a.dcm', b)
	    run('dcmcrle', 'a.dcm', 'b.dcm')
	    ds = pydicom.dcmread('b.dcm')
	    ds.BitsAllocated = ds.BitsStored = 1
	    ds.HighBit = 0
	    ds.PixelData = b''.join(map(item, [b''] + codes))
	    ds.save_as('b.dcm')
	    retag('b.dcm', uid, 'c.dcm')
	    assert (raw('c.dcm') == b).all(), uid
	a = rng.integers(0, 65536, (2, 64, 64)).astype('u2')
	make('a.dcm', a)
	run('gdcmconv', '--j2k', 'a.dcm', 'b.dcm')
	for uid in '201', '202', '203':
	    retag('b.dcm', '1.2.840.10008.1.2.4.' + uid, 'c.dcm')
	    assert (raw('c.dcm') == a).all()
	EOF
}

@test "attributes that contradict each other or the pixel data are refused" {
	py <<-'EOF'
	a = np.zeros((2, 6, 6), 'u2')
	for change, reason in (({'Rows': 0}, 'Rows is not within'), ({'Columns': 7}, 'shorter'),
	        ({'NumberOfFrames': 3}, 'shorter'), ({'NumberOfFrames': 0}, 'Number of Frames'),
	        ({'NumberOfFrames': -1}, 'Number of Frames'),
	        ({'BitsAllocated': 12, 'BitsStored': 12, 'HighBit': 11}, 'Bits Allocated'), ({'BitsAllocated': 64}, 'Bits Allocated'),
	        ({'BitsStored': 17}, 'Bits Stored'), ({'HighBit': 3}, 'High Bit'), ({'HighBit': 16}, 'High Bit'),
	        ({'SamplesPerPixel': 3}, 'Photometric'), ({'SamplesPerPixel': 2}, 'Samples'),
	        ({'PixelRepresentation': 2}, 'Pixel Representation'),
	        ({'PhotometricInterpretation': 'HSV'}, 'none that is known'),
	        ({'PhotometricInterpretation': ''}, 'missing')):
	    make('a.dcm', a, **change)
	    assert reason in refused('a.dcm'), (change, refused('a.dcm'))
	for name in 'Rows', 'Columns', 'BitsAllocated', 'BitsStored', 'PhotometricInterpretation':
	    ds = make('a.dcm', a)
	    del ds[name]
	    ds.save_as('a.dcm', write_like_original=False)
	    assert 'missing' in refused('a.dcm')
	# A codestream of another size than the header's.
	make('b.dcm', np.zeros((1, 16, 16), 'u1'))
	for coder in ['dcmcrle'], ['dcmcjpeg', '+e1'], ['dcmcjpls'], ['gdcmconv', '--j2k']:
	    run(*coder, 'b.dcm', 'c.dcm')
	    for name, value in ('Rows', 17), ('Columns', 24), ('SamplesPerPixel', 3):
	        ds = pydicom.dcmread('c.dcm')
	        setattr(ds, name, value)
	        if name == 'SamplesPerPixel':
	            ds.PhotometricInterpretation = 'RGB'
	        ds.save_as('d.dcm')
	        refused('d.dcm')
	EOF
}

@test "frames in several fragments are found by either offset table or by content" {
	py <<-'EOF'
	from pydicom.encaps import generate_pixel_data_frame
	import struct
	y, x = np.mgrid[0:64, 0:64]
	a = np.stack([(x * k + y) % 256 for k in (1, 2, 3)]).astype('u1')
	make('a.dcm', a)
	def fragments(code, n):
	    step = (len(code) // n + 1) & ~1
	    out = [code[i:i + step] for i in range(0, len(code), step)]
	    return [f + b'\0' * (len(f) % 2) for f in out]
	for coder in ['dcmcjpeg', '+el'], ['dcmcjpls'], ['gdcmconv', '--j2k']:
	    run(*coder, 'a.dcm', 'b.dcm')
	    ds = pydicom.dcmread('b.dcm')
	    codes = list(generate_pixel_data_frame(ds.PixelData, 3))
	    split = [fragments(c, n) for c, n in zip(codes, (2, 1, 3))]
	    starts, at = [], 0
	    for frame in split:
	        starts.append(at)
	        at += sum(8 + len(f) for f in frame)
	    body = b''.join(item(f) for frame in split for f in frame)
	    end = b'\xfe\xff\xdd\xe0\0\0\0\0'
	    for table in b'', struct.pack('<3I', *starts):
	        ds.PixelData = item(table) + body
	        ds.save_as('c.dcm')
	        assert (raw('c.dcm') == a).all(), (coder, table)
	        assert (frames('--view', 'raw', '-f', '3', 'c.dcm')[0][1] == a[2]).all()
	    ds.PixelData = item(b'') + body
	    ds.ExtendedOffsetTable = struct.pack('<3Q', *starts)
	    ds.ExtendedOffsetTableLengths = struct.pack('<3Q', *map(len, codes))
	    ds.save_as('c.dcm')
	    assert (raw('c.dcm') == a).all(), coder
	    # Tables that point between fragments, or are too short.
	    for bad in [starts[0], starts[1] + 2, starts[2]], starts[:2], [8] + starts[1:]:
	        ds = pydicom.dcmread('b.dcm')
	        ds.PixelData = item(struct.pack('<%dI' % len(bad), *bad)) + body
	        ds.save_as('c.dcm')
	        assert 'offset table' in refused('c.dcm')
	    ds.NumberOfFrames = 7
	    ds.save_as('c.dcm')
	    assert 'fragments for 7 frames' in refused('c.dcm')
	EOF
}

@test "a picture that Number of Frames does not count is refused, not passed over" {
	py <<-'EOF'
	rng = np.random.default_rng(8)
	make('a.dcm', rng.integers(0, 256, (3, 32, 32)).astype('u1'))
	for coder in ['dcmcrle'], ['dcmcjpeg', '+el'], ['dcmcjpls'], ['gdcmconv', '--j2k']:
	    run(*coder, 'a.dcm', 'b.dcm')
	    for n in 1, 2:
	        ds = pydicom.dcmread('b.dcm')
	        ds.NumberOfFrames = n
	        ds.save_as('c.dcm')
	        refused('c.dcm')
	        # Without a table that could say so.
	        ds.PixelData = b'\xfe\xff\x00\xe0\0\0\0\0' + ds.PixelData[20:]
	        ds.save_as('c.dcm')
	        refused('c.dcm')
	EOF
}

@test "a codestream that is cut is refused, and the images before it stay well-formed" {
	py <<-'EOF'
	from pydicom.encaps import generate_pixel_data_frame
	rng = np.random.default_rng(7)
	a = rng.integers(0, 256, (3, 32, 32)).astype('u1')
	make('a.dcm', a)
	for coder in ['dcmcrle'], ['dcmcjpeg', '+el'], ['dcmcjpeg', '+eb'], ['dcmcjpls'], ['gdcmconv', '--j2k']:
	    run(*coder, 'a.dcm', 'b.dcm')
	    ds = pydicom.dcmread('b.dcm')
	    codes = list(generate_pixel_data_frame(ds.PixelData, 3))
	    want = raw('b.dcm')
	    for keep in 0, 1, 30, 70, len(codes[2]) // 2, len(codes[2]) - 60:
	        ds.PixelData = b''.join(map(item, (b'', codes[0], codes[1], codes[2][:keep])))
	        ds.save_as('c.dcm')
	        got = frames('--view', 'raw', 'c.dcm', status=2)
	        assert [k['image'] for k, _ in got] == [1, 2], (coder, keep)
	        assert all(k['images'] == 3 for k, _ in got)
	        assert all((v == w).all() for (_, v), w in zip(got, want))
	EOF
}

@test "a file cut anywhere is refused, and never crashes the program" {
	py <<-'EOF'
	a = (np.arange(2 * 30 * 30) % 251).astype('u1').reshape(2, 30, 30)
	make('a.dcm', a)
	run('dcmcrle', 'a.dcm', 'b.dcm')
	for name in 'a.dcm', 'b.dcm':
	    data = open(name, 'rb').read()
	    for n in list(range(0, len(data) - 1, 61)) + [len(data) - 1]:
	        open('c.dcm', 'wb').write(data[:n])
	        r = subprocess.run(['dcm-frames', 'c.dcm'], capture_output=True)
	        assert r.returncode == 2 and r.stdout == b'', (name, n, r.returncode)
	EOF
}

@test "pydicom's own files of every codec show what dcmj2pnm shows" {
	f=$PYDICOM/test_files
	for i in MR_small_RLE.dcm MR_small_bigendian.dcm JPGExtended.dcm image_dfl.dcm SC_rgb_rle_2frame.dcm \
	    SC_rgb_dcmtk_+eb+cr.dcm SC_rgb_dcmtk_+eb+cy+n1.dcm SC_rgb_dcmtk_+eb+cy+s2.dcm SC_rgb_small_odd.dcm \
	    SC_rgb_jpeg_dcmtk.dcm CT_small.dcm JPEG-lossy.dcm; do
		dcm-frames -f 1 "$f/$i" >ours
		# Its choice of the window differs from file to file; one must be ours.
		for o in "+Wi 1" "+Wm" ""; do
			# shellcheck disable=SC2086 # options are words
			dcmj2pnm -O +op +F 1 $o "$f/$i" theirs 2>/dev/null || continue
			py 2>/dev/null <<-'EOF' && continue 2
			import re
			def pixels(name):
			    b = open(name, 'rb').read()
			    m = re.match(rb'P[56]\n(?:#[^\n]*\n)?(\d+) (\d+)\n(?:#[^\n]*\n)?255\n', b)
			    return np.frombuffer(b, 'u1', -1, m.end()).astype(int)
			near(pixels('ours'), pixels('theirs'))
			EOF
		done
		echo "$i"
		false
	done
}

@test "JPEG 2000 of pydicom's files agrees with GDCM: lossy, signed, a sign that the header denies" {
	f=$PYDICOM/test_files
	for i in 693_J2KI.dcm JPEG2000.dcm MR_small_jp2klossless.dcm J2K_pixelrep_mismatch.dcm GDCMJ2K_TextGBR.dcm; do
		name=$f/$i py <<-'EOF'
		import os
		ds = pydicom.dcmread(os.environ['name'])
		ds.convert_pixel_data('gdcm')
		want = ds.pixel_array.astype(int)
		if ds.PixelRepresentation or want.min() < 0:    # the codestream's sign may not be the tag's
		    want = want + (1 << ds.BitsStored - 1)
		near(raw(os.environ['name'])[0], want, 0)
		EOF
	done
}

@test "a full disk is trouble, and a reader that leaves is not" {
	py <<-'EOF'
	make('a.dcm', np.zeros((50, 300, 300), 'u1'))
	EOF
	run -2 bash -c 'dcm-frames a.dcm a.dcm >/dev/full'
	[[ $output == *"a.dcm: write: No space left on device"* ]]
	run -0 bash -c 'dcm-frames a.dcm | head -c 10 >/dev/null'
	[ -z "$output" ]
}

@test "memory does not grow with the number of frames" {
	measures_memory
	py <<-'EOF'
	import resource
	make('few.dcm', np.zeros((2, 200, 200, 3), 'u1'), 'RGB')
	make('many.dcm', np.zeros((900, 200, 200, 3), 'u1'), 'RGB')
	for coder in ['dcmcrle'], ['dcmcjpeg', '+eb'], ['cp']:
	    peak = []
	    for name in 'few.dcm', 'many.dcm':
	        run(*coder, name, 'c.dcm')
	        out = subprocess.run(['/usr/bin/python3', '-c', '''
	import resource, subprocess
	subprocess.run(["dcm-frames", "c.dcm"], stdout=subprocess.DEVNULL, check=True)
	print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	'''], capture_output=True, check=True).stdout
	        peak.append(int(out))
	    assert peak[1] < peak[0] + 8192, (coder, peak)    # KiB
	EOF
}
