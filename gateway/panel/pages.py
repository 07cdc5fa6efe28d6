"""The pages, rendered: whole, and as the pieces that arrive later.

A piece is the inside of the element with its name. What a person opens or has the focus in stands outside of pieces, so
that news takes nothing from under anybody's finger.
"""

from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from gateway.panel import alarms, views
from gateway.panel.types import Look
from gateway.panel.words import Phrases

FOLDER = Path(__file__).parent
PIECES = {
    "home": ("alarms", "numbers", "chart", "hours", "gates", "boxes", "scans", "rules", "sending", "parts", "clock"),
    "big": ("wall", "clock"),
}

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals |= {"views": views, "standing": alarms}


class Watchful(NamedTuple):
    """Log-ins that failed since the gateway began."""

    failures: int = 0
    last_s: float | None = None
    last_address: str = ""


def pieces(page: str, look: Look, say: Phrases, watchful: Watchful) -> dict[str, str]:
    """Name -> HTML."""
    facts = _facts(look, say, watchful)
    return {name: TEMPLATES.get_template(f"piece_{name}.html").render(facts).strip() for name in PIECES[page]}


def home(look: Look, say: Phrases, watchful: Watchful, name: str) -> bytes:
    return _page("home.html", say, look=look, name=name, pieces=pieces("home", look, say, watchful))


def big(look: Look, say: Phrases, watchful: Watchful, name: str) -> bytes:
    return _page("big.html", say, look=look, name=name, pieces=pieces("big", look, say, watchful))


def login(say: Phrases, wrong: str, onward: str, typed: str = "") -> bytes:
    """`wrong`: why this is not the first try, in words."""
    return _page("login.html", say, wrong=wrong, onward=onward, typed=typed)


def message(say: Phrases, key: str) -> bytes:
    return _page("message.html", say, text=say(key))


def _facts(look: Look, say: Phrases, watchful: Watchful) -> dict[str, Any]:
    return {
        "say": say,
        "look": look,
        "day": look.day,
        "sums": views.sums(look.day),
        "inside": look.inside,
        "alarms": alarms.alarms(look, say),
        "capacity": views.capacity(look.rules, look.inside, say),
        "watchful": watchful,
    }


def _page(template: str, say: Phrases, **facts: object) -> bytes:
    return TEMPLATES.get_template(template).render(say=say, **facts).encode()
