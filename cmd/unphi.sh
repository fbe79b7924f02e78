#!/bin/bash
# unphi: DICOM files in, a clean tree and a report out; see unphi(1).
#
# The work is done by the filters. This script finds the files, gives each a
# keyed id so that no name of the input goes further than here, runs the
# pipeline over handfuls of files in parallel, and moves into the tree what
# dcm-validate has no complaint about.
set -u -o pipefail
export LC_ALL=C

prog=unphi
handful=24	# files a pipeline: enough to forget what starting it costs

usage="usage: unphi [-hV] [-j n] [-k keyfile] [--retain list] [--clean list]
             [--dates how] [--documents how] [--profile file] [--words file]
             [--patterns file] [--policy file] [--prefix text] [--id-table file] [--map file] [--encrypt-to cert]
             [--fill mode] [--video how] [--dicomdir] -o folder path ..."

help() {
	cat <<-'END'
	  -o, --output FOLDER  the clean tree, the report and the logs go there
	  -j, --jobs N         work on N handfuls of files at a time; default: the cores
	  -k, --key FILE       the secret key; default: one of your own, made at first use
	      --retain LIST    what dcm-scrub retains
	      --clean LIST     what dcm-scrub cleans
	      --dates HOW      what dcm-scrub does with dates
	      --documents HOW  what dcm-scrub does with files that hold a document
	      --profile FILE   another edition of Table E.1-1
	      --words FILE     another edition of the words that free text is judged by
	      --patterns FILE  another edition of the patterns that identify in it
	      --policy FILE    a site's rules, which come before the profile
	      --prefix TEXT    what new patient ids and accession numbers begin with
	      --id-table FILE  new ids that a trial has assigned, the only ones allowed
	      --map FILE       append the crosswalk of old and new names and ids
	      --encrypt-to CERT  put the originals in, for the holder of a certificate
	      --fill MODE      what px-redact fills boxes with
	      --video HOW      a video with text: refuse (the default), or frames
	      --dicomdir       also make FOLDER/media, with a DICOMDIR, of the clean tree
	  -h, --help           show this help
	  -V, --version        show the version
	END
}

die() {
	printf '%s: %s\n' "$prog" "$*" >&2
	exit 2
}

# ---- what is asked for

out='' jobs=$(nproc) key='' map='' media='' policy=
# Nobody has seen what is beside the pictures in compressed frames.
scrub_options=() redact_options=(--comments clear) files=()
args=$(getopt -n "$prog" -o o:j:k:hV \
	-l output:,jobs:,key:,retain:,clean:,dates:,documents:,profile:,words:,patterns:,policy:,prefix:,id-table:,map: \
	-l encrypt-to:,fill:,video:,dicomdir,help,version -- "$@") || {
	printf '%s\n' "$usage" >&2
	exit 2
}
eval set -- "$args"
while [ "$1" != -- ]; do
	case $1 in
	-o | --output) out=$2 ;;
	-j | --jobs) jobs=$2 ;;
	-k | --key) key=$2 ;;
	--retain | --clean | --dates | --documents | --prefix) scrub_options+=("$1" "$2") ;;
	--profile | --words | --patterns | --policy | --id-table | --encrypt-to)
		# They are read for each handful, which a pipe would not outlast.
		[ -f "$2" ] || die "$2: there is no such file"
		files+=("$(readlink -f -- "$2")")
		scrub_options+=("$1" "${files[-1]}")
		[ "$1" != --policy ] || policy=yes
		;;
	--fill | --video) redact_options+=("$1" "$2") ;;
	--map) map=$2 ;;
	--dicomdir) media=yes && shift && continue ;;
	-h | --help) printf '%s\n' "$usage" && help && exit 0 ;;
	-V | --version) echo "unphi (unphi) @VERSION@" && exit 0 ;;
	esac
	shift 2
