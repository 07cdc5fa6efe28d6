"""`python -m server retention show|run|certificates`: what is kept for how long, and destroying what is due.

`show` and `certificates` ask a running server (--url), or look into a stopped one's store (--config). `run` destroys on
a stopped server's store; a running one does it by itself.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from server import app
from server.cli.asking import api, options
from server.cli.settings import settings
from server.config import Config
from server.persons.retention import Retention, date_of
from server.purging import Purge, Record
from server.store.person_destroyed import Destruction
from server.store.shelf import Shelf

Add = Callable[..., Any]
T = TypeVar("T")
PAGE = 500


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    made = add_word(
        words, "retention", _retention, "what is kept for how long; destroy what is due", with_config, options()
    )
    made.add_argument("do", choices=("show", "run", "certificates"), help="what to do")
    made.add_argument("--compact", action="store_true", help="run: write the database's files anew at the end")
    made.add_argument("--dry-run", action="store_true", help="run: only say what is due")


def retention_of(config: Config) -> Retention:
    """How many days each class is kept, as the settings say."""
    days = config.retention
    return Retention(days.person_days, days.health_days, days.code_days)


def recorded(shelf: Shelf) -> Record:
    """Certificates go into the record of looks."""

    async def record(one: Destruction) -> None:
        rows = sum((one.rows or {}).values())
        await shelf.access.record("retention", "destroyed", [one.subject], {"what": one.what, "rows": rows})

    return record


def _retention(asked: Namespace) -> None:
    by_url = bool(getattr(asked, "url", None))
    if asked.do == "run" and by_url:
        asked.parser.error("run works with --config on a stopped server's store; a running server does it by itself")
    if asked.dry_run and asked.do != "run":
        asked.parser.error("--dry-run belongs to run")
    if by_url:
        found = _certificates_asked(asked) if asked.do == "certificates" else _shown_asked(asked)
    else:
        found = {"show": _due, "run": _run, "certificates": _certificates}[asked.do](asked)
    print(json.dumps(found))


def _shown_asked(asked: Namespace) -> Any:
    with api(asked) as server:
        return server.get("/api/v1/retention")


def _certificates_asked(asked: Namespace) -> Any:
    found: list[Any] = []
    after: int | None = 0
    with api(asked) as server:
        while after is not None:
            page = server.get("/api/v1/retention/certificates", after=after, limit=PAGE)
            found += page["certificates"]
            after = page["next"]
    return {"certificates": found}


def _due(asked: Namespace) -> dict[str, Any]:
    async def work(purge: Purge, shelf: Shelf) -> dict[str, Any]:
        due = [{"date": str(date_of(one.day)), "class": one.class_, "rows": one.rows} for one in await purge.due()]
        return {"kept_days": retention_of(settings(asked)).days(), "due": due}

    return _on_the_store(settings(asked), work)


def _run(asked: Namespace) -> dict[str, Any]:
    if asked.dry_run:
        return {**_due(asked), "dry_run": True}
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task("destroying days", total=None)

        def tell(days: int, done: int, rows: int) -> None:
            progress.update(bar, total=days, completed=done, description=f"destroying days ({rows} rows)")

        async def work(purge: Purge, shelf: Shelf) -> dict[str, Any]:
            done = await purge.run(tell)
            return {"certificates": [_said(one) for one in done.certificates], "rows": done.rows}

        return _on_the_store(settings(asked), work, asked.compact)


def _certificates(asked: Namespace) -> dict[str, Any]:
    async def work(purge: Purge, shelf: Shelf) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        after_id = 0
        while page := await shelf.persons.certificates(after_id, PAGE):
            found += [_said(one) for one in page]
            after_id = page[-1].id
        return {"certificates": found}

    return _on_the_store(settings(asked), work)


def _said(one: Destruction) -> dict[str, Any]:
    said = one._asdict()
    said["class"] = said.pop("class_")
    said["date"] = None if one.day is None else str(date_of(one.day))
    del said["day"]
    return said


def _on_the_store(config: Config, work: Callable[[Purge, Shelf], Coroutine[Any, Any, T]], compact: bool = False) -> T:
    async def both(shelf: Shelf) -> T:
        holder = app.make_holder(config, app.read_keys(config))
        try:
            kept, record = retention_of(config), recorded(shelf)
            return await work(Purge(shelf.persons, holder, kept, app.utc_ms, record, compact=compact), shelf)
        finally:
            await holder.close()

    shelf = Shelf(app.place_of(config), app.utc_ms, config.store.busy_timeout_ms)
    access = shelf.access
    access.vault = app.read_vault(config)
    shelf.start(config.store.check_at_start)
    try:
        return asyncio.run(both(shelf))
    finally:
        shelf.close()
