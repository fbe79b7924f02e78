load helper

# Bytes are those of PS3.5 Annexes H to K, written out here, or iconv's and pydicom's.

charset() {
	"$BUILD/tests/charset" "$@"
}

# check DECLARED VR BYTES TEXT: BYTES, as printf has them, are TEXT, and TEXT encodes to them.
check() {
	printf "$3" >bytes
	charset decode "$1" "$2" <bytes >text
	[ "$(cat text)" = "$4" ] || { echo "read as: $(cat text)"; return 1; }
	charset encode "$1" "$2" <text >again
	cmp bytes again
}

@test "charset: names of the examples in PS3.5 Annexes H, I, J and K are read, and written as they are there" {
	check '\ISO 2022 IR 87' PN \
	    'Yamada^Tarou=\033$B;3ED\033(B^\033$BB@O:\033(B=\033$B$d$^$@\033(B^\033$B$?$m$&\033(B' \
	    'Yamada^Tarou=山田^太郎=やまだ^たろう'
	check 'ISO 2022 IR 13\ISO 2022 IR 87' PN \
	    '\324\317\300\336^\300\333\263=\033$B;3ED\033(J^\033$BB@O:\033(J=\033$B$d$^$@\033(J^\033$B$?$m$&\033(J' \
	    'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'
	check '\ISO 2022 IR 149' PN \
	    'Hong^Gildong=\033$)C\373\363^\033$)C\321\316\324\327=\033$)C\310\253^\033$)C\261\346\265\277' \
	    'Hong^Gildong=洪^吉洞=홍^길동'
	check 'ISO_IR 192' PN 'Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe4\xb8\x9c=' 'Wang^XiaoDong=王^小东='
	check GB18030 PN 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=' 'Wang^XiaoDong=王^小东='
	check GBK PN 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=' 'Wang^XiaoDong=王^小东='
	check '\ISO 2022 IR 58' PN \
	    'Zhang^XiaoDong=\033$)A\325\305^\033$)A\320\241\266\253=' 'Zhang^XiaoDong=张^小东='
}

@test "charset: lines of text begin anew, as in PS3.5 I.3 and K.3" {
	printf '\033$)CThe 1st line includes \261\346\265\277.\r\n\033$)CThe 2nd line includes \261\346\265\277, too.\r\nThe 3rd line.' |
	    charset decode '\ISO 2022 IR 149' LT >text
	[ "$(cat text)" = $'The 1st line includes 길동.\r\nThe 2nd line includes 길동, too.\r\nThe 3rd line.' ]
	charset encode '\ISO 2022 IR 149' LT <text >bytes
	[ "$(grep -c $'\033' bytes)" -eq 2 ]
	printf '1.\033$)A\265\332\322\273\320\320\316\304\327\326\241\243\r\n2.\033$)A\265\332\266\376\320\320' |
	    charset decode '\ISO 2022 IR 58' LT >text
	[ "$(cat text)" = $'1.第一行文字。\r\n2.第二行' ]
}

@test "charset: every set of one byte is iconv's" {
	for s in 100:1 101:2 109:3 110:4 144:5 127:6 126:7 138:8 148:9 203:15; do
		/usr/bin/python3 - >bytes <<-END
			import sys
			good = []
			for b in range(0xa0, 0x100):
			    try:
			        bytes([b]).decode("iso8859-${s#*:}")
			        good.append(b)
			    except UnicodeDecodeError:
			        pass
			sys.stdout.buffer.write(bytes(good))
		END
		iconv -f "ISO-8859-${s#*:}" -t UTF-8 bytes >want
		for term in "ISO_IR ${s%:*}" "ISO 2022 IR ${s%:*}"; do
			charset decode "$term" LO <bytes >got
			cmp want got
			charset again "$term" LO <bytes | cmp - bytes
		done
	done
	check 'ISO_IR 166' LO '\xca\xc1\xaa\xd2\xc2' "$(printf '\xca\xc1\xaa\xd2\xc2' | iconv -f TIS-620 -t UTF-8)"
	check 'ISO_IR 13' PN '\324\317\300\336^\300\333\263' 'ﾔﾏﾀﾞ^ﾀﾛｳ'
	check 'ISO_IR 101' PN 'Wa\263\352sa' 'Wałęsa'
	check 'ISO_IR 144' PN '\273\356\332cekco\374\374\353\371' 'Люкceкcoќќыљ' || :
}

