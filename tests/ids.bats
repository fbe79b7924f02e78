load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	PATH=$BUILD/tests:$PATH
	head -c 32 /dev/zero >key
	head -c 32 /dev/zero | tr '\0' x >other
	chmod 600 key other
	printf 'patient\tnew-patient\nP1\tT-001\n' >table
	chmod 600 table
}

# ids_of PREFIX TABLE KEY FIELD...: what becomes of one object, with its seal behind.
ids_of() {
	local prefix=$1 table=$2 key=$3 IFS=$'\t'
	shift 3
	printf '%s\n' "$*" | ids "$key" "$prefix" "$table"
}

# The same without the seal.
new_ids() {
	ids_of "$@" | cut -f 1-5
}

seal_of() {
	ids_of "$@" | cut -f 6
}

# table LINE...: a table of these lines, and the ids of patient P1 of issuer I with accession A1.
lookup() {
	printf '%b\n' "$@" >table
	ids_of '' table key 1.2 '' P1 A1 I 1.3 2>&1 | cut -f 2-3
}

refused() {	# refused REASON LINE...: is a table of these lines refused so?
	local reason=$1
	shift
	printf '%b\n' "$@" >table
	run -2 ids key '' table </dev/null
	[ "$output" = "ids: $reason" ]
}

@test "ids and shifts are those that anyone with the key can compute from the manual" {
	py <<-'END'
		import hashlib, hmac, subprocess
		key = hashlib.sha256(bytes(32)).digest()
		def mac(purpose, data): return hmac.new(key, purpose.encode() + b"\0" + data, hashlib.sha256).digest()
		def bits(b, n): return int.from_bytes(b[:8], "big") >> 64 - n
		def digits(n, count): return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[n >> 5 * i & 31] for i in reversed(range(count)))
		def pseudonym(kind, id, count=16):
		    h = min(52, 4 * count)
		    n = bits(mac(kind, id.encode()), h)
		    return digits(n << 5 * count - h | bits(mac("id check", n.to_bytes(8, "big")), 5 * count - h), count)
		def shift(id): return -(366 + int.from_bytes(mac("shift", id.encode())[:8], "big") % 3287)
		def part(purpose, instance, value):
		    m = mac(purpose, mac("seal instance", instance.encode()) + mac("seal value", value.encode()))
		    return digits(int.from_bytes(m[:10], "big"), 16)
		for prefix in "", "S-", "TRIAL1-":
		    ask = ["1.2.%d\t\tP%d\tA%d\t\t1.3\n" % (n, n % 7, n) for n in range(200)]
		    out = subprocess.run(["ids", "key", prefix, "-"], input="".join(ask), capture_output=True, text=True, check=True).stdout
		    for n, line in enumerate(out.splitlines()):
		        p = pseudonym("patient", "P%d" % (n % 7))
		        a = prefix[:6] + pseudonym("accession", "A%d" % n, 16 - len(prefix[:6]))
		        seal = "unphi seal " + " ".join(part("seal " + k, "1.2.%d" % n, v) for k, v in
		            (("dates", "MODIFIED"), ("patient", prefix + p), ("accession", a)))
		        assert line == "\t".join(["", prefix + p, a, "", str(shift(p)), seal]), (prefix, n, line)
		        assert len(seal) <= 64 and len(a) == 16
	END
}

