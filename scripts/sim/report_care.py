"""What became of the wishes for boxes that are looked after, and which promises about them were broken. Pure.

1. In the end every box has the settings and the firmware that were validly wished last, or says why it does not.
2. Settings that no box may take, or that cut it off, never become the ones in use for good.
3. Settings that no box may take are never even tried; each was refused by name, unless another wish came first.
"""

from collections import Counter
from typing import Any

from scripts.sim.evidence import Evidence
from scripts.sim.fleet import unsettled


def build(evidence: Evidence) -> dict[str, Any]:
    """For the report: how many wishes of each nature, what the boxes said of them, what they have in the end."""
    natures = _natures(evidence)
    became: dict[str, Counter[str]] = {}
    for one in dict.fromkeys((one.box_id, one.what, one.version, one.outcome) for one in evidence.outcomes):
        nature = natures.get(one[:3])
        if nature:
            became.setdefault(f"{one[1]} {nature}", Counter())[one[3]] += 1
    return {
        "wished": dict(Counter(f"{one.what} {one.nature}" for one in evidence.wishes)),
        "became": {name: dict(sorted(counts.items())) for name, counts in sorted(became.items())},
        "boxes": {
            box_id: {name: row[name] for name in sorted(row) if name.startswith(("settings_", "firmware"))}
            for box_id, row in sorted(evidence.fleet.items())
        },
    }


def broken(evidence: Evidence) -> list[str]:
    """The promises that were not kept, a sentence each."""
    natures = _natures(evidence)
    said = unsettled(evidence.fleet, evidence.wishes, evidence.outcomes) if evidence.wishes else []
    for one in dict.fromkeys(evidence.outcomes):
        nature = natures.get((one.box_id, one.what, one.version))
        if one.what == "settings" and nature in ("invalid", "cutting") and one.outcome == "good":
            said.append(f"{one.box_id} uses settings {one.version}, which are {nature}")
        elif one.what == "settings" and nature == "invalid" and one.outcome == "trying":
            said.append(f"{one.box_id} tried settings {one.version}, which no box may take")
    return said


def _natures(evidence: Evidence) -> dict[tuple[str, str, int], str]:
    # the same firmware is wished again and again; it is always good
    return {(one.box_id, one.what, one.version): one.nature for one in evidence.wishes}
