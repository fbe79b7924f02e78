# folded.awk: letters.tsv to the C rows of folded.c: what becomes another text, or, an accent, nothing.
BEGIN { FS = "\t" }
/^#/ || $1 == "first" { next }
$3 == "M" { printf "\t{ 0x%su, 0x%su, \"\" },\n", $1, $2 }
$3 != "M" && $4 != "" { printf "\t{ 0x%su, 0x%su, \"%s\" },\n", $1, $2, $4 }
