# helper.bash: what every test file loads.
# A test runs in a folder of its own, with build/ first on PATH.

bats_require_minimum_version 1.5.0

ROOT=$(cd "${BATS_TEST_DIRNAME%/control}/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
PATH=$BUILD:$PATH
PYDICOM=/usr/lib/python3/dist-packages/pydicom/data	# python3-pydicom's own files
export ROOT BUILD PATH PYDICOM LC_ALL=C.UTF-8
# A report of a sanitizer is never a status of ours.
export ASAN_OPTIONS=exitcode=99:detect_leaks=${DETECT_LEAKS:-1}
# Fontconfig keeps what it knows of fonts until the process ends.
export LSAN_OPTIONS=suppressions=$ROOT/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99

export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
}

# py: runs the Python script on stdin, which begins with the test file's PRELUDE.
py() {
	{
		echo "${PRELUDE:-}"
		cat
	} >test.py
	/usr/bin/python3 test.py
}

# A sanitizer's memory would be counted as the program's.
measures_memory() {
	! nm "$BUILD/dcm-frames" | grep -q __asan_init || skip "a sanitizer counts as well"
}

# record IMAGE/IMAGES [X,Y,W,H...]: a line of a box list for "a.dcm", 100 by 50
# pixels; frame = image. Override with file=, by=, frame=, frames=, size=WxH.
record() {
	local n=$1 boxes="" x y w h
	shift
	for b in "$@"; do
		IFS=, read -r x y w h <<<"$b"
		boxes+="${boxes:+,}{\"x\":$x,\"y\":$y,\"w\":$w,\"h\":$h}"
	done
	printf '{"file":"%s","by":"%s","image":%d,"images":%d,"frame":%d,"frames":%d,"width":%d,"height":%d,"boxes":[%s]}\n' \
	    "${file:-a.dcm}" "${by:-test}" "${n%/*}" "${n#*/}" "${frame:-${n%/*}}" \
	    "${frames:-${n#*/}}" "${size%x*}" "${size#*x}" "$boxes"
}
size=100x50
