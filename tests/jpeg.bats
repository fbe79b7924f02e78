load helper
PRELUDE='from jpegfile import *'

@test "blocks in a box hold one level, all other coefficients stay, in every sampling" {
	py <<-'EOF'
	turn = 0
	for rows, columns in (1, 1), (8, 8), (7, 9), (17, 33), (50, 70):
	    for sampling in ([(1, 1)], [(2, 2)], [(1, 1)] * 3, [(2, 1)] * 3, [(2, 1), (1, 1), (1, 1)],
	                     [(2, 2), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)], [(4, 1), (1, 1), (1, 1)],
	                     [(2, 2), (2, 1), (1, 2)], [(3, 1), (1, 1), (3, 1)]):
	        turn += 1
	        n = len(sampling)
	        planes = picture(rows, columns, n).transpose(2, 0, 1)
	        ids = (b'RGB', b'\1\2\3')[turn % 2]
	        code = jpeg_dct.encode(planes, sampling, 3, ids=ids, restart=turn % 3,
	                               interleaved=turn % 4 < 2)
	        box = '%d,%d,%d,%d' % (columns // 2, rows // 3, max(1, columns // 5), max(1, rows // 4))
	        boxes = aligned(box, code)
	        frame = np.ascontiguousarray(planes.transpose(1, 2, 0))
	        frame[~outside(frame.shape, boxes)] = (0, 128, 128)[:n]
	        new = replaced(code, boxes, None, frame)
	        case = (rows, columns, sampling, turn)
	        assert segments(new) == segments(code), case
	        assert same_but_boxes(code, new, boxes), case
	        a, b = jpeg_dct.Jpeg(code), jpeg_dct.Jpeg(new)
	        for k, (c, d) in enumerate(zip(a.components, b.components)):
	            moved = (c['blocks'] != d['blocks']).any(2)
	            assert not (moved & ~a.touched(c, boxes_of(boxes), True)).any(), case
	            inside = d['blocks'][a.touched(c, boxes_of(boxes), False)]
	            assert len(inside) and not inside[:, 1:].any(), case
	            level = inside[:, 0] * c['q'][0] / 8 + 128
	            assert (level <= 0).all() if k == 0 else (level == 128).all(), case
	            # Padding of the MCUs that the box touches is gone, too.
	            mcus = d['blocks'][a.touched(c, boxes_of(boxes), True)]
	            if n > 1 and sampling != [(2, 1)] * 3:
	                assert not mcus[:, 1:].any(), case
	        # The control: there was something to be removed.
	        assert a.components[0]['blocks'][:, :, 1:].any() or rows * columns == 1
	EOF
}

