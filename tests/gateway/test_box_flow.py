"""A box from its code to its firmware: the gateway as a process, the real broker, the command line beside it."""

import json
import random
import socket
import time

import pytest

from firmware.wire import command, enrol, topics, update
from firmware.wire.command import Result
from firmware.wire.enrol import Question
from firmware.wire.update import Want
from gateway import certs
from tests.gateway.brokers import RealBroker, free_port, password_of
from tests.gateway.downlink.smart import SmartBox, body
from tests.gateway.fleet import ask, bundle, code_for, context_for, new_password, write_fleet_key
from tests.gateway.gateways import DEFAULT_TIME, RealGateway, wait_for
from tests.gateway.people import Person

BOX = "box-a"


class House:
    """Broker and gateway, set up by the command line."""

    def __init__(self, folder) -> None:
        self.enrol_port = free_port()
        self.broker = RealBroker(folder / "broker", ["box-l"])
        more = (
            f'{DEFAULT_TIME}[enrol]\nfleet_key_file = "fleet.key"\nlisten = ["127.0.0.1"]\nport = {self.enrol_port}\n'
        )
        more += "per_minute = 10000\n[downlink]\nfirst_wait_s = 1.0\n"
        broker_more = (
            f'folder = "{folder / "broker"}"\ntls_listen = ["127.0.0.1"]\ntls_port = {self.broker.tls_port}\n'
            'boxes_file = "boxes"\n'
        )
        self.gateway = RealGateway(folder / "gateway", self.broker, more=more, broker_more=broker_more)
        text = self.gateway.config.read_text().replace('"gw-1"', '"localhost"')
        self.gateway.config.write_text(text)
        write_fleet_key(self.gateway.folder / "fleet.key")
        boxes = self.gateway.folder / "boxes"
        boxes.write_text(f"box-l {password_of('box-l')}\n")
        boxes.chmod(0o600)
        assert self.gateway.call("broker").returncode == 0
        self.broker.start()
        self.gateway.start_and_wait()
        wait_for(lambda: "boxes can enrol" in self.gateway.log())
        self.boxes: list[SmartBox] = []

    def enrol(self, box_id: str = BOX, password: str | None = None, code: bytes | None = None):
        """-> (the answer, the password)"""
        password = password or new_password()
        question = Question("enrol", box_id, password, code=code or code_for(gateway="localhost"))
        authority = ask(self.enrol_port, None, Question("ca"), "localhost").der
        return ask(self.enrol_port, authority, question, "localhost"), password

    def box(self, box_id: str = BOX) -> SmartBox:
        answer, password = self.enrol(box_id)
        assert answer == enrol.enrolled(box_id)
        papers = certs.ensure(self.gateway.folder / "data" / "certs", "localhost")
        context = context_for(papers.ca_der)
        self.boxes.append(SmartBox(box_id, password, self.broker.tls_port, context, "localhost"))
        return self.boxes[-1]

    def end(self) -> None:
        for box in self.boxes:
            box.leave()
        self.gateway.kill()
        self.broker.kill()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.end()


@pytest.fixture
def own_house(tmp_path):
    house = House(tmp_path)
    yield house
    house.end()


def test_a_new_box_enrols_and_meets_the_gateway_over_tls_at_once(house):
    box = house.box("box-n")
    assert not box.person.refused
    wait_for(lambda: house.gateway.metric('tram_box_online{box="box-n"}') == 1)
    wait_for(lambda: "box-n" in house.gateway.call("boxes").stdout)
    assert "online" in house.gateway.call("boxes").stdout


def test_its_fingerprint_is_what_the_codes_have_to_say(house):
    printed = house.gateway.call("ca").stdout.strip()
    der = ask(house.enrol_port, None, Question("ca"), "localhost").der
    assert certs.fingerprint_of(der) == printed


def test_a_command_is_answered_once_with_what_the_box_says(house):
    box = house.box("box-c")
    box.answers["identify"] = "done", [body(light="on")]
    told = house.gateway.call("tell", "box-c", "identify", "--wait", "--arg", '{"seconds": 3}')
    assert (told.returncode, json.loads(told.stdout)) == (0, {"light": "on"})
    assert "box-c: identify: done" in told.stderr
    assert [(order.name, order.argument) for order in box.told] == [("identify", b'{"seconds": 3}')]


