load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	PATH=$BUILD/tests:$PATH
	head -c 32 /dev/zero >key
	chmod 600 key
}

# shift VR DAYS VALUES: what becomes of them.
shift_to() {
	printf 'shift\t%s\t%s\t%s\n' "$1" "$2" "$3" | dates
}

@test "dates move as Python's calendar says, on every day from 1900 to 9998" {
	py <<-'END'
		import datetime as d, random, subprocess
		random.seed(1)
		first, last = d.date(1900, 1, 2).toordinal(), d.date(9998, 12, 31).toordinal()
		# Every day of four centuries, and days by chance.
		days = list(range(first, first + 146097)) + [random.randint(first, last) for _ in range(50000)] + [last]
		ask, want = [], []
		for day in days:
		    was = d.date.fromordinal(day)
		    if was == d.date(1970, 1, 1):
		        continue
		    by = random.randint(-36525, 36525)
		    time = random.choice(["", "13", "235960.25+0530"])
		    now = d.date.fromordinal(day + by) if day + by <= d.date.max.toordinal() else None
		    ask.append("shift\t%s\t%d\t%s%s\n" % ("DT" if time else "DA", by, was.strftime("%Y%m%d"), time))
		    want.append("%04d%02d%02d%s" % (now.year, now.month, now.day, time) if now else "-")
		got = subprocess.run(["dates"], input="".join(ask), capture_output=True, text=True, check=True).stdout.split("\n")
		assert got[-1] == "" and len(got) == len(want) + 1
		wrong = [x for x in zip(ask, got, want) if x[1] != x[2]]
		assert not wrong, (len(wrong), wrong[:3])
	END
}

@test "what is no day of the calendar is not understood" {
	for v in 20210229 19000229 20210431 20211301 20210001 20210100 00000000 18991231 99991231 2021051 ANON \
	    202105141 2021.05 2021.05-14 "2021 0514" "20210514 X" 20210514- -- - 20210514-X "20210514\\X"; do
		case $v in 20210514-) want=20210513- ;; *) want=- ;; esac
		[ "$(shift_to DA -1 "$v")" = "$want" ]
	done
	[ "$(shift_to DA -1 20240229)" = 20240228 ]
	[ "$(shift_to DA 366 20000229)" = 20010301 ]
	[ "$(shift_to XX -1 20240229)" = - ]
}

