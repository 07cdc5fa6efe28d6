"""What is asked for has to be something that somebody knows: places, gates, zones, documents, and old answers."""

import pytest

from server.app import utc_ms
from server.codes.types import Document
from server.store.derive_tables import derivings
from server.store.deriving import PEPPER
from server.store.fleet_tables import gateways
from server.store.person_tables import tokens
from server.store.place_tables import areas, gates
from server.store.tables import scans
from server.store.visit_tables import hours, sightings, visits
from tests.server.tracing.conftest import CASE, HOUR_MS, MARKET, STATION
from tests.server.tracing.test_cases_web import CASES, WHO, answer_to
from tests.server.tracing.test_export import citizen_code


@pytest.fixture
def about(ask, case, town):
    """Ask about a place, an hour of it."""

    async def asked(status=201, **form):
        window = {"from_ms": town.base_ms, "to_ms": town.base_ms + HOUR_MS}
        return await ask("POST", f"{CASES}/{case}/questions", status, json={"place_id": MARKET, **window, **form})

    return asked


async def gate(town, gate_id="dong", zone="", place_id=MARKET):
    row = {"place_id": place_id, "gate_id": gate_id, "name": gate_id, "direction": "both", "zone": zone}
    await town.put(gates, row)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"place_id": "cho-ben-xxe"}, "place_unknown"),
        ({"place_id": "cho-ben-xxe", "gate_id": "dong"}, "place_unknown"),
        ({"gate_id": "don"}, "gate_unknown"),
        ({"gate_id": "tay"}, "gate_unknown"),
        ({"zone": "cá"}, "zone_unknown"),
        ({"zone": "vải"}, "zone_unknown"),
        ({"gate_id": "dong", "zone": "x"}, "zone_unknown"),
    ],
)
async def test_what_nobody_knows_is_refused_by_name_and_is_not_kept(ask, case, about, town, me, form, code):
    await town.place(STATION, box_id="box-0002")
    await gate(town)
    await gate(town, "tay", "vải", STATION)
    said = await about(409, **form)
    assert said["code"] == code
    assert len({said["vi"], said["en"], ""}) == 3
    assert (await ask("GET", f"{CASES}/{case}/questions"))["questions"] == []


async def test_a_place_is_known_by_the_register_a_gateway_a_seat_or_a_scan(about, town, me):
    await town.place(STATION, box_id="")
    await about(place_id=STATION)
    await town.put(gateways, {"gateway_id": "gw-7", "version": 1, "place": None})
    await about(place_id="gw-7")
    await town.sighting(None, 5, "gw-8")
    await about(place_id="gw-8")


async def test_gates_and_zones_are_known_by_the_register_or_by_what_was_seen(about, town, me):
    await gate(town, "dong", "cá")
    await about(gate_id="dong")
    await about(zone="cá")
    counts = dict.fromkeys(("reads", "ins", "outs", "boths", "unread", "counted_only", "first_ms", "last_ms"), 0)
    row = {"place_id": MARKET, "gate_id": "cu", "box_id": "box-0001", "hour_ms": town.base_ms - 900 * HOUR_MS}
    await town.put(hours, {**row, **counts})
    await about(gate_id="cu")
    await town.visit(me, 0, 60, gate_in="nam", zone="vải")
    await about(gate_id="nam")
    await about(zone="vải")


@pytest.fixture
async def tree(town):
    for code, parent in (("92", ""), ("921", "92"), ("79", "")):
        row = {"code": code, "since": "2000-01-01", "name": code, "parent": parent, "successor": "", "until": ""}
        row["level"] = {2: "province", 3: "district"}[len(code)]

        def job(connection, row=row):
            connection.execute(areas.delete().where(areas.c.code == row["code"]))

        await town.server.shelf.database.write(job)
        await town.put(areas, row)


async def test_places_without_a_box_are_counted_within_the_area_of_the_case(ask, town, me, tree):
    for place_id, area in (("a", "79"), ("b", "92"), ("c", "921"), ("d", ""), ("e", "79")):
        await town.place(place_id, area, box_id="")
    for area, number in (("92", 3), ("921", 2), ("79", 3), ("", 5)):
        form = {**CASE, "area": area, "ends_ms": utc_ms() + HOUR_MS}
        found = await answer_to(ask, (await ask("POST", CASES, 201, json=form))["id"], **WHO)
        (hole,) = [one for one in found["summary"]["holes"] if one["code"] == "no_box"]
        assert hole["en"].startswith(f"{number} "), area


async def test_a_question_about_a_place_counts_no_others_and_names_it_where_it_has_no_box(ask, case, town, me):
    await town.place(STATION, box_id="")
    window = {"from_ms": town.base_ms, "to_ms": town.base_ms + HOUR_MS}
    found = await answer_to(ask, case, place_id=MARKET, **window)
    assert [one["code"] for one in found["summary"]["holes"]] == []
    found = await answer_to(ask, case, place_id=STATION, **window)
    (hole,) = found["summary"]["holes"]
    assert (hole["code"], hole["place_id"]) == ("no_box_here", STATION)
    assert all(said.startswith(STATION) or f" {STATION} " in said for said in (hole["vi"], hole["en"]))


async def test_a_place_that_is_a_gateways_own_has_a_box(holes, town):
    await town.place("gw-7", box_id="")
    await town.put(gateways, {"gateway_id": "gw-7", "version": 1, "place": None})
    assert "no_box" not in await holes()


