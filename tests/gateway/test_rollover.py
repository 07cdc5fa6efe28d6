"""The next authority reaches every box, and is used when all that are alive know it; nobody is locked out."""

import base64
import json
import ssl

import pytest

from firmware.wire.enrol import Question
from gateway import certs, config
from gateway.admission import Admission
from gateway.certs import succession
from gateway.certs.succession import Succession, mark_of
from gateway.downlink.store import Store
from gateway.enrol import Judge
from gateway.rollover import ASK_AGAIN_MS, SEEN_DAYS, BoxTrust, Rollover, judge
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker
from tests.gateway.fleet import code_for, context_for, fleet_key, new_password
from tests.gateway.people import Person

OLD, NEW = b"old", b"new"
OLD_MARK, NEW_MARK = mark_of(OLD), mark_of(NEW)
SPREADING = Succession("spreading", OLD, NEW, None)
CLOSING = Succession("closing", NEW, None, OLD)
NOW_MS = 1_900_000_000_000
DAY_MS = 86_400_000
BOOT = "aabbccddeeff"


def box(name="box-a", trusts=(OLD_MARK,), is_silent=False, is_asked=False) -> BoxTrust:
    return BoxTrust(name, tuple(trusts), is_silent, is_asked)


@pytest.mark.parametrize(
    "found, boxes, orders, is_complete",
    [
        (SPREADING, [], [], True),
        (SPREADING, [box()], ["box-a"], False),
        (SPREADING, [box(is_asked=True)], [], False),
        (SPREADING, [box(trusts=())], ["box-a"], False),
        (SPREADING, [box(trusts=(OLD_MARK, NEW_MARK))], [], True),
        (SPREADING, [box(is_silent=True)], ["box-a"], True),
        (SPREADING, [box(trusts=(OLD_MARK, NEW_MARK)), box("box-b")], ["box-b"], False),
        (SPREADING, [box(trusts=(OLD_MARK, NEW_MARK)), box("box-b", is_silent=True, is_asked=True)], [], True),
        (CLOSING, [], [], True),
        (CLOSING, [box(trusts=(NEW_MARK,))], [], True),
        (CLOSING, [box(trusts=(OLD_MARK, NEW_MARK))], ["box-a"], False),
        (CLOSING, [box(trusts=(OLD_MARK, NEW_MARK), is_asked=True)], [], False),
        (CLOSING, [box(trusts=(OLD_MARK, NEW_MARK), is_silent=True)], ["box-a"], False),
        (CLOSING, [box(trusts=(OLD_MARK,))], [], False),
        (Succession("settled", OLD, None, None), [box()], [], False),
    ],
)
def test_who_is_told_and_whether_anybody_has_to_be_waited_for(found, boxes, orders, is_complete):
    step = judge(found, boxes)
    assert (step.orders, step.is_complete) == (orders, is_complete)


class Place:
    """A gateway's folder with boxes that have enrolled, and a clock."""

    def __init__(self, folder, *boxes: str, more: str = "", port: int = 1883) -> None:
        self.data = folder / "data"
        (folder / "broker.password").write_text(GATEWAY_PASSWORD)
        (folder / "broker.password").chmod(0o600)
        (folder / "gateway.toml").write_text(
            f'gateway_id = "localhost"\ndata_dir = "data"\n[broker]\nport = {port}\n{more}'
            'password_file = "broker.password"\nfolder = "broker"\n'
            '[server]\nurl = "http://127.0.0.1:1"\ntoken_file = "t"\nsealing_key_file = "s"\n'
        )
        self.settings = config.load(folder / "gateway.toml")
        self.admission = Admission(self.settings)
        judge = Judge("localhost", fleet_key().modulus, self.admission.registry)
        self.passwords = {}
        for one in boxes:
            question = Question("enrol", one, new_password(), code=code_for(issued_ms=NOW_MS, gateway="localhost"))
            judge.decide(question, (NOW_MS, NOW_MS))
            self.passwords[one] = question.password
        self.papers = certs.ensure(self.admission.certs_folder, "localhost")
        self.store = Store(self.data / "downlink", None)
        self.mono_ms = 1_000
        self.rows: dict[str, dict] = {}
        self.restart()

    def restart(self) -> None:
        self.rollover = Rollover(
            self.settings, self.admission, self.store, BOOT, lambda: self.mono_ms, lambda: NOW_MS + self.mono_ms
        )

    def says(self, box_id: str, *ca_ders: bytes, days_ago: int = 0) -> None:
        """As the gateway writes down what a box says."""
        heard = {"heard_boot": "0" * 12, "heard_utc_ms": NOW_MS - days_ago * DAY_MS}
        self.rows[box_id] = heard | {"state": "online", "trust": [mark_of(der) for der in ca_ders]}
        (self.data / "boxes.json").write_text(json.dumps({"v": 1, "boxes": self.rows}))

    def orders(self) -> dict[str, dict]:
        """box_id -> argument of the command that waits for it."""
        return {one.box_id: json.loads(one.argument) for one in self.store.wishes().orders.values()}

    def answered(self) -> None:
        """Every command has had its answer."""
        for one in self.store.wishes().orders.values():
            self.store.forget(one)

    def begin(self) -> tuple[bytes, bytes]:
        begun = succession.begin(self.admission.certs_folder, "localhost")
        return begun.in_use, begun.coming


