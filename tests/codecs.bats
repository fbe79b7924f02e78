load helper
PRELUDE='from codecfile import *'

@test "lossless JPEG codes every depth, predictor and order of scans as DCMTK and GDCM read it" {
	py <<-'EOF'
	turn = checked = 0
	for rows, columns in (1, 1), (5, 3), (17, 18):
	    for samples in 1, 3:
	        for bits in (2, 7, 8, 10, 12, 15, 16) if rows < 9 else (7, 8, 12, 16):
	            for name, a in patterns(rows, columns, samples, bits):
	                turn += 1
	                predictor, scans = turn % 7 + 1, turn % 2 * 2 + 1
	                ids = b'RGB' if turn % 3 else b'\1\2\3'
	                write('like', skeleton(a, bits, predictor, scans, ids,
	                                       (0, 1, turn % 4)))
	                w = a.dtype.itemsize
	                code = ours('jpeg-lossless', 'encode', w, 'like', data=frame_of(a))
	                case = (rows, columns, samples, bits, name, predictor, scans)
	                assert ours('jpeg', 'decode', w, data=code) == frame_of(a), case
	                if turn % 8 and not (rows == 5 and name == 'half'):
	                    continue
	                for tool, b in others(code, a, '57', bits).items():
	                    # GDCM has no JPEG decoder for 2 or 7 bits.
	                    if b is None and tool == 'gdcm' and bits in (2, 7):
	                        continue
	                    checked += 1
	                    assert b is not None and (b == a).all(), (tool, case)
	                    assert (b != a ^ 1).all()	# the control
	assert checked > 40, checked
	EOF
}

@test "JPEG-LS codes every depth and interleaving as DCMTK and GDCM read it" {
	py <<-'EOF'
	turn = checked = 0
	for rows, columns in (1, 1), (5, 3), (17, 18):
	    for samples in 1, 3:
	        for bits in (2, 7, 8, 10, 12, 15, 16) if rows < 9 else (7, 8, 12, 16):
	            for name, a in patterns(rows, columns, samples, bits):
	                turn += 1
	                mode = turn % 3 if samples == 3 else 0
	                write('like', skeleton(a, bits, ids=b'RGB', near=turn % 5 == 0,
	                      interleave=mode, scans=1 if mode else 3))
	                w = a.dtype.itemsize
	                code = ours('jpeg-ls', 'encode', w, 'like', data=frame_of(a))
	                case = (rows, columns, samples, bits, name, mode)
	                assert ours('jpeg-ls', 'decode', w, data=code) == frame_of(a), case
	                if turn % 8:
	                    continue
	                for tool, b in others(code, a, '80', bits).items():
	                    # DCMTK's CharLS is from 2010 and cannot do few bits.
	                    if b is None and tool == 'dcmtk' and bits in (2, 7):
	                        continue
	                    checked += 1
	                    assert b is not None and (b == a).all(), (tool, case)
	assert checked > 40, checked
	EOF
}

@test "a frame coded anew is as large as DCMTK and GDCM made it, within 5 per cent" {
	py <<-'EOF'
	rng = np.random.default_rng(3)
	y, x = np.indices((256, 256))
	a = (2000 + 900 * np.sin(x / 40) * np.cos(y / 31) + rng.normal(0, 12, x.shape))
	a = a.clip(0, 4095).astype('u2')
	rgb = np.stack([a, a.T, a[::-1]], 2)
	rgb = (rgb >> 4).astype('u1')
	for image, bits, photo in (a, 12, 'MONOCHROME2'), (rgb, 8, 'RGB'):
	    make('native.dcm', image[None], photo, stored=bits)
	    for kind, command in (
	            ('jpeg-lossless', 'dcmcjpeg +e1'), ('jpeg-lossless', 'dcmcjpeg +el +sv 4'),
	            ('jpeg-lossless', 'dcmcjpeg +el +sv 7'), ('jpeg-lossless', 'gdcmconv -J'),
	            ('jpeg-ls', 'dcmcjpls +el +il'), ('jpeg-ls', 'dcmcjpls +el +is'),
	            ('jpeg-ls', 'dcmcjpls +el +in'), ('jpeg-ls', 'gdcmconv -L')):
	        r = run(*command.split(), 'native.dcm', 'coded.dcm')
	        assert r.returncode == 0, (command, r.stderr)
	        like = coded('coded.dcm')
	        w = image.dtype.itemsize
	        frame = ours(kind, 'decode', w, data=like)
	        assert frame == frame_of(image), command
	        code = ours(kind, 'encode', w, write('like', like), data=frame)
	        assert 0.9 < len(code) / len(like) < 1.05, (command, len(code), len(like))
	        assert ours(kind, 'decode', w, data=code) == frame, command
	EOF
}

