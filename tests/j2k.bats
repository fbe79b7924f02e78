load helper
export PYTHONPATH=$BATS_TEST_DIRNAME PYTHONDONTWRITEBYTECODE=1

# py: the script on stdin, after what all of them share.
py() {
	{
		echo 'from j2kfile import *'
		cat
	} >test.py
	/usr/bin/python3 test.py
}

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
	                rows, columns = 70, 90
	                head = siz(columns, rows, components=3, **grid), cod(**how), qcd(levels)
	                write('like', stream(*head, segment(TLM, b'\0\x60' + b'\0' * 6 * tiles),
	                      *(tile(t, b'\0' * 3000) for t in range(tiles))))
	                code = ours(coder, 'encode', 1, 'like', data=frame_of(a, bits))
	                case = (coder, how, grid)
	                assert ours(coder, 'decode', 1, data=code) == frame_of(a, bits), case
	                assert (by_openjpeg(code, a.shape, bits) == a).all(), case
	                got = dict(segments(code))
	                want = dict(segments(b'\xff\x4f' + b''.join(head) + b'\xff\x93'))
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
