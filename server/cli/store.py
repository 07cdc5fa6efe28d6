"""`python -m server store`: a SQLite database moved into PostgreSQL; a database looked through."""

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.app import utc_ms
from server.cli.settings import settings
from server.config import Config, load
from server.errors import Unusable
from server.store import move, survey
from server.store.database import Database, Where, where
from server.store.postgres import Cluster

Add = Callable[..., Any]
NOT_WELL = 1


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    made = add_word(words, "store", _nothing, "the database: move it, check it")
    below = made.add_subparsers(metavar="WORD", required=True)
    moving = add_word(
        below,
        "move",
        _move,
        "move a stopped server's SQLite database into PostgreSQL; cut off, it is begun again where it stood",
        with_config,
    )
    moving.add_argument("--to", type=Path, metavar="FILE", required=True, help="the settings with the new database_url")
    add_word(below, "check", _check, "read all of a stopped server's database and say what is found", with_config)


def _nothing(asked: Namespace) -> None:
    asked.parser.error("a word is needed: move, check")


def _move(asked: Namespace) -> None:
    before, after = settings(asked), load(asked.to)
    source, target = _place(before), _place(after)
    if not isinstance(source, Path) or not isinstance(target, Cluster):
        raise Unusable("settings", "--config has to name a SQLite database, --to a PostgreSQL one")
    if (before.holder_folder(), before.access_key_path()) != (after.holder_folder(), after.access_key_path()):
        raise Unusable("settings", "--to has to name the keys of --config: without them nothing is known again")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task("opening", total=None)
        moved = move.move(
            source,
            target,
            utc_ms,
            lambda what, done, total: progress.update(bar, description=what, completed=done, total=total),
        )
    print(json.dumps({one.name: {"rows": one.rows, "digest": one.digest} for one in moved}))


def _check(asked: Namespace) -> int | None:
    config = settings(asked)
    database = Database(_place(config), utc_ms, config.store.busy_timeout_ms, 1)
    database.start(check=True)
    try:
        found = asyncio.run(database.read(survey.survey))
    finally:
        database.close()
    print(json.dumps(found))
    return None if survey.is_well(found) else NOT_WELL


def _place(config: Config) -> Where:
    return where(config.database_url, config.database_password_file, config.database_path())