def test_a_log_comes_in_parts_and_is_shown_whole_without_control_characters(house):
    box = house.box("box-f")
    lines = "".join(f"line {number}: ầ \x1b[31m\n" for number in range(600)).encode()
    box.answers["fetch_log"] = "done", [lines[at : at + 4000] for at in range(0, len(lines), 4000)]
    box.answers["fetch_log"][1][:] = _at_characters(lines)
    told = house.gateway.call("tell", "box-f", "fetch_log", "--wait")
    assert told.returncode == 0
    assert told.stdout.replace("\ufffd", "\x1b").encode() == lines


def _at_characters(text: bytes) -> list[bytes]:
    """In pieces that are UTF-8 each, as a box sends them."""
    said = text.decode()
    return [said[at : at + 1000].encode() for at in range(0, len(said), 1000)]


def test_what_the_box_refuses_or_cannot_is_told_and_is_no_success(house):
    box = house.box("box-r")
    box.answers["reboot"] = "refused", [body(code="argument")]
    box.answers["self_test"] = "failed", [body(code="reader_mute")]
    told = house.gateway.call("tell", "box-r", "reboot", "--wait")
    assert (told.returncode, json.loads(told.stdout)["code"]) == (1, "argument")
    told = house.gateway.call("tell", "box-r", "self_test", "--wait")
    assert (told.returncode, json.loads(told.stdout)["code"]) == (1, "reader_mute")


def test_a_command_to_a_box_that_is_not_there_expires(house):
    told = house.gateway.call("tell", "box-nobody", "identify", "--wait", "--within", "1s")
    assert told.returncode == 1
    assert "expired" in told.stderr
    assert "never heard of" in told.stderr


def test_settings_go_out_until_the_box_has_them_and_upwards(house):
    box = house.box("box-s")
    for number in (1, 2):
        said = house.gateway.call("settings", "box-s", "-", given=b'{"marks": "n=%d"}' % number)
        assert said.returncode == 0, said.stderr
        wait_for(lambda number=number: box.says["settings_version"] == number)
        assert json.loads(box.wished[-1].body) == {"marks": f"n={number}"}
    time.sleep(1.5)  # long enough for another, if there were one
    assert len(box.wished) == 2
    shown = house.gateway.call("settings", "box-s", "show")
    assert '{"marks":"n=2"}' in shown.stdout


def test_settings_that_a_box_refuses_are_not_sent_again_and_are_shown(house):
    box = house.box("box-x")
    box.takes_settings = False
    house.gateway.call("settings", "box-x", "-", given=b'{"marks": 5}')
    wait_for(lambda: box.wished)
    wait_for(lambda: house.gateway.metric('tram_part_ok{part="wishes"}') == 0)
    time.sleep(1.5)  # long enough for another, if there were one
    assert len(box.wished) == 1
    wait_for(lambda: "config_value marks" in house.gateway.call("boxes").stdout)
    assert "box-x: settings 1: config_value marks" in house.gateway.log()
    box.takes_settings = True
    house.gateway.call("settings", "box-x", "-", given=b"{}")
    wait_for(lambda: box.says["settings_version"] == 2)
    box.says.pop("settings_refused")
    box.report()
    wait_for(lambda: house.gateway.metric('tram_part_ok{part="wishes"}') == 1)


def test_firmware_is_offered_fetched_and_taken_back(house, tmp_path):
    box = house.box("box-u")
    first, second = bundle(tmp_path / "one", 7), bundle(tmp_path / "two", 8)
    for folder in (first, second):
        assert house.gateway.call("firmware", "add", folder).returncode == 0
    assert house.gateway.call("firmware", "want", "7", "--box", "box-u").returncode == 0
    assert box.complete.wait(30)
    assert box.fetched == {path: (first / path).read_bytes() for path in ("manifest", "a.mpy", "firmware/b.mpy")}
    box.complete.clear()
    house.gateway.call("firmware", "want", "8", "--box", "box-u")
    assert box.complete.wait(30)
    assert box.says["firmware_version"] == 8
    box.complete.clear()
    assert "firmware 7" in house.gateway.call("firmware", "back", "--box", "box-u").stdout
    assert box.complete.wait(30)
    house.gateway.call("firmware", "want", "none", "--box", "box-u")
    wait_for(lambda: box.offers[-1].version == 0)
    assert [offer.version for offer in box.offers] == [7, 8, 7, 0]
    assert "7.0" in house.gateway.call("firmware").stdout