done
shift
if [ -z "$out" ] || [ $# -eq 0 ]; then
	printf '%s\n' "$usage" >&2
	exit 2
fi
[[ $jobs =~ ^[1-9][0-9]{0,3}$ ]] || die "option -j wants a number from 1 to 9999"

PATH=$(dirname "$(readlink -f "$0")"):$PATH
for p in dcm-find dcm-frames txt-detect box-merge px-redact dcm-scrub dcm-validate dcm-report dcm-media jq flock; do
	command -v "$p" >/dev/null || die "$p is not installed"
done

# ---- where things are

paths=()
for p in "$@"; do
	[ -e "$p" ] || die "$p: there is no such file or folder"
	paths+=("$(readlink -f -- "$p")")
done
mkdir -p -- "$out" || exit 2
out=$(readlink -f -- "$out")
for p in "${paths[@]}"; do
	case $out/ in "$p"/*) die "the output folder lies inside of the input" ;; esac
	case $p/ in "$out"/*) die "the input lies inside of the output folder" ;; esac
done
# It may be a pipe: it is opened once, for all handfuls.
if [ -n "$map" ]; then
	mask=$(umask)
	umask 077
	command exec 7>>"$map" || exit 2	# "command", or a failure would end us with 1
	umask "$mask"
fi

# Of two that make a key at once one wins, and both use that.
make_key() {
	local new

	mkdir -p -- "${key%/*}" && new=$(mktemp -- "$key.XXXXXX") || return
	head -c 32 /dev/urandom >"$new" && [ "$(wc -c <"$new")" -eq 32 ] && sync -- "$new" &&
		ln -- "$new" "$key" 2>/dev/null &&
		echo "$prog: made the key $key; keep it secret, and keep it: the same key gives the same pseudonyms" >&2
	rm -f -- "$new"
	[ -s "$key" ]
}

if [ -z "$key" ]; then
	case ${XDG_CONFIG_HOME:-} in
	/*) key=$XDG_CONFIG_HOME ;;
	*) key=${HOME:-}/.config ;;
	esac
	key=$key/unphi/key
	[[ $key = /?*/unphi/key && $key != /.config/* ]] || die "there is no home folder for a key of your own; name one with -k"
	[ -e "$key" ] || (umask 077 && make_key) || die "$key: the key cannot be made; name another with -k"
fi
[ -f "$key" ] || die "$key: there is no such key"
key=$(readlink -f -- "$key")

# What dcm-scrub says against its options or the key, not against no file.
said=$(dcm-scrub "${scrub_options[@]}" -k "$key" </dev/null 2>&1 >/dev/null)
if ! grep -q '^dcm-scrub: (stdin): ' <<<"$said"; then
	printf '%s\n' "$said" >&2
	exit 2
fi
grep -v '^dcm-scrub: (stdin): ' <<<"$said" >&2

exec 9>"$out/.lock"
flock -n 9 || die "$out: another unphi is at work there"
work=$out/.work logs=$out/logs
rm -rf -- "$work"
mkdir -p -- "$work/in" "$out/dicom" "$logs" || exit 2
chmod 700 "$work" "$logs"
ln -s ../dicom "$work/dicom"
# Background jobs do not hear an interrupt; what they had finished is logged.
# shellcheck disable=SC2046	# a list of numbers
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$work" || exit 2

# ---- what is to be done

status=0
# Other options, other results: they are part of what makes a file "done".
seed="@VERSION@ ${scrub_options[*]} ${redact_options[*]} $([ ${#files[@]} -eq 0 ] || sha256sum -- "${files[@]}")"
dcm-find -k "$key" -l in -s "$seed" "${paths[@]}" >found || status=2
[ -s found ] || die "no DICOM files were found"

# Of an earlier run, what is still there is done; the logs keep only that.
touch "$logs/finished.ndjson"
jq -r '"\(.id) \(.output)"' "$logs/finished.ndjson" | while read -r id file; do
	[ -e "$file" ] && echo "$id"
done | sort -u >kept
for log in finished boxes redact scrub findings; do
	touch "$logs/$log.ndjson"
	jq -c --rawfile kept kept '($kept | split("\n") | map(select(. != "")) | INDEX(.)) as $k
	    | select($k[.id // (.file | ltrimstr("in/") | rtrimstr(".dcm"))])' \
	    "$logs/$log.ndjson" >"$log.kept" && mv "$log.kept" "$logs/$log.ndjson"
done
: >"$logs/refused.ndjson"
# The directory of other media names what is not clean, and files that will not be there.
directories=$(jq -r 'select(.pixels == "directory") | .id' found | sort -u | wc -l)
[ "$directories" -eq 0 ] || echo "$prog: left out $directories DICOMDIR of the originals; --dicomdir makes a new one" >&2
# Files of one SOP Instance UID are told apart by a number, in order of name.
jq -r 'select(.pixels != "directory") | "\(.id) \(.pixels) \(.instance)"' found |
	awk '!($1 in id) { id[$1]; print $1, $2, $3 == "" ? 1 : ++n[$3] }' | sort >all
total=$(wc -l <all)
join -v 1 all kept >todo
already=$((total - $(wc -l <todo)))

# ---- one handful

# jq takes longer to start than a file takes to clean, so each handful starts it
# a few times, not each file: refusals and results are kept as lines of words.

refuse() {	# refuse ID BY REASON [dropped]: also what was asked to be left out
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >>refused.tsv
}

refusals_as_json() {
	jq -Rc 'split("\t") | {file: "in/\(.[0]).dcm", by: .[1], refused: .[2]}
		+ if .[3] == "dropped" then {dropped: true} else {} end' "$@"
}

# The first thing that any program said of file ID becomes the reason.
refuse_by_log() {	# refuse_by_log ID [dropped]
	local line

	line=$(grep -a -m 1 -E "^[a-z-]+: (in|px)/$1\.dcm: " errors)
	if [ -n "$line" ]; then
		refuse "$1" "${line%%: *}" "${line#*.dcm: }" "${2:-}"
	else
		refuse "$1" unphi "it got no output, and no program said why"
	fi
}

# accept ID OUTPUT NAME NUMBER: moves OUTPUT into the tree as NAME; the second
# file of one SOP Instance UID is NAME-2.dcm, and so on.
accept() {
	local to=dicom/$3

	[ "$4" -eq 1 ] || to=${to%.dcm}-$4.dcm
	if [ ! -e "$to" ]; then
		if ! { mkdir -p -- "${to%/*}" && mv -- "$2" "$to"; } then
			refuse "$1" unphi "its output cannot be moved into the tree"
			return
		fi
	elif ! cmp -s "$2" "$to"; then
		refuse "$1" unphi "an earlier run left another file under its name"
		return
	fi
	printf '{"id":"%s","output":"%s"}\n' "$1" "$to" >>finished
	[ -z "$map" ] || mapped+=("$(readlink "in/$1.dcm")" "$to")
}

# Runs the pipeline over the ids in todo.N, in the folder of its own hN.
do_handful() {
	local id kind number file output name complaint
	local images=() others=() files=() results=() mapped=()
	local -A named=() dropped=()

	{ mkdir "h$1" && cd "h$1" && mkdir px out && ln -s ../in ../dicom .; } || return
	touch errors refused.tsv finished redact scrub findings boxes map
	while read -r id kind _; do
		# What could not be read may be an image: dcm-frames says why it is none.
		case $kind in
		none) others+=("in/$id.dcm") ;;
		*) images+=("in/$id.dcm") ;;
		esac
	done <"../todo.$1"

	# Boxes grow by what the detector may be short of at the ends of a line, and
	# stay apart: the one box around a block of lines would cover more.
	if [ ${#images[@]} -gt 0 ]; then
		printf '%s\0' "${images[@]}" | dcm-frames -0 --view voi,full,low 2>errors.1 |
			txt-detect --no-text 2>errors.2 | box-merge --pad 4 --iou 0.5 >boxes 2>errors.3
		px-redact "${redact_options[@]}" -b boxes -O px --log redact "${images[@]}" 2>errors.4
		cat errors.? >errors
	fi
	# What has no pixels goes on as it is.
	for file in "${others[@]}"; do
		ln -s "../$file" px/
	done
	for file in px/*.dcm; do
		[ ! -e "$file" ] || files+=("$file")
	done
	if [ ${#files[@]} -gt 0 ]; then
		dcm-scrub "${scrub_options[@]}" ${map:+--map map} -k "$key" -O out \
			--log scrub "${files[@]}" 2>>errors
	fi
	while read -r output name; do
		[ ! -f "$output" ] || { results+=("$output"); named[$output]=$name; }
	done < <(jq -r 'select(.output) | "\(.output) \(.name)"' scrub)
	while read -r file; do
		dropped[$file]=dropped
	done < <(jq -r 'select(.dropped) | .file' scrub)
	if [ ${#results[@]} -gt 0 ]; then
		dcm-validate --against in -b boxes ${policy:+--policy} "${results[@]}" >findings 2>>errors
	fi
	jq -r 'select(.level == "error") | "\(.file) \(.check): \(.message)"' findings >complaints
	jq -r 'select(.check == "summary") | .file' findings >checked

	while read -r id kind number; do
		file=out/$id.dcm
		if [ -z "${named[$file]:-}" ]; then
			refuse_by_log "$id" "${dropped[px/$id.dcm]:-}"
		elif complaint=$(grep -a -m 1 -F "$file " complaints); then
			refuse "$id" dcm-validate "${complaint#"$file "}"
		elif complaint=$(grep -a -m 1 -F "dcm-validate: $file: " errors); then
			refuse "$id" dcm-validate "${complaint#"dcm-validate: $file: "}"
		elif ! grep -qxF "$file" checked; then
			refuse "$id" dcm-validate "its checks were not finished"
		else
			accept "$id" "$file" "${named[$file]}" "$number"
		fi
	done <"../todo.$1"
	keep_logs
	cd .. && rm -rf "h$1"
}

# Adds the logs of a handful to those of all, for the files that are finished,
# in terms of in/ID.dcm and dicom/STUDY/SERIES/INSTANCE.dcm.
keep_logs() {
	local log

	for log in redact scrub findings boxes; do
		jq -c --slurpfile finished finished '
			(.file | sub(".*/"; "") | rtrimstr(".dcm")) as $id
			| ($finished | INDEX(.id))[$id] as $d | select($d)
			| .file = "in/\($id).dcm"
			| if has("output") then .output = $d.output else . end' $log >$log.kept
	done
	refusals_as_json refused.tsv >refused.kept
	[ -z "$map" ] || {
		jq -c 'select(.kind != "file")' map
		jq -cn '$ARGS.positional | _nwise(2) | {kind: "file", from: .[0], to: .[1]}' \
			--args "${mapped[@]}"
	} >map.kept
	(
		flock 8
		for log in redact scrub findings boxes refused; do
			cat "$log.kept" >>"$logs/$log.ndjson"
		done
		[ -z "$map" ] || cat map.kept >&7
		cat finished >>"$logs/finished.ndjson"	# last: what is not there is done anew
	) 8>>../log.lock
}

