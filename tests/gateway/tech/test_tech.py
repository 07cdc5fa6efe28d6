"""Every path of the technician's API, asked without a socket: who gets in, what is refused and how it is named."""

import json
from datetime import date

import pytest
import structlog

from gateway.panel.exchange import Request
from gateway.tech import technicians
from gateway.tech.live import Live
from gateway.tech.tech import Tech
from gateway.tech.technicians import Technicians
from gateway.tech.types import STATUS, Parcel, Refused

NOW_MS = 1_795_315_260_000
SECRET = "mat-khau-wifi-bi-mat"


class Bench:
    """An invented gateway with one box."""

    def __init__(self):
        self.asked = []
        self.fails = None

    def _ask(self, *what):
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails

    def facts(self):
        self._ask("facts")
        return {"gateway": "gw-1"}

    def authority(self):
        return b"0 certificate"

    async def boxes(self):
        self._ask("boxes")
        return [{"box": "box-a", "state": "ok"}]

    async def knows(self, box_id):
        return box_id == "box-a"

    async def order(self, *what):
        self._ask("order", *what)
        return "0123456789ab"

    async def result(self, order_id):
        self._ask("result", order_id)
        return {"outcome": "done"} if order_id == "0123456789ab" else None

    async def settings(self, box_id):
        self._ask("settings", box_id)
        return {"wished": None}

    async def wish(self, box_id, settings):
        self._ask("wish", box_id, settings)
        return 7

    async def firmware(self):
        self._ask("firmware")
        return {"bundles": []}

    async def take_in(self, pieces):
        self._ask("take_in", b"".join([piece async for piece in pieces]))
        return Parcel(7, "7.0", ("linux",))

    async def want(self, version, box_id):
        self._ask("want", version, box_id)
        return version

    async def back(self, box_id):
        self._ask("back", box_id)
        return 6

    async def rescue(self, box_id, message):
        self._ask("rescue", box_id, message)
        return {"stored": 1}

    async def doctor(self):
        self._ask("doctor")
        return []


class Door:
    def __init__(self, folder):
        self.bench, self.now_ms = Bench(), 0
        self.file = folder / "technicians"
        self.token, _ = technicians.add(self.file, "hoa", 90, date(2026, 11, 22))
        known = Technicians(self.file, lambda: NOW_MS)
        self.tech = Tech(known, self.bench, Live(), lambda: self.now_ms, wait_s=0.0)

    def request(self, path, method="GET", body=b"", query=None, token=None, peer="192.168.1.7", pieces=None):
        headers = {"authorization": f"Bearer {self.token if token is None else token}"}
        path = path if path.startswith("/tech") else f"/tech/v1{path}"
        return Request(method, path, query or {}, headers, body, peer, "192.168.1.5", True, pieces)

    async def ask(self, path, method="GET", **how):
        if isinstance(how.get("body"), dict):
            how["body"] = json.dumps(how["body"]).encode()
        answer = await self.tech.answer(self.request(path, method, **how))
        found = json.loads(answer.body)
        return answer.status, found.get("error", {}).get("code") or found


@pytest.fixture
def door(tmp_path):
    return Door(tmp_path)


GOOD = [
    ("GET", "/facts", {}, ("facts",)),
    ("GET", "/boxes", {}, ("boxes",)),
    ("GET", "/boxes/box-a", {}, ("boxes",)),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "identify", "argument": {"seconds": 5}, "within_s": 9}},
     ("order", "box-a", "identify", '{"seconds": 5}', 9_000)),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "self_test"}}, ("order", "box-a", "self_test", "", 60_000)),
    ("GET", "/commands/0123456789ab", {"query": {"wait": "15"}}, ("result", "0123456789ab")),
    ("GET", "/boxes/box-a/settings", {}, ("settings", "box-a")),
    ("PUT", "/boxes/box-a/settings", {"body": {"marks": "a=b"}}, ("wish", "box-a", {"marks": "a=b"})),
    ("GET", "/firmware", {}, ("firmware",)),
    ("POST", "/firmware", {"body": b"a tar"}, ("take_in", b"a tar")),
    ("POST", "/firmware/want", {"body": {"version": 7, "box": "box-a"}}, ("want", 7, "box-a")),
    ("POST", "/firmware/want", {"body": {"version": 0, "box": None}}, ("want", 0, None)),
    ("POST", "/firmware/back", {"body": {"box": None}}, ("back", None)),
    ("POST", "/boxes/box-a/rescued", {"body": b"1 scan"}, ("rescue", "box-a", b"1 scan")),
    ("GET", "/doctor", {}, ("doctor",)),
]  # fmt: skip


