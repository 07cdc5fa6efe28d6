"""Contacts and holes as lines: every bound is there, and what is not seen is said."""

import pytest

from scripts.sim.told_contacts import told_contact, told_hole

AT_MS = 1_795_357_824_000  # 21:30:24 in Vietnam
HOUR_MS = 3_600_000


def contact(**given):
    meeting = {
        "gate_in": "cong-vao",
        "gate_out": "cong-ra",
        "in_ms": [AT_MS, AT_MS, AT_MS],
        "out_ms": [AT_MS, AT_MS, AT_MS],
        "label": "measured",
        "overlap_min": [3, 4, 5],
    }
    return {"pseudonym": "QK4DZ-EB405", "route": "phone", "meetings": [{**meeting, **given}]}


def test_a_meeting_says_gates_times_label_and_all_three_numbers():
    [line] = told_contact(contact())
    for said in ("QK4DZ-EB405", "cong-vao 21:30:24", "cong-ra 21:30:24", "đo được / measured", "3–4–5", "/ phone"):
        assert said in line


def test_an_instant_that_is_not_well_known_is_told_with_its_bounds():
    [line] = told_contact(contact(gate_out="", out_ms=[AT_MS, AT_MS + HOUR_MS, AT_MS + 6 * HOUR_MS], label="assumed"))
    assert "→ ? 22:30:24 (21:30:24–03:30:24)" in line
    assert "ước đoán / assumed" in line


def test_every_meeting_has_a_line():
    assert len(told_contact({**contact(), "meetings": contact()["meetings"] * 3})) == 3


@pytest.mark.parametrize("label", ["", "sure", "Measured"])
def test_a_label_that_is_not_known_is_not_passed_over(label):
    with pytest.raises(KeyError):
        told_contact(contact(label=label))


@pytest.mark.parametrize(
    ("most", "vi", "en"), [(None, "không ai biết bao nhiêu", "nobody knows how many"), (0, "nhiều nhất 0", "0 at most")]
)
def test_a_hole_says_how_much_it_may_hide_in_both_languages(most, vi, en):
    assert told_hole({"vi": "Hộp im.", "en": "Silent.", "most_scans": most}) == [
        f"- Hộp im. ({vi})",
        f"  Silent. ({en})",
    ]