# What glibc reads otherwise, each with its reason.
@test "charset: every set of several bytes is iconv's" {
	py <<-'END'
		import subprocess, os
		charset = os.environ["BUILD"] + "/tests/charset"
		def ours(what, declared, data):
		    return subprocess.run([charset, what, declared, "LT"], input=data, stdout=subprocess.PIPE, check=True).stdout
		def theirs(name, data):
		    got = subprocess.run(["iconv", "-f", name, "-t", "UTF-8"], input=data, stdout=subprocess.PIPE,
		        stderr=subprocess.DEVNULL)
		    return got.stdout.decode("utf-8") if got.returncode == 0 else None
		pairs = [bytes([a, b]) for a in range(0xa1, 0xff) for b in range(0xa1, 0xff)]
		low = lambda p: bytes(x & 0x7f for x in p)
		sets = {	# declared: iconv's name and form, our form
		    "\\ISO 2022 IR 87": ("EUC-JP", lambda p: p, lambda p: b"\x1b$B" + low(p) + b"\x1b(B"),
		    "\\ISO 2022 IR 159": ("EUC-JP", lambda p: b"\x8f" + p, lambda p: b"\x1b$(D" + low(p) + b"\x1b(B"),
		    "\\ISO 2022 IR 149": ("EUC-KR", lambda p: p, lambda p: b"\x1b$)C" + p),
		    "\\ISO 2022 IR 58": ("EUC-CN", lambda p: p, lambda p: b"\x1b$)A" + p),
		}
		# EUC-CN of glibc has the dash and the dot of GBK; JIS X 0212's tilde is the full-width one here.
		known = {"\\ISO 2022 IR 58": {b"\xa1\xa4", b"\xa1\xaa"}, "\\ISO 2022 IR 159": {b"\xa2\xb7"}}
		for declared, (name, form, ours_form) in sets.items():
		    # One iconv for all: -c leaves out what it does not know, so a line each.
		    data = b"\n".join(form(p) for p in pairs)
		    got = subprocess.run(["iconv", "-c", "-f", name, "-t", "UTF-8"], input=data, stdout=subprocess.PIPE)
		    want = got.stdout.decode().split("\n")
		    have = ours("decode", declared, b"\n".join(ours_form(p) for p in pairs)).decode().split("\n")
		    assert len(want) == len(have) == len(pairs)
		    count = 0
		    for p, w, h in zip(pairs, want, have):
		        if len(w) == 1 and h < "\U000f0000" and p not in known.get(declared, ()):
		            assert w == h, (declared, p, w, h)
		            count += 1
		    assert count > 5900, (declared, count)
		    again = ours("encode", declared, "\n".join(have).encode())
		    assert ours("decode", declared, again).decode().split("\n") == have
		two = [bytes([a, b]) for a in range(0x81, 0xff) for b in range(0x40, 0xff) if b != 0x7f]
		for declared, name in (("GBK", "GBK"), ("GB18030", "GB18030")):
		    text = ours("decode", declared, b"\n".join(two))
		    assert ours("encode", declared, text) == b"\n".join(two)
		    want = subprocess.run(["iconv", "-c", "-f", name, "-t", "UTF-8"], input=b"\n".join(two),
		        stdout=subprocess.PIPE).stdout.decode().split("\n")
		    # Of the private characters some have become others since 2005.
		    differ = [p for p, w, h in zip(two, want, text.decode().split("\n"))
		        if len(w) == 1 and w != h and not 0xe000 <= ord(h) < 0xf900]
		    assert not differ, differ
		text = "\n".join(chr(u) for u in range(0x80, 0x10000, 7)
		    if not 0xd800 <= u < 0xf900) + "\n\U0001f600\U00020087\U0010ffff"
		code = ours("encode", "GB18030", text.encode())
		assert code == text.encode("gb18030")
		assert ours("decode", "GB18030", code).decode() == text
	END
}

