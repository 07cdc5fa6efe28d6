"""What who is bounded, or is out by now, is not to learn by the side: lists, ETags, `next`, a line that stays."""

import pytest

from server.errors import Refused
from server.places.types import BoxSeat, GatewaySeat
from server.web import page
from tests.server.access.users_in import make, token
from tests.server.rig import GATEWAY, WISHES

MINE, OTHER = "cho-cua-toi", "cho-noi-khac"


@pytest.fixture
async def moved(server, client):
    """Boxes that hung elsewhere, hang elsewhere, and hang at the place of an operator -> the operator's headers."""
    for place_id in (MINE, OTHER):
        form = {"name": place_id, "kind": "market"}
        made = await client.put(f"/api/v1/places/{place_id}", json=form, headers=WISHES | {"If-None-Match": "*"})
        assert made.status_code == 200, made.text
    places = server.shelf.places
    for box_id, before, now in (
        ("box-a", OTHER, OTHER),
        ("box-b", OTHER, MINE),
        ("box-c", MINE, OTHER),
        ("box-d", "", MINE),
    ):
        seats = [BoxSeat(box_id, 0, before), BoxSeat(box_id, 5000, now)]
        await places.put_box_seats(box_id, [one for one in seats if one.place_id], [], "x")
    await places.put_gateway_seat(GatewaySeat(GATEWAY, 0, OTHER), "x")
    await places.put_gateway_seat(GatewaySeat(GATEWAY, 5000, MINE), "x")
    return await token(server, await make(server, "lan", ["operator"], places=[MINE]), ["operator"])


async def test_a_box_that_was_moved_here_does_not_tell_where_it_was(client, moved):
    for path in ("/api/v1/seats", "/api/v1/boxes/box-b/seat", f"/api/v1/places/{MINE}/gateways/{GATEWAY}"):
        answer = await client.get(path, headers=moved)
        assert answer.status_code == 200, answer.text
        assert OTHER not in answer.text, path
    found = (await client.get("/api/v1/seats", headers=moved)).json()["boxes"]
    assert [one["box_id"] for one in found] == ["box-b", "box-d"]


async def test_an_etag_is_of_what_is_shown_and_of_nothing_else(client, server, moved):
    path = "/api/v1/boxes/box-b/seat"
    mine, all_of_it = [(await client.get(path, headers=one)).headers["etag"] for one in (moved, WISHES)]
    seats = await server.shelf.places.box_seats("box-b")
    await server.shelf.places.put_box_seats("box-b", seats[1:], seats, "x")
    assert (await client.get(path, headers=moved)).headers["etag"] == mine
    assert (await client.get(path, headers=WISHES)).headers["etag"] != all_of_it


async def test_the_next_of_a_page_names_no_box_that_one_may_not_see(client, moved):
    seen, after = [], ""
    while after is not None:
        found = (await client.get("/api/v1/seats", params={"after": after, "limit": 1}, headers=moved)).json()
        seen += [one["box_id"] for one in found["boxes"]]
        after = found["next"]
        assert after in (None, *seen)
    assert seen == ["box-b", "box-d"]


async def test_a_box_and_a_gateway_elsewhere_are_not_shown_by_name(client, moved):
    assert (await client.get("/api/v1/boxes/box-c/seat", headers=moved)).status_code == 403
    assert (await client.get("/api/v1/boxes/box-none/seat", headers=moved)).status_code == 403
    assert (await client.get(f"/api/v1/places/{OTHER}/gateways/{GATEWAY}", headers=moved)).status_code == 403


@pytest.mark.parametrize("role", ["supervisor", "tracer"])
@pytest.mark.parametrize(
    ("areas", "reached"), [(["84"], [MINE]), (["92"], [OTHER]), (["79"], []), (["84", "92"], [MINE, OTHER])]
)
async def test_who_has_areas_gets_numbers_of_the_places_there_and_of_no_other(server, client, role, areas, reached):
    for place_id, area in ((MINE, "84"), (OTHER, "92")):
        form = {"name": place_id, "kind": "market", "area": area}
        made = await client.put(f"/api/v1/places/{place_id}", json=form, headers=WISHES | {"If-None-Match": "*"})
        assert made.status_code == 200, made.text
    looker = await token(server, await make(server, "lan", [role], areas=areas), [role], areas=areas)
    for place_id in (MINE, OTHER):
        for path in ("occupancy", "occupancy/course?from_ms=0&to_ms=3600000", "counts?from_ms=0&to_ms=3600000"):
            answer = await client.get(f"/api/v1/places/{place_id}/{path}", headers=looker)
            assert answer.status_code == (200 if place_id in reached else 403), (place_id, path, answer.text)
    listed = (await client.get("/api/v1/places", headers=looker)).json()["places"]
    assert sorted(one["place_id"] for one in listed) == sorted(reached)


@pytest.mark.parametrize("wrong", ["", '"0"', "*", "same"])
async def test_the_seat_of_a_gateway_is_changed_by_who_has_seen_it(client, moved, wrong):
    path = f"/api/v1/places/{OTHER}/gateways/{GATEWAY}"
    tag = (await client.get(path, headers=WISHES)).headers["etag"]
    if wrong == "same":
        first = await client.put(path, json={"since_ms": 9000}, headers=WISHES | {"If-Match": tag})
        assert (first.status_code, len(first.json()["seats"])) == (200, 3)
        assert first.headers["etag"] == (await client.get(path, headers=WISHES)).headers["etag"]
    named = {"If-Match": tag if wrong == "same" else wrong} if wrong else {}
    answer = await client.put(path, json={"since_ms": 10_000}, headers=WISHES | named)
    expected = (412, "changed_meanwhile") if wrong else (428, "if_match_needed")
    assert (answer.status_code, answer.json()["code"]) == expected


async def test_what_administrators_agree_on_is_not_told_to_others(server, client):
    chief = await token(server, await make(server, "chief", ["administrator"]), ["administrator"])
    tracer = await token(server, await make(server, "lan", ["tracer"]), ["tracer"])
    form = {"action": "user_added", "question": "a" * 64, "about": "user:binh", "people": 1}
    await client.post("/api/v1/approvals", json=form, headers=chief)
    form = {"action": "export", "question": "a" * 64, "about": "case:c-1", "people": 1}
    await client.post("/api/v1/approvals", json=form, headers=tracer)
    for headers, actions in ((tracer, ["export"]), (chief, ["export", "user_added"])):
        found = (await client.get("/api/v1/approvals", headers=headers)).json()["approvals"]
        assert sorted(one["action"] for one in found) == actions


async def test_a_live_line_ends_when_who_looks_is_let_in_no_longer():
    closed, clock_ms, refused = [], iter(range(0, 10_000_000, page.ASK_AGAIN_MS // 2)), []

    async def messages():
        try:
            for number in range(100):
                yield number
        finally:
            closed.append(True)

    async def is_in():
        refused.append(True)
        if len(refused) > 2:
            raise Refused("no_token", "the session has ended")

    got = [one async for one in page.while_let_in(messages(), is_in, lambda: next(clock_ms))]
    assert 0 < len(got) < 10
    assert closed == [True]
