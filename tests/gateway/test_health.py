"""Health is progress, with a reason; a change is told once; the file is never half of itself."""

import threading

import pytest

from gateway.health import Facts, Metric, State, Watch, judge, render, write

WELL = Facts(10.0, True, "connected", 0.0, None, 0.0, None, True, [])


def states(**changes):
    return {one.part: one for one in judge(WELL._replace(**changes))}


def test_where_everything_goes_through_everything_is_well():
    assert all(one.state == "ok" for one in judge(WELL))


@pytest.mark.parametrize(
    "changes, part, state, word",
    [
        ({"broker_up": False, "broker_reason": "unreachable"}, "broker", "down", "unreachable"),
        ({"trouble": "disk_full: no room"}, "keeping", "stopped", "disk_full"),
        ({"oldest_in_hand_s": 10.1}, "keeping", "stuck", "10 s"),
        ({"oldest_in_hand_s": 99.0, "trouble": "io: error"}, "keeping", "stopped", "io"),
        ({"server_reason": "unreachable"}, "sending", "waiting", "unreachable"),
        ({"oldest_waiting_s": 71.0}, "sending", "late", "backlog"),
        ({"utc_known": False}, "clock", "unknown", "UTC"),
        ({"boxes_gone": ["box-b", "box-a"]}, "boxes", "gone", "box-a, box-b"),
        ({"wishes_trouble": "No space left on device"}, "wishes", "stopped", "No space"),
        ({"wishes_damaged": ["b.json", "a.json"]}, "wishes", "damaged", "a.json, b.json"),
        ({"wishes_trouble": "No space", "wishes_damaged": ["a.json"]}, "wishes", "stopped", "No space"),
        ({"boxes_refusing": ["box-a: settings 7: config_value"]}, "wishes", "refused", "box-a: settings 7"),
        ({"boxes_damaged": ["box-a.json"]}, "enrolled", "damaged", "box-a.json"),
    ],
)
def test_what_does_not_go_through_is_named_with_its_reason(changes, part, state, word):
    found = states(**changes)
    assert found[part].state == state
    assert word in found[part].reason
    assert all(one.state == "ok" for one in found.values() if one.part != part)


def test_a_change_is_told_once_and_a_good_start_not_at_all():
    watch = Watch()
    good, bad = State("broker", "ok", "connected"), State("broker", "down", "lost")
    assert watch.changes([good], 0) == []
    assert watch.changes([bad], 1_000) == [bad]
    assert watch.changes([bad._replace(reason="refused")], 2_000) == []
    assert watch.changes([good], 3_000) == [good]
    assert watch.changes([good], 4_000) == []


def test_a_bad_start_is_told():
    bad = State("broker", "down", "lost")
    assert Watch().changes([bad], 0) == [bad]


def test_the_metrics_say_since_when_a_state_holds():
    watch = Watch()
    watch.changes([State("broker", "down", "lost"), State("clock", "ok", "")], 5_000)
    text = render(watch.metrics(65_000))
    assert 'tram_part_ok{part="broker"} 0' in text
    assert 'tram_part_ok{part="clock"} 1' in text
    assert 'tram_part_state_seconds{part="broker"} 60.0' in text


def test_the_text_is_what_prometheus_reads():
    text = render(
        [Metric("a_total", "counter", "What.", {"": 3}), Metric("b", "gauge", "Is.", {'x"\\\n': 1.5}, "kind")]
    )
    assert text.splitlines() == [
        "# HELP a_total What.",
        "# TYPE a_total counter",
        "a_total 3",
        "# HELP b Is.",
        "# TYPE b gauge",
        'b{kind="x\\"\\\\\\n"} 1.5',
    ]


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "metrics.prom"
    texts = ["a" * 50_000 + "\n", "b" * 10 + "\n"]
    write(path, texts[0])
    done = threading.Event()
    wrong = []

    def read() -> None:
        while not done.is_set():
            if path.read_text() not in texts:
                wrong.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(300):
        write(path, texts[number % 2])
    done.set()
    reader.join()
    assert wrong == []
    assert [one.name for one in tmp_path.iterdir()] == ["metrics.prom"]
