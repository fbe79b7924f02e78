load helper

# An independent judge: what it is and checks stands in tests/syntaxes.py. All of its set: make check-pixels.
syntaxes() {
	/usr/bin/python3 "$ROOT/tests/syntaxes.py" "$@"
}

@test "in every transfer syntax the text is gone and nothing else changed" {
	syntaxes make in --small
	run -2 px-redact -O out -b in/boxes in/*.dcm	# float pixel data and videos are refused
	syntaxes judge in out --small
}

@test "the judge of that sees a pixel, a coefficient, a bit, an offset and an element" {
	set -- jpeg50-422 rle-16
	syntaxes make in "$@"
	run -0 syntaxes control in "$@"
	[[ $output == *" 0 unnoticed" && ${output% damages*} -gt 15 ]]
	# Nor does it pass what nobody touched.
	mkdir same
	cp in/*.dcm same
	run -1 syntaxes judge in same "$@"
	[[ $output == *"2 files, 2 failed" ]]
}

@test "videos become frames that show what ffmpeg shows, with black boxes" {
	syntaxes make in mpeg2 h264
	px-redact --video frames -O out -b in/boxes in/*.dcm
	syntaxes video in out mpeg2 h264
}

@test "damaged files are refused with nothing written, or redacted rightly" {
	set -- big-8 rle-16 jpeg70-16 j2k90-tiles
	syntaxes make in "$@"
	run -0 syntaxes fuzz in --count=5 "$@"
}