def test_results_and_wants_of_another_box_or_of_nobody_are_refused_counted_and_set_aside(house):
    box = house.box("box-q")
    order_id = house.gateway.call("tell", "box-nobody", "identify", "--within", "5m").stdout.strip()
    forged = command.encode_result(Result("box-nobody", order_id, "done", 1, 1, b"{}"))
    box.publish("result", forged)
    box.publish("result", command.encode_result(Result("box-q", order_id, "done", 1, 1, b"{}")))
    box.publish("result", b"1 result nonsense\n")
    box.publish("want", update.encode_want(Want("box-nobody", 1, "manifest", 0, 100)))
    box.publish("want", b"1 want box-q 1 ../../fleet.key 0 100\n")
    for reason, count in {"other_box": 2, "unknown_command": 1, "header": 1, "field": 1}.items():
        metric = f'tram_refused_total{{reason="{reason}"}}'
        wait_for(lambda metric=metric, count=count: (house.gateway.metric(metric) or 0) >= count)
        metric = f'tram_quarantined_total{{reason="{reason}"}}'
        wait_for(lambda metric=metric, count=count: (house.gateway.metric(metric) or 0) >= count)
    assert house.gateway.call("result", order_id).returncode == 75


def test_a_flood_of_wants_takes_nothing_from_the_others(house, tmp_path):
    house.gateway.call("firmware", "add", bundle(tmp_path / "b", 20, {"a.mpy": bytes(60_000)}))
    flooding, good = house.box("box-g"), house.box("box-h")
    flooding.fetches = False
    for box in (flooding, good):
        house.gateway.call("firmware", "want", "20", "--box", box.box_id)
    wait_for(lambda: flooding.offers)
    rng = random.Random(1)
    wants = [Want("box-g", 20, "a.mpy", rng.randrange(60_000), 4096) for _ in range(3000)]
    for want in wants:
        flooding.person.client.publish(topics.of("box-g", "want"), update.encode_want(want), 0)
    assert good.complete.wait(30)
    assert len(good.fetched["a.mpy"]) == 60_000
    wait_for(lambda: (house.gateway.metric('tram_pieces_refused_total{reason="pace"}') or 0) > 1000)


def test_a_revoked_box_is_out_at_once_and_asking_again_does_not_help(house):
    code, password = code_for(gateway="localhost"), new_password()
    answer, _ = house.enrol("box-v", password, code)
    person = Person(house.broker.port, "box-v", password)
    said = house.gateway.call("revoke", "box-v")
    assert (said.returncode, said.stdout) == (0, "box-v: out\n")
    assert person.gone.wait(10)
    answer, _ = house.enrol("box-v", password, code)
    assert answer == enrol.refused("token_spent")
    assert Person(house.broker.port, "box-v", password).refused


def test_a_gateway_that_was_killed_goes_on_where_it_was(own_house):
    house = own_house
    box = house.box()
    house.gateway.call("settings", BOX, "-", given=b'{"marks": "a"}')
    wait_for(lambda: box.says["settings_version"] == 1)
    house.gateway.kill()
    house.gateway.call("settings", BOX, "-", given=b'{"marks": "b"}')
    order_id = house.gateway.call("tell", BOX, "identify").stdout.strip()
    house.gateway.start_and_wait()
    wait_for(lambda: box.says["settings_version"] == 2)
    wait_for(lambda: house.gateway.call("result", order_id).returncode == 0)
    assert len(box.told) == 1
    wait_for(lambda: " 2 " in house.gateway.call("boxes").stdout)


def test_a_broker_that_was_started_anew_knows_the_enrolled(own_house):
    house = own_house
    _, password = house.enrol()
    house.broker.kill()
    assert house.gateway.call("broker").returncode == 0
    house.broker.start()
    person = Person(house.broker.port, BOX, password)
    assert not person.refused
    person.leave()


def test_a_clean_stop_is_clean_with_a_connection_to_enrolment_open(own_house):
    with socket.create_connection(("127.0.0.1", own_house.enrol_port)):
        assert own_house.gateway.stop() == 0


def test_no_secret_is_logged(house):
    _, password = house.enrol("box-p")
    house.gateway.call("tell", "box-p", "identify", "--within", "1s")
    log = house.gateway.log() + house.broker.log()
    assert "box-p" in log
    assert password not in log
