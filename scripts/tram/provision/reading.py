"""What a set-up code says, for who found one: never its password or token. And control codes, which say even less."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from firmware.gate import control
from firmware.wire import provisioning, rsa
from firmware.wire.errors import WireError
from scripts.provisioning import signing
from scripts.tram import exits, out
from scripts.tram.keys import opening
from scripts.tram.keys.making import public_half
from scripts.tram.provision import drawing
from scripts.tram.provision.making import not_over
from scripts.tram.provision.words import WORDS
from scripts.tram.trouble import Trouble

_MOST_BYTES = 64 * 1024 * 1024
_MOST_KEY_BYTES = 1024
_PDF = b"%PDF-"
_MOST_PAGES, _DPI, _MOST_DOTS = 50, 200, 6000


def read(source: Path, fleet_key: Path | None) -> None:
    """`tram provision read`. Trouble: code_none, code_forged, code_expired."""
    text = _found(source)
    try:
        said, signed, signature = provisioning.decode(text)
    except WireError:
        raise Trouble("code_none", exits.REFUSED, WORDS, file=str(source)) from None
    public = fleet_key or opening.public_beside(opening.default_key())
    is_signed = None
    if fleet_key is not None or public.exists():
        is_signed = rsa.verify(public_half(public), hashlib.sha256(signed).digest(), signature)
    facts = signing.code_facts(said)
    if is_signed is False:
        raise Trouble("code_forged", exits.REFUSED, WORDS, **facts)
    not_over(said)
    shown = {**facts, "box": facts["box"] or WORDS("any_box"), "wifi": ", ".join(n for n, _ in said.wifi) or "–"}
    lines = (WORDS("read", **shown), WORDS("read_signed") if is_signed else WORDS("read_unknown", file=public))
    out.result({**facts, "is_signed": is_signed}, *lines)


def _found(source: Path) -> bytes:
    """The code in a line of text, in a picture, or in a PDF, the first one there; b"" if there is none."""
    if str(source) == "-":
        data = sys.stdin.buffer.read(_MOST_BYTES)
    else:
        with open(source, "rb") as opened:
            data = opened.read(_MOST_BYTES)
    lines = [line.strip() for line in data.splitlines()[:100]]
    if text := next((line for line in lines if line.startswith(provisioning.PREFIX)), b""):
        return text
    import zxingcpp

    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = (code.bytes for picture in _pictures(data) for code in zxingcpp.read_barcodes(picture, formats=qr))
    return next((code for code in found if code.startswith(provisioning.PREFIX)), b"")


def _pictures(data: bytes) -> Iterator[Any]:
    """What there is to look at: a picture, or the first pages of a PDF."""
    import io

    from PIL import Image

    if not data.startswith(_PDF):
        with suppress(OSError, ValueError, Image.DecompressionBombError):
            yield Image.open(io.BytesIO(data)).convert("L")
        return
    import pypdfium2

    with suppress(pypdfium2.PdfiumError), pypdfium2.PdfDocument(data) as document:
        for number in range(min(len(document), _MOST_PAGES)):
            page = document[number]
            scale = min(_DPI / 72, _MOST_DOTS / max(page.get_size()))
            yield page.render(scale=scale).to_pil().convert("L")


def make_control(verb: str, key: Path, is_new: bool, file: Path | None) -> None:
    """`tram provision control`. Trouble: control_verb, control_key_wrong, control_key_exists."""
    drawing.checked(file)
    if verb not in control.VERBS:
        raise Trouble("control_verb", exits.USAGE, WORDS, verb=verb[:20])
    if is_new:
        _new_key(key)
    with open(key, "rb") as opened:
        digits = opened.read(_MOST_KEY_BYTES).decode("ascii", "replace").strip()
    try:
        text = str(control.make(digits, verb))
    except ValueError:
        raise Trouble("control_key_wrong", exits.REFUSED, WORDS, file=str(key)) from None
    if file is None and out.is_json:
        raise Trouble("out_needed", exits.USAGE, WORDS)
    if file is None:
        out.result({}, *(drawing.terminal(text) if drawing.has_screen() else [text]))
        return
    files = [file]
    if file.suffix.lower() == ".pdf":
        from scripts.tram.paper.saving import saved
        from scripts.tram.provision.sheet import card

        files = saved(card(text, verb), file, is_secret=True)
    else:
        drawing.save(text, file)
    names = [str(one) for one in files]
    out.result({"verb": verb, "files": names}, WORDS("control_saved", verb=verb, files=", ".join(names)))


def _new_key(key: Path) -> None:
    import os
    import secrets

    try:
        handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Trouble("control_key_exists", exits.REFUSED, WORDS, file=str(key)) from None
    with os.fdopen(handle, "wb") as made:
        made.write(secrets.token_hex(16).encode() + b"\n")
    out.event("control_key", WORDS("control_key_made", file=key), file=str(key))
