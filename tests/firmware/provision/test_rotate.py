"""A box changes its password: whoever was cut off, and whatever was answered, a password that works is left."""

import json

import pytest

from firmware.wire import enrol
from scripts.firmware_build import run_micropython
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from tests.firmware.provision.rig import SCRIPTS

CA = b"only a name here"
BOX = "box-000001"


def play(tmp_path, answers, do=("rotate",)):
    """What a box with a place says of each thing done, with a gateway that answers in turn; "" is no answer."""
    code = make_code(FleetKey.make(), CA).decode()
    job = {"code": code, "ca": CA.hex(), "box_id": BOX, "do": list(do), "answers": list(answers)}
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    done = run_micropython([SCRIPTS / "rotate_box.py", path], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


ENROLLED = enrol.encode_answer(enrol.enrolled(BOX)).decode()


def refused(code):
    return enrol.encode_answer(enrol.refused(code)).decode()


def test_the_new_password_is_in_use_once_the_gateway_has_said_yes(tmp_path):
    said = play(tmp_path, [ENROLLED])
    assert said == {"outcomes": ["done"], "uses": "new", "asked": ["old>new"], "rotating": False}


@pytest.mark.parametrize("code", ["password", "unknown_box", "form"])
def test_a_refusal_leaves_the_old_one(tmp_path, code):
    said = play(tmp_path, [refused(code)])
    assert said == {"outcomes": [code], "uses": "old", "asked": ["old>new"], "rotating": False}


@pytest.mark.parametrize("answer", ["", refused("busy"), refused("not_known_yet"), "1 enrolled box-000002\n", "1 ca"])
def test_without_a_clear_answer_it_is_unsettled_and_the_same_question_settles_it_later(tmp_path, answer):
    said = play(tmp_path, [answer, answer, ENROLLED], ["rotate", "restart", "resume", "restart", "resume"])
    assert said["outcomes"] == ["unsettled", "unsettled", "done"]
    assert said["asked"] == ["old>new"] * 3
    assert (said["uses"], said["rotating"]) == ("new", False)


def test_a_second_rotation_before_the_first_is_settled_asks_for_the_same_password(tmp_path):
    said = play(tmp_path, ["", ENROLLED], ["rotate", "rotate"])
    assert (said["outcomes"], said["asked"]) == (["unsettled", "done"], ["old>new"] * 2)


def test_a_box_without_anything_to_settle_asks_nobody(tmp_path):
    said = play(tmp_path, [], ["resume"])
    assert said == {"outcomes": ["done"], "uses": "old", "asked": [], "rotating": False}
