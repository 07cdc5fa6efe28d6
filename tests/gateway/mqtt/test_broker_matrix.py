"""Every box times every topic there is, written, read, left as a will, retained: nothing gets through but its own.

The broker denies without a word, so what counts is what arrives: at somebody who may read everything, whom only these
tests know. Each broker that this machine has, MQTT 3.1.1 and 5.
"""

import itertools

import pytest

from firmware.wire import topics
from gateway.mqtt.broker import ACCESS_NAME
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker, mosquitto_programs, password_of
from tests.gateway.mqtt.plain import V5, V311, Line, Refused

BOXES = ["box-a", "box-b", "box-c"]
WITNESS = "witness"
PROGRAMS = mosquitto_programs()
WORDS = [*topics.UP_WORDS, *topics.DOWN_WORDS]
OF_ALL = [topics.BEACON, topics.NOTICE]
STRANGE = ["tram", "tram/1", "tram/1/box", "tram/1/box/box-a", "tram/1/box/box-a/scan/more", "tram/1/box//scan"]
STRANGE += [
    "tram/2/box/box-a/scan",
    "tram/1/box/box-a/other",
    "tram/1/other",
    "other",
    "/",
    "$SYS/x",
    "$SYS/broker/uptime",
]
EVERYTHING = [topics.of(box, word) for box in BOXES for word in WORDS] + OF_ALL + STRANGE
WILD = ["#", "/#", "+/#", "tram/#", "+/+/+/+/+", "+/+/+", "tram/1/box/+/scan", "tram/1/box/+/status", "tram/1/box/+/+"]
WILD += [
    "tram/1/box/#",
    "tram/+/box/box-b/ack",
    "$SYS/#",
    "$SYS/broker/+",
    "$share/all/tram/1/box/+/scan",
    "$share/all/#",
]
WILD += [f"$share/all/{topics.of(box, word)}" for box in BOXES for word in WORDS]


@pytest.fixture(scope="module", params=list(PROGRAMS))
def broker(request, tmp_path_factory):
    made = RealBroker(tmp_path_factory.mktemp("broker"), [*BOXES, WITNESS], program=PROGRAMS[request.param])
    access = made.folder / ACCESS_NAME
    access.write_text(access.read_text() + f"\nuser {WITNESS}\ntopic read #\ntopic read $SYS/#\n")
    made.start()
    yield made
    made.kill()


@pytest.fixture(params=[V311, V5], ids=["3.1.1", "5"])
def come(broker, request):
    """Come in as somebody; gone at the end, and so is all that is retained."""
    made = []

    def line(user, **more):
        password = GATEWAY_PASSWORD if user == "gateway" else password_of(user)
        made.append(Line(broker.port, request.param, user, password, **more))
        return made[-1]

    yield line
    for one in made:
        one.vanish()
    clean(broker)


def clean(broker):
    witness = Line(broker.port, V311, WITNESS, password_of(WITNESS))
    witness.subscribe("#")
    for one in witness.flush():
        box = one.topic.split("/")[3]
        writer = Line(broker.port, V311, box, password_of(box))
        writer.publish(one.topic, b"", retain=True)
        writer.leave()
    witness.vanish()


def may_write(box):
    return {topics.of(box, word) for word in topics.UP_WORDS}


def may_read(box):
    return {topics.of(box, word) for word in topics.DOWN_WORDS} | {topics.status(box), *OF_ALL}


@pytest.mark.parametrize("box", BOXES)
def test_a_box_writes_its_own_topics_and_no_other(come, box):
    witness, writer = come(WITNESS), come(box)
    witness.subscribe("#")
    for topic, qos in itertools.product(EVERYTHING, [0, 1]):
        writer.publish(topic, b"written", qos=qos)
    writer.publish(topics.scan(box), b"end")
    came = witness.until(topics.scan(box), b"end")
    assert {one.topic for one in came} == may_write(box)
    assert len(came) == 2 * len(may_write(box))


