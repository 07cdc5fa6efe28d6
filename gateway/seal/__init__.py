"""Seals what people showed to the server's key before it touches the disk, and knows a record again without it.

    harden()                                               # at the start: no core dumps, no swap where that can be had
    shelf = Shelf(runtime_folder())                        # keys in memory that survive a restart of the program
    sealer = Sealer(read_public_key(path), mode_of, DigestKeys(shelf, machine.mono_ms))
    sealer.scan(scan, raw, received_boot, received_mono_ms)   # -> `1 sealed …`, or `1 counted …`
    sealer.opaque(box_id, epoch, seq, raw), sealer.lost(raw), sealer.quarantine(payload)
    sealer.same(digest, raw)                               # digest = sealer.digest(raw), kept beside the row
    sealer.set_key(public_key); sealer.tend()

`mode_of(scan or None, received_boot, received_mono_ms)` says "identified" or "counts_only"; it is called on the thread
that calls the sealer. Everything here may be called from any thread. The gateway has no key that opens anything.
"""

from gateway.seal.digests import DIGEST_BYTES, DigestKeys
from gateway.seal.errors import SealError
from gateway.seal.memory import Hardened, harden, swaps_to_disk
from gateway.seal.public_key import key_id, parse_public_key, read_public_key
from gateway.seal.sealer import SUITE, Mode, ModeOf, Sealer, quarantine_info
from gateway.seal.shelf import Shelf, is_in_memory, runtime_folder

__all__ = [
    "DIGEST_BYTES",
    "SUITE",
    "DigestKeys",
    "Hardened",
    "Mode",
    "ModeOf",
    "SealError",
    "Sealer",
    "Shelf",
    "harden",
    "is_in_memory",
    "key_id",
    "parse_public_key",
    "quarantine_info",
    "read_public_key",
    "runtime_folder",
    "swaps_to_disk",
]
