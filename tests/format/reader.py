"""A second reader of Holdfast repositories in directories, written from docs/format.md and nothing
else. It restores one point of one database, and refuses what does not prove itself.

usage: reader.py REPOSITORY DATABASE POINT OUT [--passphrase TEXT] [--keyfile FILE]
"""
import argparse
import hashlib
import json
import pathlib
import re
import struct

import nacl.bindings as sodium
import nacl.pwhash.argon2id as argon2id
from nacl.exceptions import CryptoError
import zstandard

SLOT, ABOUT, SEGMENT = 1, 2, 16
REPOSITORY_ID, KEY_ID, NONCE, DATABASE_ID, NAME = 1, 2, 3, 4, 6
SLOT_KIND, ARGON_SALT, ARGON_PASSES, ARGON_MEMORY = 16, 17, 18, 19
LEVEL, FROM, TO, EPOCH, TIME, PART, SALT, WRAPS, CIPHER, COMPRESSION = range(32, 42)
PAGE_SIZE, PAGE_COUNT, PAGE_MIN, LOCK_BYTE_PAGE = 64, 65, 66, 67
STATE_BEFORE, STATE_AFTER, PARTS, PAGES_STORED, SECRET = 70, 71, 75, 76, 96
M64 = 2**64 - 1


class Damaged(Exception):
    """What is there is not what docs/format.md says."""


def require(condition, what):
    if not condition:
        raise Damaged(what)


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def derive(key, label, context=b""):
    return hashlib.blake2b(bytes([len(label)]) + label + context, digest_size=32, key=key).digest()


def unseal(key, nonce, extra, sealed):
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, extra, nonce, key)


def unseal_numbered(key, number, sealed):
    raw = struct.pack("<Q", number)
    return unseal(key, raw + bytes(16), raw, sealed)


def parse_fields(data):
    fields, at = {}, 0
    while at < len(data):
        tag, length = struct.unpack_from("<HI", data, at)
        require(at + 6 + length <= len(data), "a field is longer than what holds it")
        fields.setdefault(tag, []).append(data[at + 6:at + 6 + length])
        at += 6 + length
    return fields


def number(fields, tag):
    return int.from_bytes(fields[tag][0], "little")


def parse_header(data, kind):
    """Fields of the header, and the header's bytes."""
    magic, found, version, length, required, _ = struct.unpack_from("<8sHHIII", data)
    require(magic == b"HOLDFAST" and found == kind, "not an object of this kind")
    require(version == 1 and not required, "a newer format")
    require(24 <= length <= len(data), "header of impossible length")
    return parse_fields(data[24:length]), data[:length]


def mix(x):
    x ^= x >> 30
    x = x * 0xbf58476d1ce4e5b9 & M64
    x ^= x >> 27
    x = x * 0x94d049bb133111eb & M64
    return x ^ x >> 31


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at


# ---- XXH3-64 with a secret: no binding of it for Python takes one. Pages are longer than 240
# bytes, so that only the long-input branch of the specification is here.

PRIME32_1, PRIME32_2, PRIME32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
PRIME64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
           0x27D4EB2F165667C5)
M32 = 2**32 - 1


def _accumulate(acc, data, at, secret, offset):
    values = struct.unpack_from("<8Q", data, at)
    keys = struct.unpack_from("<8Q", secret, offset)
    for i in range(8):
        keyed = values[i] ^ keys[i]
        acc[i ^ 1] = acc[i ^ 1] + values[i] & M64
        acc[i] = acc[i] + (keyed & M32) * (keyed >> 32) & M64


def _fold(a, b):
    product = a * b
    return (product & M64) ^ product >> 64


