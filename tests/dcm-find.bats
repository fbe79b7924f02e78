load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	mkdir -p raw/deep
	cp "$PYDICOM/test_files/CT_small.dcm" "raw/no name.jpg"
	cp "$PYDICOM/test_files/no_meta_group_length.dcm" raw/deep/b
	echo "not DICOM at all, but a file" >raw/c.dcm
	head -c 32 /dev/zero >key
	chmod 600 key
}

@test "files are found by content, not by name, in order" {
	run -0 --separate-stderr dcm-find raw
	[ "$output" = $'raw/deep/b\nraw/no name.jpg' ]
	[ "$stderr" = "dcm-find: 1 other files are not DICOM" ]
}

@test "a bare data set is found, in either byte order" {
	dcmconv +te -F raw/deep/b little
	dcmconv +tb -F raw/deep/b big
	dcmconv +ti -F raw/deep/b implicit
	run -0 dcm-find little big implicit
	[ "${#lines[@]}" -eq 3 ]
}

@test "a file that is named twice comes once" {
	run -0 --separate-stderr dcm-find raw raw/deep raw/deep/b
	[ "${#lines[@]}" -eq 2 ]
}

@test "-0 ends names with a NUL" {
	mv "raw/no name.jpg" $'raw/new\nline'
	dcm-find -0 raw >out 2>/dev/null
	printf 'raw/deep/b\0raw/new\nline\0' | cmp - out
}

@test "ids are stable, change with key, seed and file, and hold no name" {
	dcm-find -k key raw >one 2>/dev/null
	dcm-find -k key "raw/no name.jpg" raw >two 2>/dev/null
	cmp one two
	[ X ]
	dcm-find -k key -s other raw >seeded 2>/dev/null
	head -c 33 /dev/zero >key2
	chmod 600 key2
	dcm-find -k key2 raw >keyed 2>/dev/null
	touch -d @1 "raw/no name.jpg"
	dcm-find -k key raw >touched 2>/dev/null
	[ "$(cat one seeded keyed touched | jq -r .id | sort -u | wc -l)" -eq 7 ]
}

@test "-l makes a link by id to each file" {
	mkdir links
	dcm-find -k key -l links raw >out 2>/dev/null
	for id in $(jq -r .id out); do
		[ -s "links/$id.dcm" ]
	done
	[ "$(find links -type l | wc -l)" -eq 2 ]
}

@test "an object without pixels is told from an image" {
	run -0 dcm-find -k key "$PYDICOM/test_files/rtplan.dcm"
	[ "$(jq -r .pixels <<<"$output")" = none ]
	run -0 dcm-find -k key "$PYDICOM/test_files/dicomdirtests/DICOMDIR"
	[ "$(jq -r .pixels <<<"$output")" = directory ]
	# An image is none, whatever is put into it: nobody may pass it over.
	/usr/bin/python3 -c "
import pydicom
d = pydicom.dcmread('$PYDICOM/test_files/CT_small.dcm')
d.DirectoryRecordSequence = [pydicom.dataset.Dataset()]
d.save_as('odd')"
	run -0 dcm-find -k key odd
	[ "$(jq -r .pixels <<<"$output")" = int ]
	head -c 2000 "$PYDICOM/test_files/CT_small.dcm" >cut
	run -0 dcm-find -k key cut
	[ "$(jq -r .pixels <<<"$output")" = unreadable ]
}

@test "what cannot be looked at is trouble" {
	ln -s nowhere raw/dangling
	run -2 --separate-stderr dcm-find raw
	[ "${#lines[@]}" -eq 2 ]
	run -2 dcm-find missing
	run -2 dcm-find
	run -2 dcm-find -l links raw
}

@test "a key that others can read, or that is short, is refused" {
	chmod 644 key
	run -2 dcm-find -k key raw
	head -c 31 /dev/zero >short
	chmod 600 short
	run -2 dcm-find -k short raw
}
