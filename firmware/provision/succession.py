# Another key takes the place of the fleet's, and nobody visits the box: the old key has signed a document that names
# the new one (SPEC §12). What the old one signs counts for nothing from then on.
#
# 1. It is taken if it is for the key that this box trusts, signed by it, and the new key has signed it too: one that
#    nobody holds would shut the box for good. Its number is above that of the last one taken: what was replayed stays
#    refused even where a later one has brought an old key back. Its time counts as far as the box surely knows it.
# 2. Step by step: /fleet.next is the document, whole; /fleet.key is replaced by a rename, which is the change; then
#    /fleet.next is renamed to /fleet.last, which keeps the number. `finish` goes on from wherever the power was cut:
#    the box has the one key or the other at any moment, and never the new key without the number.
# 3. Told again, the last one taken changes nothing and is no error. Where the old key was flashed since, it is taken
#    again.
# 4. What is refused changes nothing: `key_form`, `key_replayed`, `key_other` (for another key than ours), `key_same`,
#    `key_signature`, `key_unproven` (the new key has not signed), `key_early`, `key_expired`.

import asyncio
from binascii import hexlify
from hashlib import sha256

KEY, NEXT, LAST = "/fleet.key", "/fleet.next", "/fleet.last"
NEEDED_SELDOM = ("provision.succession", "provision.check", "wire.succession", "wire.base64url", "wire.rsa")
_MARK_DIGITS = 16


def mark(files):
    # -> which key this box trusts: the first digits of its SHA-256; None: none
    modulus = _trusted(files)
    return hexlify(sha256(modulus).digest()).decode()[:_MARK_DIGITS] if modulus else None


async def take(files, data, utc):
    # `utc`: between which instants it is now, in ms, or None. -> None: this box trusts the new key; or why not
    from firmware.wire import rsa

    finish(files)
    said, signed = _read(data)
    if said is None:
        return "key_form"
    modulus, last = _trusted(files), files.read(LAST) or b""
    if data == last and said.new == modulus:
        return None
    before, _ = _read(last)
    if before and data != last and said.serial <= before.serial:
        return "key_replayed"
    if said.old != sha256(modulus).digest():
        return "key_other"
    if said.new == modulus:
        return "key_same"
    digest = sha256(signed).digest()
    for key, signature, code in ((modulus, said.by_old, "key_signature"), (said.new, said.by_new, "key_unproven")):
        if not rsa.verify(key, digest, signature):
            return code
        await asyncio.sleep(0)  # each takes its time
    if utc and utc[1] < said.from_ms:
        return "key_early"
    if utc and utc[0] > said.until_ms:
        return "key_expired"
    files.write(NEXT, data)
    finish(files)
    return None


def finish(files):
    # Steps 2 and 3 of what was taken, if a power cut has left them.
    if files.read_plain(NEXT) is None:
        return
    said, _ = _read(files.read(NEXT) or b"")
    modulus = _trusted(files)
    if said and sha256(modulus).digest() == said.old:
        files.write_plain(KEY, hexlify(said.new))
    elif not said or modulus != said.new:  # damaged, or of another fleet: what was flashed since counts
        files.remove(NEXT)
        return
    files.fs.rename(NEXT, LAST)


def _read(data):
    # -> (what it says, the bytes that are signed), or (None, b"")
    from firmware.wire import succession
    from firmware.wire.errors import WireError

    try:
        return succession.decode(data)
    except WireError:
        return None, b""


def _trusted(files):
    from .check import modulus_of

    return modulus_of(files.read_plain(KEY))
