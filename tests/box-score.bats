load helper

# score: what box-score says, of the kind "score".
score() {
	box-score --json "$@" | jq -c 'select(.kind == "score")'
}

# lists: TRUTH and FOUND of 300 images by chance: several records, frames and folders.
lists() {
	py <<'PY'
import json, random
rng = random.Random(4)
def box(w, h, **more):
    return dict(x=rng.randrange(w), y=rng.randrange(h), w=rng.randint(1, 60), h=rng.randint(1, 20), **more)
with open("truth", "w") as truth, open("found", "w") as found:
    for i in range(300):
        w, h, frames = rng.randint(20, 200), rng.randint(20, 200), rng.choice([1, 1, 3])
        for f in range(1, frames + 1):
            key = dict(file="d%d/f%d" % (i % 7, i), by="a", image=f, images=frames, frame=f, frames=frames, width=w, height=h)
            lines = [box(w, h, size=rng.choice([9, 12.5, 100]), **rng.choice([{}, {}, {"phi": "id"}, {"optional": True}]))
                     for _ in range(rng.randint(0, 6))]
            truth.write(json.dumps(dict(key, boxes=lines)) + "\n")
            if rng.random() < .05:
                continue
            boxes = [box(w, h) for _ in range(rng.randint(0, 3))]
            boxes += [dict(x=max(0, b["x"] - 1), y=max(0, b["y"] - 1), w=b["w"] + rng.randint(-5, 5) % 70 + 1, h=b["h"] + 2)
                      for b in lines if rng.random() < .7]
            key["file"] = key["file"] if i % 3 else "elsewhere/f%d" % i
            found.write(json.dumps(dict(key, boxes=boxes[1::2])) + "\n")
            key["frame"] = rng.choice([0, f, f])
            found.write(json.dumps(dict(key, boxes=boxes[::2])) + "\n")
PY
}

@test "nine tenths of a line covered by several boxes are enough, one pixel less is not" {
	record 1/1 10,10,20,10 >truth
	record 1/1 5,5,13,20 17,10,11,10 >found	# columns 10..27 of 10..29
	[ "$(score truth found | jq .all.recall)" = 1 ]
	record 1/1 10,10,18,9 10,19,17,1 >found
	[ "$(score truth found | jq -c '[.all.recall, .all.area_recall]')" = '[0,0.895]' ]
}

@test "false area begins 6 pixels beside a line, and is a share of the image" {
	record 1/1 20,20,10,10 >truth
	record 1/1 14,14,22,22 >found
	[ "$(score truth found | jq -c '[.false_mean, .area_precision]')" = '[0,1]' ]
	record 1/1 14,14,22,23 >found	# 22 of 5000 pixels; 22 times 22 are right
	[ "$(score truth found | jq -c '[.false_mean, .area_precision]')" = '[0.0044,0.9565217391]' ]
}

@test "boxes that overlap are counted once, and boxes beyond the image not at all" {
	record 1/1 >truth
	record 1/1 90,40,10,10 95,45,90,90 90,40,5,5 200,0,10,10 >found
	[ "$(score truth found | jq -c '[.false_max, .all.recall]')" = '[0.02,null]' ]
}

@test "what is optional counts neither way" {
	record 1/1 10,10,20,10 60,10,20,10 | jq -c '.boxes[1].optional = true' >truth
	record 1/1 10,10,20,10 >found
	[ "$(score truth found | jq -c '[.all.lines, .all.recall, .false_mean]')" = '[1,1,0]' ]
	record 1/1 10,10,20,10 55,5,30,20 >found
	[ "$(score truth found | jq -c '[.all.recall, .false_mean, .area_precision, .presidio_precision]')" = '[1,0,1,1]' ]
}

@test "frame 0 of the findings stands for every frame, frame 0 of the truth for each" {
	{ record 1/2 10,10,20,10; record 2/2 50,10,20,10; } >truth
	frame=0 frames=2 record 1/1 10,10,20,10 >found
	[ "$(score truth found | jq -c '[.images, .absent, .all.found, .false_max]')" = '[2,0,1,0.04]' ]
	# Of 300 frames one has a second line, and one was found to have nothing.
	{ frame=0 frames=300 record 1/1 10,10,20,10; frame=7 frames=300 record 1/1 50,10,20,10; } >truth
	{ frame=0 frames=300 record 1/1 50,10,20,10; frame=7 frames=300 record 1/1 10,10,20,10; } >found
	[ "$(score truth found | jq -c '[.images, .all.lines, .all.found, .false_p90]')" = '[300,301,2,0.04]' ]
}