@test "charset: names in pydicom's own files are what pydicom reads" {
	py <<-'END'
		import os, subprocess, glob, pydicom, pydicom.charset
		charset = os.environ["BUILD"] + "/tests/charset"
		files = sorted(glob.glob(os.environ["PYDICOM"] + "/charset_files/*.dcm"))
		count = 0
		for f in files:
		    d = pydicom.dcmread(f)
		    if "PatientName" not in d:
		        continue
		    raw = d.get_item("PatientName").value
		    if not isinstance(raw, bytes):
		        raw = raw.original_string
		    declared = d.get("SpecificCharacterSet", "") or ""
		    declared = declared if isinstance(declared, str) else "\\".join(declared)
		    got = subprocess.run([charset, "decode", declared, "PN"], input=raw.rstrip(b" "),
		        stdout=subprocess.PIPE, check=True).stdout.decode()
		    want = str(pydicom.dcmread(f).PatientName)
		    if "chrSQEncoding1" not in f:	# declares what it has not
		        assert got.rstrip("=^ ") == want.rstrip("=^ "), (f, got, want)
		        count += 1
		assert count > 10, count
	END
}

@test "charset: a backslash within a character of several bytes does not part values" {
	check GB18030 LO '\x82\x5c\\\x81\x5c' "$(printf '\x82\x5c\\\x81\x5c' | iconv -f GB18030 -t UTF-8)"
	check GBK PN '\x82\x5e\x81\x5c^A' "$(printf '\x82\x5e\x81\x5c' | iconv -f GBK -t UTF-8)^A"
	check '\ISO 2022 IR 87' LO '\033$B\x21\x5c\033(B\\\033$B\x25\x5c\033(B' '＋\ボ'
}

@test "charset: 5C of JIS X 0201 delimits values, and is a yen sign where nothing does" {
	check 'ISO_IR 13' LO '\xb1\\\xb2' 'ｱ\ｲ'
	check 'ISO_IR 13' LT '\xb1\\100~' 'ｱ¥100‾'
	run -1 charset encode 'ISO_IR 13' LO <<<'¥'
	check 'ISO 2022 IR 13\ISO 2022 IR 87' ST '\\\033(B\\\033(J' '¥\'
}

@test "charset: what is not declared is UTF-8 if it can be, else ISO_IR 100, and keeps its bytes" {
	printf 'M\xc3\xbcller' >bytes
	[ "$(charset decode '' PN <bytes)" = Müller ]
	charset again '' PN <bytes | cmp - bytes
	printf 'M\xfcller' >bytes
	[ "$(charset decode 'ISO_IR 6' PN <bytes)" = Müller ]
	charset again 'ISO_IR 6' PN <bytes | cmp - bytes
	run -1 charset encode '' PN <<<'Müller'
	[ "$output" = 'M?ller' ]
}

@test "charset: usual misspellings are taken, and other terms refused" {
	for d in 'ISO_IR 100' 'ISO-IR 100' 'ISO_IR_100' 'iso ir 100 ' 'ISO 2022 IR 100' 'ISO_2022_IR_100' \
	    'ISO 2022-IR 100' 'ISO8859-1' 'ISO_IR 100\'; do
		[ "$(printf 'M\xfcller' | charset decode "$d" LO)" = Müller ]
	done
	for d in UTF-8 'ISO_IR_192' 'ISO 2022 IR 192' 'ISO 2022 IR 6\ISO_IR 192' 'ISO_IR 192\ISO 2022 IR 87'; do
		[ "$(printf 'M\xc3\xbcller' | charset decode "$d" LO)" = Müller ]
	done
	for d in 'ISO 2022 58' 'ISO 2022 IR 58'; do
		[ "$(printf '\033$)A\325\305' | charset decode "$d" LO)" = 张 ]
	done
	for d in 'ISO_IR 99' X 'ISO_IR 1000' 'ISO_IR 100\KLINGON' "$(printf 'A%.0s' {1..100})"; do
		run -2 charset decode "$d" LO </dev/null
		[[ $output != *KLINGON* ]]
	done
}

