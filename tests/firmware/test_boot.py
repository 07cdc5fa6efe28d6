"""boot.py and main.py on the real interpreter: which slot starts, after whatever has happened; from real images."""

import hashlib
import json
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.bundle import image
from scripts.bundle.bundle import Release, manifest_of, pack_of
from scripts.firmware_build import FIRMWARE, ROOT, build, run_micropython
from tests.firmware.update.disk import Volume

STAGE = ROOT / "scripts" / "sim" / "stage.py"
SIZE = 64 * 4096

JUDGE = """
import json, sys
from firmware import boot
with open(sys.argv[1]) as file:
    cases = json.load(file)
found = []
for given, causes, versions in cases:
    slots, state = [], {"trial": 0, "tries": 0, "fails": 0, "noted": 0, "lean": 0, "bad": ""}
    state.update(given)
    for cause in causes:
        if cause == "confirmed":
            state.update({"trial": 0, "tries": 0, "fails": 0, "good": state["active"]})
            continue
        if cause == "raised":  # as boot.failed does
            state.update({"fails": state.get("fails", 0) + 1, "noted": 1})
            cause = "soft"
        slots.append(boot.judge(state, cause, versions))
    found.append([slots, state])
print(json.dumps(found))
"""


@pytest.fixture
def judge(tmp_path):
    def run(state, causes, versions=None):
        """-> (the slot that each of these boots starts, the state at the end)."""
        (tmp_path / "judge.py").write_text(JUDGE)
        case = [state, causes, {"a": 4, "b": 5, "s": 1, **(versions or {})}]
        (tmp_path / "cases.json").write_text(json.dumps([case]))
        done = run_micropython([tmp_path / "judge.py", tmp_path / "cases.json"], cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        slots, after = json.loads(done.stdout)[0]
        return "".join(slots), after

    return run


PLAIN = {"active": "a", "good": "a"}
TRIAL = {"active": "b", "good": "a", "trial": 1}
POWER = "power"


def test_the_slot_that_was_confirmed_starts_whenever_the_power_comes(judge):
    slots, state = judge(PLAIN, [POWER] * 30)
    assert slots == "a" * 30
    assert state["fails"] == 0


def test_a_trial_starts_and_is_counted(judge):
    slots, state = judge(TRIAL, ["soft"])
    assert (slots, state["tries"]) == ("b", 1)


def test_a_confirmed_trial_stays(judge):
    slots, _ = judge(TRIAL, ["soft", "confirmed", POWER, "soft", "soft", "soft", "soft"])
    assert set(slots) == {"b"}


def test_three_failed_boots_end_a_trial(judge):
    slots, state = judge(TRIAL, ["soft", "raised", "raised", "raised", POWER])
    assert slots == "bbbaa"
    assert state["back"]["code"] == "failed_boots"
    assert (state["back"]["slot"], state["back"]["version"], state["bad"]) == ("b", 5, "b")


@pytest.mark.parametrize("cause", ["soft", "other"])
def test_so_do_three_that_just_began_anew(judge, cause):
    assert judge(TRIAL, ["soft", cause, cause, cause])[0] == "bbba"


def test_a_watchdog_ends_a_trial_at_once(judge):
    slots, state = judge(TRIAL, ["soft", "watchdog", POWER])
    assert slots == "baa"
    assert state["back"]["code"] == "watchdog"


def test_power_cycles_are_no_failures_but_bounded(judge):
    slots, state = judge(TRIAL, ["soft", *[POWER] * 10])
    assert slots == "b" * 10 + "a"
    assert state["back"]["code"] == "never_confirmed"


def test_neither_is_the_button(judge):
    assert judge(TRIAL, ["soft", *["button"] * 9])[0] == "b" * 10


def test_what_the_watchdog_did_before_the_trial_is_not_the_trial_s_fault(judge):
    assert judge(TRIAL, ["watchdog"])[0] == "b"


def test_failed_boots_with_power_cycles_between_are_still_three(judge):
    assert judge(TRIAL, ["soft", "raised", POWER, "raised", POWER, "raised"])[0] == "bbbbba"


def test_a_good_slot_that_fails_again_and_again_gives_way_to_the_other_one(judge):
    slots, state = judge(PLAIN, [POWER, "raised", "raised", "raised", POWER])
    assert slots == "aaabb"
    assert (state["active"], state["good"], state["trial"], state["bad"]) == ("b", "a", 0, "a")


def test_a_good_slot_is_not_left_for_restarts_that_it_asked_for(judge):
    assert judge(PLAIN, [POWER, *["soft"] * 20])[0] == "a" * 21


def test_a_good_slot_whose_watchdog_runs_out_three_times_in_a_row_is_left(judge):
    assert judge(PLAIN, [POWER, "watchdog", "watchdog", "watchdog"])[0] == "aaab"


def test_a_watchdog_now_and_then_is_forgiven(judge):
    assert judge(PLAIN, [POWER, *["watchdog", "confirmed"] * 9])[0] == "a" * 10


def test_both_slots_bad_is_safe_mode_and_stays_so_whatever_the_power_does(judge):
    slots, state = judge(PLAIN, [POWER, *["raised"] * 6, *[POWER] * 20])
    assert slots == "aaabbb" + "s" * 21
    assert state["bad"] == "ab"


def test_an_update_leads_out_of_safe_mode(judge):
    state = {"active": "b", "good": "a", "bad": "a", "trial": 1, "tries": 0}
    assert judge(state, ["soft", POWER])[0] == "bb"


def test_a_slot_in_pieces_is_not_started(judge):
    slots, state = judge(TRIAL, ["soft"], {"b": 0})
    assert slots == "a"
    assert state["back"]["code"] == "not_whole"


def test_a_slot_in_pieces_is_no_way_out_either(judge):
    assert judge(PLAIN, [POWER, "raised", "raised", "raised"], {"b": 0})[0] == "aaas"


def test_two_slots_in_pieces_are_safe_mode(judge):
    assert judge(PLAIN, [POWER, POWER], {"a": 0, "b": 0})[0] == "ss"


def test_without_a_safe_mode_a_slot_that_fails_is_better_than_none(judge):
    assert judge(PLAIN, [POWER, *["raised"] * 7], {"s": 0})[0][-1] in "ab"


@pytest.mark.parametrize(("versions", "slot"), [({}, "a"), ({"a": 0}, "b"), ({"a": 0, "b": 0}, "s")])
def test_where_slot_says_nothing_whatever_is_whole_starts(judge, versions, slot):
    assert judge({}, [POWER], versions)[0] == slot


def test_safe_mode_can_be_wanted_for_one_start(judge):
    slots, state = judge({**PLAIN, "lean": 1}, ["soft", POWER, POWER])
    assert slots == "saa"
    assert state["bad"] == ""


def test_what_it_does_not_know_is_kept(judge):
    assert judge({**TRIAL, "floor": 7, "later": [1]}, ["soft", "watchdog"])[1]["later"] == [1]


# From an image, as it lies on a board


PROGRAM = """
import json, sys
def main(board):
    print(json.dumps(["{version}", sys.path[0], board]))
    {act}
"""
ACTS = {
    "fine": "pass",
    "raise": "raise RuntimeError('what a pity')",
    "refuse": "sys.exit(78)",
    "reset": "import ffi; ffi.open('libc.so.6').func('v', '_exit', 'i')(75)",
    "hang": "import ffi; ffi.open('libc.so.6').func('I', 'alarm', 'I')(0); import os; os.system('kill -ALRM $PPID')",
    "memory": "[bytearray(20000) for _ in range(100)]",
}


def slot_of(version: int, act: str, module: str = "start") -> dict[str, bytes]:
    """A slot with a program that says which it is, and then does something."""
    program = PROGRAM.format(version=version, act=ACTS[act]).encode()
    files = {
        "boards.pack": pack_of({"firmware/boards/__init__.py": b"def here():\n    return 'a board'\n"}),
        "firmware.pack": pack_of({"firmware/__init__.py": b"", f"firmware/{module}.py": program}),
        "firmware.boards.table.bin": bytes(range(256)) * 5,
    }
    return {"manifest": manifest_of(files, ["linux"], Release(version, 0, f"v{version}"), None), **files}


class Machine:
    """An image, and what comes out of it when it is started."""

    def __init__(self, folder: Path, state: Mapping[str, object], **slots: Mapping[str, bytes]) -> None:
        files = {name: (FIRMWARE / name).read_bytes() for name in ("boot.py", "main.py")}
        files["slot"] = image.sealed(json.dumps(state).encode())
        for slot, content in slots.items():
            files.update({f"{slot}/{path}": data for path, data in content.items()})
        self.path = folder / "system.img"
        self.path.write_bytes(image.make(files, SIZE, 32))
        self._folder = folder
        self.errors = ""

    def boot(self, cause: str = "power") -> tuple[str, int]:
        """-> (which version ran, the exit code)."""
        env = {"PATH": "/usr/bin:/bin", "TRAM_RESET_CAUSE": cause}
        done = run_micropython([STAGE, self.path], cwd=self._folder, env=env, path=build())
        self.errors = done.stderr.decode()
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"[")]
        assert len(said) <= 1
        return (said[0][0] if said else ""), done.returncode

    def life(self, most: int) -> list[str]:
        """Boot, and again after each reset, as a board does: which versions ran."""
        ran, cause = [], "power"
        for _ in range(most):
            version, code = self.boot(cause)
            ran.append(version)
            if code not in (75, -signal.SIGALRM):
                break
            cause = "soft" if code == 75 else "watchdog"
        return ran

    @property
    def state(self) -> dict:
        return Volume.of(self.path).state()


