load helper

# Envelopes by their own, through build/tests/envelope; openssl(1) is the judge.

KEY=0123456789abcdef0123456789abcdef	# no secret: it makes the tests repeatable

# Certificates take long to make: once for the whole file.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	umask 077
	printf %s $KEY >key
	certify a -newkey rsa:2048
	certify b -newkey rsa:3072
	seq 20000 | head -c 100000 >content
}

setup() {
	cd "$BATS_FILE_TMPDIR" || exit 1
}

# certify NAME ...: NAME.pem and its private key NAME.key, by the options of openssl req
certify() {
	openssl req -x509 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" "${@:2}" 2>/dev/null
}

envelope() {
	"$BUILD/tests/envelope" "$@"
}

@test "an envelope of any length is opened by openssl, and is the bytes that went in" {
	for n in 0 1 15 16 17 99 100 127 128 200 255 256 65535 65536 100000; do
		head -c $n content >in
		envelope seal key a.pem <in >sealed
		openssl cms -decrypt -inform DER -in sealed -inkey a.key -binary -out out
		cmp in out
	done
}

@test "an envelope is DER, AES-256-CBC and RSA by PKCS 1 v1.5, as PS3.15 E.1.1 asks" {
	envelope seal key a.pem b.pem <content >sealed
	run -0 openssl cms -cmsout -print -inform DER -in sealed
	[[ $output == *pkcs7-envelopedData*rsaEncryption*rsaEncryption*aes-256-cbc* ]]
	# What openssl makes of it when it encodes it anew: the same, if it was DER.
	openssl cms -cmsout -inform DER -in sealed -outform DER -out again
	cmp sealed again
}

@test "each of several recipients opens it alone, and nobody else does" {
	certify c -newkey rsa:2048
	envelope seal key b.pem a.pem <content >sealed
	for k in a b; do
		envelope open $k.key <sealed >out
		cmp content out
		openssl cms -decrypt -inform DER -in sealed -recip $k.pem -inkey $k.key -binary -out out
		cmp content out
	done
	run -2 envelope open c.key <sealed
	[ "$output" = "envelope: encrypted content cannot be opened by this key" ]
}

