"""Text in the code of frames, for carriers.bats, planted and looked for by hand.

plant FILE PIECES BOT   puts comments into every frame, of which each then has
                        PIECES fragments; BOT is none, basic or extended
same A B               Pixel Data and its tables are equal, byte for byte
check A B AGAIN...      B is A with all that text zeros, but for frames AGAIN, which were
                        coded again; of these only the text must be gone
tail FILE FRAME         puts a text behind the end of the code of a frame
"""
import re
import struct
import sys
import warnings

import pydicom

warnings.simplefilter("ignore")
TEXT = b"JANE DOE 1970"


def segment(marker, body):
    return bytes([0xff, marker]) + struct.pack(">H", len(body) + 2) + body


def box(kind, body):
    return struct.pack(">I", len(body) + 8) + kind + body


def jpeg(code):
    """Text behind SOI and before the first scan; what decoders heed stays."""
    thumbnail = b"JFIF\0\1\2\0\0\1\0\1\1\1" + b"TXT"    # one pixel of RGB
    if code[2:4] == b"\xff\xe0":    # JFIF's comes first
        code = code[:2] + code[4 + struct.unpack(">H", code[4:6])[0]:]
    sos = code.index(b"\xff\xda")
    return (code[:2] + segment(0xe0, thumbnail) + segment(0xe1, b"Exif\0\0" + TEXT) +
            segment(0xed, b"Photoshop 3.0\0" + TEXT) + segment(0xee, b"Adobe\0\x64\0\0\0\0\0" + TEXT) +
            code[2:sos] + segment(0xfe, TEXT * 5) + code[sos:])


def jpegls(code):
    sos = code.index(b"\xff\xda")
    return code[:2] + segment(0xe8, b"\0\0\0\2" + TEXT) + code[2:sos] + segment(0xfe, TEXT) + code[sos:]


def j2k(code, wrapped):
    com = segment(0x64, b"\0\1" + TEXT)
    sot = code.index(b"\xff\x90\0\x0a")
    n = struct.unpack(">I", code[sot + 6:sot + 10])[0]
    code = (code[:sot] + com + code[sot:sot + 6] + struct.pack(">I", n and n + len(com)) +
            code[sot + 10:sot + 12] + com + code[sot + 12:])
    if not wrapped:
        return code
    siz = code.index(b"\xff\x51") + 4
    w, h = struct.unpack(">II", code[siz + 2:siz + 10])
    comps, depth = struct.unpack(">HB", code[siz + 34:siz + 37])
    header = (box(b"ihdr", struct.pack(">IIHBBBB", h, w, comps, depth, 7, 0, 0)) +
              box(b"colr", b"\1\0\0\0\0\0" + bytes([17 if comps == 1 else 16])) + box(b"lbl ", TEXT))
    return (box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + box(b"jp2h", header) +
            box(b"xml ", b"<name>" + TEXT + b"</name>") + box(b"jp2c", code.rstrip(b"\0")) +
            box(b"uuid", bytes(range(16)) + TEXT))


def fragments(data):
    """Of encapsulated data: the offset table, then each fragment."""
    at, out = 0, []
    while data[at:at + 4] == b"\xfe\xff\x00\xe0":
        n = struct.unpack("<I", data[at + 4:at + 8])[0]
        out.append(data[at + 8:at + 8 + n])
        at += 8 + n
    return out


def cut(code, pieces):
    code += b"\0" * (len(code) % 2)
    step = len(code) // pieces // 2 * 2
    return [code[i * step:(i + 1) * step if i < pieces - 1 else None] for i in range(pieces)]


def pack(ds, frames, bot):
    body, offsets, lengths = b"", [], []
    for pieces in frames:
        offsets.append(len(body))
        for p in pieces:
            body += b"\xfe\xff\x00\xe0" + struct.pack("<I", len(p)) + p
        lengths.append(len(body) - offsets[-1] - 8)
    n = len(frames)
    table = struct.pack("<%dI" % n, *offsets) if bot == "basic" else b""
    if bot == "extended":
        ds.add_new(0x7fe00001, "OV", struct.pack("<%dQ" % n, *offsets))
        ds.add_new(0x7fe00002, "OV", struct.pack("<%dQ" % n, *lengths))
    ds.PixelData = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(table)) + table + body