@test "a frame coded anew keeps every other segment, its names and its predictor" {
	py <<-'EOF'
	a = next(patterns(9, 7, 3, 8))[1]
	adobe = segment(0xee, b'Adobe\0\x64\0\0\0\0\0')
	extra = segment(0xe0, b'JFIF\0\1\1\0\0\1\0\1\0\0') + adobe + \
	    b'\xff\xff' + segment(0xfe, b'by hand')[1:] + segment(0xe5, b'')
	# A point transform took a bit; none does now. Restart intervals go.
	like = lossless(a, 8, 6, point=1, restart=2, scans=3, ids=b'RGB', extra=extra)
	frame = ours('jpeg', 'decode', 1, data=like)
	assert frame == frame_of(a & 0xfe)
	code = ours('jpeg-lossless', 'encode', 1, write('like', like), data=frame)
	assert ours('jpeg', 'decode', 1, data=code) == frame
	assert code.startswith(b'\xff\xd8' + extra + sof3(a, 8, b'RGB') + b'\xff\xc4')
	assert b'\xff\xdd' not in code
	for k in b'RGB':
	    assert code.count(sos(bytes([k]), 6)) == 1
	# The same of JPEG-LS: HP's colour transform, and parameters of its own.
	for t in 0, 1, 2, 3:
	    extra = (segment(0xe8, b'mrfx' + bytes([t])) if t else b'') + \
	        segment(0xfe, b'by hand')	# DCMTK's copy of CharLS knows no APP14
	    write('like', skeleton(a, 8, ids=b'\0\1\2', near=0, interleave=1, extra=extra +
	          segment(0xf8, struct.pack('>BHHHHH', 1, 255, 4, 9, 22, 32))))
	    code = ours('jpeg-ls', 'encode', 1, 'like', data=frame_of(a))
	    assert code.startswith(b'\xff\xd8' + extra)
	    assert sof3(a, 8, b'\0\1\2', 0xf7) in code
	    assert segment(0xf8, struct.pack('>BHHHHH', 1, 255, 4, 9, 22, 32)) in code
	    assert ours('jpeg-ls', 'decode', 1, data=code) == frame_of(a)
	    for tool, b in others(code, a, '80', 8).items():
	        assert (b == a).all(), (t, tool)
	# A largest value that the frame now exceeds cannot stay.
	low = segment(0xf8, struct.pack('>BHHHHH', 1, 100, 0, 0, 0, 0))
	write('like', skeleton(a, 8, near=0, interleave=1, extra=low))
	for top in 100, 101:
	    b = np.minimum(a, top)
	    code = ours('jpeg-ls', 'encode', 1, 'like', data=frame_of(b))
	    assert (b'\xff\xf8' in code) == (top == 100)
	    assert ours('jpeg-ls', 'decode', 1, data=code) == frame_of(b)
	EOF
}

@test "frames of lossy JPEG can be coded without loss, with their marker of colour" {
	py <<-'EOF'
	a = next(patterns(24, 17, 3, 8))[1]
	make('native.dcm', a[None], 'RGB')
	for options in '+cy', '+cr', '+cy +s2', '+cy +np':
	    assert run('dcmcjpeg', '+eb', *options.split(), 'native.dcm', 'coded.dcm').returncode == 0
	    like = coded('coded.dcm')
	    frame = ours('jpeg', 'decode', 1, data=like)
	    code = ours('jpeg-lossless', 'encode', 1, write('like', like), data=frame)
	    b = np.frombuffer(frame, 'u1').reshape(a.shape)
	    for tool, got in others(code, b, '70', 8).items():
	        assert (got == b).all(), (options, tool)
	    for mark in b'JFIF', b'Adobe':
	        assert (mark in code) == (mark in like and mark != b'JFIF'), options
	EOF
}

