"""The graph of tokens in the database: what hangs together is read, resolved, and what changed is written.

1. Only what hangs together with what changed is read. A token that stands with several citizens was ambiguous before
   and is so after: nothing is looked for behind it.
2. A phone holds nobody together, so nothing is looked for behind it either; who has it is asked by itself.
3. What is written is what `server.persons.link` says of the whole graph.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, or_, select, update

from server.codes.types import PHONE
from server.persons.link import Edge, neighbours, resolve
from server.persons.types import ANCHOR, RANKS
from server.store import many
from server.store.person_tables import edges, tokens

ASKED_AT_ONCE = 500
T = TypeVar("T")
Change = tuple[bytes, bytes | None, bool]
_COLUMNS = [tokens.c[name] for name in ("mac", "type", "person", "is_ambiguous", "last_day")]
_UPDATE = (
    update(tokens)
    .where(tokens.c.mac == bindparam("of"))
    .values(person=bindparam("to"), is_ambiguous=bindparam("several"))
)


class TokenRow(NamedTuple):
    """A token as it is stored."""

    mac: bytes
    type: str
    person: bytes | None
    is_ambiguous: bool
    last_day: int


class Settled(NamedTuple):
    """What is otherwise than before: the person of these tokens, and the persons that they had."""

    moved: dict[bytes, bytes | None]
    left: set[bytes]


class Known(NamedTuple):
    """What need not be read: tokens that have just been written, and all edges of those among them that are new."""

    rows: dict[bytes, TokenRow]
    new: set[bytes]
    edges: set[Edge]


NOTHING = Known({}, set(), set())


def pieces(found: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """As many as one statement may ask for."""
    rest = iter(found)
    while piece := tuple(islice(rest, ASKED_AT_ONCE)):
        yield piece


def rows_of(connection: Connection, macs: Iterable[bytes]) -> dict[bytes, TokenRow]:
    """The tokens that are there."""
    return {row[0]: TokenRow(*row) for row in many.rows(connection, _COLUMNS, "", (), macs)}


def edges_at(connection: Connection, macs: Iterable[bytes]) -> set[Edge]:
    """Every edge that ends at one of these."""
    found: set[Edge] = set()
    for asked in pieces(macs):
        where = or_(edges.c.low.in_(asked), edges.c.high.in_(asked))
        found.update((low, high) for low, high in connection.execute(select(edges.c.low, edges.c.high).where(where)))
    return found


def settle(connection: Connection, changed: Collection[bytes], fresh_rows: Known = NOTHING) -> Settled:
    """Resolve what hangs together with these tokens, and write what is otherwise than before."""
    rows, whole, joined = _grow(connection, changed, fresh_rows)
    found = resolve({mac: row.type for mac, row in rows.items()}, joined)
    moved: dict[bytes, bytes | None] = {}
    fresh: list[Change] = []
    for mac in whole:
        row = rows[mac]
        if row.type != PHONE and (row.person, row.is_ambiguous) != (found.person[mac], mac in found.ambiguous):
            fresh.append((mac, found.person[mac], mac in found.ambiguous))
            if row.person != found.person[mac]:
                moved[mac] = found.person[mac]
    _write(connection, fresh)
    _settle_phones(connection, _phones(rows, joined, [mac for mac, _, _ in fresh], changed), rows, moved)
    left = {person for mac in moved if (person := rows[mac].person) is not None}
    return Settled(moved, left)


def _grow(
    connection: Connection, changed: Collection[bytes], known: Known
) -> tuple[dict[bytes, TokenRow], set[bytes], set[Edge]]:
    """Tokens, which of them are known with all their edges, and the edges."""
    rows = {mac: known.rows[mac] for mac in changed if mac in known.rows}
    rows.update(rows_of(connection, [mac for mac in changed if mac not in rows]))
    beside_new = neighbours(known.rows, known.edges)
    whole: set[bytes] = set()
    joined: set[Edge] = set()
    fresh = set(rows)
    while fresh:
        whole |= fresh
        through = {mac for mac in fresh if rows[mac].type in RANKS}
        found = edges_at(connection, through - known.new)
        found |= {(min(mac, one), max(mac, one)) for mac in through & known.new for one in beside_new[mac]}
        reached = {mac for edge in found for mac in edge if mac not in rows}
        rows.update({mac: known.rows[mac] for mac in reached if mac in known.rows})
        rows.update(rows_of(connection, [mac for mac in reached if mac not in rows]))
        joined |= {edge for edge in found if edge[0] in rows and edge[1] in rows}
        beside = neighbours(rows, joined)
        onward = {other for mac in through if not _stays_ambiguous(rows, beside, mac) for other in beside[mac]}
        fresh = {mac for mac in onward if mac not in whole and rows[mac].type in RANKS}
    return rows, whole, joined


def _stays_ambiguous(rows: dict[bytes, TokenRow], beside: dict[bytes, set[bytes]], mac: bytes) -> bool:
    row = rows[mac]
    if not row.is_ambiguous or row.type == ANCHOR:
        return False
    return sum(rows[other].type == ANCHOR for other in beside[mac]) > 1


def _phones(
    rows: dict[bytes, TokenRow],
    joined: set[Edge],
    fresh: Iterable[bytes],
    changed: Iterable[bytes],
) -> set[bytes]:
    """Phones that may have got another holder."""
    beside = neighbours(rows, joined)
    near = {other for mac in fresh for other in beside[mac]}
    return {mac for mac in (*near, *changed) if mac in rows and rows[mac].type == PHONE}


def _settle_phones(
    connection: Connection, phones: set[bytes], rows: dict[bytes, TokenRow], moved: dict[bytes, bytes | None]
) -> None:
    holders = holders_of(connection, phones)
    fresh = []
    for mac in sorted(phones):
        has = holders[mac]
        person = mac if not has else next(iter(has)) if len(has) == 1 else None
        if (rows[mac].person, rows[mac].is_ambiguous) != (person, len(has) > 1):
            fresh.append((mac, person, len(has) > 1))
            if rows[mac].person != person:
                moved[mac] = person
    _write(connection, fresh)


def _write(connection: Connection, fresh: list[Change]) -> None:
    if fresh:
        connection.execute(_UPDATE, [{"of": mac, "to": person, "several": several} for mac, person, several in fresh])


def holders_of(connection: Connection, phones: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """The persons that each of these phones was shown with."""
    asked = set(phones)
    found: dict[bytes, set[bytes]] = {mac: set() for mac in asked}
    for piece in pieces(asked):
        for here, there in ((edges.c.low, edges.c.high), (edges.c.high, edges.c.low)):
            statement = (
                select(here, tokens.c.person)
                .join(tokens, tokens.c.mac == there)
                .where(here.in_(piece), tokens.c.is_ambiguous.is_(False), tokens.c.type.in_(RANKS))
                .distinct()
            )
            for mac, person in connection.execute(statement):
                found[mac].add(person)
    return found
