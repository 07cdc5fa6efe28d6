"""The key's backup: written as a text and as sheets, and taken back from them."""

import datetime
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.provisioning import backup as backups
from scripts.provisioning.backup import Backup, Shares
from scripts.provisioning.key import FleetKey
from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.keys import opening
from scripts.tram.keys.making import kept
from scripts.tram.keys.words import WORDS
from scripts.tram.trouble import Trouble

NAME = "fleet-backup.txt"
_MOST_BYTES = 8192
_MOST_PICTURE_BYTES = 64 * 1024 * 1024


def back_up(key_file: Path | None, folder: Path, need: int, of: int, passphrase_file: Path | None) -> None:
    """`tram keys backup`: the text, and a PDF for each share. They are tried before anybody relies on them."""
    source = key_file or opening.default_key()
    if not 2 <= need <= of <= backups.MOST_SHARES:
        raise Trouble("numbers_wrong", exits.USAGE, WORDS, need=need, of=of)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Trouble("folder_used", exits.REFUSED, WORDS, file=str(folder))
    key = opening.opened(source, passphrase_file)
    backup, shares = backups.make(key, need, of, datetime.date.today().isoformat())
    for chosen in (shares[:need], shares[-need:]):
        if backups.opened(backups.read(backup.text()), chosen).modulus != key.modulus:
            raise ValueError("the backup does not open")
    from scripts.tram.keys.sheets import sheet

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = folder / NAME
    sheets = [folder / f"share-{number}-of-{of}.pdf" for number in range(1, of + 1)]
    try:
        for number, (file, share) in enumerate(zip(sheets, shares), 1):
            write_whole(file, sheet(backup, number, share).pdf(), 0o600)
        write_whole(text, backup.text().encode())
    except BaseException:
        for file in (text, *sheets):  # half of a backup is none, and its sheets are secrets
            file.unlink(missing_ok=True)
        raise
    facts = {"file": str(text), "fleet": key.fingerprint, "need": need, "of": of, "set": backup.set_number}
    names = ", ".join(one.name for one in sheets)
    said = WORDS("backed_up", file=text, of=of, need=need, sheets=names)
    out.result({**facts, "sheets": [str(one) for one in sheets]}, said, WORDS("backed_up.then", of=of, file=text))


def restore_key(
    saved: Path, to: Path | None, shares_file: Path | None, rehearse: bool, passphrase_file: Path | None
) -> None:
    """`tram keys restore`."""
    backup = _read(saved)
    target = to or opening.default_key()
    if not rehearse:
        for one in (target, opening.public_beside(target)):
            if one.exists():
                raise Trouble("key_exists", exits.REFUSED, WORDS, file=str(one))
    key = _opened(saved, backup, shares_file)
    facts = {"fleet": key.fingerprint, "set": backup.set_number, "made": backup.made}
    if rehearse:
        out.result({**facts, "file": None}, WORDS("rehearsed", fleet=key.fingerprint))
        return
    kept(key, target, opening.chosen(target, passphrase_file))
    out.result({**facts, "file": str(target)}, WORDS("restored", file=target, fleet=key.fingerprint))


def _read(saved: Path) -> Backup:
    """The backup in a text, or in a picture of a sheet. Trouble backup_form."""
    with open(saved, "rb") as opened_file:
        data = opened_file.read(_MOST_PICTURE_BYTES)
    try:
        if len(data) <= _MOST_BYTES and data.startswith(b"tram-key-backup"):
            return backups.read(data.decode())
        return backups.read(_in_picture(data))
    except ValueError:
        raise Trouble("backup_form", exits.REFUSED, WORDS, file=str(saved)) from None


def _in_picture(data: bytes) -> str:
    import io

    import zxingcpp
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(data)).convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        raise ValueError("no picture") from None
    found = [
        code.bytes
        for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]
    return next((code for code in found if code.startswith(b"tram-key-backup")), b"").decode("ascii", "replace")


def _opened(saved: Path, backup: Backup, shares_file: Path | None) -> FleetKey:
    shares = Shares(backup)
    for number, text in enumerate(_texts(shares_file, shares), 1):
        try:
            taken = shares.add(text)
            out.event("share", WORDS("share_taken", n=taken), number=taken, missing=shares.missing)
        except backups.Bad as bad:
            is_person = shares_file is None and sys.stdin.isatty() and not out.is_json
            why = _why(bad, backup, is_person)
            if not is_person:
                raise Trouble("share_refused", exits.REFUSED, WORDS, n=number, why=why) from None
            print(why, file=sys.stderr)
        if not shares.missing:
            break
    if shares.missing:
        facts = {"n": shares.missing, "need": backup.need, "set": backup.set_number}
        raise Trouble("shares_few", exits.REFUSED, WORDS, **facts)
    try:
        return shares.open()
    except backups.Bad:
        raise Trouble("backup_damaged", exits.REFUSED, WORDS, file=str(saved)) from None


def _why(bad: backups.Bad, backup: Backup, is_person: bool) -> str:
    """A word is shown again only to who has just typed it."""
    name = "word_hidden" if bad.code == "word" and not is_person else bad.code
    return WORDS(f"share_{name}", at=bad.at, text=bad.text, near=bad.near or "–", set=backup.set_number)


def _texts(file: Path | None, shares: Shares) -> Iterator[str]:
    """The shares as they are typed; hidden from nobody but the terminal's memory: they are on paper beside it."""
    if file is not None and str(file) != "-":
        with open(file, encoding="utf-8-sig", errors="replace") as lines:
            yield from (line for line in lines.read(1 << 20).splitlines() if line.strip())
        return
    is_person = file is None and sys.stdin.isatty() and not out.is_json
    while True:
        if is_person:
            print(WORDS("share_ask", n=shares.missing), end="", file=sys.stderr, flush=True)
        line = sys.stdin.buffer.readline(4096)  # bytes: a passphrase may stand behind the shares
        if not line:
            return
        if line.strip():
            yield line.decode("utf-8", "replace")
