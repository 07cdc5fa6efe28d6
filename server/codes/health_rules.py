"""Which certificates count, from when until when: what an authority orders, as data.

    {"rules": [{"what": "vaccination", "from": "2021-10-07", "doses": 2, "days_after": 14, "days_valid": 365},
               {"what": "test", "from": "2021-10-07", "until": "2022-05-15", "types": ["LP6464-4"], "hours": 72},
               {"what": "recovery", "from": "2021-10-07", "days_after": 11, "days_valid": 180}]}

1. A rule holds from one local day to another, both among them. If none holds on the day of the scan, a certificate is
   judged by its signature and by what it says itself (verdict.py).
2. If any holds, one of those for what the certificate proves has to be met; those of one kind are alternatives.
3. `doses` (vaccination): so many at least, or the whole series where it is 0 or absent. `products`: only these.
   `days_after`, `days_valid`: it counts from so many days after the last dose (the first positive test) to so many.
   `hours` (test): so long from the sample; only a negative result counts. `types`: only these kinds of test.
4. A date that is known in part counts for nobody's benefit: the latest for `days_after`, the earliest for `days_valid`.
5. A certificate of recovery keeps to its own first and last day as well.
"""

from typing import NamedTuple

from server.codes.dates import HOUR_MS, day_at, end_ms
from server.codes.lists import Entry, entries

ERROR = "health_rules"
VACCINATION, TEST, RECOVERY = "vaccination", "test", "recovery"
_KEYS = {
    VACCINATION: ("doses", "products", "days_after", "days_valid"),
    TEST: ("types", "hours"),
    RECOVERY: ("days_after", "days_valid"),
}
MOST_DAYS = 36_500


class HealthRule(NamedTuple):
    """Days are local, counted from 1970-01-01; `until_day` None: until further notice."""

    what: str
    from_day: int
    until_day: int | None = None
    doses: int = 0
    products: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    days_after: int = 0
    days_valid: int = MOST_DAYS
    hours: int = 0


class Proof(NamedTuple):
    """What a certificate proves. `first_day`, `last_day`: between which its date lies; a test has `sampled_ms`."""

    what: str
    first_day: int = 0
    last_day: int = 0
    doses: int = 0
    is_whole_series: bool = False
    product: str = ""
    type: str = ""
    sampled_ms: int = 0
    is_negative: bool = False
    own_first_day: int | None = None
    own_last_day: int | None = None
    doubts: tuple[str, ...] = ()
    """Warnings: what it says itself against being enough."""


def in_force(rules: tuple[HealthRule, ...], at_ms: int) -> tuple[HealthRule, ...]:
    """Those that hold on the local day of that instant."""
    day = day_at(at_ms)
    return tuple(one for one in rules if one.from_day <= day and (one.until_day is None or day <= one.until_day))


def judge(rules: tuple[HealthRule, ...], proof: Proof, at_ms: int) -> tuple[bool, int | None]:
    """(whether it counts at that instant, until when by these rules: UTC ms, None: no end)."""
    day, holding = day_at(at_ms), in_force(rules, at_ms)
    if not holding:
        return True, None
    ends = [end for one in holding if one.what == proof.what and (end := _end_ms(one, proof, at_ms, day)) is not None]
    return bool(ends), max(ends, default=None)


def _end_ms(rule: HealthRule, proof: Proof, at_ms: int, day: int) -> int | None:
    """Until when this rule lets it count, or None where it does not now."""
    if rule.what == TEST:
        end = proof.sampled_ms + rule.hours * HOUR_MS
        is_met = proof.is_negative and proof.sampled_ms <= at_ms <= end and (not rule.types or proof.type in rule.types)
        return end if is_met else None
    first, last = proof.last_day + rule.days_after, proof.first_day + rule.days_valid
    if rule.what == VACCINATION:
        is_enough = proof.doses >= rule.doses if rule.doses else proof.is_whole_series
        if not is_enough or (rule.products and proof.product not in rule.products):
            return None
    if proof.own_first_day is not None:
        first = max(first, proof.own_first_day)
    if proof.own_last_day is not None:
        last = min(last, proof.own_last_day)
    return end_ms(last) if first <= day <= last else None


def load(text: str, file: str) -> tuple[HealthRule, ...]:
    """The rules of a file. Raises `Unusable`: `health_rules`, with the line."""
    return tuple(_rule(entry) for entry in entries(text, file, "rules", ERROR))


def _rule(entry: Entry) -> HealthRule:
    what = entry.text("what", 20)
    if what not in _KEYS:
        raise entry.wrong("what", "vaccination, test or recovery")
    entry.only("what", "from", "until", "name", *_KEYS[what])
    from_day, until_day = entry.day("from"), entry.day("until")
    if from_day is None:
        raise entry.wrong("from", "is missing")
    if until_day is not None and until_day < from_day:
        raise entry.wrong("until", "is before it begins")
    rule = HealthRule(
        what,
        from_day,
        until_day,
        entry.number("doses", 0, 20, 0),
        entry.texts("products"),
        entry.texts("types"),
        entry.number("days_after", 0, MOST_DAYS, 0),
        entry.number("days_valid", 0, MOST_DAYS, MOST_DAYS),
        entry.number("hours", 1, 24 * 366) if what == TEST else 0,
    )
    if rule.days_valid < rule.days_after:
        raise entry.wrong("days_valid", "ends before it begins to count")
    return rule
