"""One thing that was found: how it is, a sentence, and what to do next."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from scripts.tram.doctor.words import WORDS
from scripts.tram.lang import pick

OK, WARN, BAD = "ok", "warn", "bad"
LEVELS = (BAD, WARN, OK)
_GAP = re.compile(r" +( |[.,:])")
MARKS = {OK: "✓", WARN: "!", BAD: "✗"}


class Finding(NamedTuple):
    """`key` is stable. `said`: the sentences of whoever found it, ((vi, en), (vi, en) of what to do), if not ours."""

    key: str
    level: str
    facts: Mapping[str, Any] = {}
    said: tuple[tuple[str, str], tuple[str, str]] | None = None

    @property
    def sentence(self) -> str:
        return plain(pick(*self.said[0]) if self.said else WORDS(self.key, **self.facts))

    @property
    def next(self) -> str:
        """What to do; empty where there is nothing to be done."""
        if self.said:
            return plain(pick(*self.said[1]))
        return plain(WORDS(f"{self.key}.next", **self.facts)) if f"{self.key}.next" in WORDS else ""

    def told(self) -> dict[str, Any]:
        """As JSON."""
        told = {"key": self.key, "level": self.level, "message": self.sentence, "next": self.next}
        return {**told, "facts": dict(self.facts)}

    def lines(self) -> list[str]:
        """For people."""
        found = [f"{MARKS[self.level]} {self.sentence}"]
        return [*found, f"    → {self.next}"] if self.next else found


def plain(text: str) -> str:
    """What a box or a gateway says may not move the cursor or change the colours of a terminal.

    What is not known leaves no gap in a sentence.
    """
    return _GAP.sub(r"\1", "".join(letter if letter.isprintable() else "?" for letter in text))


def ok(key: str, **facts: Any) -> Finding:
    return Finding(key, OK, facts)


def warn(key: str, **facts: Any) -> Finding:
    return Finding(key, WARN, facts)


def bad(key: str, **facts: Any) -> Finding:
    return Finding(key, BAD, facts)


def worst(findings: Iterable[Finding]) -> str:
    """The gravest level among them."""
    levels = {finding.level for finding in findings}
    return next((level for level in LEVELS if level in levels), OK)
