"""`python -m server place WORD`: the register of places, on a stopped server's store or of a running server.

With `--config FILE` it works on the store of a server that is stopped; with `--url` and `--token-file` it asks one that
runs. Answers are JSON on stdout.
"""

import asyncio
import getpass
import json
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server import app
from server.cli.asking import Api, SaidNo, api, options
from server.cli.settings import settings
from server.errors import Refused, Unusable
from server.places import sheet
from server.places.forms import instant_ms
from server.places.importing import Sheet, judged
from server.places.sentences import SENTENCES
from server.places.types import KINDS, MODES
from server.store.place_shelf import PlaceShelf
from server.store.shelf import Shelf
from server.web.place_forms import (
    PeriodForm,
    PlaceForm,
    PurposesForm,
    detail_view,
    finding_view,
    import_view,
    periods_of,
    place_of,
    place_view,
)

Add = Callable[..., Any]
T = TypeVar("T")
NOT_KEPT = 2
PAGE = 500
BASE = "/api/v1/places"


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "the register of places: what they are, for what scans are kept, what was found of them"
    inner = words.add_parser("place", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    where = options()

    def word(name: str, act: Callable[[Namespace], int | None], help_: str) -> ArgumentParser:
        made: ArgumentParser = add_word(inner, name, act, help_, with_config, where)
        return made

    made = word("add", _add, "register a place, or with --change change it")
    made.add_argument("place", metavar="PLACE", help="its id")
    _facts(made)
    word("show", _show, "one place and all that hangs on it").add_argument("place", metavar="PLACE")
    made = word("list", _list, "every place")
    made.add_argument("--area", default="", metavar="CODE")
    made.add_argument("--kind", default="", choices=["", *KINDS], metavar="KIND", help=", ".join(KINDS))
    made = word("import", _import, "take in a table (CSV): areas, places, gates, purposes, gateways, boxes")
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--table", default="", choices=["", *sheet.COLUMNS], metavar="TABLE")
    made.add_argument("--partial", action="store_true", help="keep the good rows where others are wrong")
    made.add_argument("--dry-run", action="store_true", help="judge it, and keep nothing")
    made = word("export", _export, "a table as a file that the import takes; without FILE: to stdout")
    made.add_argument("table", choices=list(sheet.COLUMNS), metavar="TABLE", help=", ".join(sheet.COLUMNS))
    made.add_argument("file", type=Path, metavar="FILE", nargs="?")
    made = word("purpose", _purpose, "for what scans are kept there; with --mode: one more period")
    made.add_argument("place", metavar="PLACE")
    made.add_argument("--mode", choices=MODES)
    made.add_argument("--since", default="", metavar="DAY", help="2026-01-31 or 2026-01-31T08:00, local time")
    made.add_argument("--until", default="", metavar="DAY")
    made.add_argument("--basis", default="", metavar="TEXT", help="the legal basis")
    made = word("findings", _findings, "boxes, gates and places that are not as expected")
    made.add_argument("--all", action="store_true", help="also what is gone or settled")
    made.add_argument("--settle", type=int, metavar="NUMBER", help="somebody has dealt with this one")
    made.add_argument("--look", action="store_true", help="learn and judge anew first (server stopped)")


def on_the_store(asked: Namespace, work: Callable[[PlaceShelf], Awaitable[T]]) -> T:
    """Work on a stopped server's store. Raises `Unusable` while a server runs on it."""
    return on_the_shelf(asked, lambda shelf: work(shelf.places))


def on_the_shelf(asked: Namespace, work: Callable[[Shelf], Awaitable[T]]) -> T:
    """The same, where a change is to be in the record of looks too."""
    config = settings(asked)
    shelf = Shelf(app.place_of(config), app.utc_ms, config.store.busy_timeout_ms)
    shelf.access.vault = app.read_vault(config)
    shelf.access.node = "cli"
    shelf.start(False)
    try:

        async def run() -> T:
            return await work(shelf)

        return asyncio.run(run())
    finally:
        shelf.close()


def actor() -> str:
    """Who types, as the system says."""
    return "cli:" + (re.sub(r"[^A-Za-z0-9._-]", "_", getpass.getuser())[:60] or "unknown")


def is_remote(asked: Namespace) -> bool:
    """Whether a running server is asked."""
    return bool(getattr(asked, "url", None))


def show(found: object) -> None:
    """JSON on stdout."""
    print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))


