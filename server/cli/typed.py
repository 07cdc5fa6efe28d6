"""What is typed at a word of the command line, and how its answer is shown.

1. A secret or a document of a person is typed where there is a terminal, else it is a line of stdin. It is never on the
   command line: others see that.
"""

import getpass
import io
import json
import re
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import segno

from server.access import names, users
from server.cli.asking import Api
from server.errors import Refused

PAGE = 500


def actor() -> str:
    """Who types, as the system says."""
    return "cli:" + (re.sub(r"[^A-Za-z0-9._-]", "_", getpass.getuser())[:64] or "unknown")


def new_password() -> str:
    """Twice at a terminal. Raises `Refused`: `password_differs`."""
    first = password()
    if sys.stdin.isatty() and getpass.getpass("once more: ") != first:
        raise Refused("password_differs", "the two are not the same")
    return first


def password(what: str = "password: ") -> str:
    """One that there is."""
    return getpass.getpass(what) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def code(what: str) -> str:
    """Digits, or a recovery code."""
    print(what, file=sys.stderr)
    return sys.stdin.readline().strip()


def documents() -> list[dict[str, str]]:
    """Documents of one person, a line each: `citizen 001099000001`, until the end of stdin."""
    if sys.stdin.isatty():
        print("documents, a line each, such as: citizen 001099000001 (Ctrl-D ends)", file=sys.stderr)
    parted = (line.strip().partition(" ") for line in sys.stdin.read().splitlines())
    return [{"type": type_, "value": value.strip()} for type_, _, value in parted if type_]


def drawn(uri: str) -> None:
    """An address as a QR code and as text, for an authenticator app."""
    out = io.StringIO()
    segno.make(uri, micro=False).terminal(out=out, compact=True)
    print(out.getvalue(), uri, "", sep="\n", file=sys.stderr)


def scope(asked: Namespace) -> dict[str, frozenset[str]]:
    """Roles, areas and places. Raises `Refused`: `role_unknown`, `field`."""
    areas, places = names.ids(asked.area, "--area"), names.ids(asked.place, "--place")
    reach = users.judge_areas(frozenset(areas), getattr(asked, "everywhere", False))
    return {"roles": users.judge_roles(asked.role), "areas": reach, "places": frozenset(places)}


def lists(found: dict[str, frozenset[str]]) -> dict[str, list[str]]:
    """The same, as JSON has it."""
    return {name: sorted(values) for name, values in found.items()}


def part(text: str) -> str:
    """A part of a path: nothing in it leads elsewhere."""
    return "%2E" * len(text) if not text.strip(".") else quote(text, safe="")


def pages(server: Api, path: str, key: str, **params: Any) -> Iterator[Any]:
    """Every row of a list that comes in pages."""
    after: str | None = ""
    while after is not None:
        found = server.get(path, after=after, limit=PAGE, **params)
        yield from found[key]
        after = found["next"]


def show(found: object) -> None:
    """On stdout, as JSON."""
    print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))