@test "an image without a record is one in which nothing was found, and is reported" {
	{ record 1/1 10,10,20,10; file=b.dcm record 1/1 1,1,9,9; } >truth
	record 1/1 10,10,20,10 >found
	run -0 --separate-stderr box-score --json truth found
	[ "$(jq -c '[.images, .absent, .all.recall]' <<<"$output")" = '[2,1,0.5]' ]
	[[ $stderr == *"no record of 1 of 2 images"* ]]
}

@test "files match by base name when it is theirs alone" {
	{ file=x/a record 1/1 1,1,9,9; file=x/b record 1/1 1,1,9,9; } >truth
	{ file=y/a record 1/1 1,1,9,9; file=y/b record 1/1 1,1,9,9; file=z/b record 1/1 1,1,9,9; } >found
	[ "$(score truth found 2>/dev/null | jq -c '[.all.found, .ambiguous, .absent, .strangers]')" = '[1,1,1,2]' ]
	# One that has its full name is nobody else's.
	{ file=x/a record 1/1 1,1,9,9; file=y/a record 1/1 1,1,9,9; } >truth
	file=x/a record 1/1 1,1,9,9 >found
	[ "$(score truth found 2>/dev/null | jq -c '[.all.found, .ambiguous, .absent]')" = '[1,0,1]' ]
}

@test "Presidio's rule matches within 50 pixels in place and size, one box several lines" {
	size=400x300 record 1/1 100,100,40,20 100,140,60,20 300,200,40,20 >truth
	size=400x300 record 1/1 120,120,50,30 122,121,50,30 10,10,40,20 >found
	# The second found is the first again; the first is two lines; the third is a positive of its own.
	[ "$(score truth found | jq -c '[.all.presidio_recall, .presidio_precision, .all.recall]')" = \
	    '[0.6666666667,0.6666666667,0]' ]
	size=400x300 record 1/1 249,200,40,20 >found	# 51 to the left
	[ "$(score truth found | jq -c '[.all.presidio_recall, .presidio_precision]')" = '[0,0]' ]
	size=400x300 record 1/1 250,200,40,20 >found
	[ "$(score truth found | jq -c '[.all.presidio_recall, .presidio_precision]')" = '[0.3333333333,1]' ]
}

@test "figures on lists made by chance are those of a raster" {
	lists
	cat >raster.py <<'PY'
import collections, json, os, sys
import numpy as np
def mask(boxes, w, h, pad=0):
    m = np.zeros((h, w), bool)
    for b in boxes:
        m[max(0, b["y"] - pad):b["y"] + b["h"] + pad, max(0, b["x"] - pad):b["x"] + b["w"] + pad] = True
    return m
found = collections.defaultdict(list)
for r in map(json.loads, open("found")):
    found[os.path.basename(r["file"]), r["frame"]] += r["boxes"]
n, false, right = collections.Counter(), [], 0
wrong = 0
for t in map(json.loads, open("truth")):
    name = os.path.basename(t["file"])
    m = mask(found[name, t["frame"]] + found[name, 0], t["width"], t["height"])
    lines = [b for b in t["boxes"] if not b.get("optional")]
    for b in lines:
        part = m[b["y"]:b["y"] + b["h"], b["x"]:b["x"] + b["w"]]
        for group in ["all", b["size"]] + ["phi"] * ("phi" in b):
            n[group, "lines"] += 1
            n[group, "found"] += int(part.mean() >= .9)
        n["area"] += part.size
        n["covered"] += int(part.sum())
    false.append(float((m & ~mask(t["boxes"], t["width"], t["height"], 6)).mean()))
    wrong += int((m & ~mask(t["boxes"], t["width"], t["height"], 6)).sum())
    right += int((m & mask(lines, t["width"], t["height"], 6)).sum())
expected = [n["all", "lines"], n["all", "found"], n["phi", "lines"], n["phi", "found"],
            n["covered"] / n["area"], right / (right + wrong), np.mean(false), np.percentile(false, 90), max(false)]
expected += [x for size in (9, 12.5, 100) for x in (n[size, "lines"], n[size, "found"])]
said = [json.loads(line) for line in sys.stdin]
s, groups = said[0], said[1:]
got = [s["all"]["lines"], s["all"]["found"], s["phi"]["lines"], s["phi"]["found"], s["all"]["area_recall"],
       s["area_precision"], s["false_mean"], s["false_p90"], s["false_max"]]
got += [g["all"][k] for g in groups for k in ("lines", "found")]
assert len(expected) == len(got) == 15 and n["all", "found"] > 100
sys.exit(0 if np.allclose(expected, got, rtol=1e-8, atol=0) else 1)
PY
	box-score --json --by size truth found >said 2>/dev/null
	/usr/bin/python3 raster.py <said
	# The control: one pixel less of one box.
	jq -c 'if input_line_number == 3 then .boxes[0].w += 1 else . end' found >other
	! cmp -s found other
	box-score --json --by size truth other >said 2>/dev/null
	run -1 /usr/bin/python3 raster.py <said
}

