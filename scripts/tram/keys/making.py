"""Making a key, saying which one it is, and trying it."""

import hashlib
from pathlib import Path

from scripts.provisioning import backup as backups
from scripts.provisioning.key import FleetKey, fingerprint_of, modulus_of
from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.keys import opening
from scripts.tram.keys.words import WORDS
from scripts.tram.trouble import Trouble

_PUBLIC_BYTES = 4096


def make_key(file: Path | None, passphrase_file: Path | None, no_passphrase: bool) -> None:
    """`tram keys make`."""
    target = file or opening.default_key()
    if no_passphrase and not out.confirm(WORDS("no_passphrase_ask")):
        raise Trouble("stopped", exits.CUT, WORDS)
    key = made(target, passphrase_file, no_passphrase)
    public = opening.public_beside(target)
    facts = {"file": str(target), "public": str(public), "fleet": key.fingerprint, "is_locked": not no_passphrase}
    lines = (WORDS("made", **facts), WORDS("made.then", file=target))
    out.result(facts, *lines)


def made(file: Path, passphrase_file: Path | None, no_passphrase: bool = False) -> FleetKey:
    """A new key in a new file, and its public half beside it. Nothing is written over."""
    public = opening.public_beside(file)
    for one in (file, public):
        if one.exists():
            raise Trouble("key_exists", exits.REFUSED, WORDS, file=str(one))
    passphrase = None if no_passphrase else opening.chosen(file, passphrase_file)
    key = FleetKey.make()
    kept(key, file, passphrase)
    return key


def kept(key: FleetKey, file: Path, passphrase: bytes | None) -> None:
    """Write a key and its public half into new files, and look whether they can be read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        key.save(file, passphrase)
    except FileExistsError:
        raise Trouble("key_exists", exits.REFUSED, WORDS, file=str(file)) from None
    try:
        if FleetKey.load(file, passphrase).modulus != key.modulus:
            raise OSError(f"{file} does not read back")
        write_whole(opening.public_beside(file), key.modulus.hex().encode() + b"\n")
    except OSError:
        file.unlink(missing_ok=True)  # a half-written key is none
        raise


def show_key(file: Path | None, public: Path | None, passphrase_file: Path | None) -> None:
    """`tram keys show`."""
    source = file or opening.default_key()
    modulus, kind, _ = _either(source, passphrase_file)
    facts: dict[str, object] = {"file": str(source), "fleet": fingerprint_of(modulus), "kind": kind}
    lines = [WORDS("shown", fleet=facts["fleet"], file=source, kind=WORDS(f"kind_{kind}"))]
    if public is not None:
        write_whole(public, modulus.hex().encode() + b"\n")
        facts["public"] = str(public)
        lines.append(WORDS("public_saved", file=public))
    out.result(facts, *lines)


def _either(source: Path, passphrase_file: Path | None) -> tuple[bytes, str, FleetKey | None]:
    """-> (the public half, which kind of file it is out of, the private key if it is one).

    A private key is opened: what lies beside it proves nothing.
    """
    try:
        with open(source, "rb") as opened_file:
            head = opened_file.read(_PUBLIC_BYTES)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Trouble("key_not_there", exits.REFUSED, WORDS, file=str(source)) from None
    if b"PRIVATE" not in head:
        return public_half(source), "public", None
    key = opening.opened(source, passphrase_file)
    return key.modulus, "locked" if b"ENCRYPTED" in head else "open", key


def public_half(file: Path) -> bytes:
    """The content of a fleet.key. Trouble: public_wrong, key_not_there."""
    try:
        with open(file, "rb") as opened_file:
            return modulus_of(opened_file.read(_PUBLIC_BYTES).decode())
    except FileNotFoundError:
        raise Trouble("key_not_there", exits.REFUSED, WORDS, file=str(file)) from None
    except ValueError:
        raise Trouble("public_wrong", exits.REFUSED, WORDS, file=str(file)) from None


def check_key(file: Path | None, public: Path | None, backup: Path | None, passphrase_file: Path | None) -> None:
    """`tram keys check`: exit code FOUND where something is not as it should be."""
    source = file or opening.default_key()
    modulus, kind, key = _either(source, passphrase_file)
    found: list[tuple[str, str, str]] = []  # key, level, sentence
    if key is not None:
        _signs_as_boxes_check(key)
        found.append(("check_opens", "ok", WORDS("check_opens")))
        if kind == "open":
            found.append(("check_open_file", "bad", WORDS("check_open_file")))
        found.append(_beside(public or opening.public_beside(source), modulus))
    elif public is not None:
        found.append(_beside(public, modulus))
    found.append(_backup_of(backup, modulus))
    is_well = all(level == "ok" for _, level, _ in found)
    marks = {"ok": "✓", "warn": "!", "bad": "✗"}
    findings = [{"key": name.removeprefix("check_"), "level": level, "text": text} for name, level, text in found]
    facts = {"file": str(source), "fleet": fingerprint_of(modulus), "is_well": is_well, "findings": findings}
    out.result(facts, *(f"{marks[level]} {text}" for _, level, text in found))
    if not is_well:
        import typer

        raise typer.Exit(exits.FOUND)


def _signs_as_boxes_check(key: FleetKey) -> None:
    from firmware.wire import rsa

    text = b"tram keys check"
    if not rsa.verify(key.modulus, hashlib.sha256(text).digest(), key.sign(text)):
        raise ValueError("the key does not sign as boxes check")


def _beside(public: Path, modulus: bytes) -> tuple[str, str, str]:
    if not public.exists():
        return "check_public_none", "warn", WORDS("check_public_none", file=public)
    name = "check_public_same" if public_half(public) == modulus else "check_public_other"
    return name, "ok" if name.endswith("same") else "bad", WORDS(name, file=public)


def _backup_of(file: Path | None, modulus: bytes) -> tuple[str, str, str]:
    if file is None:
        return "check_no_backup", "warn", WORDS("check_no_backup")
    try:
        said = backups.read(file.read_text(encoding="utf-8"))
    except ValueError:
        raise Trouble("backup_form", exits.REFUSED, WORDS, file=str(file)) from None
    if said.fleet != fingerprint_of(modulus):
        return "check_backup_other", "bad", WORDS("check_backup_other", file=file)
    facts = {"file": file, "need": said.need, "of": said.of, "made": said.made}
    return "check_backup_same", "ok", WORDS("check_backup_same", **facts)
