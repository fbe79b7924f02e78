#!/bin/sh
# generate.sh SHELL PROGRAM...: completions for bash, zsh or fish, made from what
# each program's own -h says, so that they cannot differ from it.
# A line of -h is "  -x, --long ARG   what it does" or "      --long ARG   what".
set -eu
shell=$1
shift

for path in "$@"; do
	prog=${path##*/}
	"$path" -h | awk -v shell="$shell" -v prog="$prog" '
	/^  (-.,|   ) --[a-z]/ {
		line = $0
		short = substr(line, 3, 1) == "-" ? substr(line, 4, 1) : ""
		sub(/^ *(-., )?--/, "", line)
		long = line; sub(/[^a-z0-9-].*/, "", long)
		rest = substr(line, length(long) + 1)
		what = rest; sub(/^ ?[A-Z][A-Z,]*/, "", what); arg = rest != what
		sub(/^ */, "", what)
		gsub(/[^A-Za-z0-9 ,.;()-]/, "", what)
		n++; S[n] = short; L[n] = long; A[n] = arg; W[n] = what
	}
	END {
		if (shell == "bash") {
			printf "_unphi_%s() {\n", fn(prog)
			printf "\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
			printf "\tif [[ $cur == -* ]]; then\n"
			printf "\t\tmapfile -t COMPREPLY < <(compgen -W \""
			for (i = 1; i <= n; i++)
				printf "%s--%s%s", (i > 1 ? " " : ""), L[i], S[i] != "" ? " -" S[i] : ""
			printf "\" -- \"$cur\")\n\telse\n"
			printf "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\tfi\n}\n"
			printf "complete -o filenames -F _unphi_%s %s\n", fn(prog), prog
		} else if (shell == "zsh") {
			printf "_unphi_%s() {\n\t_arguments -s \\\n", fn(prog)
			for (i = 1; i <= n; i++) {
				if (S[i] != "")
					printf "\t\t\"-%s%s[%s]%s\" \\\n", S[i], A[i] ? "+" : "", W[i], A[i] ? ":value:_files" : ""
				printf "\t\t\"--%s%s[%s]%s\" \\\n", L[i], A[i] ? "=" : "", W[i], A[i] ? ":value:_files" : ""
			}
			printf "\t\t\"*:file:_files\"\n}\n"
			printf "compdef _unphi_%s %s\n", fn(prog), prog
		} else
			for (i = 1; i <= n; i++)
				printf "complete -c %s%s -l %s%s -d \"%s\"\n", prog,
				    S[i] != "" ? " -s " S[i] : "", L[i], A[i] ? " -r" : "", W[i]
	}
	function fn(s) { gsub(/-/, "_", s); return s }'
done
