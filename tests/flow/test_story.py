"""The life of one box, from a blank image to the wall and through what may happen there, on the real parts."""

import json
import subprocess

from scripts.firmware_build import ROOT

LIMIT_S = 300


def test_a_box_is_mounted_and_comes_through_outage_prank_wrong_settings_bad_update_and_power_cut(tmp_path):
    told = tmp_path / "story.json"
    command = [ROOT / "scripts" / "demo", "--headless", "--story", "box", "--json", told]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    report = json.loads(told.read_text())
    assert report["broken"] == []
    assert len(report["steps"]) == 18
    assert report["green"] == report["stored"] >= 18
    assert (report["lost"], report["invented"], report["ledger_complete"]) == (0, 0, True)
