"""Signing what came as a file, after a person has seen what it is."""

from pathlib import Path

from scripts.provisioning import signing
from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.keys import opening
from scripts.tram.keys.words import WORDS
from scripts.tram.trouble import Trouble

_SHORT = 16


def sign_request(request: Path, file: Path | None, to: Path | None, passphrase_file: Path | None) -> None:
    """`tram keys sign`."""
    with open(request, "rb") as opened_file:
        content = opened_file.read(signing.MOST_BYTES + 1)
    items = _described(request, content)
    for number, (what, sentence) in enumerate(items, 1):
        line = WORDS("sign_item", number=number, what=sentence)
        out.event("item", line, number=number, kind=what.kind, **what.facts)
    if not out.confirm(WORDS("sign_ask", n=len(items))):
        raise Trouble("stopped", exits.CUT, WORDS)
    key = opening.opened(file or opening.default_key(), passphrase_file)
    target = to or request.with_suffix(".signed")
    try:
        write_whole(target, signing.answer(key, content))
    except signing.Bad as bad:
        raise refused(bad, request, content) from None
    facts = {"file": str(target), "items": len(items), "fleet": key.fingerprint}
    out.result(facts, WORDS("signed", n=len(items), file=target))


def _described(request: Path, content: bytes) -> list[tuple[signing.Wanted, str]]:
    try:
        _, items = signing.read_request(content)
        found = []
        for item in items:
            try:
                found.append((item.name, signing.described(item.data)))
            except signing.Bad:
                raise signing.Bad("unknown", item.name) from None
    except signing.Bad as bad:
        raise refused(bad, request, content) from None
    return [(what, _sentence(name, what)) for name, what in found]


def _sentence(name: str, what: signing.Wanted) -> str:
    facts = {**what.facts, "name": name}
    if what.kind == "code":
        facts["box"] = facts["box"] or WORDS("any_box")
    else:
        facts["boards"] = ", ".join(str(board) for board in what.facts["boards"])  # type: ignore[attr-defined]
        facts["name"] = what.facts["name"]
    return WORDS(f"sign_{what.kind}", **facts)


def refused(bad: signing.Bad, request: Path, content: bytes) -> Trouble:
    """What a person is told of a request that is not signed."""
    if bad.code == "unknown":
        return Trouble("request_unknown", exits.REFUSED, WORDS, file=str(request), name=bad.name)
    if bad.code == "other_fleet":
        fleet = signing.read_request(content)[0][:_SHORT]
        return Trouble("request_other_fleet", exits.REFUSED, WORDS, file=str(request), fleet=fleet)
    return Trouble("request_form", exits.REFUSED, WORDS, file=str(request))
