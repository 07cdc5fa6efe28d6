"""What is shown when several things happen: to the person first, and what lasts comes back."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.face import Face
from firmware.face.face import LOOK_MS
from firmware.face.table import signal_of
from scripts.firmware_build import run_micropython
from tests.firmware.face.rig import COLOUR, Port, pass_ms
from tests.firmware.face.test_table import NAMES

LASTING = [name for name in NAMES if not signal_of(name)[4]]


def a_face(**settings: object) -> tuple[Face, Port]:
    port = Port()
    whole = {"language": "both", "sound": True, "brightness": 100, **settings}
    return Face(port, SimpleNamespace(**whole)), port


def colour(outcome: str) -> tuple:
    return tuple(int(part, 16) * 17 for part in signal_of(outcome)[COLOUR])


def drawn(port: Port) -> list[str]:
    return [outcome for outcome, _ in port.of("draw")]


@pytest.mark.parametrize("outcome", NAMES)
def test_an_outcome_is_lit_before_show_returns_and_then_drawn_with_its_facts(outcome):
    face, port = a_face()
    face.show(outcome, seq=5)
    assert port.told[0][0] == "light"
    assert port.lit() == colour(outcome)
    assert port.told[-1] == ("draw", (outcome, {"seq": 5}), 1000)


def test_an_outcome_that_is_not_in_the_table_is_a_mistake_of_ours_and_nothing_is_shown():
    face, port = a_face()
    with pytest.raises(KeyError):
        face.show("approved")
    assert port.told == []


def test_what_is_newest_for_a_person_pre_empts():
    face, port = a_face()
    face.show("stored")
    face.show("wrong_kind", kind="vietqr")
    assert port.lit() == colour("wrong_kind")
    face.show("seen")
    assert port.lit() == colour("seen")
    face.show("stored")
    assert port.lit() == colour("stored")


def test_what_is_for_the_keeper_waits_until_the_person_has_seen_theirs():
    face, port = a_face()
    face.show("ready")
    face.show("stored")
    face.show("delivered")
    face.show("no_gateway")
    before = len(port.of("light"))
    pass_ms(port, face, 680)
    assert len(port.of("light")) == before
    pass_ms(port, face, 40)
    assert port.lit() == colour("delivered")
    pass_ms(port, face, 260)
    assert port.lit() == colour("no_gateway")


def test_a_delivery_between_people_is_seen_at_once():
    face, port = a_face()
    face.show("ready")
    pass_ms(port, face, 1000)
    face.show("delivered")
    assert port.lit() == colour("delivered")


@pytest.mark.parametrize(
    "state", [name for name in LASTING if name not in ("spool_full", "spool_fault", "reader_fault")]
)
def test_a_lasting_state_comes_back_after_a_passing_one_and_without_its_sound(state):
    face, port = a_face()
    face.show(state)
    pass_ms(port, face, 500)
    face.show("stored")
    tones = len(port.of("tone"))
    pass_ms(port, face, 720)
    assert port.of("light")[-1] == colour(state)
    assert port.of("tone")[tones:] == [0]


def test_the_higher_of_two_lasting_states_is_seen_and_the_other_one_after_it():
    face, port = a_face()
    face.show("reader_fault")
    face.show("no_gateway")
    assert port.lit() == colour("reader_fault")
    assert face.over("reader_fault")
    assert port.lit() == colour("no_gateway")
    assert face.over("no_gateway")
    assert port.lit() == colour("ready")
    assert drawn(port) == ["reader_fault", "no_gateway", "no_gateway", "ready"]


def test_what_is_not_on_cannot_be_over():
    face, port = a_face()
    assert not face.over("no_gateway")
    assert not face.over("ready")
    assert not face.over("stored")
    assert port.told == []


def test_ready_ends_nothing():
    face, port = a_face()
    face.show("no_gateway")
    face.show("ready")
    assert port.lit() == colour("no_gateway")
    assert drawn(port) == ["no_gateway", "ready"]


def test_the_end_of_a_state_does_not_cut_a_persons_signal_short():
    face, port = a_face()
    face.show("no_gateway")
    face.show("stored")
    face.over("no_gateway")
    assert port.lit() == colour("stored")
    pass_ms(port, face, 720)
    assert port.lit() == colour("ready")


def test_a_code_that_is_read_ends_the_readers_trouble_and_one_that_is_stored_the_spools():
    face, port = a_face()
    face.show("reader_fault")
    face.show("spool_full")
    face.show("seen")
    assert not face.over("reader_fault")
    face.show("stored")
    assert not face.over("spool_full")
    pass_ms(port, face, 720)
    assert port.lit() == colour("ready")


def test_a_person_is_told_that_the_box_is_full_whatever_else_lasts():
    face, port = a_face()
    face.show("identify")
    pass_ms(port, face, 1000)
    face.show("spool_full")
    assert port.lit() == colour("spool_full")
    pass_ms(port, face, LOOK_MS + 100)
    assert colour("identify") in port.of("light")[-3:]


def test_asking_for_its_code_and_being_busy_with_one_take_turns():
    face, port = a_face()
    face.show("unprovisioned")
    face.show("provisioning", code="wifi_wrong_password")
    assert port.lit() == colour("provisioning")
    assert not face.over("unprovisioned")
    face.show("provision_refused", reason="token_spent")
    pass_ms(port, face, 1300)
    face.show("unprovisioned")
    assert port.lit() == colour("unprovisioned")


def test_sound_and_brightness_are_settings():
    face, port = a_face(sound=False, brightness=50)
    face.show("stored")
    pass_ms(port, face, 100)
    assert port.of("tone") == []
    assert port.lit() == (0, 127, 0)


def test_settings_may_be_missing():
    port = Port(wants_words=True)
    face = Face(port)
    face.show("stored")
    face.tick()
    assert port.of("display") == [["Đã ghi nhận", "Recorded"]]


def test_a_box_without_a_screen_reads_no_words():
    face, port = a_face()
    for outcome in NAMES:
        face.show(outcome)
        pass_ms(port, face, 100)
    assert {what for what, _, _ in port.told} <= {"light", "tone", "draw"}


@pytest.mark.parametrize(
    "outcome, facts, line",
    [
        ("wrong_kind", {"kind": "vietqr", "crc": "0"}, "Đây là mã thanh"),
        ("wrong_kind", {"kind": "control", "reason": "tag"}, "Mã điều khiển"),
        ("wrong_kind", {}, "Ở đây không nhận"),
        ("provision_refused", {"reason": "expired"}, "Mã cài đặt hết"),
        ("provision_refused", {"reason": "no-such"}, "Không nhận mã"),
        ("direction", {"direction": "in"}, "Đang đếm lượt"),
        ("direction", {"direction": ""}, "Trở lại chiều đã"),
        ("provisioning", {"code": "wifi_wrong_password"}, "Sai mật khẩu"),
        ("spool_full", {"code": "full"}, "Hộp quét đã đầy,"),
    ],
)
def test_the_facts_choose_the_words(outcome, facts, line):
    port = Port(wants_words=True)
    face = Face(port)
    face.show(outcome, **facts)
    face.tick()
    assert port.of("display")[0][0] == line


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans(), st.integers(0, 4000)), max_size=40))
def test_whatever_happens_what_lasts_is_seen_in_the_end_or_ready(happens):
    face, port = a_face()
    lasts = set()
    for outcome, is_over, gap_ms in happens:
        if is_over:
            assert face.over(outcome) == (outcome in lasts)
            lasts.discard(outcome)
        else:
            face.show(outcome)
            lasts -= set(signal_of(outcome)[6])
            lasts |= {outcome} & set(LASTING) - {"ready"}
        pass_ms(port, face, gap_ms, 500)
    face.show("ready")
    pass_ms(port, face, 12_000, 50)
    told = len(port.told)
    pass_ms(port, face, 6000, 20)
    highest = next((name for name in NAMES if name in lasts), "ready")
    assert {value for _, value, _ in port.told[told:]} == {colour(highest), (0, 0, 0)}


PLAY = """
import asyncio, gc, time
from firmware.face import Face

