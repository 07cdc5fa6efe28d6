"""Looking for somebody in every byte: in what a text may have become on its way into a file."""

import base64
import json
import sqlite3
import unicodedata


def shapes(text):
    """A text as UTF-8 (either way of writing marks, or escaped), UTF-16, hex of either case, base64 at each of the
    three places it may begin, and a number as the bytes of one."""
    plain = {unicodedata.normalize(form, text).encode() for form in ("NFC", "NFD")}
    found = {json.dumps(text)[1:-1].encode()}
    for data in plain | {text.encode("utf-16-le"), text.encode("utf-16-be")}:
        found |= {data, data.hex().encode(), data.hex().upper().encode()}
        for before in range(3):
            coded = base64.b64encode(bytes(before) + data)
            whole = coded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]  # what does not depend on neighbours
            found |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
    if text.isdigit():
        length = 6 if int(text) < 1 << 48 else 8
        found |= {int(text).to_bytes(length, order) for order in ("big", "little")}
    return {one for one in found if len(one) >= 6}


def files_under(*roots, without=()):
    """Every file: name -> bytes."""
    found = {}
    for root in roots:
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and not any(part in path.parts for part in without):
                found[str(path)] = path.read_bytes()
    return found


def seen(canaries, contents):
    """[(file, canary)] of everything that is found."""
    wanted = {one: shapes(one) for one in canaries}
    return [
        (name, one)
        for name, data in contents.items()
        for one, of in wanted.items()
        if any(shape in data for shape in of)
    ]


def dump(path, at):
    """What `sqlite3 FILE .dump` writes, into a file."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection, at.open("w", encoding="utf-8") as file:
        for line in connection.iterdump():
            file.write(line + "\n")
    return at
