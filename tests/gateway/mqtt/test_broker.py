"""The broker as we configure it lets everybody do what is theirs, and nothing else. Against the real mosquitto."""

import itertools
import stat

import pytest

from firmware.wire import topics
from gateway.mqtt.broker import (
    ACCESS_NAME,
    PASSWORDS_NAME,
    PID_NAME,
    BrokerError,
    Listen,
    access_rules,
    new_password,
    write_config,
)
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker, eventually, password_of
from tests.gateway.people import Person

A, B = "box-a", "box-b"
UP = [topics.of("{}", word) for word in topics.UP_WORDS]
DOWN = [topics.of("{}", word) for word in topics.DOWN_WORDS]
GOOD = "a password that is long"


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = RealBroker(tmp_path_factory.mktemp("broker"), [A, B]).start()
    yield broker
    broker.kill()


@pytest.fixture
def people(broker):
    made = []

    def person(user, password=None, **more):
        if password is None:
            password = GATEWAY_PASSWORD if user == "gateway" else password_of(user)
        made.append(Person(broker.port, user, password, **more))
        return made[-1]

    yield person
    for one in made:
        one.leave()


def listening(people):
    """The gateway's user, subscribed to all that it may read, with what is retained already taken in."""
    gateway = people("gateway")
    gateway.subscribe(*[topic.format("+") for topic in UP], topics.BEACON)
    return gateway


def test_nobody_comes_in_without_a_name(broker):
    assert Person(broker.port, None).refused


@pytest.mark.parametrize(
    "user, password", [(A, "wrong"), (A, ""), ("box-c", GOOD), ("", ""), ("gateway", password_of(A))]
)
def test_nobody_comes_in_with_a_wrong_name_or_password(broker, user, password):
    assert Person(broker.port, user, password).refused


def test_a_box_writes_its_topics_and_the_gateway_reads_them(people):
    gateway, box = listening(people), people(A)
    for topic in UP:
        box.publish(topic.format(A), b"mine")
    for topic in UP:
        assert gateway.next()[:2] == (topic.format(A), b"mine")


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("topic", [*UP, *DOWN])
def test_a_box_cannot_write_on_anothers_topics(people, topic, retain):
    gateway, other, box = listening(people), people(B), people(A)
    other.subscribe("#")
    box.publish(topic.format(B), b"forged", retain)
    box.publish(topics.scan(A), b"end")
    assert gateway.until(topics.scan(A), b"end") == []
    late = people("gateway")
    late.subscribe(topic.format("+"), topics.scan("+"))
    box.publish(topics.scan(A), b"end of late")
    assert late.until(topics.scan(A), b"end of late") == []
    assert other.inbox.empty()


@pytest.mark.parametrize(
    "topic", [topics.BEACON, topics.ack(A), topics.time(A), "tram/1/box", "other", "$SYS/x", "tram/2/box/box-a/scan"]
)
@pytest.mark.parametrize("retain", [False, True])
def test_a_box_cannot_write_what_only_the_gateway_says_nor_anything_else(people, topic, retain):
    gateway, box, other = listening(people), people(A), people(B)
    other.subscribe(topics.BEACON, "#")
    box.subscribe(topics.ack(A), topics.time(A))
    box.publish(topic, b"forged", retain)
    box.publish(topics.scan(A), b"end")
    assert gateway.until(topics.scan(A), b"end") == []
    assert box.inbox.empty()
    assert other.inbox.empty()


@pytest.mark.parametrize("topic", [*UP, *DOWN])
def test_a_box_cannot_leave_a_will_on_anothers_topics(people, broker, topic):
    gateway = listening(people)
    intruder = Person(broker.port, A, password_of(A), will=(topic.format(B), b"forged", True))
    intruder.vanish()
    box = people(A)
    box.publish(topics.scan(A), b"end")
    assert gateway.until(topics.scan(A), b"end") == []


def test_a_boxs_own_will_reaches_the_gateway(people, broker):
    gateway = listening(people)
    Person(broker.port, A, password_of(A), will=(topics.status(A), b"gone", True)).vanish()
    assert gateway.next()[:2] == (topics.status(A), b"gone")
    people(A).publish(topics.status(A), b"", retain=True)


@pytest.mark.parametrize(
    "names", [["#"], ["tram/#"], ["+/+/+/+/+"], [topics.ack("+"), topics.time("+"), topics.scan("+")]]
)
def test_a_box_hears_only_what_is_for_it_and_the_beacon(people, names):
    gateway, box = people("gateway"), people(A)
    box.subscribe(*names)
    box.subscribe(topics.BEACON)
    for topic, owner in itertools.product(DOWN, [B, A]):
        gateway.publish(topic.format(owner), owner.encode())
    people(B).publish(topics.scan(B), b"private")
    gateway.publish(topics.BEACON, b"tick")
    heard = [one[0] for one in box.until(topics.BEACON, b"tick")]
    assert set(heard) <= {topic.format(A) for topic in DOWN}


def test_the_gateway_cannot_write_for_a_box(people):
    gateway, box = listening(people), people(A)
    gateway.publish(topics.scan(A), b"forged")
    box.publish(topics.scan(A), b"end")
    assert gateway.until(topics.scan(A), b"end") == []


