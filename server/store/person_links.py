"""Linking scans to persons as they come. All of it within the caller's transaction.

1. A scan goes by one token, its `naming`; who that is, is in `tokens.person`. What changes for a token changes for
   every scan that goes by it: `moved` says of which tokens the person is another now, whether persons came together
   or fell apart.
2. Mostly nothing is new: then nothing is written, and three statements are asked for 500 tokens.
3. The outcome is the same for the same scans in whatever order and parts they come.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, or_, select

from server.codes.types import PERSON, PHONE
from server.persons.link import Edge, edges_of
from server.persons.retention import begins_ms
from server.persons.types import PROBABLE, RANKS, Named, Token
from server.store import many
from server.store.person_graph import Known, TokenRow, rows_of, settle
from server.store.person_tables import edges, horizons, probables, tokens

Identity = tuple[str, str, int]
Shown = tuple[Identity, Named | None, int]
"""A scan, who it says it is for, and its day."""


class Linked(NamedTuple):
    """`persons`: of the tokens that these scans go by. `moved`: tokens that were there before, with the person that
    they are now; None: they name nobody. `left`: persons that lost a token."""

    persons: dict[bytes, bytes | None]
    moved: dict[bytes, bytes | None]
    left: set[bytes]


class _Seen(NamedTuple):
    naming: set[bytes]
    tokens: dict[bytes, TokenRow]
    edges: dict[Edge, int]
    probables: dict[tuple[bytes, bytes], tuple[bool, int]]


def link(connection: Connection, shown: Sequence[Shown]) -> Linked:
    """Take in who was shown together with whom."""
    seen = _seen(shown)
    before = rows_of(connection, seen.tokens)
    now = _put_tokens(connection, seen.tokens, before)
    fresh_edges = _put_edges(connection, seen.edges)
    _put_probables(connection, seen.probables)
    new = seen.tokens.keys() - before.keys()
    changed = new | {mac for edge in fresh_edges for mac in edge}
    settled = settle(connection, changed, Known(now, new, {edge for edge in seen.edges if not new.isdisjoint(edge)}))
    persons = {mac: settled.moved.get(mac, before[mac].person if mac in before else None) for mac in seen.naming}
    moved = {mac: person for mac, person in settled.moved.items() if mac not in seen.tokens or mac in before}
    return Linked(persons, moved, settled.left)


def persons_of(connection: Connection, macs: Iterable[bytes]) -> dict[bytes, bytes | None]:
    """Who these tokens are; those that were never shown are left out."""
    return {mac: row.person for mac, row in rows_of(connection, macs).items()}


def tokens_of(connection: Connection, person: bytes) -> list[bytes]:
    """The tokens of a person, in order."""
    asked = select(tokens.c.mac).where(tokens.c.person == person).order_by(tokens.c.mac)
    return list(connection.execute(asked).scalars())


def probable_persons(connection: Connection, person: bytes) -> list[bytes]:
    """Who may be the same: one side had stars in its number. Never merged, in the order of their names."""
    mine = select(tokens.c.mac).where(tokens.c.person == person)
    here, there = probables.alias(), probables.alias()
    asked = (
        select(tokens.c.person)
        .join(there, there.c.token == tokens.c.mac)
        .join(here, here.c.probable == there.c.probable)
        .where(here.c.token.in_(mine), or_(here.c.is_masked, there.c.is_masked), tokens.c.person != person)
        .distinct()
    )
    return sorted(connection.execute(asked).scalars())


def horizon(connection: Connection) -> int:
    """The instant (UTC ms) before which nothing is known of anybody any more; 0 before the first purge."""
    day = connection.execute(select(horizons.c.day).where(horizons.c["class"] == PERSON)).scalar()
    return 0 if day is None else begins_ms(day)


def clear(connection: Connection) -> None:
    """Before everything is derived anew."""
    for table in (tokens, edges, probables):
        connection.execute(delete(table))


def _seen(shown: Sequence[Shown]) -> _Seen:
    found = _Seen(set(), {}, {}, {})
    for _, named, day in shown:
        naming = None if named is None else named.naming
        if named is None or naming is None:
            continue
        found.naming.add(naming.mac)
        joining = [token for token in named.tokens if not token.masked and (token.type in RANKS or token.type == PHONE)]
        for token in joining if naming in joining else (naming, *joining):
            _see_token(found.tokens, token, day)
        if len(joining) > 1:
            _see_edges(found.edges, joining, day)
        for token in named.tokens:
            if token.type == PROBABLE:
                key = (token.mac, naming.mac)
                masked, last = found.probables.get(key, (False, day))
                found.probables[key] = (masked or token.masked, max(day, last))
    return found


def _see_edges(seen: dict[Edge, int], joining: Sequence[Token], day: int) -> None:
    phones = {token.mac for token in joining if token.type == PHONE}
    for edge in edges_of(token.mac for token in joining):
        if not phones.issuperset(edge):
            seen[edge] = max(day, seen.get(edge, day))


def _see_token(seen: dict[bytes, TokenRow], token: Token, day: int) -> None:
    row = seen.get(token.mac)
    if row is None:
        seen[token.mac] = TokenRow(token.mac, token.type, None, False, day)
    elif day > row.last_day:
        seen[token.mac] = row._replace(last_day=day)


def _put_tokens(
    connection: Connection, seen: dict[bytes, TokenRow], before: dict[bytes, TokenRow]
) -> dict[bytes, TokenRow]:
    """Returns them as they are now."""
    now = {mac: _shown_again(before.get(mac, row), row) for mac, row in seen.items()}
    put = [row for mac, row in now.items() if row is not before.get(mac)]
    many.put(connection, tokens, put)
    return now


def _shown_again(row: TokenRow, seen: TokenRow) -> TokenRow:
    return row if seen.last_day <= row.last_day else row._replace(last_day=seen.last_day)


def _put_edges(connection: Connection, seen: dict[Edge, int]) -> list[Edge]:
    """Returns those that are new."""
    before: dict[Edge, int] = {}
    columns = (edges.c.low, edges.c.high, edges.c.last_day)
    for low, high, day in many.rows(connection, columns, "", (), sorted({low for low, _ in seen})):
        if (low, high) in seen:
            before[low, high] = day
    many.put(connection, edges, [(*e, day) for e, day in seen.items() if day > before.get(e, day - 1)])
    return [edge for edge in seen if edge not in before]


def _put_probables(connection: Connection, seen: dict[tuple[bytes, bytes], tuple[bool, int]]) -> None:
    before: dict[tuple[bytes, bytes], tuple[bool, int]] = {}
    columns = (probables.c.token, probables.c.probable, probables.c.is_masked, probables.c.last_day)
    for token, probable, masked, day in many.rows(connection, columns, "", (), sorted({token for _, token in seen})):
        before[probable, token] = (bool(masked), day)
    put: list[tuple[bytes, bytes, bool, int]] = []
    for (probable, token), (masked, day) in seen.items():
        old = before.get((probable, token))
        now = (masked, day) if old is None else (masked or old[0], max(day, old[1]))
        if now != old:
            put.append((probable, token, *now))
    many.put(connection, probables, put)
