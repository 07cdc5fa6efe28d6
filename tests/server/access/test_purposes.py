"""Another purpose of a place is in the record of looks: who, where, what it was and is, on what basis, from when on."""

import json

import pytest

from server.places.types import Period
from server.store.access_purposes import _text
from tests.server.access.test_commands import config, run  # noqa: F401 - fixtures
from tests.server.access.users_in import make, token
from tests.server.rig import GATEWAY, WISHES

PLACE = "cho-ben-thu"
PATH = f"/api/v1/places/{PLACE}"
DAY_MS = 86_400_000
KEPT = {
    "since_ms": 20_500 * DAY_MS,
    "mode": "identified",
    "basis": "Quyết định 447/QĐ-TTg",
    "until_ms": 20_600 * DAY_MS,
}
COUNTED = {"since_ms": 20_700 * DAY_MS, "mode": "counts_only", "basis": "", "until_ms": None}


@pytest.fixture
async def chief(server):
    return await token(server, await make(server, "chief", ["administrator"]), ["administrator"])


@pytest.fixture
async def put(client, chief):
    form = {"name": "Chợ Bến Thử", "kind": "market"}
    assert (await client.put(PATH, json=form, headers=chief | {"If-None-Match": "*"})).status_code == 200

    async def purposes(*periods, status=200):
        tag = (await client.get(PATH, headers=chief)).headers["etag"]
        answer = await client.put(
            PATH + "/purposes", json={"purposes": list(periods)}, headers=chief | {"If-Match": tag}
        )
        assert answer.status_code == status, answer.text

    return purposes


async def lines(server):
    found = await server.shelf.access.entries(0, 500, None, "purposes_put")
    return [(one.actor[:2], one.subjects, json.loads(one.detail)) for one in found]


def plain(*periods):
    return [_text(Period(**one)) for one in periods]


def test_a_period_is_said_with_its_dates_its_mode_and_its_basis_in_plain_letters():
    (said,) = plain(KEPT)
    assert said.startswith("2026-02-16T07:00:00/2026-05-27T07:00:00 identified ")
    assert said.endswith(" Quyet dinh 447/QD-TTg")
    assert plain(COUNTED) == ["2026-09-04T07:00:00/ counts_only -"]


@pytest.mark.parametrize(
    "basis",
    [
        "001099012345",
        "An 0901234567",
        "DN4790000000001",
        "QĐ\u202e1",
        "đ" * 200,
        "市場" * 50,
        "+84901234567",
        "9" * 200,
    ],
)
async def test_whatever_stands_in_the_basis_the_line_is_in_form_and_holds_no_number_of_a_person(server, basis):
    said = _text(Period(**KEPT | {"basis": basis}))
    assert await server.shelf.access.record("u-1", "purposes_put", [f"place:{PLACE}"], {"old": [], "new": [said]})
    assert not any(len(word) > 8 for word in said.partition("identified")[2].split() if word.isdigit())


async def test_each_change_leaves_one_line_with_what_went_and_what_came(server, put):
    await put(KEPT)
    await put(KEPT)
    await put(KEPT, COUNTED)
    await put(KEPT | {"basis": "NQ 1"}, COUNTED)
    await put()
    subject = f"place:{PLACE}"
    assert await lines(server) == [
        ("u-", subject, {"old": [], "new": plain(KEPT)}),
        ("u-", subject, {"old": [], "new": plain(COUNTED)}),
        ("u-", subject, {"old": plain(KEPT), "new": plain(KEPT | {"basis": "NQ 1"})}),
        ("u-", subject, {"old": plain(KEPT | {"basis": "NQ 1"}, COUNTED), "new": []}),
    ]


async def test_what_is_refused_leaves_no_line(server, client, chief, put):
    await put({**KEPT, "basis": ""}, status=400)
    answer = await client.put(PATH + "/purposes", json={"purposes": [KEPT]}, headers=chief | {"If-Match": '"999999"'})
    assert answer.status_code == 412
    assert await lines(server) == []


async def test_a_change_that_cannot_be_recorded_is_not_made(server, client, chief, put, monkeypatch):
    class Broken:
        key_id = "0" * 16

        def sign(self, data):
            raise RuntimeError("no key")

    tag = (await client.get(PATH, headers=chief)).headers["etag"]
    with monkeypatch.context() as broken:
        broken.setattr(server.shelf.access, "vault", Broken())
        headers = chief | {"If-Match": tag}
        answer = await client.put(PATH + "/purposes", json={"purposes": [KEPT]}, headers=headers)
        assert answer.status_code >= 500
    assert (await client.get(PATH + "/purposes", headers=chief)).json() == {"purposes": []}


async def test_a_table_leaves_a_line_for_each_place_that_it_changes_and_a_trial_leaves_none(server, client, chief, put):
    headers = chief | {"Content-Type": "text/csv"}
    table = f"place_id,since,mode,basis\n{PLACE},2026-02-01,identified,QĐ 1\n".encode()
    for query, count in (("?dry=true", 0), ("", 1), ("", 1)):
        answer = await client.post("/api/v1/places/import" + query, content=table, headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(await lines(server)) == count
    assert (await lines(server))[0][2]["new"][0].endswith(" QD 1")


async def test_a_place_that_goes_takes_its_purposes_with_a_line(server, client, chief, put):
    await put(KEPT)
    tag = (await client.get(PATH, headers=chief)).headers["etag"]
    assert (await client.delete(PATH, headers=chief | {"If-Match": tag})).status_code == 200
    assert (await lines(server))[-1][2] == {"old": plain(KEPT), "new": []}


async def test_a_purpose_that_is_wished_of_a_gateway_by_hand_leaves_a_line_and_other_rules_none(server, client):
    path = f"/api/v1/fleet/gateways/{GATEWAY}/place"
    rules = {"purpose": [{"since": "2026-02-01", "mode": "identified", "basis": "QĐ 1"}]}
    for form in ({"capacity": 7}, rules, rules | {"capacity": 9}, None):
        assert (await client.put(path, content=json.dumps(form), headers=WISHES)).status_code == 200
    found = await lines(server)
    assert [(actor, subject) for actor, subject, _ in found] == [("se", f"gateway:{GATEWAY}")] * 2
    assert found[0][2]["old"] == found[1][2]["new"] == []
    assert found[0][2]["new"] == found[1][2]["old"] == [found[0][2]["new"][0]]


def test_the_command_line_leaves_the_line_and_tells_it(run):  # noqa: F811
    run("place", "add", PLACE, "--name", "Chợ Bến Thử")
    more = ["--since", "2026-02-01", "--basis", "Quyết định 447/QĐ-TTg"]
    run("place", "purpose", PLACE, "--mode", "identified", *more)
    told = run("audit", "show", "--action", "purposes_put")
    assert [(one["actor"][:4], one["subjects"]) for one in told] == [("cli:", [f"place:{PLACE}"])]
    assert told[0]["detail"]["new"][0].startswith("2026-02-01T00:00:00/ identified ")
    assert told[0]["detail"]["new"][0].endswith(" Quyet dinh 447/QD-TTg")
    assert run("audit", "who-looked", f"place:{PLACE}")[0]["action"] == "purposes_put"
    assert run("audit", "verify")["is_whole"]
