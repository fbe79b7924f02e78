load helper
PRELUDE='import subprocess, numpy as np, pydicom, warnings
from videofile import *
warnings.simplefilter("ignore")'

# The streams are made once: x265 takes its time.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	/usr/bin/python3 -c '
from videofile import *
for name in STREAMS:
    stream(name)'
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	ln -s "$BATS_FILE_TMPDIR"/* .
}

@test "every codec and container gives the frames that ffmpeg gives, bit for bit" {
	py <<-'EOF'
	for name in STREAMS:
	    if name == 'hevc10':
	        continue
	    file = clip(name)
	    assert (raw('a.dcm') == decoded(file)).all(), name
	# The control: chroma placed otherwise is another picture.
	other = decoded(file, scale=SCALE.replace('in_h_chr_pos=0', 'in_h_chr_pos=128'))
	assert (raw('a.dcm') != other).any()
	EOF
}

@test "10-bit video keeps its 10 bits" {
	py <<-'EOF'
	file = clip('hevc10', BitsAllocated=16, BitsStored=10, HighBit=9)
	b = ffmpeg('-i', file, '-vf', SCALE + ',format=gbrp10le', '-f', 'rawvideo', '-')
	want = np.frombuffer(b, '<u2').reshape(N, 3, H, W)[:, [2, 0, 1]].transpose(0, 2, 3, 1)
	assert (raw('a.dcm') == want).all() and want.max() > 255
	EOF
}

@test "fragments of any number and length make the same video, in the fragmentable syntaxes too" {
	py <<-'EOF'
	for name, more in ('mpeg2', '.1'), ('h264-mp4', '.1'), ('h264', ''), ('hevc', ''):
	    file, syntax = stream(name)
	    code = open(file, 'rb').read()
	    want = decoded(file)
	    for step in 1001, 4096, 33:
	        cuts = range(step, len(code), step)
	        wrap('a.dcm', code, syntax + more, cuts=cuts, table=b'\0\0\0\0')
	        assert (raw('a.dcm') == want).all(), (name, step)
	EOF
}

@test "frames are had in any order, the last one too" {
	py <<-'EOF'
	want = decoded(clip('h264-mp4'))
	got = frames('--view', 'raw,full', '-f', '3,7-8', 'a.dcm')
	assert [k['frame'] for k, _ in got] == [3, 3, 7, 7, 8, 8]
	for (k, a), (_, b) in zip(got[::2], got[1::2]):
	    assert (a == want[k['frame'] - 1]).all()
	got = frames('--view', 'raw', '-s', '2', 'a.dcm')
	assert (got[0][1] == want[0]).all() and (got[1][1] == want[-1]).all()
	EOF
}

@test "a video of 1080 lines, coded as 1088, and one of odd crop come out in their size" {
	py <<-'EOF'
	src = f'testsrc2=s=320x1080:r=25:d=0.12'
	for name in 'h264', 'mpeg2':
	    syntax, suffix, options = STREAMS[name]
	    ffmpeg('-f', 'lavfi', '-i', src, *options.split(), '-pix_fmt', 'yuv420p', f'big.{suffix}')
	    wrap('a.dcm', open(f'big.{suffix}', 'rb').read(), syntax, 3, 1080, 320)
	    assert (raw('a.dcm') == decoded(f'big.{suffix}', 1080, 320)).all(), name
	    wrap('a.dcm', open(f'big.{suffix}', 'rb').read(), syntax, 3, 1088, 320)
	    assert 'the video is 320x1080' in refused('a.dcm')
	src = f'testsrc2=s=98x66:r=25:d=0.2'
	ffmpeg('-f', 'lavfi', '-i', src, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', 'odd.h264')
	wrap('a.dcm', open('odd.h264', 'rb').read(), '102', 5, 66, 98)
	assert (raw('a.dcm') == decoded('odd.h264', 66, 98)).all()
	# Most of the picture cropped away: it is there, and nobody would see it.
	ffmpeg('-i', 'odd.h264', '-c', 'copy', '-bsf:v', 'h264_metadata=crop_right=64', 'cropped.h264')
	wrap('a.dcm', open('cropped.h264', 'rb').read(), '102', 5, 66, 48)
	assert 'shows less of it' in refused('a.dcm')
	EOF
}

@test "the stream's own matrix and range decide on its colour" {
	py <<-'EOF'
	ffmpeg('-f', 'lavfi', '-i', SOURCE, '-c:v', 'libx264', '-pix_fmt', 'yuv420p',
	       '-x264-params', 'colormatrix=bt709:fullrange=on', 'hd.h264')
	wrap('a.dcm', open('hd.h264', 'rb').read(), '102')
	want = decoded('hd.h264', scale=SCALE + ':in_color_matrix=bt709:in_range=pc')
	assert (raw('a.dcm') == want).all()
	assert (want != decoded('hd.h264', scale=SCALE + ':in_color_matrix=bt601:in_range=tv')).any()
	EOF
}

@test "a stream with more or fewer frames than the header says is refused, by px-redact too" {
	py <<-'EOF'
	for name in 'mpeg2', 'h264-mp4', 'hevc', 'mpeg2-ps':
	    for count, why in (N - 1, 'more frames than'), (N + 1, f'ends after frame {N}'):
	        clip(name, count=count)
	        r = subprocess.run(['dcm-frames', 'a.dcm'], capture_output=True)
	        assert r.returncode == 2 and why.encode() in r.stderr, (name, r.stderr)
	        assert r.stdout.count(b'# unphi') < count
	        records([], count=count)
	        assert why in redact(status=2)
	        assert why in redact('--video', 'frames', status=2)
	clip('h264')
	records([])
	redact()	# the control
	EOF
}

@test "a cut or damaged stream is refused" {
	py <<-'EOF'
	for name in 'mpeg2', 'mpeg2-ps', 'h264', 'h264-mp4', 'h264-bluray', 'hevc':
	    file, syntax = stream(name)
	    code = open(file, 'rb').read()
	    rng = np.random.default_rng(1)
	    want = decoded(file)
	    for part in 0.3, 0.6, 0.9:
	        wrap('a.dcm', code[:int(len(code) * part)], syntax)
	        r = subprocess.run(['dcm-frames', '--view', 'raw', 'a.dcm'], capture_output=True)
	        if r.returncode == 0:	# what was cut is the stuffing of a container
	            assert name in ('mpeg2-ps', 'h264-ts', 'h264-bluray'), name
	            assert (raw('a.dcm') == want).all(), (name, part)
	        else:
	            assert r.returncode == 2, (name, part)
	    # A hole in the middle: what a player would conceal.
	    at = len(code) // 2
	    wrap('a.dcm', code[:at] + bytes(rng.integers(0, 256, 400, 'u1')) + code[at + 400:], syntax)
	    r = subprocess.run(['dcm-frames', 'a.dcm'], capture_output=True)
	    assert r.returncode == 2, name
	    assert len(r.stderr.splitlines()) == 1, r.stderr
	for code in b'', b'\0' * 100, b'hello' * 30, b'\x47' + b'\0' * 999, b'\0\0\0\x20ftypisom' + b'\0' * 90:
	    wrap('a.dcm', code, '102')
	    refused('a.dcm')
	EOF
}

@test "what the header or the syntax says otherwise is refused" {
	py <<-'EOF'
	for kw, why in (dict(rows=H + 2), 'the header says'), (dict(columns=W - 2), 'the header says'), \
	    (dict(SamplesPerPixel=1, PhotometricInterpretation='MONOCHROME2'), 'Samples per Pixel'):
	    clip('h264', **kw)
	    assert why in refused('a.dcm'), kw
	for name, syntax in ('h264', '107'), ('hevc', '102'), ('mpeg2-ts', '104'), ('h264-mp4', '100'):
	    wrap('a.dcm', open(stream(name)[0], 'rb').read(), syntax)
	    refused('a.dcm')
	# A container that DICOM does not allow, though ffmpeg reads it.
	ffmpeg('-f', 'lavfi', '-i', SOURCE, '-c:v', 'libx264', '-f', 'matroska', 'a.mkv')
	wrap('a.dcm', open('a.mkv', 'rb').read(), '102')
	assert 'no container that DICOM allows' in refused('a.dcm')
	EOF
}

@test "two tracks of pictures are refused" {
	py <<-'EOF'
	a = stream('h264-mp4')[0]
	for suffix in 'mp4', 'ts':
	    ffmpeg('-i', a, '-i', a, '-map', '0', '-map', '1', '-c', 'copy', f'two.{suffix}')
	    wrap('a.dcm', open(f'two.{suffix}', 'rb').read(), '102')
	    r = subprocess.run(['dcm-frames', 'a.dcm'], capture_output=True)
	    assert r.returncode == 2 and b'more than one track' in r.stderr, suffix
	EOF
}

@test "a picture that an edit list hides is counted" {
	py <<-'EOF'
	a = stream('h264-mp4')[0]
	ffmpeg('-ss', '0.2', '-i', a, '-c', 'copy', 'edited.mp4')
	shown = len(decoded('edited.mp4'))
	assert shown < N		# ffmpeg's own program obeys the list
	wrap('a.dcm', open('edited.mp4', 'rb').read(), '102', shown)
	r = subprocess.run(['dcm-frames', 'a.dcm'], capture_output=True)
	assert r.returncode == 2 and b'more frames' in r.stderr
	EOF
}

@test "a second view or layer is refused, for decoders pass over it" {
	py <<-'EOF'
	code = open(stream('h264')[0], 'rb').read()
	second = b'\0\0\1\x74' + bytes(range(1, 90))	# nal_unit_type 20, of MVC
	wrap('a.dcm', code + second, '106')
	r = subprocess.run(['dcm-frames', 'a.dcm'], capture_output=True)
	assert r.returncode == 2 and b'second view' in r.stderr, r.stderr
	code = open(stream('hevc')[0], 'rb').read()
	wrap('a.dcm', code + b'\0\0\1\x02\x09' + bytes(range(1, 90)), '107')	# nuh_layer_id 1
	r = subprocess.run(['dcm-frames', 'a.dcm'], capture_output=True)
	assert r.returncode == 2 and b'second view' in r.stderr, r.stderr
	EOF
}

@test "without a box a video keeps its bytes; with one it is refused, and the options are named" {
	py <<-'EOF'
	for name in 'mpeg2', 'h264-ts', 'hevc-mp4':
	    file = clip(name)
	    records([])
	    redact()
	    a, b = open('a.dcm', 'rb').read(), open('out.dcm', 'rb').read()
	    at = a.rindex(b'\xe0\x7f\x10\0OB')
	    assert b.endswith(a[at:]), name
	records([(8, 8, 20, 10)])
	why = redact(status=2)
	assert '--video frames' in why and '--allow-lossy-video' in why
	EOF
}

@test "--video frames: the boxes are black, every other pixel is the video's, and other readers agree" {
	py <<-'EOF'
	boxes = lambda k: [(11, 7, 31, 13)] if k % 3 else []
	for name in 'mpeg2-ps', 'h264-mp4', 'hevc10':
	    file = clip(name)
	    was = raw('a.dcm')
	    records(boxes)
	    redact('--video', 'frames', '-j', '2')
	    now = raw('out.dcm')
	    for k in range(1, N + 1):
	        if boxes(k):
	            was[k - 1, 7:20, 11:42] = 0
	    assert now.shape == was.shape and (now == was).all(), name
	    d = pydicom.dcmread('out.dcm')
	    assert d.file_meta.TransferSyntaxUID == '1.2.840.10008.1.2.4.80'
	    assert d.PhotometricInterpretation == 'RGB' and d.PlanarConfiguration == 0
	    assert d.NumberOfFrames == N and d.FrameTime == 40
	    assert (d.BitsStored, d.HighBit, d.BitsAllocated) == ((10, 9, 16) if name == 'hevc10' else (8, 7, 8))
	    assert d.LossyImageCompression == '01' and d.LossyImageCompressionRatio == 30
	    assert d.LossyImageCompressionMethod == 'ISO_14496_10'
	    subprocess.run(['dcmdjpls', 'out.dcm', 'native.dcm'], check=True)
	    n = pydicom.dcmread('native.dcm')
	    assert (n.pixel_array == was).all(), name
	EOF
}

@test "--allow-lossy-video: black in the boxes of every frame, the rest nearly as it was" {
	py <<-'EOF'
	boxes = lambda k: [(11, 7, 31, 13)] if k != 5 else [(50, 30, 16, 16)]
	for name in 'mpeg2', 'mpeg2-ps', 'h264', 'h264-mp4', 'h264-bluray', 'hevc-mp4':
	    file = clip(name)
	    was = luma(file)
	    records(boxes)
	    redact('--allow-lossy-video')
	    code = code_of('out.dcm')
	    open('again', 'wb').write(code)
	    now = luma('again')
	    assert now.shape == was.shape, name
	    outside = np.ones(was.shape, bool)
	    for k in range(1, N + 1):
	        for x, y, w, h in boxes(k):
	            black = now[k - 1, y:y + h, x:x + w]
	            assert black.max() < 16 + 40 and black.mean() < 18, (name, k, black.max(), black.mean())
	            outside[k - 1, y:y + h, x:x + w] = False
	    error = (was.astype(int) - now)[outside]
	    assert np.sqrt((error ** 2).mean()) < 4, (name, error.std())
	    assert b'x264' not in code and b'x265' not in code and b'Lavc' not in code
	    d = pydicom.dcmread('out.dcm', stop_before_pixels=True)
	    assert d.LossyImageCompressionMethod[0] == 'ISO_14496_10'
	    assert len(d.LossyImageCompressionMethod) == len(d.LossyImageCompressionRatio) == 2
	    assert d.file_meta.TransferSyntaxUID == BASE + STREAMS[name][0]
	    if name in ('h264', 'mpeg2'):	# the same input, the same bytes
	        first = open('out.dcm', 'rb').read()
	        redact('--allow-lossy-video')
	        assert open('out.dcm', 'rb').read() == first
	# The control: in the input there is something in those boxes.
	assert was[0, 7:20, 11:42].max() > 100
	EOF
}

@test "sound: refused, or removed with a note; text tracks too" {
	py <<-'EOF'
	a = stream('h264-mp4')[0]
	tone = ['-f', 'lavfi', '-i', 'sine=d=0.4']
	open('a.srt', 'w').write('1\n00:00:00,000 --> 00:00:00,300\nDOE JANE\n')
	for suffix, more, what in ('mp4', tone + ['-c:a', 'aac'], 'sound'), ('ts', tone + ['-c:a', 'mp2'], 'sound'), \
	    ('mp4', ['-i', 'a.srt', '-c:s', 'mov_text'], 'text'):
	    ffmpeg('-i', a, *more, '-c:v', 'copy', f'b.{suffix}')
	    wrap('a.dcm', open(f'b.{suffix}', 'rb').read(), '102')
	    assert len(raw('a.dcm')) == N
	    records([])
	    assert what in redact(status=2)
	    for way in ['--video', 'frames'], ['--allow-lossy-video']:
	        assert 'is removed' in redact(*way)
	        assert b'DOE JANE' not in open('out.dcm', 'rb').read()
	        was, now = raw('a.dcm'), raw('out.dcm')
	        assert now.shape == was.shape
	        if way[0] == '--video':
	            assert (was == now).all()
	        else:
	            probe = subprocess.run(['ffprobe', '-v', 'error', '-show_entries', 'stream=codec_type',
	                                    '-of', 'csv=p=0', '-'], input=code_of('out.dcm'), capture_output=True)
	            assert probe.stdout.split() in ([b'video'], [b'video,'], [b'video'] * 2), probe.stdout
	EOF
}

@test "memory does not grow with the frames of a video" {
	measures_memory
	py <<-'EOF'
	def peak(n):
	    ffmpeg('-f', 'lavfi', '-i', f'testsrc2=s={W}x{H}:r=25:d={n / 25}', '-c:v', 'libx264',
	           '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', 'long.mp4')
	    wrap('a.dcm', open('long.mp4', 'rb').read(), '102', n)
	    r = subprocess.run(['/usr/bin/python3', '-c', 'import resource,subprocess;'
	        'subprocess.run(["dcm-frames","a.dcm"],stdout=subprocess.DEVNULL,check=True);'
	        'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'], capture_output=True, check=True)
	    return int(r.stdout)
	few, many = peak(20), peak(1000)
	assert many < few + 8192, (few, many)
	EOF
}

@test "unphi: a video with text is refused with the reason, and with --video frames it is clean" {
	py <<-'EOF'
	from PIL import Image, ImageDraw, ImageFont
	W, H, n = 320, 200, 4
	ink = Image.new('L', (W // 2, H // 2))
	ImageDraw.Draw(ink).text((6, 5), 'ZEBEDEE 19560307', fill=240, font=ImageFont.load_default())
	mask = np.array(ink.resize((W, H), Image.NEAREST))
	y, x = np.mgrid[:H, :W]
	shade = (60 + 20 * np.sin(x / 9) * np.cos(y / 7)).astype('u1')
	grey = np.stack([np.where(mask > 99, mask, np.roll(shade, 3 * k, 1)) for k in range(n)]).astype('u1')
	p = subprocess.run(['ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'gray', '-s', f'{W}x{H}',
	    '-r', '25', '-i', '-', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', 'text.h264'], input=grey.tobytes(), check=True)
	os.mkdir('raw')
	wrap('raw/a.dcm', open('text.h264', 'rb').read(), '102', n, H, W)
	np.save('mask.npy', mask > 99)
	EOF
	head -c 32 /dev/zero >key && chmod 600 key
	run -2 unphi -k key -o no raw
	[ -z "$(find no/dicom -type f)" ]
	grep -rq -- '--video frames' no/logs no/report.html <(echo "$output")
	run unphi -k key --video frames -o yes raw
	echo "$output"
	py <<-'EOF'
	import glob
	(path,) = glob.glob('yes/dicom/*/*/*.dcm')
	mask = np.load('mask.npy')
	a = raw(path)
	assert a.shape[0] == 4 and a[:, mask].max() == 0
	assert a[:, 100:].min() > 0	# the control: not all is black
	EOF
}
