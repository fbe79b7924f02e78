#!/bin/sh
# run.sh FILE...: run the bats files, end with "N passed, N failed".
# The control comes first: a suite in which a test cannot fail proves nothing.
set -u
here=$(dirname "$0")
out=$(mktemp)
trap 'rm -f "$out"' EXIT

if bats "$here/control/must-fail.bats" >/dev/null 2>&1; then
	echo "the control test passed, so this suite cannot fail"
	echo "0 passed, 1 failed"
	exit 1
fi
# One line a test as it ends; what failed shows all that it said.
{
	bats --tap --jobs "${JOBS:-$(nproc)}" "$@"
	echo $? >"$out.status"
} | tee "$out"
status=$(cat "$out.status")
rm -f "$out.status"
planned=$(sed -n 's/^1\.\.//p' "$out")
failed=$(grep -c '^not ok ' "$out")
skipped=$(grep -c '^ok .* # skip' "$out")
passed=$(($(grep -c '^ok ' "$out") - skipped))
if [ "$((passed + failed + skipped))" -ne "${planned:-0}" ]; then
	echo "of ${planned:-0} planned tests only $((passed + failed + skipped)) ran"
	failed=$((failed + 1))
fi
[ "$passed" -gt 0 ] || failed=$((failed + 1))
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