@test "the order of records makes no difference" {
	lists
	box-score --by size,phi truth found >one
	shuf --random-source=truth truth >truth2
	shuf --random-source=truth found >found2
	box-score --by size,phi truth2 - <found2 >two
	cmp one two
}

@test "lines are grouped by keys of their boxes or records, numbers also in classes" {
	record 1/1 1,1,9,9 20,1,9,9 40,1,9,9 60,1,9,9 | jq -c '.set = "s" | .boxes[0].size = 8 | .boxes[1].size = 15.5 |
	    .boxes[2].size = 16 | .boxes[0].phi = "name"' >truth
	record 1/1 1,1,9,9 >found
	box-score --json --by size:8,phi,set truth found >out
	[ "$(jq -r 'select(.kind == "group") | "\(.by) \(.value) \(.all.found)/\(.all.lines)"' out | paste -sd,)" = \
	    "size 8-16 1/2,size 16-24 0/1,size - 0/1,phi - 0/3,phi name 1/1,set s 1/4" ]
}

@test "-v lists what was missed and what is false, never a text" {
	record 1/1 10,10,20,10 | jq -c '.boxes[0].text = "SECRET" | .boxes[0].phi = "name"' >truth
	record 1/1 10,10,10,10 60,30,10,10 | jq -c '.boxes[1].text = "SECRET"' >found
	run -0 box-score -v --by phi truth found
	[[ $output == *"missed   50.0 % covered  frame 1  x 10  y 10  w 20  h 10  a.dcm"* ]]
	[[ $output == *"wrong   100.0 % false    frame 1  x 60  y 30  w 10  h 10  a.dcm"* ]]
	[[ $output != *SECRET* ]]
	run -2 box-score --by text truth found
	[ "$(box-score -jv truth found | jq -r .kind | paste -sd' ')" = "missed wrong score" ]
}

@test "a name's control bytes do not reach the screen" {
	file='a\u001b[31m' record 1/1 10,10,20,10 >truth
	run -0 box-score -v truth /dev/null
	[[ $output != *$'\e'* ]]
}

@test "-r and -f set the status" {
	record 1/1 10,10,20,10 40,10,20,10 >truth
	record 1/1 10,10,20,10 80,40,20,10 >found	# half of the lines, 0.04 of the image
	run -0 box-score -r 0.5 -f 0.04 truth found
	run -1 box-score -r 0.51 truth found
	run -1 box-score -f 0.039 truth found
	run -1 box-score -r 0 /dev/null /dev/null	# no line, no recall
	run -2 box-score -r 1.1 truth found
}

@test "records that contradict each other are trouble" {
	record 1/1 10,10,20,10 >truth
	size=50x100 record 1/1 >found
	run -2 box-score truth found
	[[ $output == *"a.dcm: frame 1: records contradict each other on its size"* ]]
	frame=0 frames=3 record 1/1 >truth
	frames=4 record 1/1 >found
	run -2 box-score truth found
	record 1/1 1,1,2,2 | jq -c '.boxes[0].optional = "no"' >truth
	run -2 box-score truth /dev/null
}

@test "a list that is malformed, cut or not there is trouble, and no score is shown" {
	record 1/1 10,10,20,10 >good
	head -c -1 good >cut
	echo '{"file":"SECRET"}' >bad
	for list in cut bad missing; do
		run -2 --separate-stderr box-score "$list" good
		[ -z "$output" ]
		run -2 --separate-stderr box-score good "$list"
		[ -z "$output" ]
		[[ $stderr != *SECRET* ]]
	done
	run -2 box-score
	run -2 box-score - -
	run -2 box-score good good good
	run -2 bash -c 'box-score good good >/dev/full'
}

@test "a thousand boxes on one image, and empty lists, are scored too" {
	size=5000x5000 record 1/1 $(for ((i = 0; i < 1000; i++)); do echo "$((i * 5)),$((i * 4)),700,900"; done) >many
	[ "$(score many many | jq -c '[.all.recall, .false_mean]')" = '[1,0]' ]
	[ "$(score /dev/null /dev/null | jq -c '[.images, .all.recall]')" = '[0,null]' ]
}