@test "a table gives ids and accession numbers, in any order of columns, separator and quoting" {
	[ "$(lookup 'patient\tnew-patient' 'P1\tT-001')" = $'T-001\t'"$(new_ids '' - key 1.2 '' P1 A1 | cut -f 3)" ]
	[ "$(lookup 'new-accession,accession,new-patient,patient' 'N-9,A1,T-001,P1')" = $'T-001\tN-9' ]
	[ "$(lookup '\xef\xbb\xbfpatient;new-patient;accession;new-accession\r' 'P1;T-001;A1;N-9\r' 'P1;T-001;A2;N-8\r' ';;;\r' '\r')" = $'T-001\tN-9' ]
	[ "$(lookup '# a trial' '' ' patient , "new-patient" ' '"P1" , "T ""1"", x"' '# the end')" = $'T "1", x\t'"$(new_ids '' - key 1.2 '' P1 A1 | cut -f 3)" ]
	[ "$(lookup 'patient,new-patient' '"#7",T-7' 'P1,Žofie-Ωμέγα-患者')" = $'Žofie-Ωμέγα-患者\t'"$(new_ids '' - key 1.2 '' P1 A1 | cut -f 3)" ]
	printf 'patient,new-patient\nP1,T-1' >table	# without its last newline
	[ "$(new_ids '' table key 1.2 '' P1 '' '' 1.3 | cut -f 2)" = T-1 ]
}

@test "the line of the issuer goes before that of any issuer" {
	head='patient,issuer,new-patient,accession,new-accession'
	[ "$(lookup $head 'P1,,T-0,A1,N-0' 'P1,I,T-1,A1,N-1')" = $'T-1\tN-1' ]
	[ "$(lookup $head 'P1,J,T-2,A1,N-2' 'P1,,T-0,A1,N-0')" = $'T-0\tN-0' ]
	[ "$(lookup $head 'P1,J,T-2,A1,N-2')" = 'refused: Patient ID (0010,0020) is not in the id table' ]
}

@test "what the table lacks refuses the object" {
	[ "$(lookup 'patient,new-patient' 'P11,T-1' 'P,T-2' 'p1,T-3')" = 'refused: Patient ID (0010,0020) is not in the id table' ]
	[ "$(lookup 'patient,new-patient,accession,new-accession' 'P1,T-1,A2,N-2' 'P2,T-2,A1,N-1')" = \
	    'refused: Accession Number (0008,0050) is not in the id table' ]
	[ "$(ids_of '' table key 1.2 '' '' A1 '' 1.3)" = 'refused: has no Patient ID (0010,0020) to find in the id table' ]
	[ "$(ids_of '' table key 1.2 '' P1 '' '' 1.3 '' P9)" = 'refused: Patient ID (0010,0020) is not in the id table' ]
}

@test "a table that contradicts or repeats itself, or cannot be held by its elements, is refused with its line" {
	head='patient,new-patient' all='patient,new-patient,accession,new-accession'
	refused 'line 4: the patient of line 2 gets another id' $head P1,T1 P2,T2 P1,T2
	refused 'line 4: says again what line 2 says' $head P1,T1 P2,T2 P1,T1
	refused 'line 3: the accession number of line 2 gets another' $all P1,T1,A1,N1 P1,T1,A1,N2
	refused 'line 3: patient or new-patient is empty' $head P1,T1 P2,
	refused 'line 3: patient or new-patient is empty' $head P1,T1 ,T2
	refused 'line 2: of accession and new-accession one is empty' $all P1,T1,A1,
	refused 'line 2: does not have 2 fields' $head P1
	refused 'line 2: does not have 2 fields' $head P1,T1,T2
	refused 'line 2: a quote is wrong' $head 'P1,"T1'
	refused 'line 2: a quote is wrong' $head '"P1"x,T1'
	refused 'line 2: new-patient holds more than 64 characters' $head "P1,$(printf 'ž%.0s' {1..65})"
	refused 'line 2: new-accession holds more than 16 characters' $all P1,T1,A1,12345678901234567
	refused 'line 2: new-patient holds a control character or a backslash' $head 'P1,T\\\\1'
	refused 'line 2: patient holds a control character or a backslash' $head 'P\x07,T1'
	refused 'line 2: new-patient holds ^ or =' $head 'P1,T^1'
	refused 'line 2: new-patient is not UTF-8' $head 'P1,T\xe9'
	refused 'line 2: patient is not UTF-8' $head 'P\xc3,T1'
	column='must be one of patient, new-patient, issuer, accession, new-accession, and each once'
	refused "line 1: column 2 $column" patient,new P1,T1
	refused "line 1: column 3 $column" patient,new-patient,patient P1,T1,P1
	refused "line 1: column 3 $column" patient,new-patient, P1,T1,
	refused 'line 1: columns patient and new-patient must be there' patient P1
	refused 'line 1: of accession and new-accession one is missing' patient,new-patient,accession P1,T1,A1
	refused 'has no ids' $head
	refused 'has no line that names columns' '# nothing'
	refused 'is not UTF-8 text' "$head" 'P1,T1\x00'
	printf '%s' "$head" | iconv -t UTF-16 >table
	run -2 ids key '' table </dev/null
	: >table
	run -2 ids key '' table </dev/null
	# The control: what differs only where it may is taken.
	[ "$(lookup $head 'P1,T1' 'P2,T1')" = $'T1\t'"$(new_ids '' - key 1.2 '' P1 A1 | cut -f 3)" ]
	printf '%s\n' $head "P1,$(printf 'ž%.0s' {1..64})" >table
	ids key '' table </dev/null
}

@test "a table that others can read is refused, a pipe is not" {
	chmod 640 table
	run -2 ids key '' table </dev/null
	[ "$output" = 'ids: others than its owner can read it; chmod 600' ]
	[ "$(new_ids '' <(cat table) key 1.2 '' P1 '' '' 1.3 | cut -f 2)" = T-001 ]
	run -2 ids key '' absent </dev/null
}

@test "every line of a table of 20,000 is found, and no other" {
	py <<-'END'
		import random, subprocess, os
		random.seed(3)
		ids = random.sample(range(10**7), 20000)
		with open("table", "w") as f:
		    f.write("patient,new-patient\n" + "".join("%d,T%d\n" % (i, n) for n, i in enumerate(ids)))
		others = [i for i in range(10**6, 10**6 + 500) if i not in set(ids)]
		out = subprocess.run(["ids", "key", "", "table"], capture_output=True, text=True, check=True,
		    input="".join("1\t\t%d\t\t\t1\n" % i for i in ids + others)).stdout.splitlines()
		assert [l.split("\t")[1] for l in out[:20000]] == ["T%d" % n for n in range(20000)]
		assert all(l.startswith("refused") for l in out[20000:]) and len(out) == 20000 + len(others)
	END
}

@test "a sealed object keeps its dates and ids, by the same key alone" {
	first=$(ids_of '' table key 1.2.3 '' P1 A1 '' 1.3)
	a=$(cut -f 3 <<<"$first") seal=$(cut -f 6 <<<"$first")
	[ "$(cut -f 1,2 <<<"$first")" = $'\tT-001' ]
	[ "$(cut -f 5 <<<"$first")" -lt -365 ]
	again() { new_ids '' "$1" "$2" "$3" MODIFIED T-001 "$a" '' 1.3 "$4"; }
	# With or without the table, and with values of others around it.
	[ "$(again table key 1.2.3 "$seal")" = $'dpa\tT-001\t'"$a"$'\t\t0' ]
	[ "$(again - key 1.2.3 "other tool\\$seal \\more")" = $'dpa\tT-001\t'"$a"$'\t\t0' ]
	# The controls: another instance, another key, no seal, a damaged one.
	refused='refused: Patient ID (0010,0020) is not in the id table'
	[ "$(again table key 1.2.4 "$seal")" = "$refused" ]
	[ "$(again table other 1.2.3 "$seal")" = "$refused" ]
	[ "$(again table key 1.2.3 "")" = "$refused" ]
	[ "$(again table key 1.2.3 "${seal%?}")" = "$refused" ]
	[ "$(again table key 1.2.3 "$seal X")" = "$refused" ]
}

@test "a seal proves its three facts apart" {
	seal=$(seal_of S- - key 1.2.3 '' P1 A1 '' 1.3)
	p=$(new_ids S- - key 1.2.3 '' P1 A1 '' 1.3 | cut -f 2)
	a=$(new_ids S- - key 1.2.3 '' P1 A1 '' 1.3 | cut -f 3)
	[ "$(new_ids S- - key 1.2.3 MODIFIED "$p" "$a" '' 1.3 "$seal")" = $'dpa\t'"$p"$'\t'"$a"$'\t\t0' ]
	# An id that was put in later is replaced, and dates stay.
	[ "$(new_ids S- - key 1.2.3 MODIFIED P2 "$a" '' 1.3 "$seal")" = \
	    $'da\t'"$(new_ids S- - key 1.2.3 '' P2 | cut -f 2)"$'\t'"$a"$'\t\t0' ]
	[ "$(new_ids S- - key 1.2.3 MODIFIED "$p" A2 '' 1.3 "$seal")" = \
	    $'dp\t'"$p"$'\t'"$(new_ids S- - key 1.2.3 '' P1 A2 | cut -f 3)"$'\t\t0' ]
	# Dates that were kept, it says, have not moved yet: now they move as the original's would.
	days=$(new_ids S- - key 1.2.3 '' P1 A1 '' 1.3 | cut -f 5)
	[ "$(new_ids S- - key 1.2.3 UNMODIFIED "$p" "$a" '' 1.3 "$seal")" = $'pa\t'"$p"$'\t'"$a"$'\t\t'"$days" ]
}

@test "a seal of ids that a table assigned holds for ids in sequences too" {
	printf 'patient,new-patient\nP1,P2\nP2,P3\nM,T-9\n' >table	# new ids that are old ones of others
	first=$(ids_of '' table key 1.2.3 '' P1 A1 '' 1.3 '' M)
	[ "$(cut -f 2,4 <<<"$first")" = $'P2\tT-9' ]
	seal=$(cut -f 6 <<<"$first") a=$(cut -f 3 <<<"$first")
	[ "$(new_ids '' table key 1.2.3 MODIFIED P2 "$a" '' 1.3 "$seal" T-9)" = $'dpa\tP2\t'"$a"$'\tT-9\t0' ]
	[ "$(ids_of '' table key 1.2.3 MODIFIED P2 "$a" '' 1.3 "$seal" Q)" = 'refused: Patient ID (0010,0020) is not in the id table' ]
}

@test "two ids of one person that a table joins move by the same days" {
	printf 'patient,new-patient\nP1,T-1\nP2,T-1\nP3,T-3\n' >table
	one=$(new_ids '' table key 1.2.3 '' P1 '' '' 1.3 | cut -f 5)
	[ "$(new_ids '' table key 1.2.4 '' P2 '' '' 1.4 | cut -f 5)" = "$one" ]
	[ "$(new_ids '' table key 1.2.5 '' P3 '' '' 1.5 | cut -f 5)" != "$one" ]
}

@test "without a patient's id the study decides by how many days dates move" {
	one=$(new_ids '' - key 1.2.3 '' '' '' '' 1.3)
	[ "$(cut -f 2,3 <<<"$one")" = $'\t' ]
	[ "$(new_ids '' - key 1.2.4 '' '' '' '' 1.3)" = "$one" ]
	[ "$(new_ids '' - key 1.2.4 '' '' '' '' 1.4)" != "$one" ]
	[ "$(new_ids '' - key 1.2.4)" != "$(new_ids '' - key 1.2.5)" ]	# and without study the instance
}
