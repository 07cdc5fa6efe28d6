"""What a box says of firmware that is frozen into its interpreter."""

import json

import pytest

from scripts.firmware_build import run_micropython

PROGRAM = """
import json, sys
sys.path.append(sys.argv[1])
from firmware.update.work import Work
class Files:
    fs = None
    def read(self, path):
        return None
class Limits:
    def __getattr__(self, name):
        return 1
class Door:
    parts = {"files": Files(), "running": "", "box_id": "box-1", "now_ms": lambda: 0, "count": None, "limits": Limits()}
    facts = {"update": "idle"}
    refused, current, is_settled = None, b"1 offer -", False
import asyncio
asyncio.run(Work(Door).run(None))
Door.facts["current"] = Door.current.decode()
print(json.dumps(Door.facts))
"""


@pytest.mark.parametrize(
    ("mark", "facts"),
    [
        (
            'TEXT = "tram-frozen-1 esp32c3 0000000007 ' + "ab" * 32 + '"',
            {"firmware_version": 7, "firmware": "", "slot": "", "current": "1 offer box-1 7 "},
        ),
        ("", {"current": "1 offer -"}),
    ],
)
def test_a_frozen_box_tells_its_version_and_wants_no_offer_of_it_and_a_pc_tells_none(tmp_path, mark, facts):
    if mark:
        (tmp_path / "tram_frozen.py").write_text(mark)
    (tmp_path / "program.py").write_text(PROGRAM)
    done = run_micropython([tmp_path / "program.py", str(tmp_path)], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"update": "idle", **facts}