def said_instant_ms(said: str) -> int:
    """Of a local day, perhaps with a time. Raises `Unusable`."""
    try:
        return instant_ms(said)
    except Refused as err:
        raise Unusable(err.code, SENTENCES[err.code][0]) from err


def _facts(made: ArgumentParser) -> None:
    made.add_argument("--change", action="store_true", help="it is there already; what is not said stays")
    made.add_argument("--name", metavar="TEXT")
    made.add_argument("--kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    made.add_argument("--area", metavar="CODE", help="province, district or commune")
    made.add_argument("--address", metavar="TEXT")
    made.add_argument("--opening", metavar="TEXT", help="as: mon-fri 05:00-18:30; sat 22:00-02:00")
    made.add_argument("--capacity", type=int, metavar="N", help="0: no limit")
    made.add_argument("--stay-min", type=int, metavar="MIN", help="how long people stay; 0: not said")
    made.add_argument("--day-begins", metavar="HH:MM")
    made.add_argument("--operators", nargs="*", metavar="USER")


def _add(asked: Namespace) -> None:
    fields = ("name", "kind", "area", "address", "opening", "capacity", "stay_min", "day_begins", "operators")
    facts = {name: getattr(asked, name) for name in fields if getattr(asked, name) is not None}
    if is_remote(asked):
        with api(asked) as server:
            show(_put(server, asked, facts))
        return

    async def work(places: PlaceShelf) -> Any:
        seen = None
        whole = dict(facts)
        if asked.change:
            found = await places.entry(asked.place)
            seen = found.version
            whole = _kept(msgspec.to_builtins(place_view(found.place, seen))) | facts
        made = place_of(asked.place, PlaceForm(**{"name": "", **whole}))
        return place_view(made, await places.put_place(made, seen))

    show(on_the_store(asked, work))


def _put(server: Api, asked: Namespace, facts: dict[str, Any]) -> Any:
    path = f"{BASE}/{asked.place}"
    if not asked.change:
        return server.ask("PUT", path, json={"name": "", **facts}, headers={"If-None-Match": "*"})
    before = server.get(path)["place"]
    headers = {"If-Match": f'"{before["version"]}"'}
    return server.ask("PUT", path, json=_kept(before) | facts, headers=headers)


def _kept(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in ("place_id", "version")}


def _show(asked: Namespace) -> None:
    if is_remote(asked):
        with api(asked) as server:
            show(server.get(f"{BASE}/{asked.place}"))
        return

    async def work(places: PlaceShelf) -> Any:
        found = await places.entry(asked.place)
        return detail_view(found, (await places.areas()).above(found.place.area))

    show(on_the_store(asked, work))


def _list(asked: Namespace) -> None:
    if is_remote(asked):
        with api(asked) as server:
            show(pages(server, BASE, "places", area=asked.area, kind=asked.kind))
        return

    async def work(places: PlaceShelf) -> Any:
        codes = (await places.areas()).below([asked.area]) if asked.area else None
        made: list[Any] = []
        while found := await places.page(made[-1].place_id if made else "", PAGE, None, codes, asked.kind):
            made += [place_view(*one) for one in found]
        return made

    show(on_the_store(asked, work))


def pages(server: Api, path: str, key: str, **params: Any) -> list[Any]:
    """Every page of a list."""
    made: list[Any] = []
    after: Any = None
    while True:
        found = server.get(path, limit=PAGE, **params, **({} if after is None else {"after": after}))
        made += found[key]
        after = found["next"]
        if after is None:
            return made


def _import(asked: Namespace) -> int:
    try:
        data = asked.file.read_bytes()
    except OSError as err:
        raise Unusable("file", f"{asked.file}: {err.strerror}") from err
    found = _judged(data, asked.table)
    if is_remote(asked):
        params = {"table": found.name, "partial": asked.partial, "dry": asked.dry_run}
        with api(asked) as server:
            made = server.ask(
                "POST", BASE + "/import", content=data, params=params, headers={"Content-Type": "text/csv"}
            )
    else:
        taken = on_the_shelf(asked, lambda shelf: shelf.access.take_in(found, asked.partial, asked.dry_run, actor()))
        made = msgspec.to_builtins(import_view(taken))
    show(made)
    is_good = made["is_kept"] or (asked.dry_run and not made["problems"])
    if not is_good:
        wrong = f"{len(made['problems'])} of {made['rows']} rows are wrong"
        print(f"server: {wrong}; nothing was kept" if not asked.partial else f"server: {wrong}", file=sys.stderr)
    return 0 if is_good else NOT_KEPT


def _judged(data: bytes, table: str) -> Sheet:
    try:
        read = sheet.read(data, table or None)
    except Refused as err:
        raise Unusable(err.code, f"{SENTENCES[err.code][0]} ({err.detail})") from err
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("rows", total=len(read.rows))
        return judged(read, lambda rows: progress.update(bar, completed=rows))


def _export(asked: Namespace) -> None:
    if is_remote(asked):
        with api(asked) as server:
            data = server.download(f"{BASE}/export/{asked.table}")
    else:
        data = on_the_store(asked, lambda places: places.export(asked.table, None))
    if asked.file is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        asked.file.write_bytes(data)
    except OSError as err:
        raise Unusable("file", f"{asked.file}: {err.strerror}") from err


def _purpose(asked: Namespace) -> None:
    more: list[PeriodForm] = []
    if asked.mode:
        until_ms = said_instant_ms(asked.until) if asked.until else None
        more = [PeriodForm(said_instant_ms(asked.since), asked.mode, asked.basis, until_ms)]
    if is_remote(asked):
        with api(asked) as server:
            path = f"{BASE}/{asked.place}"
            found = server.get(path)
            if more:
                periods = _with([PeriodForm(**one) for one in found["purposes"]], more)
                headers = {"If-Match": f'"{found["place"]["version"]}"'}
                server.ask("PUT", path + "/purposes", json=msgspec.to_builtins(PurposesForm(periods)), headers=headers)
            show(server.get(path + "/purposes")["purposes"])
        return

    async def work(shelf: Shelf) -> Any:
        found = await shelf.places.entry(asked.place)
        if more:
            before = [PeriodForm(**one._asdict()) for one in found.periods]
            periods = periods_of(PurposesForm(_with(before, more)))
            await shelf.access.put_purposes(asked.place, periods, found.version, actor())
        return [one._asdict() for one in (await shelf.places.entry(asked.place)).periods]

    show(on_the_shelf(asked, work))


def _with(before: list[PeriodForm], more: list[PeriodForm]) -> list[PeriodForm]:
    """A new period takes the place of one that began at the same instant."""
    since = {one.since_ms for one in more}
    return sorted([*(one for one in before if one.since_ms not in since), *more], key=lambda one: one.since_ms)


def _findings(asked: Namespace) -> None:
    if is_remote(asked):
        if asked.look:
            raise SaidNo("look", "a running server looks by itself")
        with api(asked) as server:
            if asked.settle:
                show(server.ask("POST", f"/api/v1/findings/{asked.settle}/settle"))
            else:
                show(pages(server, "/api/v1/findings", "findings", open=not asked.all))
        return

    async def work(places: PlaceShelf) -> Any:
        if asked.look:
            await places.learn()
            await places.look()
        if asked.settle:
            await places.settle(asked.settle, actor())
            return finding_view(await places.finding(asked.settle))
        made: list[Any] = []
        while found := await places.findings(made[-1].id if made else 0, PAGE, not asked.all):
            made += [finding_view(one) for one in found]
        return made

    show(on_the_store(asked, work))
