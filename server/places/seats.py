"""Where a scan was made, and for what purpose it may be kept: of a register as it stood when it was loaded.

1. The place of a scan is its box's seat at that instant; else its gateway's; else a place of its own, by the
   gateway's id. A seat before the first that is known of is none.
2. A scan keeps to the place of the instant at which it was made, whenever it comes in.
3. Without an instant the middle of its bounds counts, or the one bound that there is; with neither, the seat that was
   written last. So the same scan with the same register has the same place always.
4. The purpose is that of every place at which the scan may have been made: if `counts_only` holds at one of them within
   the bounds, it wins. A place without periods of its own has those that its gateway was wished.
Pure; nothing changes once it is made: any thread may ask.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.places.purpose import Purpose
from server.places.types import Direction, Gate, Mode, Place, Register, Seat

NOBODY = Register({}, {}, (), (), {}, {})
_IDENTIFIED = Purpose()


class _Where(NamedTuple):
    place_id: str
    gate_id: str


class _Dated:
    """What holds since when; "" before the first."""

    def __init__(self, rows: Iterable[tuple[int, _Where]]) -> None:
        ordered = sorted(rows)
        self._since_ms = [since_ms for since_ms, _ in ordered]
        self._values = [value for _, value in ordered]

    def at(self, at_ms: int | None) -> _Where:
        """What holds then; None: the last."""
        at = len(self._values) - 1 if at_ms is None else bisect_right(self._since_ms, at_ms) - 1
        return self._values[at] if at >= 0 else _Where("", "")

    def changes(self, earliest_ms: int | None, latest_ms: int | None) -> list[int]:
        """When it changes after the one and until the other."""
        first = 0 if earliest_ms is None else bisect_right(self._since_ms, earliest_ms)
        last = len(self._since_ms) if latest_ms is None else bisect_right(self._since_ms, latest_ms)
        return self._since_ms[first:last]


_NOWHERE = _Dated(())


class Seats:
    """Ask `where` and `mode`; loaded once, and again when the register's version has changed."""

    def __init__(self, register: Register = NOBODY) -> None:
        self.register = register
        self.places: Mapping[str, Place] = register.places
        self._gates: Mapping[tuple[str, str], Gate] = register.gates
        self._boxes = _by((one.box_id, one.since_ms, _Where(one.place_id, one.gate_id)) for one in register.box_seats)
        self._gateways = _by((one.gateway_id, one.since_ms, _Where(one.place_id, "")) for one in register.gateway_seats)
        self._purposes = {place_id: Purpose(periods) for place_id, periods in register.purposes.items() if periods}
        self._wished = {gateway_id: Purpose(periods) for gateway_id, periods in register.wished.items()}

    def where(
        self,
        box_id: str,
        gateway_id: str,
        at_ms: int | None,
        earliest_ms: int | None = None,
        latest_ms: int | None = None,
        gate: str = "",
        direction: Direction | None = None,
    ) -> Seat:
        """Where the scan was made. `gate`, `direction`: what the record's own marks say; a gate of that name that the
        place has comes before the box's, a direction before the gate's."""
        earliest_ms = at_ms if earliest_ms is None else earliest_ms
        latest_ms = at_ms if latest_ms is None else latest_ms
        found = self._at(box_id, gateway_id, _instant(at_ms, earliest_ms, latest_ms))
        gate_id = found.gate_id
        if gate and (gate_id == "" or (found.place_id, gate) in self._gates):
            gate_id = gate
        known = self._gates.get((found.place_id, gate_id))
        moments = [earliest_ms, *self._moves(box_id, gateway_id, earliest_ms, latest_ms)]
        return Seat(
            found.place_id,
            gate_id,
            known.zone if known else "",
            direction or (known.direction if known else None),
            found.place_id in self.places,
            all(self._at(box_id, gateway_id, one)[:2] == found for one in moments if one is not None),
        )

    def mode(self, gateway_id: str, box_id: str, earliest_ms: int | None, latest_ms: int | None) -> Mode:
        """For what a scan made between the two may be kept; None: that bound is not known."""
        if earliest_ms is not None and latest_ms is not None and latest_ms < earliest_ms:
            earliest_ms, latest_ms = latest_ms, earliest_ms
        moves = self._moves(box_id, gateway_id, earliest_ms, latest_ms)
        begins: list[int | None] = [earliest_ms, *moves]
        ends: list[int | None] = [*[one - 1 for one in moves], latest_ms]
        for begin_ms, end_ms in zip(begins, ends, strict=True):
            place_id = self._at(box_id, gateway_id, -1 if begin_ms is None else begin_ms).place_id
            if self._purpose(place_id, gateway_id).mode_of(begin_ms, end_ms) == "counts_only":
                return "counts_only"
        return "identified"

    def may_identify(self, gateway_id: str, box_id: str, earliest_ms: int | None, latest_ms: int | None) -> bool:
        """Whether more than the count may be kept of what was scanned between the two."""
        return self.mode(gateway_id, box_id, earliest_ms, latest_ms) == "identified"

    def basis(self, place_id: str, at_ms: int) -> str:
        """On what legal basis scans were kept there and then."""
        return self._purposes.get(place_id, _IDENTIFIED).basis_at(at_ms)

    def _purpose(self, place_id: str, gateway_id: str) -> Purpose:
        return self._purposes.get(place_id) or self._wished.get(gateway_id, _IDENTIFIED)

    def _at(self, box_id: str, gateway_id: str, at_ms: int | None) -> _Where:
        found = self._boxes.get(box_id, _NOWHERE).at(at_ms)
        if found.place_id:
            return found
        place_id = self._gateways.get(gateway_id, _NOWHERE).at(at_ms).place_id
        return _Where(place_id or gateway_id, "")

    def _moves(self, box_id: str, gateway_id: str, earliest_ms: int | None, latest_ms: int | None) -> list[int]:
        boxes = self._boxes.get(box_id, _NOWHERE).changes(earliest_ms, latest_ms)
        return sorted({*boxes, *self._gateways.get(gateway_id, _NOWHERE).changes(earliest_ms, latest_ms)})


def _by(rows: Iterable[tuple[str, int, _Where]]) -> dict[str, _Dated]:
    found: dict[str, list[tuple[int, _Where]]] = {}
    for key, since_ms, where in rows:
        found.setdefault(key, []).append((since_ms, where))
    return {key: _Dated(values) for key, values in found.items()}


def _instant(at_ms: int | None, earliest_ms: int | None, latest_ms: int | None) -> int | None:
    if at_ms is not None:
        return at_ms
    if earliest_ms is not None and latest_ms is not None:
        return (earliest_ms + latest_ms) // 2
    return earliest_ms if earliest_ms is not None else latest_ms
