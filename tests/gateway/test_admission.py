"""Who may come in is made from the files, at any time and however often; and a death at any step is made good."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest

from firmware.wire.enrol import Question
from gateway import config
from gateway.admission import Admission
from gateway.app import TELL_AGAIN_S, Gateway
from gateway.config import ConfigError
from gateway.enrol import Judge, Refused
from gateway.mqtt.passwords import matches
from tests.gateway.brokers import RealBroker, eventually
from tests.gateway.deaths import dies_at
from tests.gateway.fleet import code_for, fleet_key, new_password
from tests.gateway.people import Person

NOW_MS = 1_900_000_000_000
NOW = NOW_MS, NOW_MS
BOX = "box-a"


class Place:
    """A gateway's folder, as its command line finds it."""

    def __init__(self, folder, port: int = 1883) -> None:
        self.folder = folder
        for name, text in {"broker.password": "gateway-password", "boxes": "box-l password-l\n"}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        (folder / "gateway.toml").write_text(
            f'gateway_id = "gw-1"\ndata_dir = "data"\n[broker]\nport = {port}\npassword_file = "broker.password"\n'
            'folder = "broker"\nboxes_file = "boxes"\n[server]\nurl = "http://127.0.0.1:1"\ntoken_file = "t"\n'
            'sealing_key_file = "sealing.key"\n'
        )
        self.admission = Admission(config.load(folder / "gateway.toml"))
        self.judge = Judge("gw-1", fleet_key().modulus, self.admission.registry, self.admission.listed, "gateway")

    def enrol(self, question: Question) -> None:
        self.judge.decide(question, NOW)
        self.admission.publish()

    def users(self) -> dict[str, str]:
        """What the broker's file says."""
        path = self.folder / "broker" / "passwords"
        return dict(line.split(":") for line in path.read_text().splitlines()) if path.exists() else {}

    def lets_in(self, box_id: str, password: str) -> bool:
        return matches(password, self.users().get(box_id, ""))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def asks(box_id: str = BOX, **values) -> Question:
    return Question("enrol", box_id, new_password(), code=code_for(issued_ms=NOW_MS, **values))


def test_the_list_the_enrolled_and_the_gateway_may_come_in(place):
    question = asks()
    place.enrol(question)
    assert place.users().keys() == {"gateway", "box-l", BOX}
    assert place.lets_in(BOX, question.password)
    assert place.lets_in("box-l", "password-l")
    assert place.lets_in("gateway", "gateway-password")
    path = place.folder / "broker" / "passwords"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert question.password not in path.read_text()


def test_who_has_enrolled_is_no_longer_known_by_the_list_and_who_is_revoked_not_at_all(place):
    question = asks("box-l")
    place.enrol(question)
    assert place.lets_in("box-l", question.password)
    assert not place.lets_in("box-l", "password-l")
    place.admission.registry.revoke("box-l")
    place.admission.publish()
    assert "box-l" not in place.users()


def test_the_brokers_set_up_knows_the_enrolled_too(place):
    question = asks()
    place.judge.decide(question, NOW)
    place.admission.write_config()
    assert place.lets_in(BOX, question.password)


def test_nobody_enrols_as_the_gateway(place):
    with pytest.raises(Refused) as refused:
        place.enrol(asks("gateway"))
    assert refused.value.code == "other_box"
    place.admission.publish()
    assert place.lets_in("gateway", "gateway-password")


