load helper

# image FILE VALUE BOXVALUE: 60x40, grey, with a rectangle 10,5,20,8 of BOXVALUE.
image() {
	/usr/bin/python3 - "$@" <<-'END'
		import sys
		from pydicom.dataset import FileDataset, FileMetaDataset
		from pydicom.uid import ExplicitVRLittleEndian
		ds = FileDataset(None, {}, preamble=b"\0" * 128)
		ds.is_little_endian, ds.is_implicit_VR = True, False
		ds.file_meta = FileMetaDataset()
		ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
		ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
		ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, "2.25.1"
		ds.Rows, ds.Columns, ds.SamplesPerPixel = 40, 60, 1
		ds.PhotometricInterpretation = "MONOCHROME2"
		ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
		ds.WindowCenter, ds.WindowWidth = "128", "256"
		px = bytearray([int(sys.argv[2])] * 2400)
		for y in range(5, 13):
		    px[y * 60 + 10:y * 60 + 30] = bytes([int(sys.argv[3])] * 20)
		ds.PixelData = bytes(px)
		ds.save_as(sys.argv[1], write_like_original=False)
	END
}

# run of two files: a.dcm with a box, b.dcm refused
records() {
	image a.dcm 100 255
	image a.px.dcm 100 0
	size=60x40 record 1/1 10,5,20,8 | jq -c '.boxes[0].text = "SECRETWORD"' >boxes
	file=b.dcm frames=3 size=60x40 record 1/1 1,1,2,2 0,0,5,5 >>boxes
	cat >px <<-'END'
		{"file":"a.dcm","by":"px-redact","output":"a.px.dcm","syntax_in":"1.2.840.10008.1.2.1","syntax_out":"1.2.840.10008.1.2.1","frames":1,"frames_changed":1,"boxes":1,"pixels":160,"fill":"black","keep":false}
	END
	cat >scrub <<-'END'
		{"file":"a.px.dcm","by":"dcm-scrub","output":"clean/a.dcm","actions":[{"tag":"(0010,0010)","path":"(0010,0010)","rule":"Z","action":"dummy"},{"tag":"(0010,1040)","path":"(0010,1040)","rule":"X","action":"remove"},{"tag":"(0010,1010)","path":"(0010,1010)","rule":"X","action":"remove"}]}
	END
	cat >findings <<-'END'
		{"file":"clean/a.dcm","check":"meta","level":"error","tag":"(0002,0016)","path":"(0002,0016)","message":"does not belong"}
		{"file":"clean/a.dcm","check":"profile","level":"warning","tag":"(0008,0020)","path":"(0008,0020)","message":"a date"}
		{"file":"clean/a.dcm","check":"profile","level":"warning","tag":"(0008,0021)","path":"(0008,0021)","message":"a date"}
		{"file":"clean/a.dcm","check":"summary","level":"info","message":"6 of 9 checks"}
	END
	echo '{"file":"b.dcm","by":"px-redact","refused":"frame 2 is not covered"}' >refused
}

# The number of a tile.
tile() {
	grep -o "<dt>$1</dt><dd><data value=\"[0-9]*\"" r.html | grep -o '[0-9]*"$' | tr -d '"'
}

# What an HTML parser makes of the page: checks that tags close; prints text,
# and with an argument the values of that attribute.
parse() {
	/usr/bin/python3 - "$@" <<-'END'
		import sys
		from html.parser import HTMLParser
		class P(HTMLParser):
		    open, text, values = [], [], []
		    def handle_starttag(self, tag, attrs):
		        self.values += [v for k, v in attrs if k == (sys.argv + [""])[1]]
		        if tag not in ("meta", "img", "br", "link"): self.open.append(tag)
		    def handle_startendtag(self, tag, attrs): pass
		    def handle_endtag(self, tag):
		        assert self.open and self.open[-1] == tag, (tag, self.open)
		        self.open.pop()
		    def handle_data(self, data): self.text.append(data)
		p = P()
		p.feed(open("r.html", encoding="utf-8").read())
		p.close()
		assert not p.open, p.open
		print("\n".join(p.values if len(sys.argv) > 1 else p.text))
	END
}

