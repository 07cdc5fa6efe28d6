"""Set-up codes from a wish to paper: signed here, or on the laptop that keeps the key."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from firmware.wire import provisioning
from scripts.provisioning import signing
from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.keys import opening
from scripts.tram.keys.making import public_half
from scripts.tram.provision import drawing, wishes
from scripts.tram.provision.wishes import Where, Wish
from scripts.tram.provision.words import WORDS
from scripts.tram.trouble import Trouble

MOST_PER_GATE = 50
_OWNER_ALONE = 0o600
_LOCAL = "%H:%M %d/%m/%Y"


class Signing(NamedTuple):
    """Who signs: a key here, or `request`, a file that goes to where the key is."""

    key: Path | None
    passphrase_file: Path | None
    request: Path | None
    fleet_key: Path | None


def make(
    at: Where, wanted: list[Wish], networks: list[list[str]], valid_s: int, by: Signing, file: Path | None
) -> None:
    """All codes that are wished for, into a file or onto the screen."""
    if not networks:
        out.event("no_wifi", WORDS("no_wifi"))
    bodies = wishes.bodies(at, wanted, networks, valid_s)
    titles = [wish.title for wish in wanted]
    if by.request is not None:
        _ask(bodies, wanted, by, bool(networks))
        return
    key = opening.opened(by.key or opening.default_key(), by.passphrase_file)
    deliver([provisioning.join(body, key.sign(body)).decode() for body in bodies], titles, file)


def _ask(bodies: list[bytes], wanted: list[Wish], by: Signing, has_wifi: bool) -> None:
    assert by.request is not None  # noqa: S101  (make has looked)
    modulus = public_half(by.fleet_key or opening.public_beside(opening.default_key()))
    names = [one.title or f"{one.place}/{one.gate}" for one in wanted]
    items = [signing.Item(name, body) for name, body in zip(names, bodies)]
    write_whole(by.request, signing.request(modulus, items), _OWNER_ALONE)
    answer = by.request.with_suffix(".signed").name
    facts = {"file": str(by.request), "name": by.request.name, "answer": answer}
    secret = [WORDS("request_secret")] if has_wifi else []
    out.result({"file": str(by.request), "items": len(items)}, WORDS("requested", n=len(items), **facts), *secret)


def finish(request: Path, answer: Path, fleet_key: Path | None, file: Path | None) -> None:
    """Codes from a request and its signatures. Trouble: answer_wrong, code_expired."""
    modulus = public_half(fleet_key or opening.public_beside(opening.default_key()))
    try:
        items = signing.read_request(_content(request))[1]
    except signing.Bad as bad:
        raise _wrong(request, bad.code) from None
    try:
        signer = signing.Answered(modulus, _content(answer))
        if any(signing.described(item.data).kind != "code" for item in items):
            raise signing.Bad("unknown")
        texts = [provisioning.join(item.data, signer.sign(item.data)).decode() for item in items]
    except signing.Bad as bad:
        raise _wrong(answer, bad.code) from None
    for text in texts:
        not_over(said_by(text))
    deliver(texts, [item.name for item in items], file)


def _content(file: Path) -> bytes:
    with open(file, "rb") as opened:
        return opened.read(signing.MOST_BYTES + 1)


def _wrong(file: Path, code: str) -> Trouble:
    return Trouble("answer_wrong", exits.REFUSED, WORDS, file=str(file), why=WORDS(f"bad_{code}"))


def said_by(text: str) -> provisioning.Provisioning:
    """What a code says. WireError."""
    return provisioning.decode(text.encode())[0]


def not_over(said: provisioning.Provisioning, now_ms: int | None = None) -> None:
    """Trouble code_expired."""
    if said.expires_ms < (int(time.time() * 1000) if now_ms is None else now_ms):
        raise Trouble("code_expired", exits.REFUSED, WORDS, expires=signing.utc(said.expires_ms))


def deliver(texts: Sequence[str], titles: Sequence[str], file: Path | None) -> None:
    """To paper, to a picture, or where there is no file: to the screen, or as text to whoever reads the output."""
    facts = [signing.code_facts(said_by(text)) for text in texts]
    if file is None and out.is_json:
        raise Trouble("out_needed", exits.USAGE, WORDS)
    modules = max(drawing.symbol(text).symbol_size(border=0)[0] for text in texts)
    if modules > drawing.MOST_MODULES:
        out.event("dense", WORDS("dense", modules=modules), modules=modules)
    if file is None and not drawing.has_screen():
        out.result({}, *texts)
        return
    if file is None and len(texts) == 1:
        file = _show(texts[0], facts[0])
        if file is None:
            return
    files = _save(texts, titles, file or Path("setup-codes.pdf"))
    names = ", ".join(str(one) for one in files)
    line = WORDS("saved", files=names)
    if len(texts) > 1:
        line = WORDS("sheet_saved", n=len(texts), files=names)
    more = [WORDS("how_large")] if files[0].suffix.lower() in (".png", ".svg") else []
    out.result({"codes": facts, "files": [str(one) for one in files]}, line, *more, _keep_secret(texts))


def _show(text: str, facts: dict[str, object]) -> Path | None:
    """On the screen. -> where it goes instead, if there is no room."""
    columns, lines, have_columns, have_lines = drawing.room(text)
    into = Path(f"setup-{facts['place']}-{facts['gate']}.png")
    if not drawing.has_blocks():
        out.event("terminal_plain", WORDS("terminal_plain"))
        return into
    if columns > have_columns or lines > have_lines:
        said = {"columns": columns, "lines": lines, "have_columns": have_columns, "have_lines": have_lines}
        out.event("terminal_small", WORDS("terminal_small", **said), **said)
        return into
    line = WORDS("shown", place=facts["place"], gate=facts["gate"], box=_box(facts), expires=facts["expires"])
    out.result({}, *drawing.terminal(text), line, WORDS("how_far"), _keep_secret([text]))
    return None


def _keep_secret(texts: Sequence[str]) -> str:
    return WORDS("secret" if any(said_by(text).wifi for text in texts) else "secret_once")


def _box(facts: dict[str, object]) -> object:
    return facts["box"] or WORDS("any_box")


def _save(texts: Sequence[str], titles: Sequence[str], file: Path) -> list[Path]:
    if file.suffix.lower() != ".pdf":
        return drawing.save_all(texts, file)
    from scripts.tram.paper.saving import saved
    from scripts.tram.provision.sheet import Page, drawn

    pages = []
    for text, title in zip(texts, titles):
        said = said_by(text)
        expires = time.strftime(_LOCAL, time.localtime(said.expires_ms / 1000))
        wifi = [ssid for ssid, _ in said.wifi]
        pages.append(Page(text, title, said.place, said.gate, said.direction, said.box, said.gateway, wifi, expires))
    return saved(drawn(pages), file, is_secret=True)


def listed(at: Where, file: Path) -> list[Wish]:
    """The wishes in a CSV file: a row each, `count` of them. Trouble: csv_wrong, csv_row."""
    from scripts.tram.paper.rows import MOST_ROWS, BadList, rows_of

    try:
        rows = rows_of(file, "gate")
    except BadList as bad:
        why = WORDS(f"csv_{bad.code}", column=bad.column, most=MOST_ROWS)
        raise Trouble("csv_wrong", exits.REFUSED, WORDS, file=str(file), why=why) from None
    found: list[Wish] = []
    for number, row in enumerate(rows, 1):
        direction = row.get("direction") or "in"
        place, box, title = row.get("place") or None, row.get("box"), row.get("title", "")
        try:
            one = wishes.wish(at, row["gate"], place, direction, box, title)
            found += [one] * _count(file, row, one)
        except Trouble as bad:
            why = str(bad.facts.get("why") or bad.sentence).rstrip(".")
            raise Trouble(
                "csv_row", bad.exit_code, WORDS, file=str(file), row=number, gate=row["gate"][:40], why=why
            ) from None
    if len(found) > MOST_ROWS:
        raise Trouble("csv_wrong", exits.REFUSED, WORDS, file=str(file), why=WORDS("csv_long", most=MOST_ROWS))
    return found


def _count(file: Path, row: dict[str, str], one: Wish) -> int:
    text = row.get("count") or "1"
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    why = ""
    if not 1 <= count <= MOST_PER_GATE:
        why = WORDS("csv_count", text=text[:20], most=MOST_PER_GATE)
    elif one.box and count > 1:
        why = WORDS("csv_box_count", box=one.box)
    if why:
        raise Trouble("csv_wrong", exits.REFUSED, WORDS, file=str(file), why=why)
    return count