@test "what openssl sealed is opened: AES, 3DES, OAEP, by key identifier, BER" {
	for options in -aes128 -aes256 -des3 "-aes192 -keyopt rsa_padding_mode:oaep" "-aes256 -keyid" "-aes256 -stream"; do
		# shellcheck disable=SC2086	# several words
		openssl cms -encrypt -binary -in content -outform DER -out sealed ${options%% -keyopt*} \
			-recip a.pem ${options#"${options%% -keyopt*}"}
		envelope open a.key <sealed >out
		cmp content out
	done
}

@test "the same key, content and recipients give the same bytes, in whatever order and form they are named" {
	openssl x509 -in b.pem -outform DER -out b.der
	envelope seal key a.pem b.pem <content >one
	envelope seal key b.der a.pem b.pem <content >two
	cmp one two
}

@test "another key, content or recipient changes all that looks random" {
	(umask 077 && printf %s "${KEY}x" >key2)
	{ cat content && echo; } >content2
	envelope seal key a.pem <content >1.cms
	envelope seal key2 a.pem <content >2.cms
	envelope seal key a.pem <content2 >3.cms
	envelope seal key a.pem b.pem <content >4.cms
	# Initialization vector, RSA's block for each recipient, and the check.
	for n in 1 2 3 4; do
		openssl asn1parse -inform DER -in $n.cms | grep -a 'OCTET STRING' | grep -o 'HEX DUMP.*'
	done >strings
	[ "$(wc -l <strings)" -eq 13 ]
	[ "$(sort -u strings | wc -l)" -eq 13 ]
}

@test "RSA's padding differs from recipient to recipient and has no zero" {
	envelope seal key a.pem b.pem <content >sealed
	openssl asn1parse -inform DER -in sealed | sed -n 's/.*HEX DUMP.://p' >strings
	for k in a b; do
		while read -r s; do
			/usr/bin/python3 -c "import sys; sys.stdout.buffer.write(bytes.fromhex('$s'))" >block
			openssl pkeyutl -decrypt -inkey $k.key -in block -pkeyopt rsa_padding_mode:none 2>/dev/null |
				od -An -v -tx1 | tr -d ' \n'
			echo
		done <strings | grep ^0002 >padded.$k
		[ "$(wc -l <padded.$k)" -eq 1 ]
		# 00 02, nonzero octets, 00, 32 octets of the content key
		grep -E '^0002([1-9a-f].|0[1-9a-f])+00.{64}$' padded.$k
	done
	[ "$(cut -c5-100 padded.a)" != "$(cut -c5-100 padded.b)" ]
	[ "$(tail -c 65 padded.a)" = "$(tail -c 65 padded.b)" ]
}

@test "an envelope proves itself to the key that made it, to no other, and not when a byte is changed" {
	(umask 077 && printf %s "${KEY}y" >key3)
	for n in 98 99 100 101; do	# of even and of odd length
		head -c $n content >in
		envelope seal key a.pem <in >sealed
		run -0 envelope ours key <sealed
		{ cat sealed && printf '\0'; } >padded
		run -0 envelope ours key <padded
		run -1 envelope ours key3 <sealed
	done
	{ cat sealed && printf 1; } >longer
	run -1 envelope ours key <longer
	/usr/bin/python3 -c "
b = bytearray(open('sealed', 'rb').read())
for i in range(0, len(b), 50):
    b[i] ^= 4
    open('changed.%d' % i, 'wb').write(b)
    b[i] ^= 4"
	for f in changed.*; do
		run -1 envelope ours key <"$f"
	done
	openssl cms -encrypt -binary -in in -outform DER -out sealed -aes256 a.pem
	run -1 envelope ours key <sealed
	run -1 envelope ours key </dev/null
	head -c 32 content >short
	run -1 envelope ours key <short
}

@test "a certificate that cannot serve is refused: too short, not RSA, no encipherment, no certificate" {
	certify short -newkey rsa:1024
	certify ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
	certify sign -newkey rsa:2048 -addext keyUsage=digitalSignature
	certify both -newkey rsa:2048 -addext keyUsage=digitalSignature,keyEncipherment
	certify pss -newkey rsa-pss
	for c in short ec sign pss a.key missing; do
		[ -e $c ] || [ $c = missing ] || c=$c.pem
		run -2 envelope seal key $c <content
		[[ $output == "envelope: certificate: "* ]]
	done
	run -0 --separate-stderr envelope seal key both.pem <content
}

@test "a private key is refused that others can read, that a passphrase protects, that is none" {
	cp a.key open.key
	chmod 640 open.key
	openssl pkey -in a.key -aes256 -passout pass:secret -out locked.key
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
	chmod 600 locked.key ec.key
	(umask 077 && cp a.pem none.key && : >empty.key && head -c 70000 /dev/zero >large.key)
	envelope seal key a.pem <content >sealed
	for k in open locked ec none empty large missing; do
		run -2 envelope open $k.key <sealed
		[[ $output == "envelope: key: "* ]]
	done
	# What a program makes of a protected key comes by a pipe.
	envelope open <(openssl pkey -in locked.key -passin pass:secret) <sealed >out
	cmp content out
}

@test "control: an envelope that is cut, longer, damaged or of another kind opens for nobody, or gives other bytes" {
	head -c 1000 content >in
	envelope seal key a.pem <in >sealed
	size=$(wc -c <sealed)
	for n in 0 1 10 100 300 $((size - 1)); do
		head -c $n sealed >cut
		run -2 envelope open a.key <cut
	done
	{ cat sealed && printf '\0'; } >even	# as PS3.5 pads it
	envelope open a.key <even | cmp - in
	{ cat sealed && printf '\0\0'; } >more
	run -2 envelope open a.key <more
	/usr/bin/python3 -c "
b = bytearray(open('sealed', 'rb').read())
b[-1000] ^= 1
open('damaged', 'wb').write(b)"
	envelope open a.key <damaged >out || :
	run -1 cmp -s out in
	openssl cms -sign -binary -nodetach -in in -signer a.pem -inkey a.key -outform DER -out signed
	run -2 envelope open a.key <signed
	openssl rand 2000 >noise
	run -2 envelope open a.key <noise
}