class Port:
    has_screen = True
    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff
    def light(self, *rgb):
        told.append(("light", rgb, time.ticks_diff(time.ticks_ms(), began)))
    def tone(self, hz):
        told.append(("tone", hz, 0))
    def draw(self, outcome, signal, facts):
        told.append(("draw", outcome, 0))
    def show(self, picture):
        told.append(("show", sum(picture) > 0, time.ticks_diff(time.ticks_ms(), began)))

async def main():
    face = Face(Port())
    face.show("ready")
    task = asyncio.create_task(face.run())
    await asyncio.sleep_ms(50)
    del told[:]
    face.show("seen")
    assert told[0][0] == "light" and told[-1][:2] == ("draw", "seen"), told
    face.show("stored", seq=1)
    face.show("delivered")
    await asyncio.sleep_ms(1200)
    task.cancel()
    gc.collect()
    print([rgb for what, rgb, _ in told if what == "light"])
    print(max(at for what, _, at in told if what == "show"), [what for what, _, _ in told].count("show"))

told = []
began = time.ticks_ms()
asyncio.run(main())
"""


def test_the_box_plays_it_in_its_own_loop(tmp_path):
    script = tmp_path / "play.py"
    script.write_text(PLAY)
    done = run_micropython([script], cwd=tmp_path)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    lights, screen = done.stdout.decode().splitlines()
    seen, green, dark, ready = "(136, 136, 136)", "(0, 255, 0)", "(0, 0, 0)", "(68, 68, 68)"
    stored = [green, dark]
    delivered = [green, dark, green, dark]
    assert lights[1:-1].replace("), (", ")|(").split("|")[:9] in (
        [seen, *stored, *delivered, ready, dark],
        [seen, green, *delivered, ready, dark],  # from green to green
    )
    assert screen.split()[1] == "1"


def test_what_it_costs_in_memory_stays_small(tmp_path):
    script = tmp_path / "heap.py"
    script.write_text(
        "import asyncio, gc\n"
        "gc.collect(); before = gc.mem_alloc()\n"
        "from firmware.face import Face\n"
        "class Port:\n"
        "    has_screen = False\n"
        "    ticks_ms = ticks_diff = lambda *a: 0\n"
        "    light = tone = draw = lambda *a: None\n"
        "face = Face(Port())\n"
        "face.show('ready')\n"
        "gc.collect(); print(gc.mem_alloc() - before)\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < 11 * 1024