# ---- all of them

progress() {
	local finished refused start=$SECONDS

	while :; do
		finished=$(wc -l <"$logs/finished.ndjson")
		refused=$(wc -l <"$logs/refused.ndjson")
		printf '\r%s: %d of %d files done, %d refused, %d:%02d\033[K' "$prog" "$finished" "$total" \
			"$refused" $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60)) >&2
		sleep 1
	done
}

n=$(wc -l <todo)
[ "$((n / jobs / 4))" -ge "$handful" ] || handful=$((n / jobs / 4 + 1))
split -l "$handful" -a 6 todo todo.
if [ -t 2 ]; then
	progress 9>&- &
	progress=$!
fi
running=0
for list in todo.*; do
	[ -e "$list" ] || continue
	[ "$running" -lt "$jobs" ] || { wait -n; running=$((running - 1)); }
	(do_handful "${list#todo.}") 9>&- &	# what outlives us must not hold the lock
	running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
	wait -n
	running=$((running - 1))
done
if [ -n "${progress:-}" ]; then
	kill "$progress"
	wait "$progress" 2>/dev/null
	printf '\r\033[K' >&2
fi

# A handful that died leaves files that nobody spoke of.
{
	jq -r .id "$logs/finished.ndjson"
	jq -r '.file | ltrimstr("in/") | rtrimstr(".dcm")' "$logs/refused.ndjson"
} | sort -u >spoken
join -v 1 all spoken | while read -r id _; do
	refuse "$id" unphi "its handful of files was not finished"
