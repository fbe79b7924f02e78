# The control of the whole suite: run.sh runs it alone and wants it to fail.

load ../helper

@test "a wrong status fails a test" {
	run -0 box-merge --no-such-option
}

@test "a difference fails a test" {
	echo one >a
	echo two >b
	cmp a b
}
