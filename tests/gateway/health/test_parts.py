"""What does not go through is named, with its reason; nothing else is."""

import pytest

from gateway.health import Facts, judge

WELL = Facts(10.0, True, "connected", 0.0, None, 0.0, None, True, [], echo_age_s=1.0, is_synchronised=True)


def states(**changes):
    return {one.part: one for one in judge(WELL._replace(**changes))}


def test_where_everything_goes_through_everything_is_well():
    assert all(one.state == "ok" for one in judge(WELL))


@pytest.mark.parametrize(
    "changes, part, state, word",
    [
        ({"broker_up": False, "broker_reason": "unreachable"}, "broker", "down", "unreachable"),
        ({"echo_age_s": 7.6}, "broker", "not_delivering", "8 s"),
        ({"echo_age_s": 2.1, "beacon_s": 1.0}, "broker", "not_delivering", "2 s"),
        ({"trouble": "disk_full: no room"}, "keeping", "stopped", "disk_full"),
        ({"oldest_in_hand_s": 10.1}, "keeping", "stuck", "10 s"),
        ({"oldest_in_hand_s": 99.0, "trouble": "io: error"}, "keeping", "stopped", "io"),
        ({"writer_silent_s": 11.0}, "keeping", "stuck", "writer"),
        ({"finished_files": 1}, "storage", "finished_file", "1 given up"),
        ({"damage": "12 rows gone"}, "storage", "damaged", "12 rows"),
        ({"server_reason": "unreachable"}, "sending", "waiting", "unreachable"),
        ({"oldest_waiting_s": 71.0}, "sending", "late", "backlog"),
        ({"is_falling_behind": True}, "sending", "falling_behind", "grows"),
        ({"certificate_days": 29.9}, "certificate", "expiring", "30 days"),
        ({"certificate_days": -2.0}, "certificate", "expired", "2 days"),
        ({"utc_known": False, "time_service": "chrony"}, "clock", "unknown", "chrony"),
        ({"is_synchronised": False}, "clock", "unsynchronised", "none that is known"),
        ({"contradiction_ms": 240_000}, "clock", "contradiction", "4 min ahead of"),
        ({"contradiction_ms": -90_000_000, "utc_known": False}, "clock", "contradiction", "25 h behind"),
        ({"stepped_ms": -7_200_000, "step_age_s": 9.0}, "clock", "stepped", "backwards by 2 h"),
        ({"stepped_ms": 300, "step_age_s": 9.0}, "clock", "stepped", "forwards by 0.3 s"),
        ({"wishes_trouble": "No space left on device"}, "wishes", "stopped", "No space"),
        ({"wishes_damaged": ["b.json", "a.json"]}, "wishes", "damaged", "a.json, b.json"),
        ({"wishes_trouble": "No space", "wishes_damaged": ["a.json"]}, "wishes", "stopped", "No space"),
        ({"boxes_refusing": ["box-a: settings 7: config_value"]}, "wishes", "refused", "box-a: settings 7"),
        ({"boxes_damaged": ["box-a.json"]}, "enrolled", "damaged", "box-a.json"),
        ({"panel_trouble": "port 8443 is taken"}, "panel", "down", "8443"),
        ({"readers": [("/dev/ttyACM0", "no_permission", "group dialout")]}, "readers", "no_permission", "dialout"),
        ({"lag_s": 2.5}, "program", "slow", "2.5 s"),
    ],
)
def test_what_does_not_go_through_is_named_with_its_reason(changes, part, state, word):
    found = states(**changes)
    assert found[part].state == state
    assert word in found[part].reason
    assert all(one.state == "ok" for one in found.values() if one.part != part)


@pytest.mark.parametrize(
    "changes",
    [
        {"echo_age_s": 7.4},
        {"echo_age_s": None},
        {"echo_age_s": 60.0, "is_paused": True},
        {"oldest_in_hand_s": 9.9},
        {"writer_silent_s": 9.9},
        {"certificate_days": 30.1},
        {"certificate_days": None},
        {"step_age_s": 601.0, "stepped_ms": 10**9},
        {"is_synchronised": None},
        {"readers": [("/dev/ttyACM0", "half_configured", "sound")]},
        {"lag_s": 1.9},
        {"oldest_waiting_s": 69.0},
    ],
)
def test_what_is_usual_is_no_alarm(changes):
    assert all(one.state == "ok" for one in judge(WELL._replace(**changes)))
