"""The MQTT codec: examples as data on both runtimes, and what must hold for any bytes."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link import packets
from scripts.firmware_build import ROOT, run_micropython

FOLDER = Path(__file__).parent
VECTORS = FOLDER / "vectors" / "packets.json"
RUNNER = FOLDER / "vectors.py"


def test_every_example_holds_on_cpython():
    done = subprocess.run(
        [sys.executable, RUNNER, VECTORS], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_example_holds_on_micropython(tmp_path):
    done = run_micropython([RUNNER, VECTORS], cwd=tmp_path)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_there_are_more_invalid_examples_than_valid_ones():
    vectors = json.loads(VECTORS.read_text())
    valid = len(vectors["incoming"]) + len(vectors["outgoing"])
    assert len(vectors["incoming_invalid"]) + len(vectors["outgoing_invalid"]) > valid


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_bytes_give_events_or_a_packet_error(pieces):
    incoming = packets.Incoming()
    with suppress(packets.PacketError):  # anything else is a mistake of ours
        for piece in pieces:
            incoming.feed(piece)


@given(
    st.text(st.characters(blacklist_characters="\0#+", blacklist_categories=("Cs",)), min_size=1, max_size=50),
    st.binary(max_size=3000),
    st.integers(0, 1),
    st.booleans(),
    st.integers(1, 65535),
    st.lists(st.integers(1, 400), max_size=20),
)
def test_what_is_published_is_read_back_however_it_is_cut(topic, payload, qos, retain, pid, cuts):
    data = packets.publish_head(topic, len(payload), qos, retain, pid) + payload + packets.puback(pid)
    incoming = packets.Incoming()
    events = []
    for cut in [*cuts, len(data)]:
        events += incoming.feed(data[:cut])
        data = data[cut:]
    assert events == [packets.Publish(topic, payload, qos, retain, pid if qos else 0), packets.Puback(pid)]


@given(st.integers(packets.MAX_HELD_BYTES + 1, 100_000), st.lists(st.integers(1, 5000), max_size=50))
def test_what_is_too_large_is_never_held(length, cuts):
    data = b"\x30" + packets.length_field(length) + b"x" * length + packets.PINGREQ.replace(b"\xc0", b"\xd0")
    incoming = packets.Incoming()
    events = []
    for cut in [*cuts, len(data)]:
        events += incoming.feed(data[:cut])
        data = data[cut:]
        assert len(incoming._held) < packets.MAX_HELD_BYTES
    assert events == [packets.Skipped(length), packets.Pingresp()]


@pytest.mark.parametrize("pid, following", [(1, 2), (65534, 65535), (65535, 1)])
def test_a_packet_identifier_wraps_to_one(pid, following):
    assert packets.next_pid(pid) == following
