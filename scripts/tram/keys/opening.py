"""Opening a fleet's key: where it is, who may read it, and its passphrase. None of it is ever in the command line."""

import os
import stat
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.tram import exits, out
from scripts.tram.home import home
from scripts.tram.keys.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.provisioning.key import FleetKey

LEAST_CHARACTERS = 12
DRAWN_WORDS = 7
"""70 bits."""
_TRIES = 3
_MOST_BYTES = 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def default_key() -> Path:
    """Where the key is when nobody says: in the tool's folder."""
    return home() / "fleet.pem"


def public_beside(key: Path) -> Path:
    """Where the public half of a key is kept."""
    return key.with_suffix(".key")


def opened(file: Path, passphrase_file: Path | None = None) -> "FleetKey":
    """The key in a file. Trouble: key_not_there, key_open_to_others, key_wrong, passphrase_needed, passphrase_wrong."""
    from scripts.provisioning.key import FleetKey, Locked

    content = _content(file)
    given = passphrase_from(passphrase_file) if passphrase_file is not None else None
    for turn in range(_TRIES):
        try:
            return FleetKey.read(content, given)
        except Locked as locked:
            if locked.is_wrong and (passphrase_file is not None or turn == _TRIES - 1):
                break
            if locked.is_wrong:
                print(WORDS("passphrase_wrong", file=file), file=sys.stderr)
            given = asked(file)
        except ValueError:
            raise Trouble("key_wrong", exits.REFUSED, WORDS, file=str(file)) from None
    raise Trouble("passphrase_wrong", exits.NO_RIGHT, WORDS, file=str(file))


def _content(file: Path) -> bytes:
    try:
        with open(file, "rb") as key_file:
            mode = os.fstat(key_file.fileno()).st_mode
            content = key_file.read(64 * 1024)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Trouble("key_not_there", exits.REFUSED, WORDS, file=str(file)) from None
    # Windows has no such bits: there the folder of a user is closed to others.
    if os.name == "posix" and mode & _OTHERS and b"PRIVATE" in content:
        raise Trouble("key_open_to_others", exits.REFUSED, WORDS, file=str(file))
    return content


def asked(file: Path) -> bytes:
    """The passphrase of a key that is there. Trouble passphrase_needed: nobody can be asked."""
    return _hidden(WORDS("ask_passphrase", file=file), file)


def chosen(file: Path, passphrase_file: Path | None = None) -> bytes:
    """A passphrase for a new key. Trouble: passphrase_needed, passphrase_short, passphrase_differs."""
    if passphrase_file is not None:
        return _long_enough(passphrase_from(passphrase_file))
    first = _hidden(WORDS("ask_new", file=file, least=LEAST_CHARACTERS), file)
    if not first:
        from scripts.provisioning.backup import drawn_words

        words = drawn_words(DRAWN_WORDS)
        print(WORDS("drawn", words=words), file=sys.stderr)
        first = _bytes(words)
    _long_enough(first)
    if _hidden(WORDS("ask_again"), file) != first:
        raise Trouble("passphrase_differs", exits.USAGE, WORDS)
    return first


def passphrase_from(file: Path) -> bytes:
    """Its first line; `-` is standard input. Trouble passphrase_file."""
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.readline(_MOST_BYTES + 1)
        else:
            with open(file, "rb") as opened_file:
                data = opened_file.readline(_MOST_BYTES + 1)
    except IsADirectoryError:
        data = b""
    try:
        text = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > _MOST_BYTES:
        raise Trouble("passphrase_file", exits.REFUSED, WORDS, file=str(file))
    return _bytes(text)


def _hidden(question: str, file: Path) -> bytes:
    if out.is_json or not sys.stdin.isatty():
        raise Trouble("passphrase_needed", exits.USAGE, WORDS, file=str(file))
    import getpass

    return _bytes(getpass.getpass(question))


def _long_enough(passphrase: bytes) -> bytes:
    if len(passphrase.decode()) < LEAST_CHARACTERS:
        raise Trouble("passphrase_short", exits.REFUSED, WORDS, least=LEAST_CHARACTERS)
    return passphrase


def _bytes(text: str) -> bytes:
    """The same bytes on every system: some keyboards give a letter and its mark apart."""
    return unicodedata.normalize("NFC", text).encode()
