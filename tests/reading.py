#!/usr/bin/python3
"""Draws a line of text as a PNM image on standard output.

usage: reading.py TEXT [KEY=VALUE...]
size: of the font in pixels. turn: degrees counterclockwise. ink, paper: a grey level or R,G,B. half: what the right half
of the paper is. width, height: of the image. frames: so many images, with a dot that moves below the text.
"""
import sys

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def level(text):
    v = tuple(map(int, text.split(",")))
    return v if len(v) == 3 else v * 3


def main():
    want = dict(size="20", turn="0", ink="230", paper="30", half="", width="400", height="400", frames="1")
    want.update(a.split("=") for a in sys.argv[2:])
    size = int(want["width"]), int(want["height"])
    font = ImageFont.truetype(FONT, int(want["size"]))
    mask = Image.new("L", size, 0)
    x0, y0, x1, y1 = font.getbbox(sys.argv[1])
    ImageDraw.Draw(mask).text(((size[0] - x1 - x0) // 2, (size[1] - y1 - y0) // 2), sys.argv[1], fill=255, font=font)
    mask = mask.rotate(float(want["turn"]), resample=Image.BICUBIC)
    image = Image.new("RGB", size, level(want["paper"]))
    if want["half"]:
        image.paste(level(want["half"]), (size[0] // 2, 0, size[0], size[1]))
    image.paste(level(want["ink"]), mask=mask)
    if all(min(p) == max(p) for _, p in image.getcolors(1 << 24)):
        image = image.convert("L")
    for n in range(int(want["frames"])):
        image.putpixel((n % size[0], size[1] - 4), image.getpixel((n % size[0], size[1] - 1)))
        image.putpixel(((n + 1) % size[0], size[1] - 4), level(want["ink"])[:len(image.getbands())])
        magic = "P5" if image.mode == "L" else "P6"
        sys.stdout.buffer.write(("%s\n%d %d\n255\n" % (magic, *size)).encode() + image.tobytes())


if __name__ == "__main__":
    main()
