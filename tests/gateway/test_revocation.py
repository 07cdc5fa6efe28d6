"""Who is revoked is out at once: connected or not, on every broker that this machine has; nobody else notices."""

import threading
import time

import pytest

from firmware.wire import topics
from firmware.wire.enrol import Question
from gateway import config
from gateway.admission import Admission
from gateway.enrol import Judge
from tests.gateway.brokers import RealBroker, eventually, mosquitto_programs
from tests.gateway.fleet import code_for, fleet_key, new_password
from tests.gateway.people import Person

NOW_MS = 1_900_000_000_000
A, B = "box-a", "box-b"
PROGRAMS = mosquitto_programs()


class Place:
    """A gateway's folder with a broker that runs, and two boxes that have enrolled."""

    def __init__(self, folder, program: str) -> None:
        self.broker = RealBroker(folder / "broker", [], program=program)
        (folder / "broker.password").write_text("gateway-password")
        (folder / "broker.password").chmod(0o600)
        (folder / "gateway.toml").write_text(
            f'gateway_id = "gw-1"\ndata_dir = "data"\n[broker]\nport = {self.broker.port}\n'
            'password_file = "broker.password"\nfolder = "broker"\n'
            '[server]\nurl = "http://127.0.0.1:1"\ntoken_file = "t"\nsealing_key_file = "s"\n'
        )
        self.admission = Admission(config.load(folder / "gateway.toml"))
        judge = Judge("gw-1", fleet_key().modulus, self.admission.registry, self.admission.listed, "gateway")
        self.passwords = {}
        for box in (A, B):
            question = Question("enrol", box, new_password(), code=code_for(issued_ms=NOW_MS))
            judge.decide(question, (NOW_MS, NOW_MS))
            self.passwords[box] = question.password
        self.admission.write_config()
        self.broker.start()

    def come(self, box, **more) -> Person:
        return Person(self.broker.port, box, self.passwords[box], **more)


@pytest.fixture(params=list(PROGRAMS))
def place(request, tmp_path):
    made = Place(tmp_path, PROGRAMS[request.param])
    yield made
    made.broker.kill()


def statuses(place) -> dict[str, bytes]:
    """What the broker keeps, as somebody finds it who comes anew."""
    gateway = Person(place.broker.port, "gateway", "gateway-password")
    gateway.subscribe(topics.status("+"), topics.BEACON)
    gateway.publish(topics.BEACON, b"end")
    found = {one[0].split("/")[3]: one[1] for one in gateway.until(topics.BEACON, b"end")}
    gateway.leave()
    return found


async def test_a_connected_box_is_cut_off_at_once_and_what_it_said_is_taken_away(place):
    goes = place.come(A, will=(topics.status(A), b"gone", True))
    stays = place.come(B)
    for box, person in ((A, goes), (B, stays)):
        person.publish(topics.status(box), b"online", retain=True)
    began = time.monotonic()
    done = place.admission.put_out(A)
    took_s = time.monotonic() - began
    assert (done.was_in, done.heard, done.is_clear) == (True, True, True)
    assert goes.gone.wait(5)
    assert took_s < 2
    assert statuses(place) == {B: b"online"}
    assert place.come(A).refused
    assert not stays.gone.is_set()
    assert place.admission.users().hashes.keys() == {B}
    assert f"{A}:" not in (place.broker.folder / "passwords").read_text()
    stays.leave()


async def test_nothing_of_a_box_arrives_once_it_was_put_out(place):
    gateway = Person(place.broker.port, "gateway", "gateway-password")
    gateway.subscribe(topics.scan("+"))
    goes, over = place.come(A), threading.Event()

    def talk() -> None:
        while not over.is_set() and not goes.gone.is_set():
            goes.client.publish(topics.scan(A), b"scan", 0)
            time.sleep(0.001)

    talking = threading.Thread(target=talk)
    talking.start()
    await eventually(lambda: not gateway.inbox.empty())
    place.admission.put_out(A)
    while not gateway.inbox.empty():
        gateway.next()
    over.set()
    talking.join()
    other = place.come(B)
    other.publish(topics.scan(B), b"end")
    assert gateway.until(topics.scan(B), b"end") == []
    for one in (gateway, other):
        one.leave()


async def test_a_box_that_is_away_is_out_too_and_its_status_gone(place):
    place.come(A, will=(topics.status(A), b"gone", True)).vanish()
    await eventually(lambda: statuses(place) == {A: b"gone"}, every_s=0.05)
    assert place.admission.put_out(A).is_clear
    assert statuses(place) == {}
    assert place.come(A).refused


async def test_a_box_that_is_out_already_is_put_out_again_without_harm(place):
    assert place.admission.put_out(A).was_in
    again = place.admission.put_out(A)
    assert (again.was_in, again.is_clear) == (False, True)
    assert place.come(A).refused


async def test_where_no_broker_runs_the_next_one_knows(place):
    place.broker.kill()
    done = place.admission.put_out(A)
    assert (done.was_in, done.heard, done.is_clear) == (True, False, False)
    place.broker.start()
    assert place.come(A).refused
    assert statuses(place) == {}


async def test_a_new_password_ends_the_connection_with_the_old_one(place):
    old, new = place.come(A), new_password()
    assert place.admission.registry.rotate(A, place.passwords[A], new)
    assert place.admission.publish()
    await eventually(old.gone.is_set)
    assert place.come(A).refused
    place.passwords[A] = new
    assert not place.come(A).refused