PRINTED = [
    ("citizen", "001099000001"),
    ("citizen", "001 099 000 001"),
    ("citizen", "001.099.000.001"),
    ("citizen", " 001\u00a0099\u202f000-001\n"),
    ("citizen", "００１０９９０００００１"),
    ("phone", "+84 912 000 001"),
    ("phone", "0084912000001"),
    ("phone", "(0912) 000.001"),
    ("insurance", "DN 4 01 0123456789"),
    ("insurance", "dn4010123456789"),
    ("insurance", "0123 456 789"),
    ("passport", "c1234567"),
    ("passport", "C 1234567"),
]


@pytest.mark.parametrize(("type_", "value"), PRINTED)
async def test_documents_are_taken_as_they_are_printed(ask, case, town, type_, value):
    await town.place()
    me, other = await town.person(1), await town.person(2)
    whole = {"phone": "0912000001", "insurance": "0123456789", "passport": "C1234567"}
    if type_ in whole:
        (token,) = await town.server.holder.tokens_of([Document(type_, whole[type_])])
        row = {"mac": token.mac, "type": type_, "person": me, "is_ambiguous": False}
        await town.put(tokens, {**row, "first_day": town.day, "last_day": town.day})
    for one in (me, other):
        await town.visit(one, 0, 60)
    found = await answer_to(ask, case, documents=[{"type": type_, "value": value}])
    assert len(found["contacts"]) == 1


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("citizen", "00109900001"),
        ("citizen", "O01099000001"),
        ("insurance", "DN9010123456789"),
        ("insurance", "D14010123456789"),
        ("phone", "+85912000001"),
        ("phone", "912000001"),
        ("phone", "84912000001"),
        ("phone", "+840912000001"),
        ("passport", "C1"),
        ("old_citizen", "12345678"),
        ("horse", "123456789"),
    ],
)
async def test_a_document_that_is_not_in_its_form_is_named_without_its_number(ask, case, type_, value):
    form = {"documents": [*WHO["documents"], {"type": type_, "value": value}]}
    said = await ask("POST", f"{CASES}/{case}/questions", 400, json=form)
    assert said["code"] == "document_form"
    assert "2" in said["detail"].split(":")[0]
    assert (type_ in said["detail"]) is (type_ != "horse")
    assert value not in str(said)


async def test_of_several_documents_the_one_that_was_never_seen_is_named_by_its_place(ask, case, town, me):
    unknown = {"type": "insurance", "value": "0123456780"}
    found = await answer_to(ask, case, documents=[unknown, *WHO["documents"]])
    (hole,) = [one for one in found["summary"]["holes"] if one["code"] == "document_not_seen"]
    assert (hole["vi"][:15], hole["en"][:11]) == ("Giấy tờ thứ 1 t", "Document 1 ")
    assert unknown["value"] not in str(found)
    for documents in (WHO["documents"], [unknown]):
        found = await answer_to(ask, case, documents=documents)
        assert "document_not_seen" not in [one["code"] for one in found["summary"]["holes"]]


@pytest.fixture
async def answered(ask, case, town, me):
    other = await town.person(2)
    await town.sealed_scan(other, citizen_code(2), 5)
    await town.visit(other, 0, 60)
    await pepper(town, "aaaa")
    found = await answer_to(ask, case, **WHO)
    return f"{CASES}/{case}/questions/{found['question']['id']}", found["contacts"][0]["contact"]["pseudonym"]


async def pepper(town, fingerprint):
    def job(connection):
        connection.execute(derivings.delete().where(derivings.c.name.startswith(PEPPER)))

    await town.server.shelf.database.write(job)
    await town.put(derivings, {"name": PEPPER + fingerprint, "tx": 0, "id": 0, "count": 0, "at_ms": 0})


async def test_an_answer_of_before_the_keys_were_changed_says_so_and_opens_nobody(ask, answered, town, server):
    path, name = answered
    assert (await ask("POST", f"{path}/contacts/{name}/open"))["names"] == ["Nguyễn Thị Hoa"]
    await pepper(town, "bbbb")
    for method, where in (
        ("POST", f"{path}/contacts/{name}/open"),
        ("GET", f"{path}/export.csv?identities=true"),
        ("GET", f"{path}/export.xlsx?identities=true"),
    ):
        assert (await ask(method, where, 409))["code"] == "pseudonym_gone"
    assert len((await ask("GET", path))["contacts"]) == 1
    await ask("GET", f"{path}/export.csv")


async def test_who_is_not_known_by_this_pseudonym_any_more_is_no_empty_answer(ask, answered, town, server):
    path, name = answered

    def job(connection):
        for table in (tokens, sightings, visits, scans):
            connection.execute(table.delete())

    await server.shelf.database.write(job)
    assert (await ask("POST", f"{path}/contacts/{name}/open", 409))["code"] == "pseudonym_gone"


async def test_csv_says_its_character_set_once(ask, answered):
    answer = await ask("GET", f"{answered[0]}/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


async def test_the_answer_of_a_short_window_says_what_it_counts(ask, case, town, me):
    window = {"from_ms": town.base_ms, "to_ms": town.base_ms + 600_000}
    found = await answer_to(ask, case, place_id=MARKET, **window)
    assert found["question"]["contacts"] == 1
    assert [one["code"] for one in found["question"]["notes"]] == ["window_short"]
    text = (await ask("GET", f"{CASES}/{case}/questions/{found['question']['id']}/export.csv")).content.decode()
    assert found["question"]["notes"][0]["vi"] in text
    assert (await answer_to(ask, case, **WHO))["question"]["notes"] == []