def test_a_slot_runs_from_its_packs(tmp_path):
    machine = Machine(tmp_path, PLAIN, a=slot_of(4, "fine"), b=slot_of(5, "fine"), s=slot_of(1, "fine", "safe"))
    before = machine.path.read_bytes()
    assert machine.boot() == ("4", 0)
    assert machine.path.read_bytes() == before  # a boot where nothing happens writes nothing


def test_a_trial_that_raises_goes_back_after_three_times_and_tells_what_it_was(tmp_path):
    machine = Machine(tmp_path, TRIAL, a=slot_of(4, "fine"), b=slot_of(5, "raise"), s=slot_of(1, "fine", "safe"))
    assert machine.life(9) == ["5", "5", "5", "4"]
    back = {"slot": "b", "version": 5, "code": "failed_boots", "detail": "RuntimeError: what a pity"}
    assert machine.state["back"] == back


@pytest.mark.parametrize("act", ["refuse", "memory", "reset"])
def test_however_it_ends_the_old_one_is_back_after_three_times(tmp_path, act):
    machine = Machine(tmp_path, TRIAL, a=slot_of(4, "fine"), b=slot_of(5, act), s=slot_of(1, "fine", "safe"))
    assert machine.life(9) == ["5", "5", "5", "4"]


def test_a_trial_that_hangs_is_ended_by_the_watchdog_and_goes_back_at_once(tmp_path):
    machine = Machine(tmp_path, TRIAL, a=slot_of(4, "fine"), b=slot_of(5, "hang"), s=slot_of(1, "fine", "safe"))
    assert machine.life(9) == ["5", "4"]
    assert machine.state["back"]["code"] == "watchdog"


