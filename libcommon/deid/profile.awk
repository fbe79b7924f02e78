# profile.awk: the tables of share/ as C. Run as
#	awk -v types=TEMPORARY -f profile.awk sop-classes.tsv confidentiality-profile.tsv \
#	    module-requirements.tsv deidentification-method-codes.tsv
# Input is sorted by tag; an x in a tag is a wildcard for one hex digit.
BEGIN { FS = "\t" }
FNR == 1 { nfile++ }
nfile == 2 && FNR == 2 { for (i = 9; i <= 18; i++) column[$i] = i - 9 }
nfile == 2 && FNR == 1 && match($0, /edition [0-9A-Za-z.-]+/) {
	edition = substr($0, RSTART + 8, RLENGTH - 8)
}
FNR <= 2 { next }			# the source, and the names of the columns
nfile == 1 && $7 != "" { uid[++nuid] = $1; of[nuid] = $7 }
nfile == 2 && $1 !~ /g/ {		# (gggg,eeee), private: a rule of ours
	tag = $1; mask = $1
	gsub(/x/, "0", tag); gsub(/[^x]/, "f", mask); gsub(/x/, "0", mask)
	options = ""
	for (i = 9; i <= 18; i++) options = options ($i == "" ? " " : $i)
	code = $8; gsub("/", "_", code); sub(/[*]/, "", code)
	line = sprintf("\t{ 0x%su, 0x%su, CODE_%s, \"%s\" },", tag, mask, code, options)
	if (mask == "ffffffff") row[++nrow] = line; else wild[++nwild] = line
}
nfile == 3 && $3 !~ /x/ && $2 !~ /x/ {
	if (!($1 in iod)) { iod[$1] = $1 == "*" ? 0 : ++niod }
	n = iod[$1]
	parent = $2 == "" ? "00000000" : $2
	type = $5 == "1" || $5 == "1C" ? 1 : $5 == "2" || $5 == "2C" ? 2 : 3
	# One sort key: IOD, parent, tag.
	printf "%04d %s %s %d\n", n, parent, $3, type | "LC_ALL=C sort -u >" types
}
nfile == 4 {
	meaning[++nmeaning] = $3
	if ($5 == "basic") basic = sprintf("{ \"%s\", \"%s\" }", $1, $3)
	else if ($5 != "") claim[++nclaim] = sprintf("\t[%d] = { \"%s\", \"%s\" },", column[$5], $1, $3)
}
END {
	print "static const struct profile_code basic_code = " basic ";"
	print "static const struct profile_code option_codes[PROFILE_OPTIONS] = {"
	for (i = 1; i <= nclaim; i++) print claim[i]
	print "};"
	print "static const char *const method_meanings[] = {"
	for (i = 1; i <= nmeaning; i++) print "\t\"" meaning[i] "\","
	print "};"
	print "static const struct row rows[] = {"
	for (i = 1; i <= nrow; i++) print row[i]
	print "};\nstatic const struct row wild_rows[] = {"
	for (i = 1; i <= nwild; i++) print wild[i]
	print "};"
	print "static const struct profile_table built_in = { rows, COUNT(rows), wild_rows, COUNT(wild_rows), \"" edition "\", NULL };"
	print "static const struct sop_class sop_classes[] = {"
	for (i = 1; i <= nuid; i++) if (of[i] in iod) printf "\t{ \"%s\", %d },\n", uid[i], iod[of[i]]
	print "};\nstatic const struct requirement requirements[] = {"
	close("LC_ALL=C sort -u >" types)
	while ((getline line <types) > 0) {
		split(line, f, " ")
		printf "\t{ %d, 0x%su, 0x%su, %d },\n", f[1] + 0, f[2], f[3], f[4]
	}
	print "};"
}
