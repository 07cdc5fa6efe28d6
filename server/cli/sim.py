"""`python -m server sim`: a province that is not there, lived through the real server and compared with the truth."""

import asyncio
import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from server import logs
from server.cli.course import shown
from server.errors import Unusable
from server.sim import campaign, nodes
from server.sim.course import Course
from server.sim.figures import Outcome
from server.sim.province import Asked, Tell

Add = Callable[..., Any]
BROKEN = 1
EVIDENCE_SHOWN = 3
QUICK = {"places": 20, "people": 300, "days": 4, "turn_hours": 3, "traced": 5}
ABOUT = """\
A province that is not there: places, people and days out of a seed, sent through the real server (batches as on the
wire, some of them sealed; deriving, looking for silence, tracing, retention), on SQLite, or on an EMPTY PostgreSQL
database. What the server makes of it is compared with the truth:

  linking    no two people under one pseudonym (precision 1.0); recall; nobody split whom codes prove to be one
  stays      true entries, exits and lengths within the bounds of visits, in 95 of 100
  inside     how many are at a place, within its bounds, in 95 of 100
  contacts   each one missed is explained by a hole that the answer names; `sure` contacts are all true
  silence    planted faults found, and after how many hours; false alarms per gate and month at most 0.1
  rebuild    everything derived anew gives the same hash
  retention  when its time is over nothing of anybody is left, and a rebuild brings nothing back

How far it is, and how long the rest may take, stands on stderr: a bar, or where that is no terminal a line now and
then. At full size (500 places, 10,000 people, 14 days) expect half an hour to an hour.

Exit codes: 0 every promise is kept, 1 one is broken (its evidence is shown), 2 it cannot be done.
"""


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    made: ArgumentParser = add_word(words, "sim", _sim, "a simulated province through the real server")
    made.formatter_class, made.description = RawDescriptionHelpFormatter, ABOUT
    made.add_argument("--seed", type=int, default=1, help="which province (1)")
    made.add_argument("--places", type=_many, default=500, help="how many places (500)")
    made.add_argument("--people", type=_many, default=10_000, help="how many people (10000)")
    made.add_argument("--days", type=_many, default=14, help="for how many days (14)")
    made.add_argument("--traced", type=_many, default=20, help="for how many persons contacts are looked for (20)")
    made.add_argument(
        "--turn-hours", type=int, choices=(1, 2, 3, 4, 6, 8, 12), default=6, help="hours between sendings"
    )
    made.add_argument(
        "--quick", action="store_true", help="20 places, 300 people, 4 days, contacts of 5, whatever else is said"
    )
    made.add_argument("--folder", type=Path, help="keep the server's data there (a new folder); without it all goes")
    made.add_argument("--database-url", default="", metavar="URL", help="an empty PostgreSQL database: postgresql://…")
    made.add_argument("--json", type=Path, metavar="FILE", help="the figures, and all evidence, as JSON")
    made.add_argument(
        "--replay-nodes",
        type=_many,
        metavar="N",
        help="instead: the same days three times, shuffled, through N server processes on that PostgreSQL database, "
        "half of them killed and started again; the rows have to be those of a single pass on SQLite",
    )


def _many(said: str) -> int:
    if not said.isdecimal() or not 1 <= int(said) <= 1_000_000:
        raise ArgumentTypeError("a whole number from 1")
    return int(said)


def _sim(asked: Namespace) -> int:
    logs.set_up("error", "json")
    if asked.folder is not None and asked.folder.exists() and any(asked.folder.iterdir()):
        raise Unusable("folder", f"{asked.folder} is not empty")
    course = Course(nodes.PHASES if asked.replay_nodes else campaign.PHASES, time.monotonic)
    with shown(course, sys.stderr) as tell:
        outcome = asyncio.run(_run(asked, tell))
    if asked.json is not None:
        asked.json.write_text(json.dumps(_told(asked, outcome), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _show(outcome)
    return 0 if outcome.is_kept else BROKEN


async def _run(asked: Namespace, tell: Tell) -> Outcome:
    wanted = {name: getattr(asked, name) for name in ("places", "people", "days", "turn_hours", "traced")}
    province = Asked(seed=asked.seed, database_url=asked.database_url, **(QUICK if asked.quick else wanted))
    async with campaign.folder_of(asked.folder) as folder:
        if asked.replay_nodes:
            return await nodes.run(province, asked.replay_nodes, folder, tell)
        return await campaign.run(province, folder, tell)


def _show(outcome: Outcome) -> None:
    table = Table("", "figure", "value", "promise", "")
    for one in outcome.figures:
        kept = {True: "kept", False: "[bold red]BROKEN[/]", None: ""}[one.is_kept]
        table.add_row(one.room, one.name, str(one.value), one.promise, kept)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for figure in outcome.figures:
        if figure.is_kept is False:
            for line in outcome.evidence.get(figure.name, [])[:EVIDENCE_SHOWN]:
                console.print(f"{figure.name}: {line}", markup=False, soft_wrap=True)


def _told(asked: Namespace, outcome: Outcome) -> dict[str, Any]:
    return {
        "seed": asked.seed,
        "is_kept": outcome.is_kept,
        "figures": [one._asdict() for one in outcome.figures],
        "evidence": outcome.evidence,
    }
