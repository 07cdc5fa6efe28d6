"""Gateways that this laptop knows: added with an access code, listed, forgotten, looked for on the network."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from scripts.tram import exits, out
from scripts.tram.box.asking import hidden
from scripts.tram.box.words import SAY
from scripts.tram.gateways import Card, cards, forget, save
from scripts.tram.gateways.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.tram.gateways.network import Found

CODE_BEGINS = "tram1."
_MISSED = ("gateway_silent", "not_a_gateway")


def add(address: str | None) -> None:
    """Ask for the access code, find the gateway, speak with it, and only then write the card."""
    from scripts.tram.gateways.access import read
    from scripts.tram.gateways.client import Client, refreshed, url_of

    if address is not None and address.lower().startswith(CODE_BEGINS):
        raise Trouble("access_shown", exits.USAGE, SAY)
    if address is not None:
        url_of(address)  # a mistyped one is told before anybody pastes a secret
    code = read(hidden(SAY("ask_access")))
    if code is None:
        raise Trouble("access_wrong", exits.USAGE, SAY)
    urls = iter([url_of(address)]) if address is not None else _found(code.gateway)
    missed = Trouble("not_found", exits.NO_ANSWER, SAY, gateway=code.gateway)
    for url in urls:
        card = Card(gateway=code.gateway, ca=code.ca, url=url, token=code.token)
        try:
            facts = Client(card).facts()
        except Trouble as trouble:
            if trouble.code not in (*_MISSED, "gateway_other"):
                raise
            missed = trouble  # anybody may announce anything: the next one may be it
            continue
        card = refreshed(card, facts)
        save(card)
        shown = {"gateway": card.gateway, "url": card.url, "place": card.place, "ends": card.ends}
        out.result({"gateway": shown}, SAY("added", **shown))
        return
    raise missed


def _found(gateway: str) -> Iterator[str]:
    """Where somebody of that name announces itself: the first at once; the others, if that was not it."""
    from scripts.tram.gateways.network import on_the_network

    tried: set[str] = set()
    for wanted in (gateway, None):
        found: list[Found] = []
        with out.step("search", SAY("searching")), suppress(OSError):  # without any network nobody is found
            found = on_the_network(wanted=wanted)
        fresh = [one.url for one in found if one.gateway == gateway and one.url not in tried]
        tried.update(fresh)
        yield from fresh
        if not tried:
            return


def show() -> None:
    known = cards()
    facts = [
        {"gateway": one.gateway, "url": one.url, "place": one.place, "ends": one.ends, "ca": one.ca} for one in known
    ]
    lines = [f"{one.gateway}  {one.url}  {one.place}  {one.ends}".rstrip() for one in known]
    out.result({"gateways": facts}, *(lines or [SAY("none_known")]))


def remove(name: str) -> None:
    forget(name)
    out.result({"gateway": name}, SAY("removed", gateway=name))


def find(search_s: float) -> None:
    from scripts.tram.gateways.network import on_the_network

    known = {one.gateway: one for one in cards()}
    found: list[Found] = []
    with out.step("search", SAY("searching")), suppress(OSError):
        found = on_the_network(search_s)
    facts = [
        {
            "gateway": one.gateway,
            "url": one.url,
            "name": one.name,
            "ca": one.ca,
            "is_known": one.gateway in known,
        }
        for one in found
    ]
    lines = [f"{'✓' if one['is_known'] else '·'} {one['gateway'] or '?'}  {one['url']}  {one['name']}" for one in facts]
    out.result({"found": facts}, *(lines or [SAY("none_found")]))


def chosen(gateway: str | None) -> list[Card]:
    """The one that is named, or all. Trouble no_gateway where none is known."""
    from scripts.tram.gateways import card

    if gateway is not None:
        return [card(gateway)]
    known = cards()
    if not known:
        raise Trouble("no_gateway", exits.REFUSED, WORDS)
    return known


def of_box(box: str, gateway: str | None) -> Card:
    """The gateway that knows this box. Trouble box_nowhere, or that of the only gateway there is."""
    from scripts.tram.gateways.client import Client

    known = chosen(gateway)
    if len(known) == 1:
        return known[0]
    for card in known:
        try:
            Client(card).box(box)
        except Trouble as trouble:
            if trouble.code not in (*_MISSED, "no_box", "no_token", "no_right"):
                raise
        else:
            return card
    raise Trouble("box_nowhere", exits.REFUSED, SAY, box=box)