def codes(ds):
    """The code of each frame."""
    out = []
    for f in fragments(ds.PixelData)[1:]:
        if f[:3] == b"\xff\xd8\xff" or f[:4] in (b"\xff\x4f\xff\x51", b"\0\0\0\x0c"):
            out.append(b"")
        out[-1] += f
    assert len(out) == int(ds.NumberOfFrames)
    return out


def plant(path, pieces, bot):
    ds = pydicom.dcmread(path)
    syntax = str(ds.file_meta.TransferSyntaxUID)
    if syntax.startswith("1.2.840.10008.1.2.4.9"):
        new = [j2k(c, bot == "basic") for c in codes(ds)]
    elif syntax.startswith("1.2.840.10008.1.2.4.8"):
        new = [jpegls(c) for c in codes(ds)]
    else:
        new = [jpeg(c) for c in codes(ds)]
    pack(ds, [cut(c, int(pieces)) for c in new], bot)
    ds.save_as(path, write_like_original=False)


def tail(path, frame):
    ds = pydicom.dcmread(path)
    new = codes(ds)
    new[int(frame) - 1] += TEXT + b"!"
    pack(ds, [cut(c, 1) for c in new], "none")
    ds.save_as(path, write_like_original=False)


def blank(data):
    """What a reader of the plants above would make of it."""
    for body in (b"Exif\0\0" + TEXT, b"Photoshop 3.0\0" + TEXT, TEXT * 5, b"\0\0\0\2" + TEXT, b"\0\1" + TEXT,
                 b"<name>" + TEXT + b"</name>", bytes(range(16)) + TEXT, TEXT):
        data = data.replace(body, bytes(len(body)))
    data = re.sub(rb"\x00\x01Created by [ -~]*", lambda m: bytes(len(m[0])), data)    # GDCM's
    return data.replace(b"\1\1TXT", b"\1\1\0\0\0")


def check(a, b, *again):
    raw = open(b, "rb").read()
    a, b = pydicom.dcmread(a), pydicom.dcmread(b)
    assert TEXT not in raw and b"<name>" not in raw and b"Exif" not in raw, "the text is still there"
    again = {int(f) for f in again}
    if not again:
        want = fragments(a.PixelData)
        code = blank(b"".join(want[1:]))    # text may lie in two fragments
        have = fragments(b.PixelData)
        assert [len(f) for f in have] == [len(f) for f in want] and have[0] == want[0]
        assert b"".join(have[1:]) == code
        assert {e.tag for e in a if e.tag >> 16 == 0x7fe0} == {e.tag for e in b if e.tag >> 16 == 0x7fe0}
    for ds in a, b:    # where tables say, there a frame begins
        for table in fragments(ds.PixelData)[0], getattr(ds, "ExtendedOffsetTable", b""):
            if table:
                n = int(ds.NumberOfFrames)
                start = 8 + len(fragments(ds.PixelData)[0])
                for o in struct.unpack("<%d%s" % (n, "I" if len(table) == 4 * n else "Q"), table):
                    assert ds.PixelData[start + o:start + o + 4] == b"\xfe\xff\x00\xe0"
                    assert ds.PixelData[start + o + 8:start + o + 10] in (b"\xff\xd8", b"\xff\x4f", b"\0\0")
    for ds in a, b:    # GDCM does not join all fragments
        pack(ds, [[c] for c in codes(ds)], "none")
    pa, pb = a.pixel_array, b.pixel_array
    for i in range(int(a.NumberOfFrames)):
        assert i + 1 in again or (pa[i] == pb[i]).all(), "frame %d shows something else" % (i + 1)
        assert i + 1 not in again or (pa[i] != pb[i]).any(), "frame %d was not filled" % (i + 1)


def same(a, b):
    a, b = pydicom.dcmread(a), pydicom.dcmread(b)
    for tag in 0x7fe00001, 0x7fe00002, 0x7fe00010:
        assert (tag in a) == (tag in b) and (tag not in a or a[tag].value == b[tag].value)


if __name__ == "__main__":
    {"plant": plant, "check": check, "same": same, "tail": tail}[sys.argv[1]](*sys.argv[2:])
