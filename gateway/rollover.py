"""Bring the next authority to every box, put it in use, and have the old one forgotten (gateway/certs/succession.py).

1. Every box that may come in is told to trust the next one too, by a command; again after a while, until its status
   says that it does.
2. When every box that was heard of in the last SEEN_DAYS says so, the next one is put in use: the broker and enrolment
   show a certificate by it, and set-up codes made from then on name it. By hand it can be done before (`switch_now`);
   who does not know it then has to be set up again.
3. Then every box is told to trust the old one no longer. When all of them say so, the old one's key is forgotten.
4. Nothing is remembered but in files: the stage in the folder of certificates, the commands in the store, what boxes
   say in boxes.json. A power cut at any step goes on from there.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway.admission import Admission
from gateway.certs import succession
from gateway.certs.succession import Succession, mark_of
from gateway.config import Config
from gateway.downlink import roster
from gateway.downlink.store import Store, StoreError

COMMAND = "trust"
SEEN_DAYS = 30
ASK_AGAIN_MS = 3_600_000
WITHIN_MS = 7 * 86_400_000
_DAY_MS = 86_400_000


class BoxTrust(NamedTuple):
    """What is known of one box."""

    box_id: str
    trusts: tuple[str, ...]
    """The marks that its status named last; empty: it never said."""
    is_silent: bool
    """Not heard of for SEEN_DAYS, or never."""
    is_asked: bool
    """A command waits for it."""


class Step(NamedTuple):
    """What is to be done now."""

    orders: list[str]
    """Boxes that are to be told."""
    is_complete: bool
    """Nobody has to be waited for: switch, or finish."""
    lacking: list[str]
    """Boxes that do not say yet what they should, the silent ones too."""


def judge(found: Succession, boxes: Iterable[BoxTrust]) -> Step:
    """The next step of a succession that is not settled."""
    if found.coming is not None:
        wanted = mark_of(found.coming)
        lacking = [one for one in boxes if wanted not in one.trusts]
        orders = [one.box_id for one in lacking if not one.is_asked]
        return Step(orders, all(one.is_silent for one in lacking), [one.box_id for one in lacking])
    if found.going is not None:
        ours, gone = mark_of(found.in_use), mark_of(found.going)
        lacking = [one for one in boxes if gone in one.trusts or ours not in one.trusts]
        orders = [one.box_id for one in lacking if not one.is_asked and ours in one.trusts]
        return Step(orders, not lacking, [one.box_id for one in lacking])
    return Step([], False, [])


class Rollover:
    """tick() does what is due; it blocks for the disk. Raises CertError, ConfigError or OSError."""

    def __init__(
        self,
        settings: Config,
        admission: Admission,
        store: Store,
        boot: str,
        mono_ms: Callable[[], int],
        utc_ms: Callable[[], int | None],
    ) -> None:
        self._gateway_id = settings.gateway_id
        self._roster: Path = settings.path(settings.data_dir) / "boxes.json"
        self._admission = admission
        self._folder = admission.certs_folder
        self._store = store
        self._boot = boot
        self._mono_ms = mono_ms
        self._utc_ms = utc_ms
        self._asked_ms: dict[str, int] = {}

    def tick(self) -> str | None:
        """What has changed, in a word: `switched`, `finished`; None: nothing but commands."""
        if not self._folder.is_dir():
            return None
        found = succession.look(self._folder, self._gateway_id)
        if found.stage == "settled":
            return None
        step = judge(found, self.boxes())
        if step.is_complete:
            return self.switch_now() if found.stage == "spreading" else self._finish()
        self._tell(found, step.orders)
        return None

    def switch_now(self) -> str:
        """Put the next one in use, whoever does not know it."""
        succession.switch(self._folder, self._gateway_id)
        self._admission.publish()
        self._asked_ms.clear()
        return "switched"

    def boxes(self) -> list[BoxTrust]:
        """Every box that may come in."""
        hashes, revoked = self._admission.registry.hashes()
        rows = roster.read(self._roster)
        asked = {one.box_id for one in self._store.wishes().orders.values() if one.name == COMMAND}
        known = {*hashes, *self._admission.listed()} - revoked
        return [
            BoxTrust(box, _marks(rows.get(box, {})), self._is_silent(rows.get(box)), box in asked)
            for box in sorted(known)
        ]

    def _finish(self) -> str:
        succession.finish(self._folder, self._gateway_id)
        return "finished"

    def _tell(self, found: Succession, box_ids: Iterable[str]) -> None:
        now_ms = self._mono_ms()
        ca = found.in_use if found.coming is None else found.coming
        argument: dict[str, Any] = {"ca": base64.b64encode(ca).decode()}
        if found.coming is None:
            argument["only"] = True
        for box in box_ids:
            before_ms = self._asked_ms.get(box)
            if before_ms is not None and now_ms - before_ms < ASK_AGAIN_MS:
                continue
            self._asked_ms[box] = now_ms
            try:
                self._store.order(box, COMMAND, json.dumps(argument), self._boot, now_ms + WITHIN_MS)
            except StoreError as error:
                if error.code != "too_many":
                    raise
                return

    def _is_silent(self, row: Mapping[str, Any] | None) -> bool:
        if row is None:
            return True
        mono_ms, then_ms, now_ms = row.get("heard_mono_ms"), row.get("heard_utc_ms"), self._utc_ms()
        if row.get("heard_boot") == self._boot and isinstance(mono_ms, int):
            return self._mono_ms() - mono_ms > SEEN_DAYS * _DAY_MS
        if isinstance(then_ms, int) and now_ms is not None:
            return now_ms - then_ms > SEEN_DAYS * _DAY_MS
        return False  # nobody knows how long ago


def _marks(row: Mapping[str, Any]) -> tuple[str, ...]:
    said = row.get("trust")
    return tuple(one for one in said if isinstance(one, str)) if isinstance(said, list) else ()
