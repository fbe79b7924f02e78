# fold.awk: share/letters.tsv as two tables in pages of 256 code points; equal pages are one.
function hex(s,   i, n) {
	for (i = n = 0; i++ < length(s);) n = n * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1
	return n
}
BEGIN {
	FS = "\t"
	value["U"] = 1; value["L"] = 2; value["S"] = 3; value["M"] = 4; value["D"] = 5
	nfold = 0
}
/^#/ || $1 == "first" { next }
{
	last = hex($2)
	for (n = hex($1); n <= last; n++) {
		class[n] = value[$3]
		if ($4 != "") {
			if (!($4 in number)) { number[$4] = ++nfold; text[nfold] = $4 }
			folded[n] = number[$4]
		}
	}
}
function pages(name, type, of,   p, i, line, known, n, where) {
	printf "static const %s %s_pages[][256] = {\n", type, name
	n = 0
	for (p = 0; p < 256; p++) {
		line = ""
		for (i = 0; i < 256; i++)
			line = line ((p * 256 + i) in of ? of[p * 256 + i] : 0) (i % 32 == 31 ? ",\n" : ",")
		if (!(line in known)) { known[line] = n++; printf "{\n%s},\n", line }
		where = where known[line] (p % 32 == 31 ? ",\n" : ",")
	}
	printf "};\nstatic const uint8_t %s_page_of[256] = {\n%s};\n", name, where
}
END {
	pages("class", "uint8_t", class)
	pages("folded", "uint16_t", folded)
	print "static const char folded_text[][8] = {\n\"\","
	for (i = 1; i <= nfold; i++) printf "\"%s\",\n", text[i]
	print "};"
}
