"""Looking for contacts: from a person, or from a place and a window, to the first or the second degree.

1. Same question, same rule sets, same data: same answer, to the byte. Nothing here knows what time it is.
2. Of the first degree is who met a source. Of the second is who met somebody of the first, from that one's first
   meeting on. Nobody is in an answer twice, and the person who was asked for never.
3. Growth is bounded: `most_contacts` persons, `most_expanded` persons of the first degree looked into (the longest
   meetings first), MOST_MEETINGS meetings of one person. Where a bound was met the answer says which (`cut`).
4. Places outside the case's area are not looked into; that is a hole with a name.
5. Rows come in pages, one of which at most is read while another is judged: nobody waits long behind a question.
6. Where no rule set counts what is only possible, a stay whose best guess does not meet the best guess of a source is
   not even read. What is not known is told of all the time between the bounds all the same.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import NamedTuple, Protocol

from server.tracing import holes, sources
from server.tracing.meeting import NOTHING, Judged, judge, judge_passing
from server.tracing.overlap import trimmed
from server.tracing.rules import Rules, RuleSet
from server.tracing.seldom import seldom
from server.tracing.sources import NOWHERE, Source, Stretch
from server.tracing.types import (
    MINUTE_MS,
    POSSIBLE,
    SCANNED,
    Answer,
    Contact,
    Gap,
    Meeting,
    PlaceFacts,
    Question,
    Stay,
    Window,
)

MOST_MEETINGS = 50
PERSONS_AT_ONCE = 100


class Stays(Protocol):
    """What is asked of the store. Stays come in the order of `in_low` and `id`."""

    async def of_persons(self, persons: Sequence[bytes], window: Window) -> list[Stay]:
        """Every stay of these persons that may reach into the window."""

    def at_places(
        self, spans: Sequence[tuple[str, Window]], usual_ms: int | None
    ) -> AsyncGenerator[tuple[int, list[Stay]], None]:
        """Every stay at a place that may reach into its window, in pages, each with the number of its span. `usual_ms`
        None: by its bounds; else by its best guess, where an assumed end may be so long after the beginning."""

    async def places(self, place_ids: Sequence[str]) -> Mapping[str, PlaceFacts]:
        """What is known of places; those that nobody registered are left out."""

    async def gaps(self, question: Question, spans: Sequence[tuple[str, Window]]) -> list[Gap]:
        """What is not known: of these places at these times, and of everything in the question's window."""


NOBODY: frozenset[bytes] = frozenset()


class _Met(NamedTuple):
    degree: int
    meetings: list[Meeting]
    via: set[bytes] | frozenset[bytes]


