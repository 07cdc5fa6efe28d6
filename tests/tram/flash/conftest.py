"""A bench with stand-in boards, and `tram` in this process."""

import json
from contextlib import ExitStack

import pytest

from scripts.sim.bare_board import BareBoard
from scripts.tram import lang, out
from scripts.tram.__main__ import run
from scripts.tram.ports import Port, kind_of
from tests.tram.flash import releases

CLOSED_S = 2.0


class Bench:
    def __init__(self, folder, stack, capsys):
        self.folder, self.home = folder, folder / "home"
        self.others = []
        self._stack, self._boards, self._capsys = stack, [], capsys
        releases.trust(self.home)

    def board(self, name="esp32c3", **options):
        """Plug in a stand-in board; it is unplugged when the test is over."""
        folder = self.folder / f"board-{len(self._boards)}"
        board = self._stack.enter_context(BareBoard(folder, name, **options))
        self._boards.append(board)
        return board

    def release(self, *names):
        return releases.write(self.folder / "release", *names)

    def frozen_release(self, *names):
        return releases.write_frozen(self.folder / "release", *names)

    def ports(self):
        """What this computer sees now."""
        entries = [board.entry() for board in self._boards if board.mode != "off"]
        return self.others + [Port(**entry) for entry in entries]

    def other(self, device, vid, pid, title=""):
        """A port of something else."""
        self.others.append(Port(device, vid, pid, "", title, kind_of(vid, pid, title)))

    def tram(self, *words):
        """-> the exit code, and the objects that it printed."""
        self._capsys.readouterr()
        code = run([*(str(word) for word in words), "--json", "--lang", "en"])
        return code, [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]

    def flash(self, *words):
        """-> the exit code, and the last object: what came of it."""
        code, told = self.tram("flash", "--release", self.folder / "release", *words)
        for board in self._boards:  # a pty has no reset line: the stand-in sees the last close a moment later
            board.wait_for_news(lambda board=board: board.mode not in ("rom", "stub"), CLOSED_S)
        return code, told[-1]

    def journal(self, board, chip_id=""):
        """What is written down of a board; None: nothing."""
        file = self.home / "flash" / f"{chip_id or board.mac}.json"
        return json.loads(file.read_text()) if file.exists() else None


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(out, "is_json", False)
    monkeypatch.setattr(out, "is_sure", False)
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    lang.settle("en")
    with ExitStack() as stack:
        bench = Bench(tmp_path, stack, capsys)
        monkeypatch.setattr("scripts.tram.ports.listing.stand_ins", bench.ports)
        monkeypatch.setattr("scripts.tram.ports.listing.drives", list)
        monkeypatch.setattr("serial.tools.list_ports.comports", list)
        yield bench