def test_both_slots_failing_end_in_safe_mode(tmp_path):
    machine = Machine(tmp_path, PLAIN, a=slot_of(4, "raise"), b=slot_of(5, "raise"), s=slot_of(1, "fine", "safe"))
    assert machine.life(12) == ["4"] * 3 + ["5"] * 3 + ["1"]
    assert machine.life(12) == ["1"]


@pytest.mark.parametrize("path", ["firmware.pack", "boards.pack"])
def test_a_slot_whose_files_were_damaged_is_left_at_the_first_failure(tmp_path, path):
    broken = slot_of(5, "fine")
    broken[path] = broken[path].replace(b"import", b"impart").replace(b"return", b"retorn")
    machine = Machine(tmp_path, TRIAL, a=slot_of(4, "fine"), b=broken, s=slot_of(1, "fine", "safe"))
    assert machine.life(9) == ["", "4"]
    assert machine.state["back"]["code"] == "damaged"


def test_a_slot_without_one_of_its_files_is_left_at_the_first_failure(tmp_path):
    broken = slot_of(5, "fine")
    del broken["boards.pack"]
    machine = Machine(tmp_path, TRIAL, a=slot_of(4, "fine"), b=broken, s=slot_of(1, "fine", "safe"))
    assert machine.life(9) == ["", "4"]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff" * 100, b'{"active": "b"}', image.sealed(b"[]"), image.sealed(b"{")]
)
def test_a_slot_file_that_is_not_whole_starts_what_is_there(tmp_path, data):
    machine = Machine(tmp_path, PLAIN, a=slot_of(4, "fine"), b=slot_of(5, "fine"), s=slot_of(1, "fine", "safe"))
    volume = Volume.of(machine.path)
    volume.write("slot", data)
    volume.save(machine.path)
    assert machine.boot() == ("4", 0)


def test_a_room_may_lie_in_the_shared_pack(tmp_path):
    slot = slot_of(4, "fine")
    inside = {"firmware/__init__.py": b"", "firmware/start.py": PROGRAM.format(version=4, act="pass").encode()}
    inside["firmware/boards/__init__.py"] = b"from .deep.thing import here\n"
    inside["firmware/boards/deep/thing.py"] = b"def here():\n    return 'deep'\n"
    slot["firmware.pack"] = pack_of(inside)
    del slot["boards.pack"]
    machine = Machine(tmp_path, PLAIN, a=slot)
    assert machine.boot() == ("4", 0)


def test_a_data_file_opens_beside_its_module(tmp_path):
    slot = slot_of(4, "fine")
    reads = b"def here():\n    with open(__file__.rsplit('/', 1)[0] + '/table.bin', 'rb') as f: return len(f.read())\n"
    slot["boards.pack"] = pack_of({"firmware/boards/__init__.py": reads})
    machine = Machine(tmp_path, PLAIN, a=slot)
    env = {"PATH": "/usr/bin:/bin"}
    done = run_micropython([STAGE, machine.path], cwd=tmp_path, env=env, path=build())
    assert json.loads(done.stdout) == ["4", "/run/a", 1280]


def test_boot_leaves_little_behind(tmp_path):
    act = "import gc; gc.collect(); print(gc.mem_alloc())"
    slot = slot_of(4, "fine")
    program = PROGRAM.format(version=4, act=act).encode()
    slot["firmware.pack"] = pack_of({"firmware/__init__.py": b"", "firmware/start.py": program})
    machine = Machine(tmp_path, PLAIN, a=slot)
    done = run_micropython([STAGE, machine.path], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, path=build())
    assert int(done.stdout.splitlines()[-1]) < 26_000  # with the stand-in for the flash, about 12 KB


def test_the_hash_of_a_file_is_that_of_the_manifest(tmp_path):
    slot = slot_of(4, "fine")
    for line in slot["manifest"].decode().splitlines()[1:-1]:
        path, length, digest = line.split()
        assert (len(slot[path]), hashlib.sha256(slot[path]).hexdigest()) == (int(length), digest)
