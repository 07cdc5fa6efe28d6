"""From scans to contacts, as the demo tells it: boxes, broker, gateway and server, an outage, a case, an answer."""

import json
import subprocess

import pytest

from scripts.firmware_build import ROOT

LIMIT_S = 280
STEPS = 11


@pytest.mark.timeout(LIMIT_S + 20)
def test_who_was_met_is_told_with_all_that_is_not_known_and_it_is_what_happened(tmp_path):
    told = tmp_path / "story.json"
    command = [ROOT / "scripts" / "demo", "--headless", "--story", "tracing", "--json", told]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    report = json.loads(told.read_text())
    assert report["broken"] == []
    assert len(report["steps"]) == STEPS
    assert report["green"] == report["stored"] == 18
    assert (report["lost"], report["invented"], report["ledger_complete"]) == (0, 0, True)
    for said in ("đo được / measured", "ước đoán / assumed", "1–1–1", "was silent within", "could not be read"):
        assert said in done.stdout
    names_nobody(done.stdout)


def names_nobody(said):
    """Pseudonyms only, on the screen."""
    assert not [word for word in said.split() if word.isdigit() and len(word) in (9, 12)]