@pytest.mark.parametrize("method, path, how, asked", GOOD)
async def test_a_technician_gets_what_is_asked_for(door, method, path, how, asked):
    status, _ = await door.ask(path, method, **how)
    assert (status, door.bench.asked) == (200, [asked])


@pytest.mark.parametrize("method, path, how, asked", GOOD)
async def test_nobody_else_gets_any_of_it(door, method, path, how, asked):
    for token in ("", "wrong", door.token[:-1], door.token + "A"):
        assert await door.ask(path, method, token=token, **how) == (401, "no_right")
    assert door.bench.asked == []


async def test_who_has_ended_or_was_removed_gets_nothing(door):
    technicians.remove(door.file, "hoa")
    technicians.add(door.file, "binh", 90, date(2026, 11, 22))
    assert await door.ask("/facts") == (401, "no_right")
    door.token, _ = technicians.add(door.file, "an", 1, date(2026, 1, 1))
    assert await door.ask("/facts") == (401, "no_right")


async def test_where_there_is_no_technician_that_is_said(door):
    technicians.remove(door.file, "hoa")
    assert await door.ask("/facts") == (403, "no_technicians")


async def test_a_cookie_or_another_scheme_is_nobody(door):
    request = door.request("/facts")
    for headers in ({}, {"authorization": door.token}, {"authorization": f"Basic {door.token}"}, {"cookie": "x=y"}):
        answer = await door.tech.answer(request._replace(headers=headers))
        assert answer.status == 401
        door.now_ms += 1_000_000


async def test_the_authority_is_public_and_nothing_else_is(door):
    answer = await door.tech.answer(door.request("/ca", token=""))
    assert (answer.status, answer.body) == (200, b"0 certificate")
    assert await door.ask("/ca/", token="") == (401, "no_right")


BAD = [
    ("GET", "/", {}, 400, "no_request"),
    ("GET", "/people", {}, 400, "no_request"),
    ("GET", "/tech/v2/facts", {}, 400, "no_request"),
    ("GET", "/facts/..", {}, 400, "no_request"),
    ("DELETE", "/boxes/box-a", {}, 400, "no_request"),
    ("POST", "/boxes/box-a/settings", {"body": {}}, 400, "no_request"),
    ("GET", "/boxes/box-a/rescued", {}, 400, "no_request"),
    ("DELETE", "/firmware", {}, 400, "no_request"),
    ("GET", "/firmware/want", {}, 400, "no_request"),
    ("GET", "/boxes/box-b", {}, 404, "no_box"),
    ("GET", "/boxes/BOX", {}, 404, "no_box"),
    ("GET", "/boxes/..", {}, 404, "no_box"),
    ("GET", "/boxes/bộ", {}, 404, "no_box"),
    ("POST", "/boxes/box-b/rescued", {"body": b"1 scan"}, 404, "no_box"),
    ("POST", "/firmware/want", {"body": {"version": 7, "box": "box-b"}}, 404, "no_box"),
    ("GET", "/commands/0123", {}, 404, "no_result"),
    ("GET", "/commands/../../x", {}, 404, "no_result"),
    ("GET", "/commands/0123456789AB", {}, 404, "no_result"),
    ("GET", "/commands/0123456789ab", {"query": {"wait": "-1"}}, 400, "no_request"),
    ("GET", "/commands/0123456789ab", {"query": {"wait": "9999"}}, 400, "no_request"),
    ("GET", "/commands/0123456789ab", {"query": {"wait": "1e3"}}, 400, "no_request"),
    ("POST", "/boxes/box-a/commands", {"body": {}}, 422, "no_command"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "rotate_password"}}, 422, "no_command"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "trust"}}, 422, "no_command"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": ["identify"]}}, 422, "no_command"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "identify", "argument": []}}, 422, "no_argument"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "identify", "within_s": 0}}, 422, "no_argument"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "identify", "within_s": 601}}, 422, "no_argument"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "identify", "within_s": True}}, 422, "no_argument"),
    ("POST", "/boxes/box-a/commands", {"body": {"name": "identify", "within_s": "9"}}, 422, "no_argument"),
    ("PUT", "/boxes/box-a/settings", {"body": b""}, 400, "no_request"),
    ("PUT", "/boxes/box-a/settings", {"body": b"[]"}, 400, "no_request"),
    ("PUT", "/boxes/box-a/settings", {"body": b"{"}, 400, "no_request"),
    ("PUT", "/boxes/box-a/settings", {"body": b"\xff"}, 400, "no_request"),
    ("PUT", "/boxes/box-a/settings", {"body": b'{"a": NaN}'}, 400, "no_request"),
    ("PUT", "/boxes/box-a/settings", {"body": b'{"a":' * 3000}, 400, "no_request"),
    ("PUT", "/boxes/box-a/settings", {"body": b'{"a": "' + b"x" * 40_000 + b'"}'}, 400, "no_request"),
    ("POST", "/boxes/box-a/rescued", {"body": b"x" * 65_537}, 400, "no_request"),
    ("POST", "/firmware/want", {"body": {"version": -1}}, 404, "no_version"),
    ("POST", "/firmware/want", {"body": {"version": 1 << 32}}, 404, "no_version"),
    ("POST", "/firmware/want", {"body": {"version": "7"}}, 404, "no_version"),
    ("POST", "/firmware/want", {"body": {"version": True}}, 404, "no_version"),
    ("POST", "/firmware/want", {"body": {}}, 404, "no_version"),
]


