#!/usr/bin/python3
"""profile.py: what the profile must decide on every row under any one or two options.

    profile.py ask CLASS...     the questions, for build/tests/profile
    profile.py judge FILE CLASS...  its answers that do not follow the table, a line each

It reads the tables of share/ by scrub.py, which shares nothing with the program.
"""
import itertools
import sys

import scrub

WORDS = "AE CS LO LT SH ST UC UR UT".split()
PLANES = ("5", "6")             # their groups are handled as a whole
NAMES = {"remove": "gone", "empty": "empty", "dummy": "dummy", "uid": "uid", "keep": "kept"}


def option_sets():
    names = sorted(scrub.COLUMN)
    for n in (0, 1, 2):
        for s in itertools.combinations(names, n):
            if not {"full-dates", "modified-dates"} <= set(s):
                yield s
    yield tuple(n for n in names if n != "full-dates")


def questions(classes):
    for sop_class in classes:
        for options in option_sets():
            for tag, row in sorted(scrub.ROWS.items()):
                yield sop_class, options, tag, scrub.vr_of(row)


def allowed(sop_class, options, tag, vr):
    row = scrub.ROWS[tag]
    if tag >> 16 in (0, 2, 4):
        return {"gone"}
    cells = {row[scrub.COLUMN[o]] for o in options}
    basic = scrub.outcomes(row["basic"], scrub.type_of(sop_class, 0, tag))
    if "C" in cells:
        if tag == 0x00080201:
            return {"zone"}
        if vr in ("DA", "TM", "DT") and "modified-dates" in options:
            return {"shift"}
        return {"clean"} if vr in WORDS + ["SQ"] else basic
    if "K" in cells:
        return {"age"} if vr == "AS" else {"kept"}
    return basic


def main(argv):
    if argv[1] == "ask":
        for sop_class, options, tag, vr in questions(argv[2:]):
            print(sop_class, ",".join(options), "0", "%08X" % tag, vr, sep="\t")
        return 0
    with open(argv[2], encoding="ascii") as f:
        answers = f.read().split("\n")[:-2]     # the marks come last
    asked = list(questions(argv[3:]))
    wrong = ["%d answers to %d questions" % (len(answers), len(asked))] if len(answers) != len(asked) else []
    for (sop_class, options, tag, vr), answer in zip(asked, answers):
        action, otherwise, _ = answer.split("\t")
        want = allowed(sop_class, options, tag, vr)
        basic = scrub.outcomes(scrub.ROWS[tag]["basic"], scrub.type_of(sop_class, 0, tag))
        if NAMES.get(action, action) not in want:
            wrong.append("%08X %s: %s instead of %s" % (tag, ",".join(options), action, " or ".join(sorted(want))))
        if action not in NAMES and NAMES[otherwise] not in basic:
            wrong.append("%08X %s: %s when that fails" % (tag, ",".join(options), otherwise))
    print("\n".join(wrong[:50]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
