#!/bin/sh
# setup.sh PACKAGE...: install the Debian packages that are missing, and say so.
# Each argument may offer alternatives: a|b is met by either.
set -eu

missing=
for want in "$@"; do
	have=
	for p in $(printf %s "$want" | tr '|' ' '); do
		case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
		*' installed') have=1 ;;
		esac
	done
	[ -n "$have" ] || missing="$missing ${want%%|*}"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "setup: these packages are missing; install them as root:" >&2
		echo "	apt-get install --no-install-recommends$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086	# lists of words
{
	$as_root apt-get update &&
	$as_root apt-get install -y --no-install-recommends $missing
} >"$log" 2>&1 || {
	cat "$log" >&2
	echo "setup: apt-get failed" >&2
	exit 1
}
