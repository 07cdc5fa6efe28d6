"""`python -m server box WORD`: boxes and where they hang, on a stopped server's store or of a running server."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

import msgspec

from server.cli.asking import Api, api, options
from server.cli.place import actor, is_remote, on_the_store, pages, said_instant_ms, show
from server.store.place_shelf import PlaceShelf
from server.web.place_forms import BoxView, SeatForm, SeatsForm, box_view, seats_of

Add = Callable[..., Any]
PAGE = 500


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "boxes and where they hang"
    inner = words.add_parser("box", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    where = options()
    add_word(inner, "list", _list, "every box that somebody speaks for or that has a seat", with_config, where)
    help_ = "where a box hangs; with PLACE: from --since on it hangs there"
    made = add_word(inner, "seat", _seat, help_, with_config, where)
    made.add_argument("box", metavar="BOX")
    made.add_argument("place", metavar="PLACE", nargs="?", help="`none`: where its gateway is")
    made.add_argument("--gate", default="", metavar="GATE")
    made.add_argument("--since", default="", metavar="DAY", help="2026-01-31 or 2026-01-31T08:00; not said: always")
    made.add_argument("--drop", action="store_true", help="take back the seat that began at --since")


def _list(asked: Namespace) -> None:
    if is_remote(asked):
        with api(asked) as server:
            show(pages(server, "/api/v1/seats", "boxes"))
        return

    async def work(places: PlaceShelf) -> Any:
        made: list[BoxView] = []
        while found := await places.box_page(made[-1].box_id if made else "", PAGE):
            made += [box_view(*one) for one in found]
        return made

    show(on_the_store(asked, work))


def _seat(asked: Namespace) -> None:
    if is_remote(asked):
        with api(asked) as server:
            show(_remote(server, asked))
        return

    async def work(places: PlaceShelf) -> Any:
        seen = await places.box_seats(asked.box)
        view = box_view(asked.box, seen)
        if not asked.place and not asked.drop:
            return view
        made = seats_of(asked.box, _changed(asked, [SeatForm(*one[1:]) for one in seen]))
        return box_view(asked.box, made, await places.put_box_seats(asked.box, made, seen, actor()))

    show(on_the_store(asked, work))


def _remote(server: Api, asked: Namespace) -> Any:
    path = f"/api/v1/boxes/{asked.box}/seat"
    found = server.get(path)
    if not asked.place and not asked.drop:
        return found
    seats = [SeatForm(one["since_ms"], one["place_id"], one["gate_id"]) for one in found["seats"]]
    form = msgspec.to_builtins(_changed(asked, seats))
    return server.ask("PUT", path, json=form, headers={"If-Match": f'"{found["version"]}"'})


def _changed(asked: Namespace, seats: list[SeatForm]) -> SeatsForm:
    since_ms = said_instant_ms(asked.since)
    kept = [one for one in seats if one.since_ms != since_ms]
    if not asked.drop:
        kept.append(SeatForm(since_ms, "" if asked.place == "none" else asked.place, asked.gate))
    return SeatsForm(sorted(kept, key=lambda one: one.since_ms))
