"""`python -m server replay`: quarantined items judged anew, on a stopped server's database or by a running server."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server import app
from server.cli.asking import api, options
from server.cli.settings import settings
from server.ingest.kept import Replayed, Which
from server.web.replays import NOTHING

Add = Callable[..., Any]


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the word there."""
    help_ = "judge quarantined items anew: with --config on a stopped server's database, with --url by a running one"
    made = add_word(words, "replay", _replay, help_, with_config, options())
    made.add_argument("--code", metavar="CODE", help="only those of this reason, such as sealed_key")
    made.add_argument("--gateway", metavar="ID", help="only those of this gateway")
    made.add_argument("--box", metavar="ID", help="only those of this box")


def _replay(asked: Namespace) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task("judging", total=None)

        def tell(total: int, done: int) -> None:
            progress.update(bar, total=max(total, done), completed=done)

        found = _asked(asked, tell) if getattr(asked, "url", None) else _here(asked, tell)
    print(json.dumps(found))


def _here(asked: Namespace, tell: Callable[[int, int], None]) -> dict[str, int]:
    which = Which(asked.code, asked.gateway, asked.box)
    done = app.replay(settings(asked), which, lambda total, so_far: tell(total, so_far.looked_at))
    return _said(done)


def _asked(asked: Namespace, tell: Callable[[int, int], None]) -> dict[str, int]:
    done, after_id = NOTHING, 0
    with api(asked) as server:
        while True:
            body = {"code": asked.code, "gateway_id": asked.gateway, "box_id": asked.box, "after_id": after_id}
            page = server.ask("POST", "/api/v1/quarantine/replay", json=body)
            numbers = [int(page[name]) for name in ("looked_at", "accepted", "duplicate", "kept")]
            done = done.plus(Replayed(numbers[0], numbers[1], numbers[2], numbers[3], frozenset()))
            tell(done.looked_at + int(page["left"]), done.looked_at)
            if page["next"] is None:
                return _said(done)
            after_id = page["next"]


def _said(done: Replayed) -> dict[str, int]:
    return {name: value for name, value in done._asdict().items() if isinstance(value, int)}
