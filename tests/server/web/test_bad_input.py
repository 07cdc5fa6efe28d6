"""Bad input, and what it gets: a named, polite error in both languages; nothing is stored, and nothing leaks.

Each row is one thing that somebody may send. Before and after it every table has as many rows (but for the record of
looks, sessions and the counts of log-ins); the secret part of what was sent is in no answer and no line of the log.
"""

import asyncio

import pytest
import structlog
from sqlalchemy import func, select

from server.app import utc_ms
from server.store import tables
from server.web.said import SAID
from tests.server import rig
from tests.server.access import users_in
from tests.server.access.conftest import fast_hashing as fast_hashing
from tests.server.web.bad_inputs import ALL, CSV, ELSEWHERE, HOUR_MS, NEW, PLACE, SECRET

MAY_GROW = {"audit", "audit_subjects", "sessions", "attempts", "health"}
COLUMNS = "place_id,name,kind,area\n"


async def stored(server):
    """{table: rows} of all that may not grow."""

    def count(connection):
        kept = [one for one in tables.metadata.sorted_tables if one.name not in MAY_GROW]
        return {one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in kept}

    return await server.shelf.database.read(count)


@pytest.fixture
def more_settings():
    return {"more": "[limits]\nasks_per_s = 100000\nasks_burst = 100000\n"}


@pytest.fixture
async def doors(server, client):
    """Everybody's headers, a place here and one in the next province, an open case."""
    made = {"nobody": {}, "gateway": rig.TELLS, "stranger": {"Authorization": "Bearer tram_" + "x" * 43}}
    for role in ("ops", "tracer", "administrator", "supervisor"):
        areas = ["79"] if role == "supervisor" else []
        one = await users_in.make(server, f"b-{role}", [role], areas=areas, totp=False)
        made[role] = await users_in.token(server, one, [role])
        if role == "ops":
            made["ended"] = await users_in.token(server, one, [role], ends_ms=1)
    for place_id, area in ((PLACE, "79"), (ELSEWHERE, "01")):
        place = {"name": "Chợ Bến Thử", "kind": "market", "area": area}
        answer = await client.put(f"/api/v1/places/{place_id}", json=place, headers=made["ops"] | NEW)
        assert answer.status_code == 200, answer.text
    case = {"title": "Vụ thử", "legal_basis": "QD 1", "ends_ms": utc_ms() + HOUR_MS, "area": ""}
    server.made_case = (await client.post("/api/v1/cases", json=case, headers=made["tracer"])).json()["id"]
    session = await users_in.make(server, "b-session", ["administrator"])
    await users_in.enter(client, session)
    made["session"] = users_in.OURS | {"Cookie": "; ".join(f"{a}={b}" for a, b in client.cookies.items())}
    client.cookies.clear()
    return made


async def ask(client, server, doors, bad, lang):
    """The answer, and all that was logged meanwhile."""
    headers = doors[bad.caller] | {"Accept-Language": lang} | bad.headers
    if "{tag}" in headers.get("If-Match", ""):
        place = await client.get(f"/api/v1/places/{PLACE}", headers=doors["ops"])
        headers["If-Match"] = place.headers["etag"]
    how = {"content": bad.content} if bad.content is not None else {"json": bad.body} if bad.body is not None else {}
    if bad.content is not None:
        headers = {"Content-Type": "application/json"} | headers
    path = bad.path.replace("{case}", server.made_case)
    return await client.request(bad.method, path, headers=headers, follow_redirects=False, **how)


@pytest.mark.parametrize("bad", ALL, ids=[one.what for one in ALL])
async def test_bad_input_is_refused_by_name_in_both_languages_and_leaves_nothing(server, client, doors, capsys, bad):
    before = await stored(server)
    capsys.readouterr()
    for lang in ("vi", "en"):
        with structlog.testing.capture_logs() as logged:
            answer = await ask(client, server, doors, bad, lang)
        found = answer.json()
        assert (answer.status_code, found["code"]) == (bad.status, bad.code), answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.headers["content-language"] == lang
        _, english, vietnamese = SAID[bad.code]
        assert (found["en"], found["vi"]) == (english, vietnamese)
        assert found["title"] == (vietnamese if lang == "vi" else english)
        assert "set-cookie" not in answer.headers
        said = answer.text + repr(answer.headers.raw) + repr(logged) + "".join(capsys.readouterr())
        assert SECRET not in said
        assert "Traceback" not in said
        assert not [one for one in logged if one["event"] == "mistake"]
    assert await stored(server) == before


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("cho-a,Chợ A,market,79\ncho-a,Chợ B,market,79\n", "row_duplicate"),
        ("cho-a,Chợ A,market,79\ncho-a,Chợ A,market,79\n", "row_duplicate"),
        ("cho-a,=cmd|'/c calc'!A0,market,79\n", "text_formula"),
        ("cho-a,@SUM(A1),market,79\n", "text_formula"),
        ("cho-a,<b>Chợ</b>,market,79\n", "text_markup"),
        ("cho-a,Chợ \u202eA,market,79\n", "text"),
        ("cho-a," + "x" * 3072 + ",market,79\n", "text_long"),
        ("cho-a,Chợ A,market,7\n", "area_code"),
    ],
)
async def test_a_bad_row_of_a_table_is_named_in_both_languages_and_none_is_kept(server, client, doors, rows, code):
    before = await stored(server)
    content = (COLUMNS + "cho-tot,Chợ Tốt,market,79\n" + rows).encode()
    answer = await client.post("/api/v1/places/import", content=content, headers=doors["ops"] | CSV)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert not found["is_kept"]
    assert {one["code"] for one in found["problems"]} == {code}
    assert all(one["en"] and one["vi"] and one["row"] >= 3 for one in found["problems"])
    assert await stored(server) == before


async def test_a_hundred_log_ins_at_once_are_bounded_and_each_is_told_why(server, client, doors):
    before = await stored(server)
    form = {"name": "b-ops", "password": "sai mat khau roi"}
    answers = await asyncio.gather(*(client.post("/api/v1/login", json=form) for _ in range(100)))
    seen = {(one.status_code, one.json()["code"]) for one in answers}
    assert seen <= {(401, "wrong_password"), (429, "locked"), (503, "too_many_logins")}
    assert (429, "locked") in seen or (503, "too_many_logins") in seen
    for one in answers:
        if one.status_code in (429, 503):
            assert int(one.headers["retry-after"]) > 0
        assert one.json()["en"]
        assert one.json()["vi"]
    assert await stored(server) == before


async def test_a_line_break_in_a_header_ends_the_request(serve):
    """Over a real socket: no client of ours would send it."""
    process = serve()
    host, port = process.url.removeprefix("http://").split(":")
    for header in (
        f"X: {SECRET}\r x: y",
        'If-Match: "1"\x00',
        "Content-Length: 1\r\nContent-Length: 2",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"PUT /api/v1/places/cho-a HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(4096), 10)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 4"), answer
        assert SECRET.encode() not in answer
