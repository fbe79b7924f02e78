load helper
PRELUDE='from j2kfile import *'

@test "JPEG 2000 codes sizes, depths and signs as OpenJPEG, FFmpeg and GDCM read them" {
	py <<-'EOF'
	turn, seen = 0, {'ffmpeg': 0, 'gdcm': 0}
	for rows, columns in (1, 1), (5, 3), (65, 63), (40, 130):
	    for samples in 1, 3:
	        for bits in 1, 8, 10, 12, 16:
	            turn += 1
	            signed = bits > 1 and turn % 3 == 1
	            kind = 'steep' if bits == 1 else ('smooth', 'noise', 'steep')[turn // 2 % 3]
	            a = picture(rows, columns, samples, bits, signed, kind)
	            case = (rows, columns, samples, bits, signed, kind)
	            write('like', blank(a, bits, signed, turn % 7, wavelet=turn % 2))
	            code = ours('j2k', 'encode', word(bits), 'like', data=frame_of(a, bits))
	            assert ours('j2k', 'decode', word(bits), data=code) == frame_of(a, bits), case
	            assert (by_openjpeg(code, a.shape, bits, signed) == a).all(), case
	            if bits in (8, 16) and not signed and rows > 1:
	                seen['ffmpeg'] += 1
	                assert (by_ffmpeg(code, a.shape, bits) == a).all(), case
	            if bits in (8, 12, 16):
	                seen['gdcm'] += 1
	                b = by_gdcm(code, a.shape, bits, signed)
	                assert (b == a).all(), case
	                assert (b != a ^ 1).all()	# the control
	assert min(seen.values()) > 5, seen
	EOF
}

@test "HTJ2K codes sizes, depths and signs as OpenJPEG and OpenJPH read them" {
	py <<-'EOF'
	turn = 0
	for rows, columns in (1, 1), (5, 3), (65, 63), (40, 130):
	    for samples in 1, 3:
	        for bits in 1, 8, 10, 12, 16:
	            turn += 1
	            signed = bits > 1 and turn % 3 == 1
	            kind = ('smooth', 'noise', 'steep')[turn // 2 % 3]
	            a = picture(rows, columns, samples, bits, signed, kind)
	            case = (rows, columns, samples, bits, signed, kind)
	            write('like', blank(a, bits, signed, turn % 7, wavelet=turn % 2,
	                  order=turn % 5, style=0x40))
	            code = ours('htj2k', 'encode', word(bits), 'like', data=frame_of(a, bits))
	            assert ours('htj2k', 'decode', word(bits), data=code) == frame_of(a, bits), case
	            assert (by_openjpeg(code, a.shape, bits, signed) == a).all(), case
	            if not signed:
	                assert (by_openjph(code, a.shape, bits) == a).all(), case
	            names = [m for m, _ in segments(code)]
	            assert 0x50 in names and COM not in names, names	# CAP: T.814 A.2
	            assert TLM in names or turn % 5 != 2, names	# RPCL: PS3.5 10.18
	EOF
}

@test "JPEG 2000 of more than 16 bits, up to the coders' limits" {
	py <<-'EOF'
	for kind, most in ('j2k', 22), ('htj2k', 24):
	    for samples in 1, 3:
	        for signed in False, True:
	            a = picture(33, 65, samples, most, signed, 'steep')
	            write('like', blank(a, most, signed, 3))
	            code = ours(kind, 'encode', 4, 'like', data=frame_of(a, most))
	            assert ours(kind, 'decode', 4, data=code) == frame_of(a, most)
	    write('like', blank(a, most + 1, signed, 3))
	    assert refused(kind, 'encode', 4, 'like', data=frame_of(a, most))
	EOF
}

@test "a frame coded anew by JPEG 2000 is coded as the one that it replaces" {
	py <<-'EOF'
	a, bits, turn = picture(70, 90, 3, 8), 8, 0
	for coder in 'j2k', 'htj2k':
	    for order in range(5):
	        for block in (2, 1), (4, 4), (1, 5), (8, 0):
	            for tiles, grid in (1, {}), (4, {'tile': (64, 48)}), (4, dict(
	                    origin=(37, 11), tile=(50, 64), tile_origin=(30, 7))):
	                turn += 1
	                levels = turn % 5
	                how = dict(
	                    levels=levels, order=order, block=block, colour=turn % 4 > 0,
	                    sop=turn % 3 == 0, eph=turn % 7 == 0, style=turn % 64 if coder == 'j2k' else 0x40,
	                    precincts=[0x65] + [0x76] * levels if turn % 2 else ())
	                like = blank(a, bits, grid=grid, more=segment(TLM, b'\0\x60' + b'\0' * 6 * tiles), **how)
	                write('like', like)
	                code = ours(coder, 'encode', 1, 'like', data=frame_of(a, bits))
	                case = (coder, how, grid)
	                assert ours(coder, 'decode', 1, data=code) == frame_of(a, bits), case
	                assert (by_openjpeg(code, a.shape, bits) == a).all(), case
	                got = dict(segments(code))
	                want = dict(segments(like))
	                # Part 15 is said in Rsiz; it has no SOP and EPH from OpenJPH.
	                assert got[SIZ][2:] == want[SIZ][2:], case
	                c, w = bytearray(got[COD]), bytearray(want[COD])
	                if coder == 'htj2k':
	                    w[0] &= 1
	                assert c == w, (case, c.hex(), w.hex())
	                # TLM adds up to the tile-parts that there are: T.800 A.7.1.
	                t = got[TLM]
	                lengths = [struct.unpack('>HI', t[i:i + 6]) for i in range(2, len(t), 6)]
	                assert [i for i, _ in lengths] == list(range(tiles)), case
	                start = code.index(b'\xff\x90\0\x0a')
	                assert start + sum(n for _, n in lengths) == len(code) - 2, case
	                assert COM not in got
	EOF
}

@test "a frame coded anew by JPEG 2000 or HTJ2K is as large as it was, within 5 per cent" {
	py <<-'EOF'
	for samples, bits in (1, 8), (1, 12), (1, 16), (3, 8):
	    a = picture(200, 300, samples, bits)
	    p = ['-t', '128,128'], ['-b', '32,32', '-SOP', '-EPH'], ['-c', '[128,128]', '-p', 'RPCL'], \
	        ['-r', '20,5,1'], []
	    for options in p:
	        like = opj_compress(a, bits, options=options)
	        code = ours('j2k', 'encode', word(bits), 'like.j2k', data=frame_of(a, bits))
	        assert 0.9 < len(code) / len(like) < 1.05, (samples, bits, options)
	    like = ojph_compress(a, bits, ['-reversible', 'true'])
	    code = ours('htj2k', 'encode', word(bits), 'like.j2c', data=frame_of(a, bits))
	    assert 0.9 < len(code) / len(like) < 1.05, (samples, bits)
	EOF
}

@test "a JP2 wrapper goes, and says what the colours are" {
	py <<-'EOF'
	def box(kind, body):
	    return struct.pack('>I', len(body) + 8) + kind + body
	a = picture(20, 30, 3, 8)
	for space in 16, 18:	# sRGB, sYCC: T.800 I.5.3.3
	    raw = opj_compress(a, 8, options=['-mct', '0', '-n', '3'])
	    like = box(b'jP  ', b'\r\n\x87\n') + box(b'ftyp', b'jp2 \0\0\0\0jp2 ') + box(
	        b'jp2h', box(b'ihdr', struct.pack('>IIHBBBB', 20, 30, 3, 7, 7, 0, 0)) +
	        box(b'colr', struct.pack('>BBBI', 1, 0, 0, space))) + box(b'jp2c', raw)
	    write('like', like)
	    assert ours('j2k', 'decode', 1, data=like) == frame_of(a, 8)
	    assert (b'sycc' in ours('j2k', 'describe', data=like)) == (space == 18)
	    code = ours('j2k', 'encode', 1, 'like', data=frame_of(a, 8))
	    assert code.startswith(b'\xff\x4f\xff\x51')
	    assert (by_openjpeg(code, a.shape, 8) == a).all()
	    assert refused('j2k', 'decode', 1, data=like[:-1])
	    assert refused('j2k', 'decode', 1, data=like + b'\0' * 3 + b'name')
	    assert refused('j2k', 'decode', 1, data=like + box(b'jp2c', raw))
	EOF
}

@test "a JPEG 2000 codestream that is cut anywhere, or goes on, is refused" {
	py <<-'EOF'
	a = picture(30, 20, 1, 8, kind='noise')
	opj_compress(a, 8, options=['-n', '3', '-t', '16,16', '-p', 'RLCP', '-TP', 'R'])
	ojph_compress(a, 8, ['-reversible', 'true'])
	for name in 'like.j2k', 'like.j2c':
	    code = read(name)
	    assert ours('j2k', 'decode', 1, data=code) == frame_of(a, 8)
	    for n in range(0, len(code), 7):
	        assert refused('j2k', 'decode', 1, data=code[:n]), (name, n)
	    for tail in b'\0', b'\xff', b'\0\0\0':	# padding
	        assert ours('j2k', 'decode', 1, data=code + tail) == frame_of(a, 8)
	    for tail in b'\1', b'\0DOE', code:
	        assert refused('j2k', 'decode', 1, data=code + tail)
	        assert refused('j2k', 'encode', 1, write('bad', code + tail), data=frame_of(a, 8))
	EOF
}

@test "a JPEG 2000 frame asks for no more memory than its length can account for" {
	py <<-'EOF'
	ok = stream(siz(64, 64), cod(), qcd(), tile())
	assert ours('j2k', 'decode', 1, data=ok) == b'\x80' * 4096	# blank: half the range
	side = 65535
	bad = {
	    'a large image': stream(siz(side, side), cod(), qcd(), tile()),
	    'a larger one': stream(siz(2**31, 2**31), cod(), qcd(), tile()),
	    'small blocks': stream(siz(8000, 8000), cod(block=(0, 0)), qcd(), tile()),
	    'small precincts': stream(siz(8000, 8000), cod(precincts=[0, 0x11]), qcd(), tile()),
	    'of one tile': stream(siz(8000, 8000), cod(), qcd(), tile(
	        header=cod(precincts=[0, 0x11]))),
	    'of one component': stream(siz(8000, 8000), cod(), qcd(), tile(
	        header=segment(COC, b'\0\1\1\4\4\0\1\0\x11'))),
	    'tiles': stream(siz(255 * 255, 255 * 255, (255, 255)), cod(), qcd(), tile()),
	    'layers': stream(siz(64, 64), cod(layers=65535), qcd(), tile()),
	    'blocks in layers': stream(siz(512, 512), cod(1, block=(0, 0), layers=30000), qcd(),
	                               tile(data=b'\x80' * 60000)),
	    'components': stream(siz(64, 64, components=16384), cod(), qcd(), tile()),
	    'a missing tile': stream(siz(64, 64, (32, 64)), cod(), qcd(), tile()),
	    'a tile twice': stream(siz(64, 64), cod(), qcd(), tile(), tile()),
	    'a tile of no image': stream(siz(64, 64, origin=(64, 0), tile=(64, 64)), cod(), qcd(),
	                                 tile()),
	    'a missing part': stream(siz(64, 64), cod(), qcd(), tile(parts=2)),
	    'blocks in a later part': stream(siz(64, 64), cod(), qcd(), tile(parts=2), tile(
	        part=1, parts=2, header=cod(block=(0, 0)))),
	    'subsampling': stream(siz(64, 64, step=2), cod(), qcd(), tile()),
	    'no QCD': stream(siz(64, 64), cod(), tile()),
	    'no COD': stream(siz(64, 64), qcd(), tile()),
	}
	import resource
	if b'asan' not in run('nm', '-D', CODEC).stdout:
	    resource.setrlimit(resource.RLIMIT_DATA, (1 << 28, 1 << 28))
	for what, code in bad.items():
	    assert refused('j2k', 'describe', data=code), what
	    assert refused('j2k', 'decode', 1, data=code), what
	EOF
}

@test "JPEG 2000 is called lossless when every tile, component and code-block is" {
	py <<-'EOF'
	def lossless(*parts):
	    return b'lossless' in ours('j2k', 'describe', data=stream(*parts))
	three = siz(64, 64, components=3)
	assert lossless(siz(64, 64), cod(), qcd(), tile())
	assert not lossless(siz(64, 64), cod(wavelet=0), qcd(style=0x41), tile())
	assert not lossless(siz(64, 64), cod(), qcd(style=0x41), tile())
	assert lossless(three, cod(), qcd(), tile(data=b'\0' * 6))
	coc = segment(COC, b'\2\0\1\4\4\0\0')
	assert not lossless(three, cod(), coc, qcd(), tile(data=b'\0' * 6))
	two = siz(64, 64, tile=(32, 64))
	assert lossless(two, cod(), qcd(), tile(0), tile(1))
	assert not lossless(two, cod(), qcd(), tile(0), tile(1, header=cod(wavelet=0)))
	assert not lossless(siz(64, 64), cod(), qcd(), segment(RGN, b'\0\0\7'), tile())
	# The 5/3 wavelet to a rate is lossy; in layers, the last of all, it is not.
	a = picture(90, 130, 1, 12)
	turn = 0
	for order in 'LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL':
	    for options in [], ['-t', '50,40', '-d', '13,7'], ['-c', '[64,64],[32,32]', '-SOP', '-EPH'], \
	            ['-M', '1', '-b', '16,8'], ['-M', '5'], ['-TP', 'R', '-M', '63']:
	        turn += 1
	        for rate, want in ('30,10,1', True), ('4', False):
	            if turn % 2 and want:
	                rate = '1'
	            code = opj_compress(a, 12, options=['-p', order, '-r', rate, *options])
	            assert (b'lossless' in ours('j2k', 'describe', data=code)) == want, (order, options, rate)
	b = picture(90, 130, 3, 8)
	for more in [], ['-prog_order', 'CPRL', '-precincts', '{64,64},{32,64}'], ['-tile_size', '{50,60}']:
	    for reversible in 'true', 'false':
	        code = ojph_compress(b, 8, ['-reversible', reversible, *more])
	        assert (b'lossless' in ours('j2k', 'describe', data=code)) == (reversible == 'true'), more
	EOF
}

@test "a tile of JPEG 2000 holds all of its packets, and nothing else" {
	py <<-'EOF'
	for precincts in (), [0x22] * 5:
	    head = siz(64, 64), cod(4, precincts=precincts), qcd(4)
	    n = packets(64, 64, 4, precincts=precincts)[0]
	    for extra in -1, 0, 1, 9:
	        code = stream(*head, tile(data=b'\0' * (n + extra)))
	        assert refused('j2k', 'describe', data=code) == (extra != 0), (n, extra)
	        assert refused('j2k', 'decode', 1, data=code) == (extra != 0), (n, extra)
	EOF
}

@test "JPEG 2000 that may be lossy is marked as such when it is coded anew, if it is" {
	py <<-'EOF'
	a = picture(64, 64, 1, 12)
	for options, lossy in ([], False), (['-r', '4'], True), (['-I'], True):
	    code = opj_compress(a, 12, options=options)
	    by_gdcm(code, a.shape, 12, syntax='91')	# writes x.dcm
	    write('list', b'{"file":"x.dcm","by":"test","image":1,"images":1,"frame":1,"frames":1,'
	          b'"width":64,"height":64,"boxes":[{"x":5,"y":6,"w":20,"h":10}]}\n')
	    r = run('px-redact', '-b', 'list', '-o', 'y.dcm', 'x.dcm')
	    assert r.returncode == 0, r.stderr
	    x, y = pydicom.dcmread('x.dcm'), pydicom.dcmread('y.dcm')
	    assert y.file_meta.TransferSyntaxUID == x.file_meta.TransferSyntaxUID
	    assert y.get('LossyImageCompression') == ('01' if lossy else None), options
	    x.convert_pixel_data('gdcm')
	    y.convert_pixel_data('gdcm')
	    b, c = x.pixel_array.copy(), y.pixel_array
	    assert (b != c).any()
	    b[6:16, 5:25] = 0
	    assert (b == c).all()
	EOF
}
