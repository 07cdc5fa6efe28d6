"""What a stand-in board's program works with: files cut out of its flash, settings, a world, a reader."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from scripts.boards.facts import CHIPS
from scripts.firmware_build import build
from scripts.sim.bare_board_image import Board
from scripts.sim.bare_board_program import firmware_argv, repl_argv
from scripts.sim.process import ROOT, dies_with
from scripts.sim.rom_flash import RomFlash

SSID, WIFI_PASSWORD = "cho-moi", "mat-khau-thu"
"""The network that its world has, unless the settings say otherwise."""
ANSWER_S = 20.0


class Around:
    """Everything of it is in `folder`; `settings` lie over what its box.json says, `world` among them."""

    def __init__(self, folder: Path, board: Board, number: str, settings: dict[str, Any]) -> None:
        self.folder, self._board, self._number = folder / "inside", board, number
        self.folder.mkdir(exist_ok=True)
        self._reader: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._control = Path(tempfile.mkdtemp(prefix="tram-eye-")) / "control"  # a socket's path has to be short
        usual = {"wifi": {"faster": 20, "networks": {SSID: {"password": WIFI_PASSWORD, "state": "up"}}}}
        world = settings.get("world", usual)
        (self.folder / "world").write_text(json.dumps(world), encoding="utf-8")
        box = {name: dict(values) for name, values in settings.items() if name != "world"}
        box["test"] = {"world": str(self.folder / "world"), **box.get("test", {})}
        box["flash"] = {"size_bytes": board.spool.size, **box.get("flash", {})}
        (self.folder / "box.json").write_text(json.dumps(box, indent=1), encoding="utf-8")
        (self.folder / "system.img.id").write_text(number, encoding="ascii")

    # The flash, as files

    def cut_out(self, flash: RomFlash) -> None:
        """What lies in the flash now, into files."""
        for name, part in self._parts().items():
            (self.folder / name).write_bytes(flash.data[part.offset : part.offset + part.size])

    def put_back(self, flash: RomFlash) -> None:
        """What the program has written, into the flash."""
        flash.data[:] = self.flash_with(flash)

    def flash_with(self, flash: RomFlash) -> bytes:
        """The flash as it would be if the program ended now."""
        data = bytearray(flash.data)
        for name, part in self._parts().items():
            data[part.offset : part.offset + part.size] = (self.folder / name).read_bytes()
        return bytes(data)

    def _parts(self) -> dict[str, Any]:
        return {"system.img": self._board.system, "spool.img": self._board.spool}

    # What runs

    def firmware(self) -> tuple[list[str], dict[str, str]]:
        """-> command and environment of our firmware; its reader is started first."""
        self._start_reader()
        return [str(word) for word in firmware_argv(self.folder)], {"PYTHONPATH": str(ROOT)}

    def repl(self) -> tuple[list[str], dict[str, str]]:
        """The same of MicroPython alone."""
        known = self._board.title.partition(" (")[0]
        facts = {"id": self._number, "chip": self._board.chip, "board": self._board.title}
        facts["machine"] = f"{known} with {CHIPS[self._board.chip].machine}"
        return repl_argv(self.folder, json.dumps(facts))

    # The reader

    def _start_reader(self) -> None:
        if self._reader is not None:
            return
        build()
        argv = [sys.executable, "-m", "scripts.sim.reader_main", "--tty-link", str(self.folder / "reader")]
        argv += ["--control", str(self._control)]
        with (self.folder / "reader.log").open("ab") as log:
            self._reader = subprocess.Popen(
                argv,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),
            )
        if self._reader.stdout is None or '"ready"' not in self._reader.stdout.readline():
            raise RuntimeError(f"the reader does not start: {(self.folder / 'reader.log').read_text()[-500:]}")
        threading.Thread(target=self._drain, args=(self._reader.stdout,), daemon=True).start()

    def _drain(self, said: Any) -> None:
        for _ in said:
            pass

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order to the reader -> its first answer to it."""
        with self._lock, socket.socket(socket.AF_UNIX) as control:
            control.settimeout(ANSWER_S)
            control.connect(str(self._control))
            control.sendall(json.dumps(order).encode() + b"\n")
            answer = json.loads(control.makefile().readline())
            return dict(answer)

    def close(self) -> None:
        """Nothing of it runs any more."""
        if self._reader is not None:
            self._reader.kill()
            self._reader.wait()
        shutil.rmtree(self._control.parent, ignore_errors=True)