def test_without_a_folder_for_the_broker_it_is_named(tmp_path):
    place = Place(tmp_path)
    text = (tmp_path / "gateway.toml").read_text().replace('folder = "broker"\n', "")
    (tmp_path / "gateway.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        Admission(config.load(place.folder / "gateway.toml")).publish()
    assert "broker.folder" in str(refused.value)


def test_a_death_at_any_step_of_enrolment_leaves_a_box_that_can_ask_again_and_no_second_use(tmp_path):
    died = 0
    for step in range(60):
        (tmp_path / str(step)).mkdir()
        place, question = Place(tmp_path / str(step)), asks()
        if not dies_at(step, lambda place=place, question=question: place.enrol(question)):
            break
        died += 1
        registry = place.admission.registry
        is_spent = registry.spent_by(place.judge._code(question).token) == BOX
        assert is_spent == registry.knows(BOX, question.password)
        assert registry.damaged == []
        thief = Question("enrol", "box-x", new_password(), code=question.code)
        if is_spent:
            with pytest.raises(Refused) as refused:
                place.enrol(thief)
            assert refused.value.code == "token_spent"
        place.enrol(question)
        assert place.lets_in(BOX, question.password)
        assert "box-x" not in place.users()
    assert died >= 10


def test_a_death_at_any_step_of_a_change_leaves_one_of_both_passwords_and_asking_again_the_new_one(tmp_path):
    died = 0
    for step in range(60):
        (tmp_path / str(step)).mkdir()
        place, first, new = Place(tmp_path / str(step)), asks(), new_password()
        place.enrol(first)
        change = Question("rotate", BOX, first.password, new)
        if not dies_at(step, lambda place=place, change=change: place.enrol(change)):
            break
        died += 1
        assert place.lets_in(BOX, first.password) != place.lets_in(BOX, new)
        place.enrol(change)
        assert place.lets_in(BOX, new)
        assert not place.lets_in(BOX, first.password)
    assert died >= 10


def test_a_full_disk_refuses_and_changes_nothing(place, monkeypatch):
    def full(*_words) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Refused) as refused:
            place.enrol(asks())
    assert refused.value.code == "busy"
    assert place.admission.registry.boxes() == {}
    place.enrol(asks())


async def test_the_broker_lets_in_and_puts_out_as_it_is_told(tmp_path):
    broker = RealBroker(tmp_path / "broker", [])
    place = Place(tmp_path, broker.port)
    assert not place.admission.publish()
    assert place.admission.is_unheard
    place.admission.write_config()
    broker.start()
    try:
        question = asks()
        place.enrol(question)
        assert (place.admission.reloads, place.admission.is_unheard) == (1, False)
        await eventually(lambda: not Person(broker.port, BOX, question.password).refused, every_s=0.1)
        person = Person(broker.port, BOX, question.password)
        place.admission.registry.revoke(BOX)
        assert place.admission.publish()
        await eventually(person.gone.is_set)
        assert Person(broker.port, BOX, question.password).refused
    finally:
        broker.kill()
    assert not place.admission.publish()
    assert place.admission.unheard == 2


def test_a_number_that_is_anothers_by_now_is_not_signalled(place):
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"], stdout=-1)
    try:
        sleeper.stdout.read(1)
        place.admission.write_config()
        place.admission.pid_file.write_text(str(sleeper.pid))
        assert not place.admission.publish()
        assert sleeper.poll() is None
    finally:
        sleeper.send_signal(signal.SIGKILL)
        sleeper.wait()


class Unheard:
    """As much of a gateway as tells the broker who may come in; the broker hears from the `hears_at`th time on."""

    def __init__(self, hears_at, fails=()) -> None:
        self.told, self.in_vain, self.told_in_vain = 0, [], 0
        self._hears_at, self._fails = hears_at, fails
        self.session = SimpleNamespace(up=True)
        self.admission = SimpleNamespace(is_unheard=False, users=lambda: SimpleNamespace(hashes={}))

    async def publish(self) -> None:
        self.in_vain.append(self.told_in_vain)
        self.told += 1
        self.admission.is_unheard = self.told < self._hears_at
        if self.told in self._fails:
            raise OSError("disk")


@pytest.mark.parametrize(("hears_at", "fails"), [(1, ()), (2, ()), (5, ()), (5, (1, 3))])
async def test_what_no_broker_has_heard_is_said_again_until_one_hears_and_no_more(monkeypatch, hears_at, fails):
    waited = []

    async def wait(seconds) -> None:
        waited.append(seconds)
        if len(waited) > hears_at + 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", wait)
    gateway = Unheard(hears_at, fails)
    with pytest.raises(asyncio.CancelledError):
        await Gateway._admit(gateway)
    assert gateway.told == hears_at
    assert gateway.in_vain == [0, *range(hears_at - 1)]
    assert gateway.told_in_vain == 0
    assert set(waited) == {TELL_AGAIN_S}


async def test_while_no_broker_is_there_nobody_is_told(monkeypatch):
    gateway = Unheard(5)

    async def wait(seconds) -> None:
        gateway.session.up = False
        waits.append(seconds)
        if len(waits) == 5:
            raise asyncio.CancelledError

    waits = []
    monkeypatch.setattr(asyncio, "sleep", wait)
    with pytest.raises(asyncio.CancelledError):
        await Gateway._admit(gateway)
    assert (gateway.told, gateway.told_in_vain) == (1, 0)
