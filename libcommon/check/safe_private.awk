# safe_private.awk: safe-private.tsv to the C rows of rows.c.
BEGIN { FS = "\t" }
/^#/ || $1 == "private_creator" { next }
{
	gsub(/[\\"]/, "\\\\&", $1)
	version = $4 == "UI" && $6 ~ /[Vv]ersion/ ? "true" : "false"	# of a format: it names no instance
	printf "\t{ 0x%s00%su, \"%s\", %s },\n", tolower($2), tolower($3), $1, version
}
