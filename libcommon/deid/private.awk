# private.awk: share/safe-private.tsv as C, in order of group and element.
BEGIN { FS = "\t" }
FNR <= 2 { next }			# the source, and the names of the columns
{
	vr = $4; sub(/[|].*/, "", vr)
	# A UI that is named a version names no instance.
	printf "\t{ 0x%su, \"%s\", \"%s\", %s },\n", $2 $3, $1, vr == "" ? "UN" : vr, \
	    $6 ~ /Version/ ? "true" : "false" | "LC_ALL=C sort"
}
