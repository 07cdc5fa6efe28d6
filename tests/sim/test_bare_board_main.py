"""A stand-in board in a process of its own."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Main:
    def __init__(self, folder, *words):
        self.child = subprocess.Popen(
            [sys.executable, "-m", "scripts.sim.bare_board_main", "--folder", folder, *words],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait(30)

    def heard(self, key):
        """The next line that has this."""
        for line in self.child.stdout:
            said = json.loads(line)
            if key in said:
                return said
        raise AssertionError(f"it ended without {key}")

    def asked(self, order):
        self.child.stdin.write((order if isinstance(order, str) else json.dumps(order)) + "\n")
        self.child.stdin.flush()
        for line in self.child.stdout:
            said = json.loads(line)
            if "done" in said or "error" in said:
                return said
        raise AssertionError("it ended")


def test_it_says_where_it_is_announces_it_and_does_as_it_is_told(tmp_path):
    ports = tmp_path / "ports.json"
    with Main(tmp_path / "board", "--board", "esp32c3", "--ports", ports) as board:
        ready = board.heard("ready")["ready"]
        assert (ready["vid"], ready["kind"]) == (0x303A, "esp")
        assert board.heard("mode")["mode"] == "blank"
        [announced] = json.loads(ports.read_text())
        assert announced == {**ready, "pid_of": board.child.pid}
        assert board.asked({"fault": "cut", "value": 100})["done"]
        assert board.asked({"unplug": True})["done"]
        assert board.asked({"plug": "elsewhere"})["done"]
        assert board.asked({"boot": True})["done"]
        assert board.asked({"reset": True})["done"]
        board.asked({"unplug": True})
        assert not Path(ready["device"]).exists()


@pytest.mark.parametrize(
    "order",
    ["no JSON", "[]", "5", "{}", '{"dance": true}', '{"fault": "nonsense"}', '{"fault": "flip", "value": 1}',
     '{"show_code_base64": "!"}', json.dumps({"show_code_base64": base64.b64encode(b"x").decode()})],
)  # fmt: skip
def test_what_it_cannot_do_is_an_error_and_it_goes_on(tmp_path, order):
    with Main(tmp_path / "board", "--board", "esp32c3") as board:
        assert "error" in board.asked(order)
        assert "done" in board.asked({"reset": True})
