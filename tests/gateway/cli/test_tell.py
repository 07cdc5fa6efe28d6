"""A command is a file that the gateway picks up; what is wrong with it is named, and nothing is left behind."""

import json

import pytest

from gateway.cli import tell
from gateway.clock import KernelClock
from gateway.downlink.store import Order, Store


@pytest.fixture
def store(gateway):
    return Store(gateway.folder / "data" / "downlink", None)


def test_a_command_is_given_with_this_boots_deadline(gateway, store):
    clock = KernelClock("always", 0)
    done = gateway.call("tell", "box-a", "identify", "--arg", ' {"seconds": 3} ', "--within", "5m")
    (order,) = store.wishes().orders.values()
    assert done.stdout.strip() == order.id
    assert (order.box_id, order.name, order.argument) == ("box-a", "identify", '{"seconds": 3}')
    assert order.gateway_boot == clock.boot
    assert 290_000 < order.deadline_ms - clock.mono_ms() <= 300_000
    assert "never heard of" in done.stderr


@pytest.mark.parametrize(
    "words, code",
    [
        (["BOX", "identify"], "box"),
        (["../etc", "identify"], "box"),
        (["box-a", "Identify"], "command"),
        (["box-a", ""], "command"),
        (["box-a", "identify", "--arg", "{"], "argument"),
        (["box-a", "identify", "--arg", "[1]"], "argument"),
        (["box-a", "identify", "--arg", '{"a":"' + "x" * 3000 + '"}'], "argument"),
        (["box-a", "identify", "--arg", '{"a":"\udcff"}'], "argument"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_waits(gateway, store, words, code):
    done = gateway.call("tell", *words)
    assert done.returncode == 78
    assert done.stderr.startswith(f"gateway: {code}: ")
    assert store.wishes().orders == {}


def test_without_a_gateway_waiting_ends(gateway, monkeypatch):
    monkeypatch.setattr(tell, "GRACE_MS", 0)
    done = gateway.call("tell", "box-a", "identify", "--wait", "--within", "1s")
    assert done.returncode == 75
    assert "does the gateway run?" in done.stderr


@pytest.mark.parametrize("wrong", ["", "x", "0123456789AB", "../../secret", "0123456789abc"])
def test_what_is_no_id_is_named(gateway, wrong):
    done = gateway.call("result", wrong)
    assert done.returncode == 78
    assert "not the id" in done.stderr


def test_a_result_is_printed_for_people_and_for_programs(gateway, store):
    order = Order("0123456789ab", "box-a", "self_test", "", "aabbccddeeff", 5)
    assert gateway.call("result", order.id).returncode == 1
    store.finish(order, "failed", '{"reader":"đèn\\u001b[31m\\u202e"}'.encode())
    done = gateway.call("result", order.id)
    assert done.returncode == 1
    assert "box-a: self_test: failed" in done.stderr
    assert json.loads(done.stdout)["reader"].startswith("đèn")
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_a_text_is_printed_without_what_moves_the_cursor(gateway, store):
    order = Order("0123456789ab", "box-a", "fetch_log", "", "aabbccddeeff", 5)
    store.finish(order, "done", "một\n\x1b]0;title\x07hai\r\x9b31m\tba\n".encode())
    done = gateway.call("result", order.id)
    assert done.returncode == 0
    assert done.stdout == "một\n\ufffd]0;title\ufffdhai\ufffd\ufffd31m\tba\n"