@test "decoders show the same pixels outside of the boxes and one sample of chroma" {
	py <<-'EOF'
	bled = 0
	for columns, rows in (96, 80), (61, 47), (5, 3):
	    for samples, options in (
	            (1, []), (1, ['-progressive']), (1, ['-sample', '2x2']), (1, ['-restart', '1']),
	            (3, ['-sample', '1x1']), (3, ['-sample', '2x1', '-optimize']), (3, ['-sample', '2x2']),
	            (3, ['-sample', '1x2']), (3, ['-sample', '4x1']), (3, ['-sample', '2x2', '-restart', '2B']),
	            (3, ['-sample', '2x2', '-progressive']), (3, ['-sample', '1x1', '-progressive', '-restart', '1']),
	            (3, ['-rgb']), (3, ['-rgb', '-progressive'])):
	        code = cjpeg(picture(rows, columns, samples), '-quality', '85', *options)
	        boxes = aligned('%d,%d,%d,%d/0,%d,3,9' % (
	            columns // 3, rows // 3, columns // 4 + 1, rows // 5 + 1, rows - 1), code)
	        reach = interpolated(boxes, code)
	        rgb = '-rgb' in options
	        new = replaced(code, boxes, 0 if rgb or samples == 1 else (0, 128, 128))
	        case = (columns, rows, options)
	        assert segments(new) == segments(code), case
	        assert same_but_boxes(code, new, boxes), case
	        a, b = shown(code, '-nosmooth'), shown(new, '-nosmooth')
	        far = outside(a.shape, boxes)
	        assert (a[far] == b[far]).all() and (b[~far] == 0).all(), case
	        far = outside(a.shape, reach)
	        views = [(shown(code), shown(new))]
	        views += [[np.array(Image.open(io.BytesIO(c)).convert('RGB')) for c in (code, new)]]
	        if columns == 61:
	            like = decoded(code)
	            like = like if samples == 3 else like[:, :, 0]
	            was, now = others(code, like, '50', 8), others(new, like, '50', 8)
	            for tool in was:
	                if was[tool] is None:	# GDCM: progressive
	                    assert now[tool] is None, (tool, case)
	                    continue
	                views.append((was[tool], now[tool]))
	                assert now[tool] is not None, (tool, case)
	        for a, b in views:
	            assert (a[far] == b[far]).all(), case
	            bled += (a != b)[outside(a.shape, boxes)].any()
	        if len(far.nonzero()[0]) and columns == 96:
	            assert shown(new)[far].any()
	    # The control: without the margin there are decoders that differ.
	    assert bled or columns < 61, columns
	EOF
}

@test "black and white are exact with every quantiser of 8 bits, other levels within a 16th of it" {
	py <<-'EOF'
	a = picture(24, 24, 1)
	for q in list(range(1, 256, 7)) + [254, 255]:
	    with open('q', 'w') as f:
	        f.write(' '.join([str(q)] * 64))
	    code = cjpeg(a, '-qtables', 'q', '-quality', '50', '-grayscale', '-baseline')
	    step = jpeg_dct.Jpeg(code).components[0]['q'][0]
	    assert step == q
	    for level in 0, 255, 1, 77, 128, 200:
	        new = replaced(code, '8,8,8,8', level)
	        got = shown(new)[8:16, 8:16].astype(int)
	        assert (got == got[0, 0]).all()
	        off = 0 if level in (0, 255) else q / 16 + 0.5
	        assert abs(got - level).max() <= off, (q, level, got[0, 0])
	EOF
}

@test "what is no flat fill is transformed and quantised as T.81 A.3.3 says" {
	py <<-'EOF'
	m = jpeg_dct.dct_matrix()
	for sampling in [(1, 1)] * 3, [(2, 2), (1, 1), (1, 1)], [(2, 1), (1, 1), (1, 1)]:
	    planes = picture(40, 56, 3).transpose(2, 0, 1)
	    code = jpeg_dct.encode(planes, sampling, 2)
	    for kind in 'noise', 'steep', 'smooth':
	        frame = {'noise': rng.integers(0, 256, (40, 56, 3)), 'smooth': picture(40, 56, 3),
	                 'steep': np.indices((40, 56, 3)).sum(0) % 2 * 255}[kind].astype('u1')
	        new = replaced(code, '0,0,56,40', None, frame)
	        j = jpeg_dct.Jpeg(new)
	        for k, c in enumerate(j.components):
	            fx, fy = j.hmax // c['h'], j.vmax // c['v']
	            p = np.pad(frame[:, :, k].astype(float), ((0, j.my * 8 * j.vmax - 40), (0, j.mx * 8 * j.hmax - 56)), 'edge')
	            p = p.reshape(p.shape[0] // fy, fy, p.shape[1] // fx, fx).mean((1, 3)) - 128
	            p = p.reshape(p.shape[0] // 8, 8, p.shape[1] // 8, 8).transpose(0, 2, 1, 3)
	            natural = np.zeros(64)
	            natural[jpeg_dct.ZIGZAG] = c['q']
	            exact = (m @ p @ m.T).reshape(c['blocks'].shape) / natural
	            assert abs(exact - c['blocks']).max() < 0.51, (sampling, kind, k)
	EOF
}

@test "application data, comments, densities and fill bytes keep their bytes and places" {
	py <<-'EOF'
	a = picture(20, 30, 3)
	for options in ['-sample', '2x2'], ['-progressive'], ['-rgb']:
	    code = cjpeg(a, '-quality', '60', *options)
	    sof = next(i for i in range(len(code)) if code[i] == 0xff and code[i + 1] in (0xc0, 0xc2))
	    sos = code.index(b'\xff\xda')
	    code = code[:2] + segment(0xe1, b'Exif\0\0 not') + b'\xff\xff' + segment(0xfe, b'one')[1:] + \
	        code[2:sof] + segment(0xef, bytes(range(256))) + code[sof:sos] + segment(0xfe, b'two') + code[sos:]
	    if '-progressive' in options:
	        last = code.rindex(b'\xff\xda')
	        code = code[:last] + segment(0xe9, b'late') + code[last:]
	    new = replaced(code, '16,0,14,16', 0)
	    assert segments(new) == segments(code), options
	    assert b'\xff\xff\xfe\0\5one' in new
	    assert same_but_boxes(code, new, '16,0,14,16')
	    # Padding behind EOI is DICOM's.
	    assert replaced(code + b'\0', '16,0,14,16', 0) == new
	    assert same_but_boxes(code, new + b'\0', '16,0,14,16')
	EOF
}

@test "a frame without Huffman tables, or whose tables lack a code, is written with its own" {
	py <<-'EOF'
	code = cjpeg(picture(32, 32, 3), '-quality', '70', '-sample', '2x1')
	bare = code
	while b'\xff\xc4' in bare:	# T.81 K.3 is understood: as in Motion JPEG
	    at = bare.index(b'\xff\xc4')
	    bare = bare[:at] + bare[at + 2 + int.from_bytes(bare[at + 2:at + 4], 'big'):]
	frame = decoded(code)
	frame[:16, :16] = 0
	new = replaced(bare, '0,0,16,16', None, frame)
	assert new == replaced(code, '0,0,16,16', None, frame)
	# A flat image has hardly a code; noise needs them all.
	flat = cjpeg(np.full((32, 32, 1), 90, 'u1'), '-optimize', '-quality', '95')
	new = replaced(flat, '8,8,16,16', None, rng.integers(0, 256, (32, 32, 1)).astype('u1'))
	assert same_but_boxes(flat, new, '8,8,16,16')
	got = jpeg_dct.Jpeg(new).components[0]['blocks']
	assert got[1:3, 1:3, 1:].any() and not got[0, :, 1:].any()
	EOF
}

@test "16-bit quantisers and several boxes are kept apart" {
	py <<-'EOF'
	code = jpeg_dct.encode(picture(40, 40, 1).transpose(2, 0, 1), [(1, 1)], 3)
	at = code.index(b'\xff\xdb')
	table = code[at + 5:at + 69]
	wide = b''.join(bytes([v >= 40, v if v < 40 else 0]) for v in table)
	code = code[:at] + segment(0xdb, b'\x10' + wide) + code[at + 69:]
	code = code.replace(b'\xff\xc0', b'\xff\xc1', 1)
	boxes = aligned('1,1,2,2/9,9,3,3/30,30,100,100/12,0,1,1', code)
	assert boxes == '0,0,8,8/8,8,8,8/24,24,16,16/8,0,8,8', boxes
	frame = np.zeros((40, 40, 1), 'u1')
	new = replaced(code, boxes, None, frame)
	assert segments(new) == segments(code)
	b = jpeg_dct.Jpeg(new)
	moved = (b.components[0]['blocks'] != jpeg_dct.Jpeg(code).components[0]['blocks']).any(2)
	assert (moved == b.touched(b.components[0], boxes_of(boxes), False)).all()
	EOF
}

@test "what is damaged, of another process, too short or half in a box is refused" {
	py <<-'EOF'
	a = picture(40, 48, 3)
	for options in [], ['-progressive'], ['-restart', '1']:
	    code = cjpeg(a, '-quality', '80', '-sample', '2x2', *options)
	    write('frame', decoded(code).tobytes())
	    box = '16,16,16,16'
	    assert not refused('jpeg-dct', 'replace', box, 'frame', data=code)
	    for n in sorted(rng.integers(0, len(code) - 1, 40)):
	        assert refused('jpeg-dct', 'replace', box, 'frame', data=code[:n]), n
	        if n < len(code) - 4:
	            assert refused('jpeg-dct', 'replace', box, 'frame', data=code[:n] + b'\xff\xd9'), n
	    for bad in (code + b'DOE^JANE', code + code, code[:-2] + b'\0\0\0' * 9 + code[-2:],
	                code.replace(b'\x11\x08\0\x28\0\x30', b'\x11\x08\0\x28\0\0'), b'', b'\xff\xd8'):
	        assert refused('jpeg-dct', 'replace', box, 'frame', data=bad)
	    for bad in '17,16,16,16', '16,16,15,16', '16,16,16,8', '48,0,16,16', '0,0,64,16', '0,0,0,0':
	        assert refused('jpeg-dct', 'replace', bad, 'frame', data=code), bad
	    zero = bytearray(code)
	    zero[code.index(b'\xff\xdb') + 9] = 0	# T.81 B.2.4.1
	    assert refused('jpeg-dct', 'replace', box, 'frame', data=bytes(zero))
	    huge = bytearray(code)
	    at = next(i for i in range(len(code)) if code[i] == 0xff and code[i + 1] in (0xc0, 0xc2))
	    huge[at + 5:at + 9] = b'\xff\xdc\xff\xdc'
	    r = run(CODEC, 'jpeg-dct', 'replace', '0,0,16,16', 'frame', data=bytes(huge))
	    assert r.returncode == 2 and b'too short' in r.stderr, r
	assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 400000	# KiB
	for options in ['-arithmetic'], ['-arithmetic', '-progressive']:
	    assert refused('jpeg-dct', 'replace', '16,16,16,16', 'frame', data=cjpeg(a, *options))
	EOF
}

@test "a flipped byte anywhere is refused or makes another valid stream" {
	py <<-'EOF'
	kept = gone = 0
	for options in [], ['-progressive']:
	    code = cjpeg(picture(24, 24, 3), '-quality', '80', *options)
	    for n in rng.integers(2, len(code), 60):
	        bad = bytearray(code)
	        bad[n] ^= 1 << rng.integers(0, 8)
	        bad = bytes(bad)
	        write('frame', bytes(65536 * 3))
	        if refused('jpeg-dct', 'replace', '0,0,16,16', 'frame', data=bad):
	            gone += 1
	            continue
	        kept += 1
	        r = run('djpeg', '-pnm', data=bad)
	        assert r.returncode == 0 and (not r.stderr or b'JFIF' in r.stderr or b'Adobe' in r.stderr), (n, r.stderr)
	        new = ours('jpeg-dct', 'replace', '0,0,16,16', 'frame', data=bad)
	        assert same_but_boxes(bad, new, '0,0,16,16')
	assert kept and gone
	EOF
}

@test "the comparison finds one coefficient, one table, one marker, one scan" {
	py <<-'EOF'
	planes = picture(40, 48, 3).transpose(2, 0, 1)
	code = jpeg_dct.encode(planes, [(2, 2), (1, 1), (1, 1)], 4)
	box = '16,16,16,16'
	new = replaced(code, box, 0)
	assert same_but_boxes(code, new, box) and same_but_boxes(code, code, box)
	for other in '0,16,16,16', '16,0,16,16', '32,16,16,16', '0,0,16,16':
	    assert not same_but_boxes(code, new, other), other
	# A box that takes the whole image hides every coefficient, but not the rest.
	all_of_it = '0,0,48,40'
	assert same_but_boxes(code, new, all_of_it)
	for at, change in ((code.index(b'\xff\xdb') + 9, 1), (code.index(b'\xff\xc0') + 10, 5),
	                   (code.index(b'\xff\xda') + 5, 4)):
	    bad = bytearray(code)
	    bad[at] ^= change
	    assert not same_but_boxes(code, bytes(bad), all_of_it), at
	more = code[:2] + segment(0xfe, b'x') + code[2:]
	assert not same_but_boxes(code, more, all_of_it) and not same_but_boxes(more, code, all_of_it)
	moved = planes.copy()
	moved[2, 39, 47] ^= 0xff		# one block of one component
	assert not same_but_boxes(code, jpeg_dct.encode(moved, [(2, 2), (1, 1), (1, 1)], 4), box)
	assert not same_but_boxes(code, new + b'DOE', box)
	EOF
}

@test "the comparison holds boxes to their frame, and tells how exact a level is" {
	py <<-'EOF'
	planes = picture(40, 48, 3).transpose(2, 0, 1)
	box = '16,16,16,16'
	for sampling, step, want in ([(2, 2), (1, 1), (1, 1)], 4, b'2 255 255\n'), ([(1, 1)] * 3, 33, b'4 4 4\n'):
	    code = jpeg_dct.encode(planes, sampling, step)
	    frame = decoded(code)
	    frame[~outside(frame.shape, box)] = (0, 128, 128)
	    noise = frame.copy()
	    noise[~outside(frame.shape, box)] = rng.integers(0, 256, (256, 3))
	    black, noisy = replaced(code, box, None, frame), replaced(code, box, None, noise)
	    write('frame', frame.tobytes())
	    write('noise', noise.tobytes())
	    for new, its, other in (black, 'frame', 'noise'), (noisy, 'noise', 'frame'):
	        compare = CODEC, 'jpeg-dct', 'compare', box, write('new', new)
	        r = run(*compare, its, data=code)
	        assert r.returncode == 0 and r.stdout == want, r
	        r = run(*compare, other, data=code)
	        assert r.returncode == 2 and b'in the boxes' in r.stderr, r
	    # Blocks that were never replaced.
	    assert run(CODEC, 'jpeg-dct', 'compare', box, write('new', code), 'frame', data=code).returncode == 2
	EOF
}

@test "a quantiser of 0, by which nothing can be divided, is refused" {
	py <<-'EOF'
	code = bytearray(jpeg_dct.encode(picture(16, 16, 1).transpose(2, 0, 1), [(1, 1)], 4))
	at = code.index(b'\xff\xdb') + 5
	write('frame', bytes(256))
	assert not refused('jpeg-dct', 'replace', '0,0,8,8', 'frame', data=bytes(code))
	for k in 0, 63:
	    bad = code[:]
	    bad[at + k] = 0
	    r = run(CODEC, 'jpeg-dct', 'replace', '0,0,8,8', 'frame', data=bytes(bad))
	    assert r.returncode == 2 and b'quantiser of 0' in r.stderr, r
	EOF
}
