"""A box of a town and its reader, each a process of its own, in one folder."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts.sim.process import ROOT, Process
from scripts.sim.proxy import Proxy
from scripts.sim.witness import Witness


class Box:
    """A box, its reader, and their folder."""

    def __init__(
        self,
        box_id: str,
        folder: Path,
        link: Proxy,
        reader_options: list[str],
        witness: Witness,
        on_end: Callable[[str, int], None],
        broker: str = "127.0.0.1",
        system: Path | None = None,
        machine: tuple[str, ...] = (),
    ) -> None:
        """`link`: its way to the broker. `broker`: the name or address that it knows it under; empty: its identity says
        it. `system`: the flash with
        its firmware; None: it runs what was built from the sources, and nobody looks after it.
        `machine`: what stands before a command that is to run on its machine."""
        self.box_id = box_id
        self.folder = folder
        self.link = link
        self.has_system = system is not None
        tty = folder / "reader"
        self.reader = Process(
            f"reader of {box_id}",
            [ROOT / "scripts" / "simreader", "--tty-link", tty, *reader_options],
            folder,
            folder / "reader.log",
            self._on_reader_line,
            on_end,
        )
        box_argv: list[str | Path] = [ROOT / "scripts" / "simbox", "--uart", tty, "--flash", folder / "flash.img"]
        box_argv += ["--broker", f"{broker}:{link.port}" if broker else "-", "--config", folder / "config.json"]
        if system is not None:
            box_argv += ["--system", system]
        self.box = Process(box_id, [*machine, *box_argv], folder, folder / "box.log", self._on_box_line, on_end)
        self._witness = witness
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def _on_box_line(self, line: bytes) -> None:
        self._witness.box_line(self.box_id, line)

    def _on_reader_line(self, line: bytes) -> None:
        said = self._witness.reader_line(self.box_id, line)
        if "sent" in said or "not_read" in said:
            self._answers.put_nowait(said)

    async def ask_reader(self, command: dict[str, Any], patience_s: float) -> dict[str, Any] | None:
        """Hand the reader a command; -> what became of the code, or None when it said nothing in time."""
        while not self._answers.empty():
            self._answers.get_nowait()
        if not await self.reader.send(json.dumps(command).encode()):
            return None
        try:
            async with asyncio.timeout(patience_s):
                return await self._answers.get()
        except TimeoutError:
            return None

    def cut_power_after(self, operations: int, of: str = "") -> None:
        """At the n-th flash operation from now the power goes, and that operation is torn. `of`: the spool's flash, or
        the one of the `system`."""
        self._write("power", f"{of} {operations}".strip())

    def set_world(self, world: dict[str, Any]) -> None:
        """What is around it from now on: see firmware/boards/linux_world.py."""
        self._write("world", json.dumps(world))

    def _write(self, name: str, text: str) -> None:
        fresh = self.folder / f"{name}.new"
        fresh.write_text(text)
        fresh.replace(self.folder / name)

    async def freeze(self, for_s: float) -> None:
        """Nothing of it goes on for so long. If its watchdog runs out meanwhile, it bites when this is over."""
        pids = self._pids()
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if number == signal.SIGSTOP:
                await asyncio.sleep(for_s)

    def _pids(self) -> list[int]:
        """Of the box itself, not of the launcher that starts it again."""
        if not self.box.is_running:
            return []
        pid = self.box.pid
        if not self.has_system:
            return [pid]
        try:
            return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []
