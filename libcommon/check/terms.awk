# terms.awk: the words of medicine in clean-lists.txt to the C strings of rows.c, in upper case, sorted.
$1 == "science" {
	for (i = 2; i <= NF; i++)
		if ($i ~ /^[a-z][a-z][a-z][a-z]+$/ && !($i in seen)) {
			seen[$i] = 1
			print toupper($i) | "LC_ALL=C sort | sed 's/.*/\t\"&\",/'"
		}
}