def test_nobody_takes_anothers_place_by_its_client_id(people):
    other = people(B)
    people(A, client_id=B)
    other.publish(topics.scan(B), b"still here")
    assert not other.gone.is_set()


def test_a_second_connection_takes_the_first_ones_place_will_before_birth(people, broker):
    gateway = listening(people)
    first = Person(broker.port, A, password_of(A), client_id="one", will=(topics.status(A), b"gone", False))
    second = people(A, client_id="two")
    second.publish(topics.status(A), b"born")
    assert gateway.until(topics.status(A), b"born") == [(topics.status(A), b"gone", False)]
    assert first.gone.wait(5)


def test_one_megabyte_comes_through_and_is_for_the_quarantine_to_judge(people):
    gateway, box = listening(people), people(A)
    box.publish(topics.scan(A), bytes(1_000_000))
    assert len(gateway.next()[1]) == 1_000_000


def test_more_than_the_packet_limit_ends_that_connection_and_no_other(people):
    gateway, box, other = listening(people), people(A), people(B)
    box.client.publish(topics.scan(A), bytes(3_000_000), 1)
    assert box.gone.wait(10)
    other.publish(topics.scan(B), b"unharmed")
    assert gateway.next()[1] == b"unharmed"


async def test_a_reload_lets_boxes_in_and_out(broker, people):
    stays = people(A)
    broker.write([A, "box-new"])
    broker.reload()
    await eventually(lambda: not Person(broker.port, "box-new", password_of("box-new")).refused, every_s=0.1)
    assert Person(broker.port, B, password_of(B)).refused
    assert not stays.gone.is_set()
    broker.write([A, B])
    broker.reload()
    await eventually(lambda: not Person(broker.port, B, password_of(B)).refused, every_s=0.1)


def test_only_the_owner_may_read_the_files_and_no_password_is_in_them(tmp_path):
    path = write_config(tmp_path / "new", [Listen()], "gateway", {"gateway": GOOD, A: GOOD + "2"})
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(one.name for one in path.parent.iterdir()) == [ACCESS_NAME, "mosquitto.conf", PASSWORDS_NAME]
    for one in path.parent.iterdir():
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
        assert GOOD not in one.read_text()


def test_the_settings_are_those_that_every_2_x_broker_knows(tmp_path):
    listen = [Listen(), Listen("192.168.4.1", 8883, tmp_path / "gateway.pem")]
    text = write_config(tmp_path, listen, "gateway", {"gateway": GOOD}).read_text()
    assert "allow_anonymous false" in text
    assert "persistence false" in text
    assert f"listener 8883 192.168.4.1\nuse_username_as_clientid true\ncertfile {tmp_path}/gateway.pem\n" in text
    assert f"pid_file {tmp_path}/{PID_NAME}" in text
    assert "per_listener_settings" not in text


def test_one_pattern_is_for_all_boxes():
    assert "box-" not in access_rules("gateway")
    assert access_rules("gateway").count("%u/") == len(UP) + len(DOWN)


def test_made_passwords_differ_and_are_long():
    assert len({new_password() for _ in range(100)}) == 100
    assert len(new_password()) >= 32


@pytest.mark.parametrize(
    "listen, user, passwords, code",
    [
        ([], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("127.0.0.1", 0)], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("127.0.0.1", 65536)], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("0.0.0.0")], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("192.168.4.1")], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("::")], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("market.lan")], "gateway", {"gateway": GOOD}, "address"),
        ([Listen("127.0.0.1\nallow_anonymous true", 1883)], "gateway", {"gateway": GOOD}, "address"),
        ([Listen()], "gateway", {}, "user"),
        ([Listen()], "ga", {"ga": GOOD}, "user"),
        ([Listen()], "gate+way", {"gate+way": GOOD}, "user"),
        ([Listen()], "a\nuser b", {"a\nuser b": GOOD}, "user"),
        ([Listen()], "gateway", {"gateway": GOOD, "Box": GOOD}, "user"),
        ([Listen()], "gateway", {"gateway": GOOD, "#": GOOD}, "user"),
        ([Listen()], "gateway", {"gateway": GOOD, "a:b": GOOD}, "user"),
        ([Listen()], "gateway", {"gateway": GOOD, "box-a\nx": GOOD}, "user"),
        ([Listen()], "gateway", {"gateway": "short"}, "password"),
        ([Listen()], "gateway", {"gateway": "two lines\n of it"}, "password"),
        ([Listen()], "gateway", {"gateway": "x" * 257}, "password"),
    ],
)
def test_what_cannot_be_configured_is_refused_with_its_code(tmp_path, listen, user, passwords, code):
    with pytest.raises(BrokerError) as refused:
        write_config(tmp_path, listen, user, passwords)
    assert refused.value.code == code


def test_a_folder_that_cannot_be_made_is_an_error_with_a_code(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokerError) as refused:
        write_config(tmp_path / "file" / "folder", [Listen()], "gateway", {"gateway": GOOD})
    assert refused.value.code == "folder"
