# One update, from the offer to the switch. What is written when is said at the top of slots.py.
#
# 1. It is not below the floor, and no version that has gone back from its trial (an offer that is taken back forgives
#    that). The list matches the offer's hash, is signed by the fleet's key, is of the version that was offered, for
#    this kind of board, and there is room. Only then is anything in a slot touched.
# 2. Every refusal has a code: floor, went_back, manifest_too_long, manifest_<what is wrong with its form>, signature,
#    other_version, board, space; hash and pieces (download.py); withdrawn. Nothing that was refused runs.
# 3. What the idle slot or another one has already, with the right bytes, is not fetched.

import asyncio
from hashlib import sha256

from firmware.wire import manifest as manifests
from firmware.wire import rsa
from firmware.wire.errors import WireError
from firmware.wire.update import MANIFEST

from .digest import digest_of
from .download import Download
from .refused import Refused
from .slots import NEWS, SLOTS
from .space import blocks_of, free_blocks

SPARE_BLOCKS = 8
_BLOCK_BYTES = 4096
_COPY_BYTES = 512
_LINE_BYTES = 640  # no line but the last one is longer


class Updater:
    # `parts`: see work.py. `key`: the fleet's modulus. `on_state(state, done, total)`: in bytes.
    def __init__(self, parts, slots, key, offer, on_state):
        self._files = parts["files"]
        self._fs = self._files.fs
        self._board = parts["board"]
        self._slots = slots
        self._key = key
        self._offer = offer
        self._on_state = on_state
        self._state = "manifest"
        self._done = 0
        self._total = offer.length
        download = Download(parts, offer, self._on_taken)
        self._get, self._check_wanted = download.get, download.check_wanted
        self.on_piece, self.stop = download.on_piece, download.stop

    async def run(self):
        # Returns when the switch is made. Raises Refused, WireError never.
        self._check_offer()
        await self._check_history()
        await self._get_manifest()
        count = await self._check_manifest()
        self._state = "files"
        self._on_taken(0)
        self._slots.take_apart()
        await self._clean(count)
        await self._fill(count)
        self._check_wanted()
        self._slots.put_together()

    def _on_taken(self, taken):
        self._on_state(self._state, self._done + taken, self._total)

    # The offer and its manifest

    def _check_offer(self):
        offer, floor = self._offer, self._slots.floor
        if offer.version < floor:
            raise Refused("floor", str(floor))
        if offer.length > manifests.MAX_MANIFEST_BYTES:
            raise Refused("manifest_too_long", str(offer.length))

    async def _check_history(self):
        back = self._slots.state().get("back")
        if not back or back["version"] != self._offer.version or back["code"] in ("damaged", "not_whole"):
            return  # a flash that lost a file is no fault of the version
        # the same number on another list is another try
        if await digest_of(self._fs, "/" + back["slot"] + "/" + MANIFEST) in (None, self._offer.sha256):
            raise Refused("went_back", back["code"])

    async def _get_manifest(self):
        offer, theirs = self._offer, self._slots.path(MANIFEST)
        if await digest_of(self._fs, NEWS) == offer.sha256:
            return
        if await digest_of(self._fs, theirs) == offer.sha256:  # cut off just before the switch
            self._fs.rename(theirs, NEWS)
            return
        self._on_taken(0)
        await self._get(MANIFEST, NEWS, offer.length, offer.sha256)

    async def _check_manifest(self):
        # -> how many files it names. It is signed before it is believed.
        try:
            head, digest, signature = self._read_manifest()
        except WireError as bad:
            raise Refused("manifest_" + bad.code, bad.detail)
        await asyncio.sleep_ms(0)
        if not rsa.verify(self._key, digest, signature):
            raise Refused("signature")
        await asyncio.sleep_ms(0)
        if head.version != self._offer.version:
            raise Refused("other_version", str(head.version))
        if self._board not in head.boards:
            raise Refused("board", ",".join(head.boards))
        missing_blocks = self._missing_blocks(head.count)
        if missing_blocks > 0:
            raise Refused("space", str(missing_blocks * _BLOCK_BYTES))
        return head.count

    def _read_manifest(self):
        # Line by line: it may be larger than what is free in memory.
        signed_bytes = self._slots.length(NEWS) - manifests.SIGNATURE_LINE_BYTES
        file = self._fs.open(NEWS, "rb")
        try:
            line = file.readline(_LINE_BYTES)
            head = manifests.head(line)
            digest, paths = sha256(line), []
            for _ in range(head.count):
                line = file.readline(_LINE_BYTES)
                digest.update(line)
                paths.append(manifests.entry(line, paths[-1] if paths else "")[0])
            if file.tell() != signed_bytes:
                raise WireError("length", "not as many files as the first line says")
            manifests.check_folders(paths)
            return head, digest.digest(), manifests.signature(file.read())
        finally:
            file.close()

    def _entries(self, count):
        # (path, length, hash) of the manifest that has been checked. It is open only while a line is read.
        offset, path = 0, ""
        for number in range(count + 1):
            file = self._fs.open(NEWS, "rb")
            try:
                file.seek(offset)
                line = file.readline(_LINE_BYTES)
                offset = file.tell()
            finally:
                file.close()
            if number:
                entry = manifests.entry(line, path)
                path = entry[0]
                yield entry

    def _missing_blocks(self, count):
        slots = self._slots
        blocks = SPARE_BLOCKS - free_blocks(self._fs)
        for name in slots.names():
            blocks -= blocks_of(slots.length(slots.path(name)))
        self._total = 0
        for _, length, _ in self._entries(count):
            self._total += length
            blocks += blocks_of(length)
        return blocks

    # The idle slot

    async def _clean(self, count):
        # What is right stays.
        slots, wanted = self._slots, {}
        for path, length, digest in self._entries(count):
            wanted[path] = (length, digest)
        for path in slots.names():
            length, digest = wanted.get(path, (-1, ""))
            found = slots.path(path)
            if slots.length(found) != length or await digest_of(self._fs, found) != digest:
                self._files.remove(found)
            await asyncio.sleep_ms(0)
        slots.remove_empty_folders()

    async def _fill(self, count):
        slots = self._slots
        for path, length, digest in self._entries(count):
            self._check_wanted()
            target = slots.path(path)
            if slots.length(target) is None:
                slots.make_folders(path)
                if not await self._copied(path, target, length, digest):
                    await self._get(path, target, length, digest)
            self._done += length
            self._on_taken(0)

    async def _copied(self, path, target, length, digest):
        # -> whether a file of another slot was the same, and is now here too
        for slot in SLOTS + ("s",):
            source = "/" + slot + "/" + path
            if slot == self._slots.idle or self._slots.length(source) != length:
                continue
            if await digest_of(self._fs, source) == digest:
                await self._copy(source, target)
                return await digest_of(self._fs, target) == digest
        return False

    async def _copy(self, source, target):
        old, new = self._fs.open(source, "rb"), self._fs.open(target, "wb")
        try:
            chunk = old.read(_COPY_BYTES)
            while chunk:
                new.write(chunk)
                await asyncio.sleep_ms(0)
                chunk = old.read(_COPY_BYTES)
        finally:
            old.close()
            new.close()
