"""What somebody should do something about, in sentences; and how each part of the gateway stands.

1. Whatever is not well is said, known or not; the gravest stands first.
2. A reason that has a sentence of its own here is said by that; any other stands beside it, in the words of
   gateway/reasons.py, or as it was reported.
"""

from typing import NamedTuple

from gateway.panel import trouble, views
from gateway.panel.types import Look, Part
from gateway.panel.words import Phrases

CERTIFICATE_DAYS = 30


class Alarm(NamedTuple):
    grade: str
    text: str
    more: str
    since: str


def alarms(look: Look, say: Phrases) -> list[Alarm]:
    """What somebody should do something about, the gravest first."""
    bad = [one for one in look.parts if one.state != "ok" and one.part != "certificate"]
    found = [_part_alarm(one, look, say) for one in bad]
    found += _certificate(look, say) + _fullness(look, say) + _boxes_alarm(look, say)
    return sorted(found, key=lambda one: one.grade != trouble.ALARM)


def _part_alarm(part: Part, look: Look, say: Phrases) -> Alarm:
    key, since = _key(part, say), views.since_of(part.since_s, look.utc_ms, say)
    if say.knows(key):
        is_said = key in trouble.SAYS_ALL or key != f"{part.part}_{part.state}"
        return Alarm(trouble.grade(key), say(key), "" if is_said else say.reason(part.reason), since)
    text = say("unsaid", part=part_name(part, say), reason=state_word(part, say))
    return Alarm(trouble.grade(key), text, say.reason(part.reason), since)


def grade(part: Part, say: Phrases) -> str:
    """`ok`, `warning` or `alarm`."""
    return "ok" if part.state == "ok" else trouble.grade(_key(part, say))


def _key(part: Part, say: Phrases) -> str:
    """Its sentence: by the reason where that has one, else by the state."""
    by_reason = part.reason.partition(" ")[0]
    is_of_it = by_reason.startswith(f"{part.part}_") and say.knows(by_reason)
    return by_reason if is_of_it else f"{part.part}_{part.state}"


def part_name(part: Part, say: Phrases) -> str:
    key = f"part_{part.part}"
    return say(key) if say.knows(key) else part.part


def state_word(part: Part, say: Phrases) -> str:
    key = f"state_{part.state}"
    return say(key) if say.knows(key) else part.state


def unsaid_reason(look: Look, say: Phrases) -> str:
    """Why nothing goes up, where no sentence says it."""
    reason = look.waiting.reason
    return "" if say.knows(f"sending_{reason}") else reason


def _certificate(look: Look, say: Phrases) -> list[Alarm]:
    days = look.certificate_days
    if days is None:
        return [_part_alarm(one, look, say) for one in look.parts if one.part == "certificate" and one.state != "ok"]
    if days >= CERTIFICATE_DAYS:
        return []
    if days < 0:
        return [Alarm(trouble.ALARM, say("certificate_expired"), "", "")]
    return [Alarm(trouble.WARNING, say("certificate_soon", n=int(days)), "", "")]


def _boxes_alarm(look: Look, say: Phrases) -> list[Alarm]:
    """Where no part speaks for the boxes."""
    bad = sum(not views.is_well(one) and one.state != "revoked" for one in look.boxes)
    if not bad or any(part.part == "boxes" and part.state != "ok" for part in look.parts):
        return []
    return [Alarm(trouble.WARNING, say("boxes_not_well", bad=bad, n=len(look.boxes)), "", "")]


def _fullness(look: Look, say: Phrases) -> list[Alarm]:
    rule = views.capacity(look.rules, look.inside, say)
    if rule is None or rule.state == "well":
        return []
    if rule.state == "maybe":
        text = say("place_maybe_full", capacity=rule.capacity)
    else:
        text = say(f"place_{rule.state}", best=rule.best, capacity=rule.capacity)
    return [Alarm(trouble.ALARM if rule.state == "full" else trouble.WARNING, text, "", "")]