def each_is_told(ca: bytes, **more) -> dict[str, dict]:
    argument = {"ca": base64.b64encode(ca).decode(), **more}
    return {"box-a": argument, "box-b": argument}


def test_without_a_next_authority_nothing_happens(tmp_path):
    place = Place(tmp_path, "box-a")
    assert place.rollover.tick() is None
    assert place.orders() == {}


def test_the_whole_way_from_one_authority_to_the_next(tmp_path):
    place = Place(tmp_path, "box-a", "box-b")
    old, new = place.begin()
    place.says("box-a", old)
    place.says("box-b", old)
    assert place.rollover.tick() is None
    assert place.orders() == each_is_told(ca=new)
    place.answered()
    place.says("box-a", old, new)
    assert place.rollover.tick() is None
    place.says("box-b", old, new)
    assert place.rollover.tick() == "switched"
    assert certs.ensure(place.admission.certs_folder, "localhost").ca_der == new
    assert place.rollover.tick() is None
    assert place.orders() == each_is_told(ca=new, only=True)
    place.answered()
    place.says("box-a", new)
    place.says("box-b", new)
    assert place.rollover.tick() == "finished"
    assert place.rollover.tick() is None
    assert succession.look(place.admission.certs_folder, "localhost").stage == "settled"


def test_a_box_that_was_long_silent_is_told_and_not_waited_for(tmp_path):
    place = Place(tmp_path, "box-a", "box-b")
    old, new = place.begin()
    place.says("box-a", old, new)
    place.says("box-b", old, days_ago=SEEN_DAYS - 1)
    assert place.rollover.tick() is None
    place.says("box-b", old, days_ago=SEEN_DAYS + 1)
    assert place.rollover.tick() == "switched"


def test_a_box_of_which_nobody_knows_when_it_spoke_is_waited_for(tmp_path):
    place = Place(tmp_path, "box-a")
    old, _ = place.begin()
    place.says("box-a", old)
    place.rows["box-a"]["heard_utc_ms"] = None
    place.says("box-b", old)
    assert place.rollover.tick() is None


def test_who_is_revoked_is_neither_told_nor_waited_for(tmp_path):
    place = Place(tmp_path, "box-a", "box-b")
    old, new = place.begin()
    place.says("box-a", old, new)
    place.says("box-b", old)
    place.admission.registry.revoke("box-b")
    assert place.rollover.tick() == "switched"


def test_a_box_that_refuses_is_asked_again_after_a_while_and_not_before(tmp_path):
    place = Place(tmp_path, "box-a")
    old, _ = place.begin()
    place.says("box-a", old)
    place.rollover.tick()
    place.answered()
    place.rollover.tick()
    assert place.orders() == {}
    place.mono_ms += ASK_AGAIN_MS
    place.rollover.tick()
    assert place.orders().keys() == {"box-a"}


def test_after_a_restart_it_goes_on_where_it_was(tmp_path):
    place = Place(tmp_path, "box-a")
    old, new = place.begin()
    place.says("box-a", old, new)
    place.restart()
    assert place.rollover.tick() == "switched"
    place.restart()
    place.rollover.tick()
    assert place.orders()["box-a"]["only"] is True


@pytest.mark.parametrize("trust", [None, "x", 7, [1, 2], [None], {"a": 1}])
def test_what_a_box_says_of_its_trust_may_be_anything(tmp_path, trust):
    place = Place(tmp_path, "box-a")
    old, _ = place.begin()
    place.says("box-a", old)
    place.rows["box-a"]["trust"] = trust
    (place.data / "boxes.json").write_text(json.dumps({"v": 1, "boxes": place.rows}))
    assert place.rollover.tick() is None
    assert place.orders().keys() == {"box-a"}


def test_a_box_that_knows_both_comes_in_before_and_after_the_switch_and_stays_connected(tmp_path):
    place = Place(tmp_path, "box-a", "box-b")
    old, new = place.begin()
    broker = RealBroker(tmp_path / "broker", [], chain_file=place.papers.chain_file)
    place.settings = place.admission._config = config.Config(
        **{name: getattr(place.settings, name) for name in place.settings.__struct_fields__ if name != "broker"},
        broker=config.Broker(
            password_file="broker.password", folder="broker", port=broker.port, tls_listen=["127.0.0.1"],
            tls_port=broker.tls_port,
        ),
    )  # fmt: skip
    place.admission.write_config()
    broker.start()

    def come(ca_der: bytes, box: str = "box-b") -> Person:
        return Person(broker.tls_port, box, place.passwords[box], tls=context_for(ca_der), host="localhost")

    try:
        first = come(old, "box-a")
        with pytest.raises(ssl.SSLCertVerificationError):
            come(new)
        place.rollover.switch_now()
        give_up = 100
        while give_up:
            try:
                come(new).leave()
                break
            except ssl.SSLCertVerificationError:
                give_up -= 1
        assert give_up
        with pytest.raises(ssl.SSLCertVerificationError):
            come(old)
        assert not first.gone.is_set()
        first.leave()
    finally:
        broker.kill()
