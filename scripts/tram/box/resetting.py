"""`tram box reset`: makes a box a new one, over the cable, and loses nothing that it still holds.

1. What is unsent is read out into memory, counted and shown: how many, since when, of which kinds. Never a code.
2. It is handed to the gateway, which keeps it before it answers; where that cannot be, it goes into a file that opens
   with a passphrase.
3. Only then the box is told to wipe, with the number that it said last and that is safe elsewhere. It refuses any other
   number: a scan made in between is read out too, and it is tried again.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.tram import exits, out
from scripts.tram.box.asking import hidden, new_passphrase
from scripts.tram.box.words import RESET
from scripts.tram.gateways import Card, cards
from scripts.tram.trouble import Trouble

_ROUNDS = 4
_PASSING = (
    *("gateway_silent", "gateway_other", "not_a_gateway", "not_secure", "laptop_clock", "card_broken"),
    *("no_token", "no_right", "no_more_tries", "no_technicians", "no_box", "no_rescue", "no_request"),
    *("no_room", "no_answer"),
)
"""Troubles of a gateway after which the records go into a file: whatever it is, the box is at hand and it is not."""
_NOT_KINDS = ("lost", "unreadable")


def reset(port: str | None, box: str | None, gateway: str | None, save: Path | None, lose: bool) -> int:
    """-> the exit code."""
    from scripts.tram.box.cable import met

    if port is None and box is not None:
        out.event("needs_cable", RESET("needs_cable"))
    with met(port, box) as (console, hello):
        return _Reset(console, str(hello["box_id"]), str(hello.get("program")), gateway, save, lose).run()


class _Reset:
    """One box on the cable."""

    def __init__(
        self, console: Any, box: str, program: str, gateway: str | None, save: Path | None, lose: bool
    ) -> None:
        self._console, self._box, self._program = console, box, program
        self._gateway, self._save, self._lose = gateway, save, lose
        self._covered: tuple[object, object] = (None, None)
        """Of this epoch everything up to that number is safe elsewhere."""
        self._facts: dict[str, Any] = {"box": box, "delivered": 0, "saved": 0, "file": None}

    def run(self) -> int:
        if self._program == "safe":
            raise Trouble("not_in_safe_mode", exits.REFUSED, RESET, box=self._box)
        for turn in range(_ROUNDS):
            said = self._console.ask("unsent", timeout_s=30)
            waiting = said.get("waiting")
            if self._lose:
                return self._wipe(waiting, "sure_lose")
            if waiting is None:
                raise Trouble("unreadable", exits.REFUSED, RESET, box=self._box)
            if not self._is_covered(said):
                self._rescue(said, turn)
                continue
            try:
                return self._wipe(waiting, "sure")
            except Trouble as trouble:
                if trouble.code != "console_refused" or trouble.facts.get("refused") != "unsent_differs":
                    raise
                self._covered = (None, None)
        raise Trouble("still_scanning", exits.CUT, RESET, box=self._box)

    def _is_covered(self, said: dict[str, Any]) -> bool:
        if not said.get("waiting") and not said.get("lost") and said.get("state") != "rescue":
            if not self._facts["delivered"] and not self._facts["saved"]:
                out.event("unsent", RESET("nothing", box=self._box), box=self._box, waiting=0)
            return True
        return self._covered == (said.get("epoch"), said.get("last"))

    # --- what is unsent

    def _rescue(self, said: dict[str, Any], turn: int) -> None:
        from scripts.tram.box.rescue import kinds
        from scripts.tram.box.safe import Held
        from scripts.tram.console import records

        with out.step("read", RESET("reading")) as bar:
            found = [(one.epoch, one.seq, one.data) for one in records(self._console, bar)]
        epoch, last = str(said.get("epoch") or ""), int(said.get("last") or 0)
        card = self._card()
        self._see_that_all_came(said, found)
        held = Held(self._box, epoch, int(said.get("first") or 1), last, card.gateway if card else "", found)
        self._show(said, kinds(held))
        if found and not self._deliver(held, card):
            self._keep(held, turn)
        self._covered = (said.get("epoch"), said.get("last"))

    def _see_that_all_came(self, said: dict[str, Any], found: list[tuple[str, int, bytes]]) -> None:
        """What the box counts must have come. What the gateway has taken meanwhile is not waiting any more."""
        now = self._console.ask("unsent", timeout_s=30)
        first = int(now.get("first") or 1) if said.get("state") != "rescue" else 0
        has = sum(1 for _, seq, data in found if seq >= first and not data.startswith(b"1 lost "))
        missing = int(now.get("waiting") or 0) - has
        if missing > 0 and now.get("last") == said.get("last"):
            raise Trouble("partly_unreadable", exits.REFUSED, RESET, box=self._box, n=missing)

    def _show(self, said: dict[str, Any], kinds: Any) -> None:
        scans = {kind: count for kind, count in kinds.items() if kind not in _NOT_KINDS}
        oldest_s = said.get("oldest_s")
        waiting = int(said.get("waiting") or 0)
        if isinstance(oldest_s, int | float) and not isinstance(oldest_s, bool):
            first = RESET("holds", box=self._box, n=waiting, age=age(oldest_s))
        else:
            first = RESET("holds_undated", box=self._box, n=waiting)
        lines = [RESET("kinds", kind=kind, n=count) for kind, count in sorted(scans.items())]
        lines += [RESET("losses", n=kinds["lost"])] if kinds["lost"] else []
        shown = "\n".join([first, *lines])
        out.event("unsent", shown, box=self._box, waiting=waiting, oldest_s=oldest_s, kinds=dict(kinds))

    def _card(self) -> Card | None:
        """The one that is named, else the one that the box names, else the only one."""
        from scripts.tram.gateways import card

        if self._gateway is not None:
            return card(self._gateway)
        known = {one.gateway: one for one in cards()}
        named = self._console.ask("link", timeout_s=10).get("gateway")
        if named in known:
            return known[str(named)]
        return next(iter(known.values())) if len(known) == 1 and not named else None

    def _deliver(self, held: Any, card: Card | None) -> bool:
        """Whether the gateway has all of it."""
        from scripts.tram.box.rescue import deliver
        from scripts.tram.gateways.client import Client

        if card is None:
            out.event("not_deliverable", RESET("not_deliverable", text="?"))
            return False
        try:
            with out.step("deliver", RESET("delivering", gateway=card.gateway)) as bar:
                sums = deliver(Client(card), held, bar)
        except Trouble as trouble:
            if trouble.code not in _PASSING:
                raise
            out.event("not_deliverable", RESET("not_deliverable", text=trouble.sentence), code=trouble.code)
            return False
        if sums["left"]:
            out.event("not_deliverable", RESET("not_deliverable", text=f"{sums['left']} ?"), left=sums["left"])
            return False
        self._facts["delivered"] += sums["sent"]
        line = RESET("delivered", gateway=card.gateway, stored=sums["stored"], duplicates=sums["duplicates"])
        out.event("delivered", line, gateway=card.gateway, **{key: sums[key] for key in ("stored", "duplicates")})
        return True

    def _keep(self, held: Any, turn: int) -> None:
        from scripts.tram.box import safe

        name = f"tram-{held.box}-{held.epoch or 'x'}-{held.last}"
        if self._save is None:
            path = next(one for one in _numbered(Path(name + safe.ENDING)) if not one.exists())
        else:
            path = next(one for at, one in enumerate(_numbered(self._save)) if at == turn)
        if path.exists():
            raise Trouble("safe_there", exits.REFUSED, RESET, file=str(path))
        safe.write(path, held, new_passphrase())
        self._facts["saved"] += len(held.records)
        self._facts["file"] = str(path)
        out.event("saved", RESET("kept", n=len(held.records), file=path), file=str(path), records=len(held.records))

    # --- the end

    def _wipe(self, waiting: int | None, question: str) -> int:
        safe = self._facts["delivered"] + self._facts["saved"]
        shown: object = safe if question == "sure" else (RESET("not_known") if waiting is None else waiting)
        if not out.confirm(RESET(question, box=self._box, n=shown)):
            out.result({**self._facts, "wiped": False}, RESET("not_wiped"))
            return exits.CUT
        self._console.wipe(self._box, -1 if waiting is None else waiting)  # -1: nobody knows how many
        out.result({**self._facts, "wiped": True}, RESET("wiped", box=self._box))
        return exits.OK


def _numbered(path: Path) -> Iterator[Path]:
    """The name itself, then the same with -2, -3, …"""
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def deliver_file(file: Path, gateway: str | None) -> int:
    """`tram box deliver`: what was saved, to the gateway. The file stays."""
    from scripts.tram.box import safe
    from scripts.tram.box.rescue import deliver
    from scripts.tram.gateways import card as card_of
    from scripts.tram.gateways.client import Client

    label = safe.label(file)
    out.event("file", RESET("safe_of", box=label.box, n=label.records, date=label.day), box=label.box)
    held = safe.read(file, hidden(RESET("ask_open", file=file)))
    known = {one.gateway for one in cards()}
    card = card_of(gateway or (held.gateway if held.gateway in known else None))
    with out.step("deliver", RESET("delivering", gateway=card.gateway)) as bar:
        sums = deliver(Client(card), held, bar)
    if sums["left"]:
        raise Trouble("not_all", exits.REFUSED, RESET, n=sums["left"])
    line = RESET("delivered", gateway=card.gateway, stored=sums["stored"], duplicates=sums["duplicates"])
    facts = {key: sums[key] for key in ("sent", "stored", "duplicates", "conflicts", "unreadable", "quarantined")}
    out.result({"box": held.box, "gateway": card.gateway, **facts}, line, RESET("done_with", file=file))
    return exits.OK


def age(seconds: float) -> str:
    """ "12 phút", "3 days" """
    from scripts.tram.lang import pick

    for limit, unit, vi, en in ((120, 1, "giây", "s"), (7200, 60, "phút", "min"), (172_800, 3600, "giờ", "h")):
        if seconds < limit:
            return f"{max(0, int(seconds // unit))} {pick(vi, en)}"
    return f"{int(seconds // 86_400)} {pick('ngày', 'days')}"