@test "the numbers are what jq counts in the records" {
	records
	run -0 dcm-report -o r.html boxes px scrub findings refused
	[ "$(tile 'Files done')" -eq 1 ]
	[ "$(tile 'Files refused')" -eq "$(jq -s length refused)" ]
	[ "$(tile 'Boxes found')" -eq "$(jq -s 'map(.boxes | length) | add' boxes)" ]
	[ "$(tile 'Pixels filled')" -eq "$(jq -s 'map(.pixels) | add' px)" ]
	[ "$(tile 'Attributes changed')" -eq "$(jq -s 'map(.actions | length) | add' scrub)" ]
	[ "$(tile 'Frames examined')" -eq 2 ]	# one of a.dcm, one of the three of b.dcm
	grep -F 'of <data value="4">4</data>' r.html
	parse >text
	grep -F 'does not belong' text
	run -0 dcm-report -o r.txt boxes px scrub findings refused
	grep -E '^  files done +1$' r.txt
	grep -E '^  warnings found +2$' r.txt
	grep -E '^ +2  remove, X  \(1 files\)$' r.txt
}

@test "the order of records and of files does not matter" {
	records
	dcm-report -o one.html boxes px scrub findings refused
	cat refused findings scrub px boxes | dcm-report -o two.html
	cmp one.html two.html
	dcm-report -o one.txt boxes px scrub findings refused
	tac boxes | dcm-report -o two.txt - findings refused scrub px
	cmp one.txt two.txt
}

