#!/bin/sh
# demo.sh: de-identify the real images that Debian packages carry.
# They are unpacked into demo/, not installed. Run by `make demo`.
set -eu
cd "$(dirname "$0")/.."
packages="octave-dicom libgdcm3.0 dicom3tools python3-pydicom"

echo "demo: fetching $packages for the images in them"
rm -rf demo
mkdir -p demo/packages demo/raw
cd demo/packages
# As root apt drops its rights, and complains when it then cannot write here.
fetch() {
	# shellcheck disable=SC2086	# a list of words
	apt-get -q -o APT::Sandbox::User=root download $packages >fetch.log 2>&1
}
fetch || {
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root=sudo
	$as_root apt-get -q update >/dev/null && fetch
} || {
	cat fetch.log >&2
	echo "demo: apt-get download failed" >&2
	exit 1
}
for deb in *.deb; do
	dpkg-deb -x "$deb" "../raw/${deb%%_*}"
done
cd ..

# A key for the demo alone, so that your own is neither needed nor made.
(umask 077 && head -c 32 /dev/urandom >key)
echo "demo: unphi -o demo/clean demo/raw"
status=0
../build/unphi -k key -o clean raw 2>unphi.log || status=$?
clean=$(find clean/dicom -type f | wc -l)
refused=$(wc -l <clean/logs/refused.ndjson)
sed -n 's/^unphi: .*: refused by \([a-z-]*\): \(.*\)/\1: \2/p' unphi.log | sort | uniq -c | sort -rn |
	sed 's/^/demo: refused:/'
grep -v ': refused by ' unphi.log || :
if [ "$status" -gt 2 ] || [ "$clean" -eq 0 ]; then
	echo "demo: it failed, see demo/unphi.log" >&2
	exit 1
fi

echo "demo: $clean files are clean in demo/clean/dicom; $refused were refused, as damaged and"
echo "demo: unsupported files should be; their names are in demo/unphi.log"
echo "demo: now open the report, with pictures before and after:"
echo
echo "	$PWD/clean/report.html"
