"""A box is made new, and the power fails meanwhile: it is the old one, or becomes the new one."""

import json
from pathlib import Path

import pytest

from scripts.firmware_build import ROOT, build, run_micropython

HERE = Path(__file__).parent
PATHS = f"{ROOT / 'scripts' / 'spool'}:{HERE.parent / 'settings'}"


@pytest.mark.parametrize("prog_bytes", [32, 256])
@pytest.mark.parametrize("more", [[], ["shut"]], ids=["whole", "spool_shut"])
def test_a_cut_anywhere_while_a_box_is_made_new_leaves_no_half(prog_bytes, more):
    script = [HERE / "powercut.py", str(prog_bytes), "nothing,half,other_half,bits,all", *more]
    done = run_micropython(script, heap="16M", path=f"{build()}:{PATHS}", cwd=HERE)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["images"] == 5 * counts["operations"] > 500, counts
