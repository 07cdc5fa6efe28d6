"""Settings without their secrets, and back."""

import pytest

from gateway.tech.masked import masked, unmasked

FULL = {
    "wifi": [["Chợ", "mat-khau-1"], ["mở", ""]],
    "gate": {"control_key": "0123456789abcdef", "name": "Cổng"},
    "face": {"sound": True},
}
SHOWN = {
    "wifi": [["Chợ", "***"], ["mở", ""]],
    "gate": {"control_key": "***", "name": "Cổng"},
    "face": {"sound": True},
}


def test_secrets_are_hidden_and_stay_what_they_were_when_they_come_back():
    assert masked(FULL) == SHOWN
    assert FULL["wifi"][0][1] == "mat-khau-1"
    assert unmasked(SHOWN, FULL) == (FULL, "")
    changed = SHOWN | {"face": {"sound": False}, "wifi": [["mới", "mat-khau-2"], ["Chợ", "***"]]}
    whole, lacking = unmasked(changed, FULL)
    assert (whole["wifi"], lacking) == ([["mới", "mat-khau-2"], ["Chợ", "mat-khau-1"]], "")


@pytest.mark.parametrize(
    "settings, before, lacking",
    [
        ({"wifi": [["Chợ", "***"]]}, {}, "wifi"),
        ({"wifi": [["khác", "***"]]}, FULL, "wifi"),
        ({"wifi": ["***"]}, FULL, "wifi"),
        ({"wifi": [["Chợ", "***"]]}, {"wifi": "x"}, "wifi"),
        ({"gate": {"control_key": "***"}}, {}, "gate.control_key"),
        ({"gate": {"control_key": "***"}}, {"gate": "x"}, "gate.control_key"),
    ],
)
def test_a_secret_that_nobody_knows_is_not_made_up(settings, before, lacking):
    assert unmasked(settings, before)[1] == lacking


@pytest.mark.parametrize("odd", [{"wifi": "x"}, {"wifi": [["a", 5], ["a"], 7]}, {"gate": 5}, {"gate": None}, {}])
def test_what_is_no_settings_at_all_shows_nothing_and_breaks_nothing(odd):
    assert "5" not in str(masked(odd).get("wifi", ""))
    assert unmasked(odd, odd)[1] == ""
