# rows.awk: confidentiality-profile.tsv to the C rows of rows.c.
# Rows with a wildcard first; private groups (ggggeeee) are the check `private`.
BEGIN { FS = "\t" }
/^#/ || $1 == "tag" || $1 == "ggggeeee" { next }
{
	mask = ""
	for (i = 1; i <= 8; i++)
		mask = mask (substr($1, i, 1) == "x" ? "0" : "f")
	tag = $1
	gsub(/x/, "0", tag)
	cells = ""
	for (i = 9; i <= 18; i++)
		cells = cells "'" (substr($i, 1, 1) == "" ? " " : substr($i, 1, 1)) "', "
	row = sprintf("\t{ 0x%su, 0x%su, \"%s\", \"%s\", { %s } },", tolower(tag), mask,
	    substr($4, 1, 2), substr($8, 1, 7), substr(cells, 1, length(cells) - 2))
	if (mask ~ /0/) print row
	else plain[++n] = row
}
END { for (i = 1; i <= n; i++) print plain[i] }
