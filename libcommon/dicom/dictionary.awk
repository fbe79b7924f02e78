# dictionary.awk: share/data-elements.tsv, sorted by tag, as C; an x in a tag is a
# wildcard for one hex digit, and of several VRs the first counts.
BEGIN { FS = "\t"; print "static const struct dictionary_entry entries[] = {" }
FNR <= 2 || $2 == "" { next }
{
	vr = $4; sub(/\|.*/, "", vr)
	if (vr !~ /^[A-Z][A-Z]$/) vr = ""
	tag = mask = $1
	gsub(/x/, "0", tag); gsub(/[^x]/, "f", mask); gsub(/x/, "0", mask)
	if (mask == "ffffffff") printf "\t{ 0x%su, \"%s\", \"%s\", \"%s\" },\n", tag, vr, $2, $5
	else wild[++n] = sprintf("\t{ { 0x%su, \"%s\", \"%s\", \"%s\" }, 0x%su },", tag, vr, $2, $5, mask)
}
END {
	print "};\nstatic const struct wild wilds[] = {"
	for (i = 1; i <= n; i++) print wild[i]
	print "};"
}