@test "older forms, padding, ranges and several values become legal ones" {
	[ "$(shift_to DA -14 2021.05.14)" = 20210430 ]
	[ "$(shift_to DA -14 2021-05-14)" = 20210430 ]
	[ "$(shift_to DA -14 ' 20210514 ')" = 20210430 ]
	[ "$(shift_to DA -14 '20210514\\2021.05.15 \')" = '20210430\\20210501\' ]
	[ "$(shift_to DA -1 20210514-20210601)" = 20210513-20210531 ]
	[ "$(shift_to DA -1 -20210514)" = -20210513 ]
	[ "$(shift_to TM -400 12:30:05.25)" = 123005.25 ]
	[ "$(shift_to TM -400 '12:30')" = 1230 ]
	[ "$(shift_to DA -400 '')" = '' ]
	[ "$(shift_to DA -400 '  ')" = '' ]
}

@test "times stay, and what is no time is not understood" {
	for v in 00 2359 235960 000000.1 123456.123456 '12\\13' 1000-1130; do
		[ "$(shift_to TM -400 "$v")" = "$v" ]
	done
	[ "$(shift_to TM -400 123456.1234567)" = 123456.123456 ]
	for v in 24 1260 125961 1 123 12345 1234.5 123456. 12:3 NOON; do
		[ "$(shift_to TM -400 "$v")" = - ]
	done
}

@test "a DT keeps its time, fraction and zone, whatever part of it is there" {
	[ "$(shift_to DT -366 20210514123005.250000-0500)" = 20200513123005.250000-0500 ]
	[ "$(shift_to DT -366 2021051412+1400)" = 2020051312+1400 ]
	[ "$(shift_to DT -366 20210514+0000)" = 20200513+0000 ]
	[ "$(shift_to DT -366 20210514-0000)" = 20200513+0000 ]
	[ "$(shift_to DT -366 202105)" = 202005 ]
	[ "$(shift_to DT -366 2021-0500)" = 2020-0500 ]
	[ "$(shift_to DT -366 2021-2022)" = 2020-2021 ]	# no zone is that far west
	[ "$(shift_to DT -366 20210514-0500-20210515-0500)" = 20200513-0500-20200514-0500 ]
	for v in 20210514123005+1401 20210514123005+1160 2021051425 20210514123005.+0100 2021.05.14 202; do
		[ "$(shift_to DT -366 "$v")" = - ]
	done
}

@test "a month or a year alone moves as its middle does, and order stays" {
	py <<-'END'
		import random, subprocess
		random.seed(2)
		def shift(vr, by, values):
		    ask = "".join("shift\t%s\t%d\t%s\n" % (vr, by, v) for v in values)
		    return subprocess.run(["dates"], input=ask, capture_output=True, text=True, check=True).stdout.split()
		for by in random.sample(range(-3652, -365), 60):
		    years = shift("DT", by, range(1930, 2030))
		    months = shift("DT", by, ["%d%02d" % (y, m) for y in range(1995, 2005) for m in range(1, 13)])
		    days = shift("DA", by, ["1999%02d" % m for m in range(1, 13)])
		    assert years == sorted(years) and all(len(v) == 4 for v in years)
		    assert months == sorted(months) and all(len(v) == 6 for v in months)
		    assert days == sorted(days) and all(len(v) == 8 for v in days)	# a DA must have a day
		    # A day of the year after is not before it, of the year before not after it.
		    after, before, year = shift("DA", by, ["20100101"]), shift("DA", by, ["20081231"]), shift("DT", by, [2009])
		    assert before[0][:4] <= year[0] <= after[0][:4]
	END
	[ "$(shift_to DA -366 2021)" = 20200701 ]
}

@test "our dummy and the first day of computers tell no shift" {
	[ "$(shift_to DA -1000 19000101)" = 19000101 ]
	[ "$(shift_to DA -1000 19700101)" = 19700101 ]
	[ "$(shift_to DT -1000 19000101000000)" = 19000101000000 ]
	[ "$(shift_to DT -1000 19700101010000)" = 19700101010000 ]
	[ "$(shift_to DT -1000 1900)" = 1900 ]
	[ "$(shift_to DA -1000 1900)" = 19000101 ]
	[ "$(shift_to DA -1 19700102)" = 19700101 ]
}

@test "a patient has one shift, of 366 to 3652 days into the past, spread evenly" {
	py <<-'END'
		import hashlib, hmac, subprocess
		key = hashlib.sha256(bytes(32)).digest()
		def shift(id):	# as dates.h and key.h say, not by our code
		    n = int.from_bytes(hmac.new(key, b"shift\0" + id.encode(), hashlib.sha256).digest()[:8], "big")
		    return -(366 + n % 3287)
		ids = ["P%d" % n for n in range(1000)]
		out = subprocess.run(["dates"], input="".join("patient\tkey\t%s\n" % i for i in ids),
		    capture_output=True, text=True, check=True).stdout.split()
		assert [int(v) for v in out] == [shift(i) for i in ids]
		assert -3652 <= min(map(int, out)) < -3640 and -380 < max(map(int, out)) <= -366
		assert len(set(out)) > 800
	END
}

@test "an age over 89 is seen in every unit and form" {
	for v in 090Y 095Y 999Y 95Y 95 095 90y '045Y\\091Y' ' 093Y' 1100M 120Q; do
		[ "$(printf 'age\t%s\n' "$v" | dates)" = yes ]
	done
	for v in 089Y 999M 999W 999D 89 000Y Y ANON '045Y\\089Y'; do
		[ "$(printf 'age\t%s\n' "$v" | dates)" = no ]
	done
}
