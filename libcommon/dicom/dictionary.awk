# dictionary.awk: share/data-elements.tsv as C; repeating groups are DCMTK's.
BEGIN { FS = "\t"; print "static const struct element elements[] = {" }
FNR <= 2 || $1 ~ /x/ || $2 == "" { next }
{
	vr = $4; sub(/\|.*/, "", vr)
	if (vr !~ /^[A-Z][A-Z]$/) next
	printf "\t{ 0x%s, 0x%s, EVR_%s, \"%s\" },\n", substr($1, 1, 4), substr($1, 5), vr, $2
}
END { print "};" }
