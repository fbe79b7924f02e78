# content.awk: Table E.3.4-1 as C, by code value; then how other names end. Run as
#	awk -f content.awk structured-content.tsv content-names.tsv
BEGIN { FS = "\t"; sort = "LC_ALL=C sort"; print "static const struct row rows[] = {"; fflush() }
FNR == 1 { nfile++ }
FNR <= 2 { next }			# the source, and the names of the columns
nfile == 1 {
	options = " "			# Retain Safe Private has no column
	for (i = 7; i <= 13; i++) options = options ($i == "" ? " " : $i)
	fields = sprintf("\"%s\", TYPE_%s, CODE_%s, \"%s\", %s", $4, $5,
	    $6 == "X/D" ? "X_D" : $6, options, who($14))
	row($1, $2)
	if ($3 != "") row($3, "SRT")
}
nfile == 2 {
	ending[++n] = sprintf("\"%s\", TYPE_TEXT, CODE_D, \"   %s    \", %s", $1, $2 == "" ? " " : $2, who($3))
}
function who(identity) { return identity == "" ? "NOBODY" : "NAMES_" toupper(identity) }
function row(code, scheme) { printf "\t{ \"%s\", \"%s\", %s },\n", code, scheme, fields | sort }
END {
	close(sort)
	print "};\nstatic const struct row endings[] = {"
	for (i = 1; i <= n; i++) printf "\t{ \"\", \"\", %s },\n", ending[i]
	print "};"
}