class Search:
    """`await Search(...).run()` once."""

    def __init__(
        self,
        question: Question,
        rules: Rules,
        stays: Stays,
        reaches: Callable[[PlaceFacts | None], bool] = lambda facts: True,
        tell: Callable[[int], None] = lambda looked_at: None,
    ) -> None:
        self._asked = question
        self._rules = rules
        self._stays = stays
        self._reaches = reaches
        self._tell = tell
        self._bounds = rules.at(question.window.to_ms)
        self._places: dict[str, PlaceFacts | None] = {}
        self._met: dict[bytes, _Met] = {}
        self._near: set[bytes] = set()
        self._never: set[bytes] = {question.person} if question.person else set()
        self._cut: set[str] = set()
        self._versions: set[int] = set()
        self._gaps: list[Gap] = []
        self._spans: list[tuple[str, Window]] = []
        self._looked_at = 0
        self._count = 0

    async def run(self) -> Answer:
        """The answer. Raises what the store raises."""
        with seldom():
            return await self._run()

    async def _run(self) -> Answer:
        first = await self._first()
        await self._look(first, 1)
        if self._asked.degree == 2:
            await self._look(await self._second(), 2)
        gaps = self._gaps + await self._stays.gaps(self._asked, self._spans)
        found, is_cut = holes.told(gaps, {place_id for place_id, _ in self._spans})
        contacts = sorted(self._contacts(), key=lambda one: one.rank)
        cut = self._cut | ({"holes"} if is_cut else set())
        near = len(self._near - set(self._met))
        versions = tuple(sorted(self._versions))
        return Answer(tuple(contacts), tuple(found), tuple(sorted(cut)), self._count, self._looked_at, near, versions)

    def _contacts(self) -> Iterable[Contact]:
        for person, met in self._met.items():
            meetings = met.meetings
            if len(meetings) > 1:
                meetings = sorted(meetings, key=lambda one: (one.stay.in_low, one.stay.id, one.source))
            yield Contact(person, met.degree, tuple(meetings), tuple(sorted(met.via)))

    async def _first(self) -> list[Source]:
        asked = self._asked
        if asked.place_id:
            await self._know([asked.place_id])
            source = sources.of_window(asked.place_id, asked.window, asked.gate_id, asked.zone, self._rules)
            return self._within_reach([source])
        if asked.person is None:
            self._gaps.append(Gap(holes.NOT_SEEN, "", "", *asked.window))
            return []
        stays = await self._stays.of_persons([asked.person], asked.window)
        if not stays:
            self._gaps.append(Gap(holes.NOT_SEEN, "", "", *asked.window))
        return await self._ready(stays, asked.window)

    async def _second(self) -> list[Source]:
        first = sorted(self._contacts(), key=lambda one: (-one.together.best_ms, one.person))
        if len(first) > self._bounds.most_expanded:
            self._cut.add("expanded")
        first = first[: self._bounds.most_expanded]
        self._never |= set(self._met)
        windows = {one.person: Window(one.first_ms, self._asked.until_ms) for one in first}
        found: list[Source] = []
        for start in range(0, len(first), PERSONS_AT_ONCE):
            page = [one.person for one in first[start : start + PERSONS_AT_ONCE]]
            whole = Window(min(windows[one].from_ms for one in page), self._asked.until_ms)
            found += await self._ready(await self._stays.of_persons(page, whole), windows)
        return found

    async def _ready(self, stays: list[Stay], window: Mapping[bytes, Window] | Window) -> list[Source]:
        await self._know([one.place_id for one in stays])
        facts = {place_id: known for place_id, known in self._places.items() if known is not None}
        return self._within_reach(sources.make(stays, self._rules, window, facts))

    async def _know(self, place_ids: Iterable[str]) -> None:
        new = sorted(set(place_ids) - set(self._places))
        if new:
            found = await self._stays.places(new)
            self._places.update({one: found.get(one) for one in new})

    def _within_reach(self, found: list[Source]) -> list[Source]:
        self._count += len(found)
        inside = []
        for one in found:
            if self._reaches(self._places[one.stay.place_id]):
                inside.append(one)
            else:
                self._gaps.append(Gap(holes.OUTSIDE, "", "", one.stay.in_low, one.stay.out_high, None, 1))
        return inside

    async def _look(self, found: list[Source], degree: int) -> None:
        usual_ms = self._usual_ms()
        if degree == 1:
            self._spans += ((one.place_id, one.window) for one in sources.stretches(found))
        around = sources.stretches(found, by_guess=usual_ms is not None)
        wide = [0] * len(around)
        async with aclosing(self._stays.at_places([one[:2] for one in around], usual_ms)) as pages:
            async for number, page in pages:
                for stay in page:
                    wide[number] += self._is_wide(stay)
                    if stay.person not in self._never:
                        self._match(around[number], stay, degree)
                self._looked_at += len(page)
                self._tell(self._looked_at)
        for stretch, many in zip(around, wide, strict=True):
            if many and degree == 1:
                self._gaps.append(Gap(holes.WIDE, stretch.place_id, "", *stretch.window, many, many))

    def _usual_ms(self) -> int | None:
        """By rule 6; None: what lies between the bounds counts."""
        sets = self._rules.within(0, self._asked.until_ms)
        if self._asked.gate_id or any(one.certainty == POSSIBLE for one in sets):
            return None
        return max(max(one.default_stay_min.values(), default=60) for one in sets) * MINUTE_MS

    def _match(self, stretch: Stretch, stay: Stay, degree: int) -> None:
        for source in stretch.sources:
            if source.stay.person == stay.person:
                continue
            rules = self._rules.at(min(max(source.stay.in_at, stay.in_at), source.last_ms))
            judged = self._judge(source, stay, rules)
            if judged.meeting is not None:
                self._versions.add(rules.version)
                self._keep(stay.person, judged.meeting, degree)
            elif judged.is_near_miss:
                self._near.add(stay.person)

    def _judge(self, source: Source, stay: Stay, rules: RuleSet) -> Judged:
        place = self._places[stay.place_id] or NOWHERE
        if self._asked.place_id and not source.stay.person:
            return self._judge_window(source, stay, rules, place)
        ours = source.under(rules)
        if ours is None or ours.is_inner != stay.is_inner:
            return NOTHING
        if ours.is_inner and ours.zone != stay.zone:
            return NOTHING
        if stay.in_low >= ours.out_high or stay.out_high <= ours.in_low:
            return NOTHING
        return judge(ours, trimmed(stay, rules, place.kind), rules, source.whole[rules.version])

    def _judge_window(self, source: Source, stay: Stay, rules: RuleSet, place: PlaceFacts) -> Judged:
        asked = self._asked
        if asked.zone:
            if stay.zone != asked.zone and (stay.zone or place.has_inner):
                return NOTHING
        elif stay.is_inner and not asked.gate_id:
            return NOTHING
        other = trimmed(stay, rules, place.kind)
        if asked.gate_id:
            return judge_passing(asked.window, asked.gate_id, other, rules)
        window_ms = asked.window.to_ms - asked.window.from_ms
        ours, rules = source.by_version[rules.version], rules._replace(same_gate_window_min=None)
        return judge(ours, other, rules, window_ms=window_ms)

    def _keep(self, person: bytes, meeting: Meeting, degree: int) -> None:
        met = self._met.get(person)
        if met is None:
            if len(self._met) >= self._bounds.most_contacts:
                self._cut.add("contacts")
                return
            met = self._met[person] = _Met(degree, [], NOBODY if degree == 1 else set())
        if len(met.meetings) >= MOST_MEETINGS:
            self._cut.add("meetings")
            return
        met.meetings.append(meeting)
        if isinstance(met.via, set):
            met.via.add(meeting.source)

    def _is_wide(self, stay: Stay) -> bool:
        resolution_ms = max(1, self._bounds.min_overlap_min) * MINUTE_MS
        if stay.in_by in SCANNED and stay.in_high - stay.in_low > resolution_ms:
            return True
        return stay.out_by in SCANNED and stay.out_high - stay.out_low > resolution_ms
