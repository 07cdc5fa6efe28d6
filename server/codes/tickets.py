"""Codes of an operator's own: a rule says by what they begin, which form the rest has, and what of them is kept.

    {"rules": [{"name": "bus", "prefix": "VE-", "form": "99999999", "keep": "number", "slice": [3, 11]},
               {"name": "market-card", "prefix": "CHO:", "keep": "hash"}]}

1. Rules are tried in their order; the first that fits takes the code. Only a code that is of no other kind is tried.
2. `form` stands for what follows the prefix, character by character: 9 for a digit, X for a capital, # for a digit or a
   capital, anything else for itself. Without it anything may follow that is printable ASCII, up to 200 characters.
3. `keep`: "hash" keeps 16 bytes of SHA-256 and nothing that can be read; "number" keeps the characters of `slice`.
4. A ticket is never a person. Its value begins with the rule's name, so that two operators' numbers are not the same.
5. A prefix that another kind begins with is refused: HC1:, shc:/, TRAM, 000201.
"""

import hashlib
import re
from typing import NamedTuple

from server.codes.lists import Entry, entries
from server.codes.types import CODE, TICKET, Document, Parsed

ERROR = "ticket_rules"
MOST_CHARACTERS = 200
RESERVED = ("HC1:", "shc:/", "TRAM", "000201")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PRINTABLE = re.compile(r"[ -~]+")
_CLASSES = {"9": "[0-9]", "X": "[A-Z]", "#": "[0-9A-Z]"}


class TicketRule(NamedTuple):
    """`slice`: which characters of the whole code are kept; None: its hash alone."""

    name: str
    prefix: str
    form: str | None
    slice: tuple[int, int] | None


def take(code: str, rules: tuple[TicketRule, ...]) -> Parsed | None:
    """What the first rule that fits makes of it, or None."""
    for rule in rules:
        if _fits(code, rule):
            if rule.slice is None:
                kept = hashlib.sha256(code.encode()).hexdigest()[:32]
            else:
                kept = code[slice(*rule.slice)]
            return Parsed("other", CODE, (Document(TICKET, f"{rule.name}:{kept}"),), rule=rule.name)
    return None


def load(text: str, file: str) -> tuple[TicketRule, ...]:
    """The rules of a file. Raises `Unusable`: `ticket_rules`, with the line."""
    rules: dict[str, TicketRule] = {}
    for entry in entries(text, file, "rules", ERROR):
        rule = _rule(entry)
        if rule.name in rules:
            raise entry.wrong("name", "stands twice")
        if any((rule.prefix, rule.form) == (other.prefix, other.form) for other in rules.values()):
            raise entry.wrong("prefix", "an earlier rule takes the same codes")
        rules[rule.name] = rule
    return tuple(rules.values())


def _rule(entry: Entry) -> TicketRule:
    entry.only("name", "prefix", "form", "keep", "slice")
    name, prefix = entry.text("name", 40), entry.text("prefix", 40)
    if not _NAME.fullmatch(name):
        raise entry.wrong("name", "small letters, digits and hyphens")
    if not _PRINTABLE.fullmatch(prefix) or prefix != prefix.lstrip():
        raise entry.wrong("prefix", "printable ASCII, not beginning with a space")
    form = entry.text("form", MOST_CHARACTERS - len(prefix)) if "form" in entry.values else None
    if form is not None and (not _PRINTABLE.fullmatch(form) or form != form.rstrip()):
        raise entry.wrong("form", "printable ASCII, not ending with a space")
    for reserved in RESERVED:
        if prefix.startswith(reserved) or (form is None and reserved.startswith(prefix)):
            raise entry.wrong("prefix", f"codes that begin with {reserved} are of another kind")
    return TicketRule(name, prefix, form, _slice(entry, prefix, form))


def _slice(entry: Entry, prefix: str, form: str | None) -> tuple[int, int] | None:
    keep = entry.values.get("keep")
    if keep not in ("hash", "number"):
        raise entry.wrong("keep", "is hash or number")
    value = entry.values.get("slice")
    if keep == "hash":
        if value is not None:
            raise entry.wrong("slice", "goes with keep = number")
        return None
    if form is None:
        raise entry.wrong("form", "is needed where a number is kept")
    most = len(prefix) + len(form)
    if not isinstance(value, list) or len(value) != 2 or not all(type(one) is int for one in value):
        raise entry.wrong("slice", "two whole numbers: from, to")
    first, end = value
    if not 0 <= first < end <= most:
        raise entry.wrong("slice", f"lies between 0 and {most}, and holds something")
    return first, end


def _fits(code: str, rule: TicketRule) -> bool:
    if not code.startswith(rule.prefix):
        return False
    rest = code[len(rule.prefix) :]
    if rule.form is None:
        return len(code) <= MOST_CHARACTERS and _PRINTABLE.fullmatch(rest) is not None
    form = "".join(_CLASSES.get(one, re.escape(one)) for one in rule.form)
    return re.fullmatch(form, rest) is not None