@test "lossless JPEG of every predictor, point transform, restart and order is decoded" {
	py <<-'EOF'
	turn = 0
	for samples in 1, 3:
	    for bits in 2, 8, 12, 13, 16:
	        for name, a in patterns(7, 6, samples, bits):
	            turn += 1
	            point = (0, 0, 1)[turn % 3]
	            like = lossless(a, bits, turn % 7 + 1, point, (0, 1, 3)[turn // 3 % 3],
	                            turn % 2 * 2 + 1)
	            want = frame_of(a >> point << point)
	            got = ours('jpeg', 'decode', a.dtype.itemsize, data=like)
	            assert got == want, (samples, bits, name, turn)
	EOF
}

@test "frames are decoded into wider words, and bits above the precision do not count" {
	py <<-'EOF'
	for kind, near in ('jpeg-lossless', None), ('jpeg-ls', 0):
	    for samples in 1, 3:
	        for bits in 7, 12:
	            a = next(patterns(5, 9, samples, bits))[1]
	            write('like', skeleton(a, bits, near=near, scans=3))
	            wide = a.astype('u4')
	            high = wide | np.uint32(0xffff << bits & 0xffffffff)
	            for w, kind_of in (2, 'u2'), (4, 'u4'):
	                code = ours(kind, 'encode', w, 'like', data=frame_of(high.astype(kind_of)))
	                assert ours(kind, 'decode', w, data=code) == frame_of(a.astype(kind_of))
	            if bits > 8:
	                assert refused(kind, 'decode', 1, data=code)
	EOF
}

# streams: small ones of all processes, in files named by coding and word.
streams() {
	py <<-'EOF'
	y, x = np.indices((40, 48))
	a = (128 + 60 * np.sin(x / 5) + 60 * np.cos(y / 3)).astype('u1')
	rgb = np.stack([a, a[::-1], a[:, ::-1]], 2)
	make('a.dcm', a[None])
	make('c.dcm', rgb[None], 'RGB')
	make('w.dcm', (a.astype('u2') * 16)[None], stored=12)
	n = 0
	for kind, word, command in (
	        ('jpeg', 1, 'dcmcjpeg +eb a.dcm'), ('jpeg', 1, 'dcmcjpeg +eb +cy +s2 c.dcm'),
	        ('jpeg', 2, 'dcmcjpeg +ee w.dcm'), ('jpeg', 1, 'dcmcjpeg +e1 c.dcm'),
	        ('jpeg', 2, 'dcmcjpeg +el +sv 4 w.dcm'), ('jpeg-ls', 2, 'dcmcjpls +el w.dcm'),
	        ('jpeg-ls', 1, 'dcmcjpls +in c.dcm'), ('jpeg-ls', 1, 'dcmcjpls +is c.dcm')):
	    r = run(*command.split(), 'coded.dcm')
	    assert r.returncode == 0, (command, r.stderr)
	    n += 1
	    code = coded('coded.dcm')
	    write('%s.%d.%d' % (kind, word, n), code[:code.rindex(b'\xff\xd9') + 2])
	write('gray.pgm', b'P5 48 40 255\n' + a.tobytes())
	for name, option in ('restart', ['-restart', '2B']), ('progressive', ['-progressive']):
	    write('jpeg.1.' + name, run('cjpeg', *option, 'gray.pgm').stdout)
	write('jpeg.1.lossless', lossless(a, 8, 1, restart=5))
	EOF
}

@test "a stream that is cut anywhere is refused, also where an end is put behind it" {
	streams
	py <<-'EOF'
	import glob
	for path in sorted(glob.glob('jpeg*.*')):
	    kind, word = os.path.basename(path).split('.')[:2]
	    code = open(path, 'rb').read()
	    assert not refused(kind, 'decode', word, data=code), path
	    at = {int(k * len(code) / 11) for k in range(11)} | \
	        set(range(len(code) - 6, len(code)))
	    for n in sorted(at):
	        assert refused(kind, 'decode', word, data=code[:n]), (path, n)
	        # Bits that fill the last byte may be all that is lost, and an end
	        # behind half of an end is whole.
	        if n < len(code) - 4:
	            assert refused(kind, 'decode', word, data=code[:n] + b'\xff\xd9'), (path, n)
	EOF
}

@test "a stream with a flipped byte is refused, or is one that libjpeg has no complaint of" {
	streams
	py <<-'EOF'
	rng = np.random.default_rng(5)
	accepted = turned = 0
	for name in 'restart', 'progressive', '1':
	    code = open('jpeg.1.' + name, 'rb').read()
	    begin = code.index(b'\xff\xda')
	    for n in rng.integers(begin, len(code), 60):
	        bad = bytearray(code)
	        bad[n] ^= 1 << rng.integers(0, 8)
	        if refused('jpeg', 'decode', 1, data=bytes(bad)):
	            turned += 1
	            continue
	        accepted += 1
	        r = run('env', 'JSIMD_FORCENONE=1', 'djpeg', '-strict', '-pnm', data=bytes(bad))
	        frame = ours('jpeg', 'decode', 1, data=bytes(bad))
	        # DCMTK's libjpeg 6b does not count what its bit buffer holds at the
	        # end of a scan; no sample comes of it.
	        if b' extraneous bytes before marker ' in r.stderr:
	            continue
	        assert r.returncode == 0, (name, n, r.stderr)
	        assert r.stdout.endswith(frame), (name, n)
	assert accepted and turned
	EOF
}

@test "what libjpeg finds odd in headers alone does not refuse a frame" {
	streams
	py <<-'EOF'
	for name in '1', 'restart', 'progressive':
	    code = open('jpeg.1.' + name, 'rb').read()
	    frame = ours('jpeg', 'decode', 1, data=code)
	    odd = bytearray(code)
	    odd[odd.index(b'JFIF') + 5] = 2		# version 2
	    if name != 'progressive':			# no Se in a sequential scan
	        odd[odd.index(b'\xff\xda') + 8] = 0
	    assert ours('jpeg', 'decode', 1, data=bytes(odd)) == frame, name
	    # With damage on top, it does.
	    at = odd.rindex(b'\xff\xd9')
	    assert refused('jpeg', 'decode', 1, data=bytes(odd[:at - 9] + odd[at:])), name
	EOF
}

@test "restart markers that are missing or out of order refuse the frame" {
	py <<-'EOF'
	a = next(patterns(20, 6, 1, 12))[1]
	code = lossless(a, 12, 1, restart=4)
	assert ours('jpeg', 'decode', 2, data=code) == frame_of(a)
	one, two = code.index(b'\xff\xd0'), code.index(b'\xff\xd1')
	for bad in (code[:one] + code[two:], code[:one] + code[one + 2:],
	            code.replace(b'\xff\xd1', b'\xff\xd2'),
	            code[:two] + code[code.index(b'\xff\xd2'):]):
	    assert refused('jpeg', 'decode', 2, data=bad)
	EOF
}

@test "what follows the end of a codestream refuses the file, unless it is padding" {
	py <<-'EOF'
	a = next(patterns(9, 8, 1, 8))[1]
	code = lossless(a, 8)
	code = code[:-2] + b'\xff' * (len(code) % 2) + code[-2:]
	for tail, fine in ((b'', 1), (b'\0\0', 1), (b'\xff\xff', 1), (b'\0' * 64, 1),
	                   (b' ', 1), (b'\x45\x14\x51' * 2, 1), (b'\x45\x14' * 4, 0),
	                   (code, 0), (b'DOE^JANE', 0), (b'\0\0DOE^JANE', 0),
	                   (b'\xff\xd8\xff\xe0' * 3, 0)):
	    path = wrapped(code + tail, a, '70', 8)
	    r = run('dcm-frames', path)
	    assert r.returncode == (0 if fine else 2), (tail, r.stderr)
	    assert fine or b'follow' in r.stderr and b'DOE' not in r.stderr
	EOF
}

@test "segments are found over all scans, with comments between them" {
	py <<-'EOF'
	a = next(patterns(4, 3, 3, 8))[1]
	code = lossless(a, 8, scans=3)
	last = code.rindex(b'\xff\xda')
	code = code[:last] + segment(0xfe, b'a comment') + code[last:] + b'after'
	out = ours('jpeg', 'segments', data=code).decode().split('\n')
	marks = [l.split()[0] for l in out[:-2]]
	assert marks == ['c4', 'c3', 'da', 'da', 'fe', 'da'], marks
	_, at, n = out[4].split()
	assert code[int(at):int(at) + int(n)] == b'a comment'
	assert out[-2] == 'end %d' % (len(code) - 5)
	for n in range(0, len(code) - 5, 3):
	    r = run(CODEC, 'jpeg', 'segments', data=code[:n])
	    assert r.returncode == 2 and b'end' not in r.stdout, n
	EOF
}

@test "JPEG-LS that ends in anything but zeros up to a whole byte is refused" {
	py <<-'EOF'
	padded = 0
	for name, a in patterns(17, 18, 3, 8):
	    write('like', skeleton(a, 8, near=0, interleave=2))
	    code = ours('jpeg-ls', 'encode', 1, 'like', data=frame_of(a))
	    body, end = code[:-2], code[-2:]
	    # T.81 B.1.1.2: fill bytes may come before a marker.
	    for fill in b'\xff', b'\xff' * 4:
	        assert ours('jpeg-ls', 'decode', 1, data=body + fill + end) == frame_of(a)
	    assert refused('jpeg-ls', 'decode', 1, data=body + b'\0' + end)
	    assert refused('jpeg-ls', 'decode', 1, data=body + b'\x80' + end)
	    if body[-1] & 1 == 0:	# a bit of padding, or of code
	        padded += 1
	        assert refused('jpeg-ls', 'decode', 1, data=body[:-1] + bytes([body[-1] | 1]) + end)
	assert padded > 2
	EOF
}

@test "restart intervals of JPEG-LS are decoded as GDCM does" {
	py <<-'EOF'
	# Each interval is coded as an image of its own is: T.87 A.2.1.
	for samples, bits, option in (1, 16, '+in'), (3, 8, '+il'), (3, 8, '+is'):
	    a = next(patterns(12, 9, samples, bits))[1]
	    parts, at = [], 0
	    for rows in 5, 5, 2:
	        make('part.dcm', a[None, at:at + rows], 'RGB' if samples == 3 else
	             'MONOCHROME2', stored=bits)
	        assert run('dcmcjpls', '+el', option, 'part.dcm', 'coded.dcm').returncode == 0
	        parts.append(coded('coded.dcm'))
	        at += rows
	    first = parts[0].index(b'\xff\xda')
	    scan = first + 2 + parts[0][first + 3]
	    data = [p[scan:p.rindex(b'\xff\xd9')] for p in parts]
	    head = b'\xff\xd8' + sof3(a, bits, marker=0xf7) + segment(0xdd, b'\0\5')
	    header = parts[0][first:scan]
	    code = head + header + data[0] + b'\xff\xd0' + data[1] + b'\xff\xff\xd1' + \
	        data[2] + b'\xff\xd9'
	    w = a.dtype.itemsize
	    assert ours('jpeg-ls', 'decode', w, data=code) == frame_of(a), option
	    b = others(code, a, '80', bits)['gdcm']
	    assert (b == a).all(), option
	    again = ours('jpeg-ls', 'encode', w, write('like', code), data=frame_of(a))
	    assert ours('jpeg-ls', 'decode', w, data=again) == frame_of(a)
	    for bad in (code.replace(b'\xff\xd1', b'\xff\xd0'),
	                head + header + data[0] + b'\xff\xd0' + data[2] + b'\xff\xd9',
	                head + header + data[0] + data[1] + data[2] + b'\xff\xd9'):
	        assert refused('jpeg-ls', 'decode', w, data=bad), option
	EOF
}
