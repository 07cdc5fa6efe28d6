"""The words of the command line: what each takes, and who does it.

Exit codes: 0 after a clean stop, or done; 1 the server said no, or it is not done yet; 2 it refuses to start, or to do
what was asked.
"""

import argparse
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server import app, logs
from server.cli import (
    approval,
    audit,
    box,
    fleet,
    gateway,
    holder,
    place,
    replay,
    request,
    retention,
    said,
    sim,
    store,
    trace,
    user,
)
from server.cli.asking import SaidNo
from server.cli.settings import settings
from server.errors import TramError, Unusable
from server.web.doors import digest, new_token

DONE, SAID_NO, REFUSED = 0, 1, 2
EPILOG = (
    "Exit codes: 0 stopped or done, 1 the server said no or not yet, 2 it refuses to start or to do what was asked."
)

Act = Callable[[Namespace], int | None]
Words = Any  # argparse does not name the type of what `add_subparsers` gives


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    asked = _parser().parse_args(arguments)
    logs.set_up("info", "json")
    try:
        return asked.act(asked) or DONE
    except SaidNo as err:
        print(said.lines(err), file=sys.stderr)
        return SAID_NO
    except TramError as err:
        if isinstance(err, Unusable) and asked.act in (_serve, _rebuild):
            structlog.get_logger().error("refused_to_start", code=err.code, detail=err.detail)
        print(said.lines(err, "--url" in asked.parser.format_help()), file=sys.stderr)
        return REFUSED


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m server", description="The central server of Trạm.", epilog=EPILOG)
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings (TOML)")
    parser.set_defaults(act=_serve, parser=parser)
    words = parser.add_subparsers(metavar="WORD", title="words (without one: serve)")
    with_config = ArgumentParser(add_help=False)
    with_config.add_argument(
        "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the settings (TOML)"
    )
    _add(words, "serve", _serve, "serve until SIGTERM or Ctrl-C", with_config)
    _add(words, "token", _token, "make a token and its SHA-256")
    what = "ledgers, persons, visits and counts anew from what was kept (server stopped)"
    _add(words, "rebuild", _rebuild, what, with_config)
    replay.add(words, _add, with_config)
    fleet.add(words, _add)
    gateway.add(words, _add, with_config)
    for room in (user, audit, approval, request, place, box, trace, retention, holder, store, sim):
        room.add(words, _add, with_config)
    return parser


def _add(words: Words, name: str, act: Act, what: str, *parents: ArgumentParser) -> ArgumentParser:
    made: ArgumentParser = words.add_parser(name, help=what, description=what, parents=parents, epilog=EPILOG)
    made.set_defaults(act=act, parser=made)
    return made


def _serve(asked: Namespace) -> None:
    app.Server(settings(asked)).run()


def _rebuild(asked: Namespace) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task("deriving", total=None)
        ledgers, scans = app.rebuild(
            settings(asked), lambda total, done: progress.update(bar, total=max(total, done), completed=done)
        )
    structlog.get_logger().info("rebuilt", ledgers=ledgers, scans=scans)


def _token(asked: Namespace) -> None:
    token = new_token()
    print(json.dumps({"token": token, "token_sha256": digest(token)}))
