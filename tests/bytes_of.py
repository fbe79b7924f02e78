"""The bytes of a DICOM file by PS3.5 and PS3.10, for the judge of pixels: top-level elements, fragments, offset tables.

Shares no code with unphi or with a library. A sequence is one value here: what is in it is compared as bytes.
"""
import struct
import zlib

# All others, and those to come, have lengths of 32 bits: PS3.5 7.1.2.
SHORT = set(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
ITEM, ITEM_END, SEQUENCE_END = 0xfffee000, 0xfffee00d, 0xfffee0dd
IMPLICIT, DEFLATED, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
GE = "1.2.840.113619.5.2"
UNDEFINED = 0xffffffff


class Bad(Exception):
    """These bytes are no DICOM file."""


class Walk:
    """A cursor over a data set in one encoding."""

    def __init__(self, data, at, implicit, big):
        self.data, self.at, self.implicit, self.order = data, at, implicit, ">" if big else "<"

    def take(self, form):
        size = struct.calcsize(form)
        if self.at + size > len(self.data):
            raise Bad("ends in an element at %d" % self.at)
        out = struct.unpack_from(self.order + form, self.data, self.at)
        self.at += size
        return out

    def head(self):
        """Tag, VR ("" if not written) and length of the next element."""
        group, element = self.take("HH")
        tag = group << 16 | element
        if group == 0xfffe or self.implicit:
            return tag, b"", self.take("I")[0]
        vr, = self.take("2s")
        if vr in SHORT or not (vr.isalpha() and vr.isupper()):    # what is no VR readers take for a short one
            return tag, vr, self.take("H")[0]
        self.take("H")
        return tag, vr, self.take("I")[0]

    def skip(self, vr, length):
        """Over a value; of undefined length: to the end of its delimiter."""
        if length != UNDEFINED:
            self.at += length
            if self.at > len(self.data):
                raise Bad("a value ends beyond the file")
            return
        saved = self.implicit
        if vr == b"UN":
            self.implicit = True    # PS3.5 6.2.2, note 2
        while True:
            tag, _, n = self.head()
            if tag == SEQUENCE_END:
                break
            if tag != ITEM:
                raise Bad("no item at %d" % self.at)
            if n != UNDEFINED:
                self.skip(b"", n)
                continue
            while True:
                tag, v, n = self.head()
                if tag == ITEM_END:
                    break
                self.skip(v, n)
        self.implicit = saved


class File:
    """elements: {tag: (vr, header bytes, value bytes)} in the order of the file, group 2 apart in meta."""

    def __init__(self, path):
        raw = open(path, "rb").read()
        if raw[128:132] != b"DICM":
            raise Bad("no DICM prefix")
        self.preamble = raw[:128]
        w = Walk(raw, 132, False, False)
        self.meta = {}
        while w.at < len(raw) and raw[w.at:w.at + 2] == b"\2\0":
            self._one(w, self.meta)
        self.syntax = self.text(0x00020010, self.meta)
        if self.syntax == DEFLATED:
            raw = zlib.decompressobj(-15).decompress(raw[w.at:])
            w = Walk(raw, 0, False, False)
        self.big = self.syntax == BIG
        w = Walk(raw, w.at, self.syntax in (IMPLICIT, GE), self.big)
        self.elements = {}
        while w.at < len(raw):
            self._one(w, self.elements)

    def save(self, path):
        body = b"".join(h + v for _, h, v in self.elements.values())
        if self.syntax == DEFLATED:
            z = zlib.compressobj(6, zlib.DEFLATED, -15)
            body = z.compress(body) + z.flush()
        with open(path, "wb") as f:
            f.write(self.preamble + b"DICM" + b"".join(h + v for _, h, v in self.meta.values()) + body)

    @staticmethod
    def _one(w, into):
        start = w.at
        tag, vr, n = w.head()
        value = w.at
        if tag in into:
            raise Bad("%08x twice" % tag)
        w.skip(vr, n)
        into[tag] = (vr, w.data[start:value], w.data[value:w.at])

    def text(self, tag, elements=None, default=""):
        e = (self.elements if elements is None else elements).get(tag)
        return e[2].rstrip(b"\0 ").decode("latin-1").strip() if e else default

    def number(self, tag, default=0):
        """A US, or the first value of an IS."""
        e = self.elements.get(tag)
        if e is None or e[2] == b"":
            return default
        if tag == 0x00280008:
            return int(self.text(tag))
        return struct.unpack(">H" if self.big else "<H", e[2][:2])[0]

    @property
    def encapsulated(self):
        e = self.elements.get(0x7fe00010)
        return e is not None and e[1][-4:] == b"\xff\xff\xff\xff"

    def fragments(self):
        """Basic offset table (list of offsets), [(offset, bytes)], offsets from the first fragment's item."""
        v = self.elements[0x7fe00010][2]
        at, items = 0, []
        while True:
            group, element, n = struct.unpack_from("<HHI", v, at)
            if group != 0xfffe or element not in (0xe000, 0xe0dd):
                raise Bad("no item among the fragments")
            if element == 0xe0dd:
                break
            if at + 8 + n > len(v) or n == UNDEFINED:
                raise Bad("a fragment is cut")
            items.append((at, v[at + 8:at + 8 + n]))
            at += 8 + n
        if at + 8 != len(v):
            raise Bad("bytes behind the fragments")
        table = items.pop(0)[1]
        base = 8 + len(table)
        return list(struct.unpack("<%dI" % (len(table) // 4), table)), [(o - base, b) for o, b in items]

    def extended(self):
        """Extended offset table and lengths, or (None, None)."""
        out = []
        for tag in (0x7fe00001, 0x7fe00002):
            e = self.elements.get(tag)
            out.append(None if e is None else list(struct.unpack("<%dQ" % (len(e[2]) // 8), e[2])))
        return tuple(out)

    def frames(self):
        """The fragments of each frame: by a table, else one each, else by what begins like the first."""
        n = self.number(0x00280008, 1)
        basic, parts = self.fragments()
        offsets = self.extended()[0] or basic
        if offsets and (len(offsets) != n or offsets[0] != 0 or not set(offsets) <= {o for o, _ in parts}):
            if len(parts) != n:
                raise Bad("an offset table that fits no fragments")
            offsets = []    # nor is it needed
        if not offsets:
            if len(parts) == n:
                offsets = [o for o, _ in parts]
            elif n == 1:
                offsets = [0]
            else:
                offsets = [o for o, b in parts if b[:3] == parts[0][1][:3]]
                if len(offsets) != n:
                    raise Bad("%d fragments for %d frames" % (len(parts), n))
        ends = offsets[1:] + [float("inf")]
        return [[b for o, b in parts if a <= o < z] for a, z in zip(offsets, ends)]


def table_faults(f):
    """What is wrong in the offset tables of F, which may be empty or absent."""
    n = f.number(0x00280008, 1)
    basic, parts = f.fragments()
    starts = {o: i for i, (o, _) in enumerate(parts)}
    extended, lengths = f.extended()
    out = []
    for name, t in (("basic", basic), ("extended", extended or [])):
        if t and (len(t) != n or t[0] != 0 or t != sorted(set(t)) or not set(t) <= set(starts)):
            out.append("%s offset table" % name)
    if (extended is None) != (lengths is None):
        out.append("an extended table without its partner")
    elif extended and not out:
        for i, (o, size) in enumerate(zip(extended, lengths)):
            last = starts[extended[i + 1]] if i + 1 < n else len(parts)
            have = sum(len(b) for _, b in parts[starts[o]:last])
            if not have - 1 <= size <= have:    # an odd length is stated, the fragment is even
                out.append("extended length of frame %d: %d for %d" % (i + 1, size, have))
        if len(lengths) != n:
            out.append("extended lengths: %d" % len(lengths))
    if any(len(b) % 2 for _, b in parts):
        out.append("an odd fragment")
    return out


def encapsulate(codes, pieces=1, table="basic"):
    """Pixel Data's value for CODES, each cut into PIECES; with the offsets and lengths of an extended table."""
    body, offsets, lengths = b"", [], []
    for c in codes:
        offsets.append(len(body))
        c, n = c + b"\0" * (len(c) % 2), len(c)
        size = -(-len(c) // pieces)
        size += size % 2
        lengths.append(n)
        for i in range(0, len(c), size):
            part = c[i:i + size]
            body += struct.pack("<HHI", 0xfffe, 0xe000, len(part)) + part
    basic = struct.pack("<%dI" % len(offsets), *offsets) if table == "basic" else b""
    value = struct.pack("<HHI", 0xfffe, 0xe000, len(basic)) + basic + body
    return value + struct.pack("<HHI", 0xfffe, 0xe0dd, 0), offsets, lengths