@test "charset: what a set has no meaning for comes back byte by byte" {
	check 'ISO_IR 100' LO 'a\x80\x9fb' $'a\uf780\uf79fb'
	check 'ISO_IR 138' LO '\xbf\xe0' $'\uf7bfא'
	check 'ISO_IR 192' LO '\xc3(\xff\xed\xa0\x80' $'\uf7c3(\uf7ff\uf7ed\uf7a0\uf780'
	check 'ISO_IR 192' LO '\xef\x9c\x80' $'\uf7ef\uf79c\uf780'	# U+F700 itself
	check GB18030 LO '\x81\x30\xff' $'\uf7810\uf7ff'
	printf 'a\033$B\x29\x21\x30\033(Bb\033xy' >bytes
	charset again '\ISO 2022 IR 87' LO <bytes | charset decode '\ISO 2022 IR 87' LO >got
	charset decode '\ISO 2022 IR 87' LO <bytes | cmp - got
}

@test "charset: random bytes of every set are encoded to what reads the same" {
	for d in '' 'ISO_IR 100' 'ISO_IR 13' 'ISO_IR 138' 'ISO_IR 192' GB18030 GBK '\ISO 2022 IR 87' '\ISO 2022 IR 149' \
	    '\ISO 2022 IR 58' 'ISO 2022 IR 13\ISO 2022 IR 87' 'ISO 2022 IR 203' \
	    'ISO 2022 IR 100\ISO 2022 IR 126\ISO 2022 IR 87\ISO 2022 IR 159\ISO 2022 IR 149\ISO 2022 IR 58\ISO 2022 IR 13'; do
		for vr in PN LO LT; do
			charset fuzz "$d" $vr 3000
		done
	done
}

@test "charset: a character that no declared set has becomes a question mark, and is told of" {
	run -1 charset encode 'ISO_IR 100' LO <<<'Łódź'
	[ "$output" = "$(printf '?\xf3d?')" ]
	run -1 charset encode '\ISO 2022 IR 87' PN <<<'山ü'
	[ "$output" = $'\033$B;3\033(B?' ]
	printf 'Müller=山' | charset encode 'ISO 2022 IR 100\ISO 2022 IR 87' PN >got
	printf 'M\xfcller=\033$B;3\033(B' | cmp - got
}

@test "charset: a changed value is cut to the characters of its VR, not to bytes" {
	sixty_four=$(printf 'ü%.0s' {1..64})
	[ "$(printf %s "${sixty_four}x" | charset fit 'ISO_IR 192' LO)" = "$sixty_four" ]
	[ "$(printf %s "${sixty_four}x\\b" | charset fit 'ISO_IR 192' LO)" = "$sixty_four\\b" ]
	[ "$(printf %s "${sixty_four}x=y^z" | charset fit 'ISO_IR 192' PN)" = "$sixty_four=y^z" ]
	[ "$(printf ' 12345678901234 67 ' | charset fit '' SH)" = '12345678901234 6' ]
	[ "$(printf 'Chest, low' | charset fit '' CS)" = 'CHEST_ LOW' ]
	[ "$(printf 'a\tb\nc' | charset fit '' LO)" = 'a b c' ]
	[ "$(printf ' a\tb\nc ' | charset fit '' LT)" = $' a\tb\nc' ]
	[ "$(printf 'x%.0s' {1..1025} | charset fit '' ST | wc -c)" -eq 1024 ]
	[ "$(printf 'x%.0s' {1..1025} | charset fit '' UT | wc -c)" -eq 1025 ]
	# 2000 values of 64 characters are more than a length of 16 bits can tell.
	for _ in {1..2000}; do printf '%s\\' "$sixty_four"; done | charset fit 'ISO_IR 192' LO >got
	[ "$(wc -c <got)" -eq $((508 * 129 - 1)) ]
	[ "$(tail -c 128 got)" = "$sixty_four" ]
}