done
[ ! -e refused.tsv ] || refusals_as_json refused.tsv >>"$logs/refused.ndjson"

dcm-report -o "$out/report.html" "$logs"/{boxes,redact,scrub,findings,refused}.ndjson || status=2

# Of the whole clean tree, also of what earlier runs put there.
make_media() {
	local got

	rm -rf -- media.new
	find dicom -type f -name '*.dcm' -print0 | sort -z | dcm-media -0 -o media.new
	got=$?
	if [ -e media.new/DICOMDIR ]; then
		rm -rf -- media && mv -- media.new media || got=2
	fi
	return "$got"
}
[ -z "$media" ] || (cd "$out" && make_media) || status=2

# Names are for the person who sits here; the logs hold only ids.
left_out=$(jq -r 'select(.dropped) | .file' "$logs/refused.ndjson" | wc -l)
refused=$(($(wc -l <"$logs/refused.ndjson") - left_out))
[ "$refused" -eq 0 ] || status=2
jq -r '"\(.file)\t\(.by)\t\(.refused)\t\(.dropped // false)"' "$logs/refused.ndjson" | sort |
	while IFS=$'\t' read -r file by reason was_dropped; do
		[ "$was_dropped" = true ] || reason="refused by $by: $reason"
		printf '%s: %s: %s\n' "$prog" "$(readlink -n "$file" | tr '[:cntrl:]' '?')" "$reason" >&2
	done
finished=$(wc -l <"$logs/finished.ndjson")
printf '%s: %d files are clean (%d of them from earlier), %d were refused%s\n' "$prog" "$finished" "$already" \
	"$refused" "$([ "$left_out" -eq 0 ] || echo ", $left_out dropped")" >&2
printf '%s: the report, which shows the originals, is %s\n' "$prog" "$out/report.html" >&2
exit "$status"