def xxh3_64_with_secret(data, secret):
    require(len(data) > 240, "only pages have fingerprints")
    acc = [PRIME32_3, PRIME64[0], PRIME64[1], PRIME64[2], PRIME64[3], PRIME32_2, PRIME64[4],
           PRIME32_1]
    stripes = (len(secret) - 64) // 8
    blocks = (len(data) - 1) // (64 * stripes)
    for block in range(blocks):
        for stripe in range(stripes):
            _accumulate(acc, data, (block * stripes + stripe) * 64, secret, 8 * stripe)
        keys = struct.unpack_from("<8Q", secret, len(secret) - 64)
        for i in range(8):
            acc[i] = (acc[i] ^ acc[i] >> 47 ^ keys[i]) * PRIME32_1 & M64
    done = blocks * stripes * 64
    for stripe in range((len(data) - 1 - done) // 64):
        _accumulate(acc, data, done + stripe * 64, secret, 8 * stripe)
    _accumulate(acc, data, len(data) - 64, secret, len(secret) - 64 - 7)
    keys = struct.unpack_from("<8Q", secret, 11)
    result = len(data) * PRIME64[0] & M64
    for i in range(0, 8, 2):
        result = result + _fold(acc[i] ^ keys[i], acc[i + 1] ^ keys[i + 1]) & M64
    result ^= result >> 37
    result = result * 0x165667919E3779F9 & M64
    return result ^ result >> 32


class Repository:
    def __init__(self, folder, passphrase=None, keyfile=None):
        self.folder = pathlib.Path(folder)
        text = (self.folder / "holdfast.json").read_bytes()
        found = re.fullmatch(rb'(.*),\n  "blake2b-256": "([0-9a-f]{64})"\n}\n', text, re.DOTALL)
        require(found and digest(found[1]).hex() == found[2].decode(), "holdfast.json is damaged")
        head = json.loads(text)
        require(head["format"] == 1 and not head["required_features"], "a newer format")
        self.id, self.key_id = bytes.fromhex(head["id"]), bytes.fromhex(head["key_id"])
        self.master = self._unlock(passphrase, keyfile)

    def load(self, name):
        data = (self.folder / name).read_bytes()
        require(len(data) > 32 and digest(data[:-32]) == data[-32:], f"{name} is damaged")
        return data[:-32]

    def _unlock(self, passphrase, keyfile):
        for path in sorted((self.folder / "keys").iterdir()):
            data = self.load(f"keys/{path.name}")
            fields, header = parse_header(data, SLOT)
            kind = number(fields, SLOT_KIND)
            if fields[REPOSITORY_ID][0] != self.id:
                continue
            if kind == 1:
                key = derive(bytes(32), b"holdfast plain slot")
            elif kind == 2 and passphrase is not None:
                passes, memory = number(fields, ARGON_PASSES), number(fields, ARGON_MEMORY)
                require(passes <= 16 and memory <= 2**30, "absurd Argon2id parameters")
                key = argon2id.kdf(32, passphrase.encode(), fields[ARGON_SALT][0],
                                   opslimit=passes, memlimit=memory)
            elif kind == 3 and keyfile is not None:
                key = derive(bytes(32), b"keyfile", keyfile)
            else:
                continue
            try:
                master = unseal(key, fields[NONCE][0], header, data[len(header):])
            except CryptoError:
                continue
            key_id = derive(master, b"holdfast key id")[:16]
            require(key_id == fields[KEY_ID][0], "a slot of another key")
            if key_id == self.key_id:
                return master
        raise Damaged("no key slot opens with what was given")

    def record(self, name, kind):
        data = self.load(name)
        fields, header = parse_header(data, kind)
        key = derive(self.master, b"holdfast record", struct.pack("<H", kind) + self.id)
        return parse_fields(unseal(key, fields[NONCE][0], header + name.encode(),
                                   data[len(header):]))


class SegmentObject:
    """One object of a segment: header, index, and frames when they are asked for."""

    def __init__(self, database, name):
        self.data = database.repository.load(f"{database.prefix}/segments/{name}")
        fields, header = parse_header(self.data, SEGMENT)
        made = "%d/%016x-%016x.%08x.%013d" % tuple(
            number(fields, tag) for tag in (LEVEL, FROM, TO, EPOCH, TIME))
        if number(fields, PART):
            made += ".p%d" % number(fields, PART)
        require(made == name, f"{name} says that it is {made}")
        require(fields[DATABASE_ID][0] == database.id, "a segment of another database")
        require(number(fields, CIPHER) == 1 and number(fields, COMPRESSION) == 1 and
                fields[WRAPS][0][0] == 1, "sealed in a way that is not known")
        require(len(fields[SALT][0]) == 32, "salt")
        own = derive(database.repository.master, b"holdfast segment", header)
        self.keys = {use: derive(own, use)
                     for use in (b"frames", b"index", b"root", b"trailer", b"dictionary")}
        # The footer's digest is the object's, which load() has proven and cut off.
        footer = self.data[-64:]
        (magic, self.dictionary_at, self.dictionary_length, zero, self.index_at, self.root_at,
         self.root_length, self.trailer_length, length, nothing) = struct.unpack(
             "<8sQIIQQIIQQ", footer)
        require(magic == b"HFSEGEND" and length == len(self.data) + 32 and not zero and
                not nothing, "footer")
        self.dictionary = self._read_dictionary()

    def piece(self, use, at, length, sequence=0):
        return unseal_numbered(self.keys[use], sequence, self.data[at:at + length])

    def _read_dictionary(self):
        if not self.dictionary_length:
            return None
        plain = self.piece(b"dictionary", self.dictionary_at, self.dictionary_length)
        length = int.from_bytes(plain[:4], "little")
        require(length <= 2**20, "dictionary of impossible length")
        raw = zstandard.ZstdDecompressor().decompress(plain[4:], max_output_size=length)
        require(len(raw) == length, "dictionary")
        return zstandard.ZstdCompressionDict(raw)

    def trailer(self):
        return parse_fields(self.piece(b"trailer", self.root_at + self.root_length,
                                       self.trailer_length))

    def blocks(self):
        """Of each index block: its frames as (number, place, sealed length, pages, fingerprints)."""
        root = self.piece(b"root", self.root_at, self.root_length)
        self.page_size, count, entries = struct.unpack_from("<IIQ", root)
        require(len(root) == 16 + 28 * count, "index root")
        at, frame, seen = self.index_at, 0, 0
        for i in range(count):
            first, last, pages, frames, place, length = struct.unpack_from("<IIIIQI", root,
                                                                           16 + 28 * i)
            block = self.piece(b"index", at, length, i)
            yield self._frames(block, first, last, pages, frames, place, frame)
            at, frame, seen = at + length, frame + frames, seen + pages
        require(at == self.root_at and seen == entries, "index")

    @staticmethod
    def _frames(block, first, last, count, frames, place, number_of_first):
        require(struct.unpack_from("<II", block) == (count, frames) and count <= 1024, "block")
        at = 8 + 6 * frames
        fingerprints = struct.unpack_from(f"<{count}Q", block, at)
        at += 8 * count
        pages, page = [], first
        while len(pages) < count:
            gap, at = varint(block, at)
            run, at = varint(block, at)
            page += gap
            pages.extend(range(page, page + run))
            page += run
        require(at == len(block) and len(pages) == count and pages[-1] == last, "runs")
        result, entry = [], 0
        for i in range(frames):
            length, held = struct.unpack_from("<IH", block, 8 + 6 * i)
            result.append((number_of_first + i, place, length, pages[entry:entry + held],
                           fingerprints[entry:entry + held]))
            place, entry = place + length, entry + held
        require(entry == count, "frames")
        return result

    def images(self, frame, place, length, count):
        plain = self.piece(b"frames", place, length, frame)
        size = count * self.page_size
        reader = zstandard.ZstdDecompressor(dict_data=self.dictionary) if self.dictionary \
            else zstandard.ZstdDecompressor()
        images = reader.decompress(plain, max_output_size=size)
        require(len(images) == size, "frame")
        return [images[i:i + self.page_size] for i in range(0, size, self.page_size)]


class Segment:
    """A segment with its parts, closing part last."""

    def __init__(self, database, name):
        closing = SegmentObject(database, name)
        self.trailer = closing.trailer()
        self.objects = []
        parts = self.trailer[PARTS][0]
        for i in range(0, len(parts), 44):
            part, length, expected = struct.unpack_from("<IQ32s", parts, i)
            piece = SegmentObject(database, f"{name}.p{part}")
            require(len(piece.data) + 32 == length and digest(piece.data) == expected,
                    "not the part that the segment was closed with")
            self.objects.append(piece)
        self.objects.append(closing)


class Database:
    def __init__(self, repository, name):
        self.repository = repository
        self.id = derive(repository.master, b"holdfast database id", name.encode())[:16]
        self.prefix = f"databases/{self.id.hex()}"
        newest = max(path.name for path in (repository.folder / self.prefix / "about").iterdir())
        about = repository.record(f"{self.prefix}/about/{newest}", ABOUT)
        require(about[NAME][0].decode() == name, "the name in 'about'")
        self.secret = about[SECRET][0]

    def _segments(self):
        pattern = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.([0-9a-f]{8})\.(\d{13,})")
        found = []
        for level in (self.repository.folder / self.prefix / "segments").iterdir():
            for path in level.iterdir():
                match = pattern.fullmatch(path.name)
                if match:
                    begin, end, epoch = (int(match[i], 16) for i in (1, 2, 3))
                    found.append((int(level.name), begin, end, epoch, f"{level.name}/{path.name}"))
        return [one for one in found if one[0] or not any(
            other[0] == 0 and other[3] > one[3] and other[2] <= one[2] for other in found)]

    def plan(self, point):
        """Names of the shortest chain, newest first (breadth first)."""
        segments = self._segments()
        chains = [[one] for one in segments if one[2] == point]
        while chains:
            longer = []
            for chain in chains:
                begin, end = chain[-1][1:3]
                if begin == 1:
                    return [(one[1], one[2], one[4]) for one in chain]
                longer += [chain + [one] for one in segments if begin - 1 <= one[2] <= end - 1]
            chains = longer
        raise Damaged(f"there is no restore point {point}")

    def restore(self, point, out):
        plan = self.plan(point)
        newest = Segment(self, plan[0][2])
        size, count = number(newest.trailer, PAGE_SIZE), number(newest.trailer, PAGE_COUNT)
        lock = number(newest.trailer, LOCK_BYTE_PAGE)
        limit, placed, state, before = count, set(), 0, None
        with open(out, "xb") as file:
            file.truncate(size * count)
            for step, (begin, _, name) in enumerate(plan):
                segment = Segment(self, name)
                trailer = segment.trailer
                require(before is None or number(trailer, STATE_AFTER) == before,
                        "segments do not fit together")
                exact = step + 1 < len(plan) and plan[step + 1][1] == begin - 1
                before = number(trailer, STATE_BEFORE) if exact else None
                require(number(trailer, PAGE_SIZE) == size, "page size")
                stored = 0
                for piece in segment.objects:
                    for block in piece.blocks():
                        for frame, place, length, pages, fingerprints in block:
                            stored += len(pages)
                            live = [p for p in pages if p <= limit and p not in placed]
                            if not live:
                                continue
                            images = piece.images(frame, place, length, len(pages))
                            for page, image, expected in zip(pages, images, fingerprints):
                                if page > limit or page in placed or page == lock:
                                    continue
                                require(xxh3_64_with_secret(image, self.secret) == expected,
                                        f"page {page}")
                                file.seek((page - 1) * size)
                                file.write(image)
                                placed.add(page)
                                state += self._term(page, expected)
                require(stored == number(trailer, PAGES_STORED), "pages stored")
                limit = min(limit, number(trailer, PAGE_MIN))
        zeros = xxh3_64_with_secret(bytes(size), self.secret)
        state += sum(self._term(page, zeros) for page in range(1, count + 1)
                     if page not in placed and page != lock)
        require(state & M64 == number(newest.trailer, STATE_AFTER), "the state's fingerprint")

    @staticmethod
    def _term(page, fingerprint):
        return mix(fingerprint + mix(page + 0x9e3779b97f4a7c15 & M64) & M64)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository")
    parser.add_argument("database")
    parser.add_argument("point", type=int)
    parser.add_argument("out")
    parser.add_argument("--passphrase")
    parser.add_argument("--keyfile", type=pathlib.Path)
    given = parser.parse_args()
    repository = Repository(given.repository, given.passphrase,
                            given.keyfile.read_bytes() if given.keyfile else None)
    Database(repository, given.database).restore(given.point, given.out)


if __name__ == "__main__":
    main()
