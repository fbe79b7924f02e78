# content.awk: Table E.3.4-1 as C, by code value. Run as
#	awk -f content.awk structured-content.tsv
BEGIN { FS = "\t"; sort = "LC_ALL=C sort" }
FNR <= 2 { next }			# the source, and the names of the columns
{
	options = " "			# Retain Safe Private has no column
	for (i = 7; i <= 13; i++) options = options ($i == "" ? " " : $i)
	row($1, $2)
	if ($3 != "") row($3, "SRT")
}
function row(code, scheme) {
	printf "\t{ \"%s\", \"%s\", \"%s\", TYPE_%s, CODE_%s, \"%s\" },\n", code, scheme, $4, $5,
	    $6 == "X/D" ? "X_D" : $6, options | sort
}
END {
	close(sort)
}