@pytest.mark.parametrize("method, path, how, status, code", BAD)
async def test_what_cannot_be_is_refused_by_name_and_nothing_is_done(door, method, path, how, status, code):
    assert await door.ask(path, method, **how) == (status, code)
    assert door.bench.asked in ([], [("result", "0123456789ab")])


@pytest.mark.parametrize("code", sorted(STATUS))
async def test_each_refusal_has_one_status(door, code):
    door.bench.fails = Refused(code, "what", wait_s=3)
    assert await door.ask("/boxes") == (STATUS[code], code)


@pytest.mark.parametrize(
    "fails, status, code", [(OSError(28, "no space"), 507, "no_room"), (ValueError(SECRET), 503, "no_answer")]
)
async def test_what_goes_wrong_inside_tells_nothing_of_it(door, fails, status, code):
    door.bench.fails = fails
    answer = await door.tech.answer(door.request("/boxes"))
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)
    assert SECRET not in answer.body.decode()


@pytest.mark.parametrize("gone", [TimeoutError(), EOFError()])
async def test_who_hangs_up_in_the_middle_is_the_lines_affair(door, gone):
    async def pieces():
        yield b"a part"
        raise gone

    with pytest.raises(type(gone)):
        await door.tech.answer(door.request("/firmware", "POST", pieces=pieces()))


async def test_wrong_tokens_from_one_address_are_made_to_wait_and_another_address_is_not(door):
    found = [await door.ask("/facts", token=f"wrong {number}") for number in range(12)]
    assert found[0] == (401, "no_right")
    assert found[-1] == (429, "no_more_tries")
    assert await door.ask("/facts") == (429, "no_more_tries")
    assert (await door.ask("/facts", peer="192.168.1.8"))[0] == 200
    door.now_ms += 120_000
    assert (await door.ask("/facts"))[0] == 200


async def test_every_use_is_in_the_log_with_who_and_what_and_without_token_or_body(door):
    with structlog.testing.capture_logs() as lines:
        await door.ask("/boxes/box-a/settings", "PUT", body={"wifi": [["x", SECRET]]})
        await door.ask("/facts", token="wrong")
    told = [one for one in lines if one["event"] == "technician"]
    assert [(one["name"], one["method"], one["status"], one["address"]) for one in told] == [
        ("hoa", "PUT", 200, "192.168.1.7"),
        ("-", "GET", 401, "192.168.1.7"),
    ]
    for secret in (door.token, SECRET, "wrong"):
        assert secret not in str(lines)


@pytest.mark.parametrize(
    "path, method, most",
    [
        ("/firmware", "POST", 17 * 1024 * 1024),
        ("/boxes/box-a/rescued", "POST", 65_536),
        ("/boxes/box-a/settings", "PUT", 32_768),
        ("/facts", "GET", 0),
        ("/tech/v1x/firmware", "POST", 0),
        ("/login", "POST", 0),
    ],
)
def test_a_long_body_may_come_only_where_one_belongs_and_from_who_is_known(door, path, method, most):
    request = door.request(path, method)
    if path == "/login":
        request = request._replace(path="/login")
    assert door.tech.takes(request) == most
    assert door.tech.takes(request._replace(headers={"authorization": "Bearer wrong"})) == 0
    assert door.tech.takes(request._replace(headers={})) == 0