@pytest.mark.parametrize("box", BOXES)
def test_a_box_leaves_nothing_behind_on_any_topic_but_its_own(come, box):
    writer = come(box)
    for topic in EVERYTHING:
        writer.publish(topic, b"left behind", retain=True)
    witness = come(WITNESS)
    witness.subscribe("#")
    assert {one.topic for one in witness.flush() if one.retained} == may_write(box)


@pytest.mark.parametrize("box", BOXES)
def test_a_box_cannot_take_away_what_another_has_left(come, box):
    others = [other for other in BOXES if other != box]
    for other in others:
        come(other).publish(topics.status(other), b"online", retain=True)
    writer = come(box)
    for topic in EVERYTHING:
        writer.publish(topic, b"", retain=True)
    witness = come(WITNESS)
    witness.subscribe("#")
    assert {one.topic for one in witness.flush()} == {topics.status(other) for other in others}


@pytest.mark.parametrize("retain", [False, True], ids=["will", "retained will"])
@pytest.mark.parametrize("box", BOXES)
def test_the_will_of_a_box_is_heard_on_its_own_topics_only(come, box, retain):
    witness = come(WITNESS)
    witness.subscribe("#")
    for topic in EVERYTHING:
        try:
            come(box, will=(topic, topic.encode(), retain)).vanish()
        except Refused:  # a broker may say so at once
            assert topic not in may_write(box)
    # A will goes out when the broker sees that the line has ended: the next connection of the same name says so.
    come(box).publish(topics.scan(box), b"end")
    assert {one.topic for one in witness.until(topics.scan(box), b"end")} == may_write(box)


@pytest.mark.parametrize("box", BOXES)
def test_a_box_reads_what_is_for_it_and_nothing_else_however_it_asks(come, box):
    reader, gateway, witness = come(box), come("gateway"), come(WITNESS)
    witness.subscribe("#")
    reader.subscribe(*EVERYTHING, *WILD)
    for other, word in itertools.product(BOXES, topics.DOWN_WORDS):
        gateway.publish(topics.of(other, word), b"down")
    for topic in OF_ALL:
        gateway.publish(topic, b"to all")
    for other in BOXES:
        writer = reader if other == box else come(other)
        for word in topics.UP_WORDS:
            writer.publish(topics.of(other, word), b"up")
    gateway.publish(topics.BEACON, b"end")
    heard = {one.topic for one in witness.until(topics.BEACON, b"end")}
    assert heard == {topics.of(other, word) for other in BOXES for word in WORDS} | set(OF_ALL)
    assert {one.topic for one in reader.until(topics.BEACON, b"end")} == may_read(box)


@pytest.mark.parametrize("box", BOXES)
def test_a_box_finds_nothing_retained_but_its_own_status(come, box):
    for other in BOXES:
        writer = come(other)
        for word in topics.UP_WORDS:
            writer.publish(topics.of(other, word), b"retained", retain=True)
        writer.leave()
    gateway = come("gateway")
    for other in BOXES:
        if other != box:
            gateway.publish(topics.ack(other), b"retained", retain=True)
    reader = come(box)
    reader.subscribe(*EVERYTHING, *WILD)
    assert {one.topic for one in reader.flush()} == {topics.status(box)}
    for other in BOXES:
        gateway.publish(topics.ack(other), b"", retain=True)


def test_the_gateway_writes_down_topics_and_reads_up_topics_and_nothing_else(come):
    witness, gateway = come(WITNESS), come("gateway")
    witness.subscribe("#")
    for topic in EVERYTHING:
        gateway.publish(topic, b"written")
    gateway.publish(topics.BEACON, b"end")
    came = {one.topic for one in witness.until(topics.BEACON, b"end")}
    assert came == {topics.of(box, word) for box in BOXES for word in topics.DOWN_WORDS} | set(OF_ALL)
    gateway.subscribe(*EVERYTHING, *WILD)
    for box, word in itertools.product(BOXES, topics.UP_WORDS):
        come(box).publish(topics.of(box, word), b"up")
    assert {one.topic for one in gateway.flush()} == {topics.of(box, word) for box in BOXES for word in topics.UP_WORDS}
