"""Between what comes in and the buffer: which purpose holds, what is sealed with which key, and what the place counts.

keeping = Keeping(config, machine, clock)
buffer = await keeping.open(folder)
keeping.place, keeping.sealer
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog

from firmware.wire.record import Scan
from gateway import config as config_files
from gateway.buffer import Buffer, Settings
from gateway.clock import Machine, Timekeeper
from gateway.config import Config, ConfigError
from gateway.passing import passing_faults
from gateway.place import Memory, Place, PlaceError
from gateway.seal import DigestKeys, Sealer, SealError, Shelf, read_public_key, runtime_folder

log = structlog.get_logger()

LOAD_ROWS = 250
"""Counted in one go: live scans wait for no more than that."""


class Keeping:
    """Made once for a run of the program; the buffer may be opened several times."""

    def __init__(self, config: Config, machine: Machine, clock: Timekeeper, utc_ms: Callable[[], int | None]) -> None:
        """Raises ConfigError where a key or a rule cannot be."""
        self._config = config
        self._machine = machine
        self._clock = clock
        folder = runtime_folder()
        self.shelf = Shelf(folder)
        if not self.shelf.survives_restart:
            log.info("keys of the day are in this process only: no folder in memory was given")
        self._memory = Memory(folder if self.shelf.survives_restart else None)
        try:
            key = read_public_key(config.path(config.server.sealing_key_file))
            self.sealer = Sealer(key, self._mode_of, DigestKeys(self.shelf, machine.mono_ms))
            self.place = Place(
                config.place, self.shelf, clock.instant, utc_ms, machine.mono_ms, machine.boot, self._memory.load()
            )
        except (SealError, PlaceError) as error:
            raise ConfigError("setting", str(error)) from error
        self.place_name = config.place.name
        self.purpose_changed = asyncio.Event()
        self.purpose_changed.set()

    def _mode_of(self, scan: Scan | None, received_boot: str, received_mono_ms: int) -> Any:
        purpose = self.place.rules.purpose
        if purpose.is_always_identified:  # most places, always: the clock need not be asked for each scan
            return "identified"
        return purpose.mode_of(*self._clock.instant(scan, received_boot, received_mono_ms))

    async def open(self, folder: Path) -> Buffer:
        """Raises BufferFault."""
        ours = self._config.buffer
        given = {name: getattr(ours, name) for name in ours.__struct_fields__}
        settings = Settings(**{name: value for name, value in given.items() if name in Settings._fields})
        machine = self._machine
        return await Buffer.open(
            folder, boot=machine.boot, mono_ms=machine.mono_ms, sealer=self.sealer, settings=settings
        )

    # --- what the server wishes; kept, so that a start without the internet has it

    def on_place(self, wished: dict[str, Any] | None) -> None:
        """Other rules; None: those of the settings. Raises ValueError, and then those before stay."""
        try:
            rules = self._config.place if wished is None else msgspec.convert(wished, config_files.Place)
            self.place.set_rules(rules)
            self.place_name = rules.name
        except (msgspec.ValidationError, PlaceError) as error:
            raise ValueError(str(error)) from error
        self.purpose_changed.set()

    def on_sealing_key(self, key: bytes) -> None:
        """Seal to this key from now on. Raises ValueError, and then the one before stays."""
        try:
            self.sealer.set_key(key)
        except SealError as error:
            raise ValueError(str(error)) from error

    # --- the place's memory

    async def recall(self, buffer: Buffer) -> None:
        """Count what the buffer holds: after a start, and when the time has become known."""
        after = 0
        while True:
            kept = await buffer.kept(after, LOAD_ROWS)
            if not kept:
                return
            self.place.load(one for one in kept if one.boot)
            after = kept[-1].key

    async def drop_what_may_not_be_kept(self, buffer: Buffer) -> None:
        """After a change of the purpose: what lies on the disk and belongs to a time of counts only."""
        purpose = self.place.rules.purpose
        if purpose.is_always_identified:  # most places, always: a look at every row would hold up all commits
            return
        with passing_faults():
            dropped = await buffer.recount(
                lambda one: (
                    purpose.mode_of(*self._clock.instant(one, one.received_boot, one.received_mono_ms)) == "counts_only"
                )
            )
            if dropped:
                log.info("personal payload dropped: only counts may be kept", scans=dropped)

    def tend(self) -> bytes:
        """Let go of what is over -> what a restart should know. On the loop: the place is not for two threads."""
        self.sealer.tend()
        self.place.tend()
        return self.place.dump()

    def remember(self, data: bytes) -> None:
        """Into memory that survives a restart of the program; what there is no room for is forgotten."""
        with suppress(OSError):
            self._memory.save(data)
