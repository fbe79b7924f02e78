# policy.awk: the SOP Classes by name, and which attributes some IOD demands, as C. Run as
#	awk -v demands=TEMPORARY -f policy.awk sop-classes.tsv structure.tsv module-requirements.tsv \
#	    structure-classes.tsv
BEGIN { FS = "\t"; print "static const struct sop_class sop_classes[] = {" }
FNR == 1 { nfile++ }
FNR <= 2 { next }			# the source, and the names of the columns
nfile == 1 { printf "\t{ \"%s\", \"%s\", \"%s\" },\n", $2, $3, $1 }
nfile == 2 { demand($1, $2, $4) }
nfile == 4 { covered[++ncovered] = $1 }
nfile == 3 && $7 != "U" { demand($2, $3, $5) }
# One sort key: parent, tag; the strictest type comes first.
function demand(parent, tag, type) {
	if (type !~ /^[12]/ || parent tag ~ /x/) return
	printf "%8s %s %d\n", parent == "" ? "00000000" : parent, tag, substr(type, 1, 1) | "LC_ALL=C sort >" demands
}
END {
	print "};\nstatic const struct demand demands[] = {"
	close("LC_ALL=C sort >" demands)
	while ((getline line <demands) > 0) {
		split(line, f, " ")
		if (f[1] f[2] != last) printf "\t{ 0x%su, 0x%su, %d },\n", f[1], f[2], f[3]
		last = f[1] f[2]
	}
	print "};\nstatic const char *const covered[] = {"
	for (i = 1; i <= ncovered; i++) printf "\t\"%s\",\n", covered[i]
	print "};"
}