@test "open questions come first: refusals, errors, frames not examined, warnings" {
	records
	dcm-report -o r.html boxes px scrub findings refused
	parse >text
	grep -F '1 refused; there are open questions' <(tr -d '\n' <text)
	[ "$(grep -o 'class="card [a-z]*' r.html | cut -d' ' -f2 | paste -sd' ')" = "refused error warning warning" ]
	grep -F 'frame 2 is not covered' text
	sed -n '/open questions/,$p' text | grep -F 'b.dcm'
}

@test "a file of which no record tells the outcome, and one not validated, are open questions" {
	records
	dcm-report -o r.txt boxes px
	grep -F 'no outcome is told: b.dcm' r.txt
	grep -F 'not checked by dcm-validate: 1 files' r.txt
	grep -F 'not all frames were examined: b.dcm' r.txt
	file=a.dcm record 1/1 >boxes
	echo '{"file":"a.dcm","check":"summary","level":"info","message":"x"}' >findings
	dcm-report -o r.txt boxes px findings
	grep -A 3 'Open questions' r.txt | grep -x '  none'
	dcm-report -o r.html boxes px findings
	grep -F 'no open questions' r.html
}

@test "the page is whole in itself: no scripts, no links, no addresses" {
	records
	dcm-report -o r.html boxes px scrub findings refused
	parse >/dev/null
	run ! grep -iE '<script|<link|<a |<iframe|javascript:|@import|url\(' r.html
	parse src | cut -c1-22 | sort -u >src
	[ "$(cat src)" = "data:image/png;base64," ]
	[ "$(parse src | wc -l)" -eq 2 ]
	run ! grep -oE 'https?://' r.html
	parse alt >alt
	grep -F 'Before: frame 1 of a.dcm' alt
	grep -F 'After: frame 1 of a.px.dcm' alt
}

@test "the pictures decode, and are those of the original and the output" {
	records
	dcm-report -o r.html boxes px
	n=0
	parse src | while IFS=, read -r _ data; do
		n=$((n + 1))
		base64 -d <<<"$data" >"pic$n.png"
	done
	pngtopnm pic1.png >before.pgm
	pngtopnm pic2.png >after.pgm
	[ "$(head -c 12 before.pgm | head -n 2)" = "$(printf 'P5\n60 40')" ]
	# Window 256 at 128 of 8 bits: 100 stays 100 or nearly so; 255 is white.
	pixel() { tail -c 2400 "$1" | tail -c +$(($3 * 60 + $2 + 1)) | head -c 1 | od -An -tu1 | tr -d ' '; }
	[ "$(pixel before.pgm 15 8)" -eq 255 ]
	[ "$(pixel after.pgm 15 8)" -eq 0 ]
	[ "$(pixel before.pgm 40 30)" -eq "$(pixel after.pgm 40 30)" ]
	grep -F '<rect x="10" y="5" width="20" height="8"/>' r.html
	dcm-report --side 64 -o r.html boxes px
	parse src | head -n 1 | cut -d, -f2 | base64 -d | pngtopnm | head -n 2 | grep -x '60 40'
}

@test "a large picture is made smaller, and its boxes keep their place" {
	ppmmake gray50 900 300 | pnmtopng >big.png
	pngtopnm big.png | pnmtojpeg >big.jpg
	img2dcm -q --no-checks big.jpg a.dcm
	cp a.dcm a.px.dcm
	size=900x300 record 1/1 100,50,20,8 >boxes
	echo '{"file":"a.dcm","by":"px-redact","output":"a.px.dcm","frames":1,"frames_changed":1,"boxes":1,"pixels":160}' >px
	dcm-report --side 300 -o r.html boxes px
	parse src | head -n 1 | cut -d, -f2 | base64 -d | pngtopnm | head -n 2 | grep -x '300 100'
	grep -F 'viewBox="0 0 900 300"' r.html
	grep -F '<rect x="100" y="50" width="20" height="8"/>' r.html
}

@test "--pictures and --no-pictures limit what is shown" {
	records
	image c.dcm 10 20
	size=60x40 file=c.dcm record 1/1 1,1,2,2 >>boxes
	jq -c '.file = "c.dcm" | .output = "c.dcm.px"' px >>px
	dcm-report -o r.html --pictures 1 boxes px
	[ "$(parse src | wc -l)" -eq 2 ]
	grep -F 'more files with boxes are not shown' r.html
	dcm-report -o r.html boxes px	# c.dcm.px does not exist
	[ "$(parse src | wc -l)" -eq 3 ]
	grep -F 'cannot be shown: open: No such file' r.html
	dcm-report -o r.html --no-pictures boxes px
	[ -z "$(parse src)" ]
	run ! grep -F 'shows original pictures' r.html
}

@test "no text that was read is shown, but with --show-text" {
	records
	for f in html txt; do
		dcm-report -o r.$f boxes px scrub findings refused
		run ! grep -F SECRETWORD r.$f
	done
	dcm-report --show-text -o r.html boxes px
	grep -F SECRETWORD r.html
	grep -F 'shows original pictures' r.html
}

@test "a hostile name is text, not markup, and shows its hidden characters" {
	name=$'"><script>alert(1)</script><img src=x onerror=y>&amp;\x27'
	jq -cn --arg f "$name" '{file: $f, by: "<b>x", refused: "</table><h1>"}' >refused
	jq -cn --arg f $'a\u202egpj.dcm\u0007' '{file: $f, by: "x", refused: "y"}' >>refused
	dcm-report -o r.html refused
	run ! grep -E '<script|<img|<b>|</table><h1>' r.html
	parse >text
	grep -F "$name" text
	grep -F 'a\u202egpj.dcm\x07' text
	dcm-report -o r.txt refused
	run ! grep -P '[\x00-\x08\x0b-\x1f]' r.txt
}

@test "a page that shows pictures says so, and is its owner's alone" {
	records
	(umask 022 && dcm-report -o r.html boxes px)
	[ "$(stat -c %a r.html)" = 600 ]
	grep -F 'This page shows original pictures' r.html
	dcm-report -o r.txt boxes
	[ "$(stat -c %a r.txt)" = 600 ]
}

@test "the same records give the same bytes" {
	records
	dcm-report -o one.html boxes px scrub findings refused
	sleep 1
	TZ=Asia/Tokyo dcm-report -o two.html boxes px scrub findings refused
	cmp one.html two.html
}

@test "what cannot be understood is an open question and status 2" {
	records
	{ cat boxes; printf '{"file":"a.dcm"'; } >cut
	run -2 --separate-stderr dcm-report -o r.html cut px
	[ "$stderr" = "dcm-report: cut: line 3: the last line is cut" ]
	parse | grep -F 'line 3: the last line is cut'
	for line in '[1]' '{"file":"x"}' '{"file":"x","check":"y","level":"fatal"}' '{"boxes":[{}],"file":"x"}' \
	    '{"check":"y","level":"error"}' '{"file":"x","by":"y","output":"z","actions":[5]}'; do
		echo "$line" >bad
		run -2 dcm-report -o r.txt bad
		grep -F 'a record was not understood: bad: line 1:' r.txt
	done
	run -2 dcm-report -o r.txt missing px
	grep -F 'a record was not understood: missing: open: No such file' r.txt
}

@test "no records at all make a report of nothing" {
	run -0 dcm-report -o r.html </dev/null
	parse | grep -F 'None.'
	[ "$(tile 'Files done')" -eq 0 ]
}

@test "only .html and .txt are written; a failed one leaves the old one" {
	for o in r.pdf r.docx r html ""; do
		run -2 --separate-stderr dcm-report -o "$o" /dev/null
		[ ! -e "$o" ]
	done
	run -2 --separate-stderr dcm-report -o r.pdf /dev/null
	[[ $stderr == *"PDF"* ]]
	run -2 dcm-report /dev/null
	echo old >r.txt
	(ulimit -f 0; trap '' XFSZ; run -2 dcm-report -o r.txt /dev/null)
	[ "$(cat r.txt)" = old ]
	run -2 dcm-report -o nowhere/r.html /dev/null
}
