"""Where the release is, and whether it is from our fleet.

1. The folder is the one that --release names, else `release` in the tool's own folder.
2. Its signature is checked with the fleet's public key that this computer trusts: `fleet.key` in the tool's own folder.
   Where there is none yet, a person compares the key's digits and says yes, once.
3. A computer whose clock is before the day on which the release was made has no clock: what it would sign or write down
   would be wrong.
"""

import hashlib
import time
from pathlib import Path

from scripts.tram import exits, out
from scripts.tram.home import home, write_whole
from scripts.tram.release.release import MOST_BYTES, Release, ReleaseError, parse
from scripts.tram.release.words import WORDS
from scripts.tram.trouble import Trouble

FACTS, SIGNATURE, KEY = "release.json", "release.sig", "fleet.key"
_KEY_DIGITS = 512


def found(given: Path | None, now_s: float | None = None) -> tuple[Path, Release]:
    """-> the folder, and what its release.json says, signed by our fleet.

    Raises Trouble release_missing, release_broken, release_not_ours, release_signature, clock_wrong.
    """
    folder = given or home() / "release"
    try:
        data = _read(folder / FACTS, MOST_BYTES)
        signature = _read(folder / SIGNATURE, 4096)
    except FileNotFoundError as bad:
        raise Trouble("release_missing", exits.REFUSED, WORDS, folder=str(folder)) from bad
    try:
        release = parse(data)
    except ReleaseError as bad:
        raise Trouble("release_broken", exits.REFUSED, WORDS, file=FACTS, detail=bad.detail, why=bad.code) from bad
    _check_signature(data, signature, trusted_key(folder, release))
    now_s = time.time() if now_s is None else now_s
    if now_s < release.built_s:
        day = time.strftime("%Y-%m-%d", time.gmtime(now_s))
        raise Trouble("clock_wrong", exits.REFUSED, WORDS, day=day, least=_day(release.built_s))
    return folder, release


def trusted_key(folder: Path, release: Release) -> bytes:
    """The fleet's public half, 256 bytes. Raises Trouble release_not_ours, release_broken, not_trusted,
    trust_needs_a_person."""
    kept = home() / KEY
    if kept.exists():
        modulus = _modulus(kept)
        if hashlib.sha256(modulus).hexdigest() != release.fleet_key:
            ours = _short(hashlib.sha256(modulus).hexdigest())
            raise Trouble(
                "release_not_ours", exits.REFUSED, WORDS, ours=ours, theirs=_short(release.fleet_key), file=str(kept)
            )
        return modulus
    modulus = _modulus(folder / KEY)
    if hashlib.sha256(modulus).hexdigest() != release.fleet_key:
        raise Trouble("release_broken", exits.REFUSED, WORDS, file=KEY, detail="fleet_key", why="sha256")
    if out.is_sure:  # --yes agrees to what it saw coming, and not to a stranger's key
        raise Trouble("trust_needs_a_person", exits.REFUSED, WORDS, digits=_short(release.fleet_key), file=str(kept))
    if not out.confirm(WORDS("trust", digits=_short(release.fleet_key))):
        raise Trouble("not_trusted", exits.REFUSED, WORDS)
    write_whole(kept, modulus.hex().encode() + b"\n")
    return modulus


def _check_signature(data: bytes, signature: bytes, modulus: bytes) -> None:
    from firmware.wire import rsa

    try:
        given = bytes.fromhex(signature.decode("ascii"))
    except ValueError:
        given = b""
    if not rsa.verify(modulus, hashlib.sha256(data).digest(), given):
        raise Trouble("release_signature", exits.REFUSED, WORDS, file=FACTS)


def _modulus(file: Path) -> bytes:
    try:
        modulus = bytes.fromhex(_read(file, 4096).decode("ascii"))
    except FileNotFoundError as bad:
        raise Trouble("release_missing", exits.REFUSED, WORDS, folder=str(file)) from bad
    except ValueError:
        modulus = b""
    if len(modulus) * 2 != _KEY_DIGITS:
        raise Trouble("release_broken", exits.REFUSED, WORDS, file=str(file), detail="fleet.key", why="form")
    return modulus


def _read(file: Path, most: int) -> bytes:
    with file.open("rb") as source:
        return source.read(most + 1)


def _short(digest: str) -> str:
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def _day(at_s: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_s))
