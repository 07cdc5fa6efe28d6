"""Stays made easily, small random towns, and the contacts of a town counted the slow way."""

from hypothesis import strategies as st

from server.tracing.types import MINUTE_MS, PlaceFacts, Stay, Window

NOON = 1_790_000_000_000 // 86_400_000 * 86_400_000
WINDOW = Window(NOON, NOON + 7 * 86_400_000)
MARKET, STATION = "cho-ben-xe", "ben-xe"


def person(number):
    return number.to_bytes(16, "big")


def stay(who, came_min, left_min, place=MARKET, number=None, **more):
    """A stay known exactly, in minutes after NOON; `more` says otherwise."""
    came_ms, left_ms = NOON + round(came_min * MINUTE_MS), NOON + round(left_min * MINUTE_MS)
    made = {
        "id": (number if number is not None else who * 1000 + round(came_min)).to_bytes(16, "big"),
        "person": person(who),
        "place_id": place,
        "gate_in": "",
        "gate_out": "",
        "zone": "",
        "is_inner": False,
        "in_low": came_ms,
        "in_at": came_ms,
        "in_high": came_ms,
        "out_low": left_ms,
        "out_at": left_ms,
        "out_high": left_ms,
        "label": "measured",
        "in_by": "scan",
        "out_by": "scan",
        "kind": "citizen_card",
        "has_phone": False,
        "on_behalf": False,
    }
    return Stay(**{**made, **more})


def loose(who, came_min, left_min, in_err_min=0, out_err_min=0, **more):
    """A stay whose ends are known only within so many minutes on both sides."""
    made = stay(who, came_min, left_min, **more)
    return made._replace(
        in_low=made.in_low - in_err_min * MINUTE_MS,
        in_high=made.in_high + in_err_min * MINUTE_MS,
        out_low=made.out_low - out_err_min * MINUTE_MS,
        out_high=made.out_high + out_err_min * MINUTE_MS,
    )


class Town:
    """The store's side of tracing, in memory."""

    def __init__(self, stays=(), places=None, gaps=(), page_rows=3):
        self.stays = sorted(stays, key=lambda one: (one.in_low, one.id))
        self.facts = places or {}
        self.planted = list(gaps)
        self.page_rows = page_rows
        self.spans = []

    async def of_persons(self, persons, window):
        wanted = set(persons)
        return [one for one in self.stays if one.person in wanted and _reaches(one, window)]

    async def at_places(self, spans, usual_ms):
        for number, (place_id, window) in enumerate(spans):
            found = [one for one in self.stays if one.place_id == place_id and _reaches(one, window)]
            for start in range(0, len(found), self.page_rows):
                yield number, found[start : start + self.page_rows]

    async def places(self, place_ids):
        return {one: self.facts[one] for one in place_ids if one in self.facts}

    async def gaps(self, question, spans):
        self.spans = list(spans)
        return self.planted


def market(**more):
    return {MARKET: PlaceFacts("market", **more)}


def _reaches(one, window):
    return one.in_low < window.to_ms and one.out_high > window.from_ms


@st.composite
def stays(draw, persons=6, places=(MARKET, STATION)):
    """A town of a few people for a few hours: exact stays and loose ones."""
    made = []
    for number in range(draw(st.integers(0, 14))):
        came = draw(st.integers(0, 300))
        left = came + draw(st.integers(1, 120))
        error = draw(st.sampled_from([0, 0, 3, 20]))
        who = draw(st.integers(1, persons))
        out_by = draw(st.sampled_from(["scan", "elsewhere", "stay"]))
        label = {"scan": "measured", "elsewhere": "bounded", "stay": "assumed"}[out_by]
        one = loose(who, came, left, error, error, place=draw(st.sampled_from(places)), number=number + 1)
        made.append(one._replace(out_by=out_by, label=label))
    return made
