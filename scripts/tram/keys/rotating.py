"""`tram keys rotate`: another key for the fleet, and the document by which boxes follow it (firmware/wire/SPEC.md §12).

1. The old key must open before there is a new one. Nothing is written over, and a document that cannot be written
   leaves no new key behind.
2. Numbers rise with the time, and above that of the document that brought the old key, where it lies beside it: a box
   refuses a number that is not above the last one that it took.
3. It holds from a day before now, since clocks of laptops differ.
"""

import time
from pathlib import Path

from firmware.wire import succession
from firmware.wire.errors import WireError
from firmware.wire.fields import U32_MAX
from scripts.provisioning.key import FleetKey
from scripts.provisioning.succession import make_succession
from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.keys import opening
from scripts.tram.keys.making import made
from scripts.tram.keys.words import WORDS
from scripts.tram.trouble import Trouble

SUFFIX = ".succession"
_SHORT = 16
_DAY_S = 86_400


def rotate_key(
    file: Path | None, new: Path | None, days: int, passphrase_file: Path | None, new_passphrase_file: Path | None
) -> None:
    """Trouble rotate_same, key_exists, and those of opening a key."""
    old = file or opening.default_key()
    target = new or old.with_name(f"{old.stem}-2{old.suffix}")
    if target.resolve() == old.resolve():
        raise Trouble("rotate_same", exits.USAGE, WORDS, file=str(old))
    document, public = target.with_suffix(SUFFIX), opening.public_beside(target)
    if document.exists():
        raise Trouble("key_exists", exits.REFUSED, WORDS, file=str(document))
    before = opening.opened(old, passphrase_file)
    now_s = int(time.time())
    after = made(target, new_passphrase_file)
    try:
        serial = _write(document, before, after, _serial(now_s, old), now_s, days)
    except (OSError, WireError):
        target.unlink(missing_ok=True)
        public.unlink(missing_ok=True)
        raise
    facts = {"old": str(old), "new": str(target), "public": str(public), "succession": str(document)}
    fleets = {"old_fleet": before.fingerprint, "new_fleet": after.fingerprint}
    short = {name: value[:_SHORT] for name, value in fleets.items()}
    plan = WORDS("rotate_plan", **facts, **short, days=days)
    out.result({**facts, **fleets, "serial": serial, "days": days}, plan)


def _write(document: Path, before: FleetKey, after: FleetKey, serial: int, now_s: int, days: int) -> int:
    from_ms, until_ms = 1000 * max(1, now_s - _DAY_S), 1000 * (now_s + days * _DAY_S)
    write_whole(document, make_succession(before, after, serial, from_ms, until_ms))
    return serial


def _serial(now_s: int, old: Path) -> int:
    try:
        said, _ = succession.decode(old.with_suffix(SUFFIX).read_bytes())
    except (OSError, WireError):
        return min(now_s, U32_MAX)
    return max(min(now_s, U32_MAX), int(said.serial) + 1)
