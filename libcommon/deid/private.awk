# private.awk: share/safe-private.tsv as C, in order of group and element.
BEGIN { FS = "\t"; print "static const struct safe safe_elements[] = {" }
FNR <= 2 { next }			# the source, and the names of the columns
{
	vr = $4; sub(/[|].*/, "", vr)
	printf "\t{ 0x%su, \"%s\", \"%s\" },\n", $2 $3, $1, vr == "" ? "UN" : vr | "LC_ALL=C sort"
	if (!($1 in seen)) creator[++n] = $1
	seen[$1]
}
END {
	close("LC_ALL=C sort")
	print "};\nstatic const char *const safe_creators[] = {"
	for (i = 1; i <= n; i++) printf "\t\"%s\",\n", creator[i]
	print "};"
}
