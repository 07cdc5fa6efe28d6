"""What somebody may send that is wrong, and the error that it gets: the rows of `test_bad_input`."""

import gzip
from typing import NamedTuple

from server.app import utc_ms
from tests.server import rig

PLACE, ELSEWHERE = "cho-ben-thu", "cho-khac"
SECRET = "079203001234"
HOUR_MS = 3_600_000
NEW = {"If-None-Match": "*"}
CSV = {"Content-Type": "text/csv"}
JSON = {"Content-Type": "application/json"}


class Bad(NamedTuple):
    """One thing that is wrong. `body`: as JSON; `content`: as it is."""

    what: str
    caller: str
    method: str
    path: str
    status: int
    code: str
    body: object = None
    content: bytes | None = None
    headers: dict[str, str] = {}


def named(what, name, code):
    """The same hostile name at every door that takes names."""
    user = {"name": "nv-an", "title": name, "password": "mot cau that dai 12", "roles": ["ops"]}
    case = {"title": name, "legal_basis": "QD 1", "ends_ms": utc_ms() + HOUR_MS, "area": ""}
    place = {"name": name, "kind": "market"}
    rules = {"name": name, "since_ms": utc_ms(), "parameters": {}}
    short = "text" if code == "text_long" else code
    return [
        Bad(f"{what}: a place", "ops", "PUT", "/api/v1/places/cho-moi", 400, code, place, headers=NEW),
        Bad(f"{what}: a user", "administrator", "POST", "/api/v1/users", 400, short, user),
        Bad(f"{what}: a case", "tracer", "POST", "/api/v1/cases", 400, short, case),
        Bad(f"{what}: a rule set", "tracer", "POST", "/api/v1/rule-sets", 400, short, rules),
        Bad(f"{what}: a log-in", "nobody", "POST", "/api/v1/login", 401, "wrong_password", login(name)),
    ]


def login(name):
    return {"name": name, "password": SECRET}


HOSTILE = [
    *named("right to left", f"Chợ \u202e{SECRET}", "text"),
    *named("isolates", f"Chợ \u2066{SECRET}\u2069", "text"),
    *named("no width", f"Chợ\u200b{SECRET}", "text"),
    *named("NUL", f"Chợ\x00{SECRET}", "text"),
    *named("a line break", f"Chợ\r\nSet-Cookie: a={SECRET}", "text"),
    *named("HTML", f"<img src=x onerror=alert({SECRET})>", "text_markup"),
    *named("a formula", f"=HYPERLINK({SECRET})", "text_formula"),
    *named("3 KB", (SECRET + " ") * 240, "text_long"),
]
DEEP = [
    Bad("deep JSON: " + path, caller, method, path, 400, code, content=b"[" * 60_000, headers=JSON | more)
    for caller, method, path, code, more in [
        ("ops", "POST", "/api/v1/quarantine/replay", "request", {}),
        ("ops", "PUT", "/api/v1/places/cho-moi", "json", NEW),
        ("administrator", "POST", "/api/v1/users", "json", {}),
        ("nobody", "POST", "/api/v1/login", "json", {}),
    ]
]
DATES = [
    Bad(
        "counts: to before from",
        "ops",
        "GET",
        f"/api/v1/places/{PLACE}/counts?from_ms=7200000&to_ms=3600000",
        400,
        "range_order",
    ),
    Bad(
        "course: to before from",
        "ops",
        "GET",
        f"/api/v1/places/{PLACE}/occupancy/course?from_ms=7200000&to_ms=3600000",
        400,
        "range_order",
    ),
    Bad(
        "a century of counts",
        "ops",
        "GET",
        f"/api/v1/places/{PLACE}/counts?from_ms=0&to_ms=1700000000000",
        400,
        "range_long",
    ),
    Bad(
        "a case that ended",
        "tracer",
        "POST",
        "/api/v1/cases",
        400,
        "case_end",
        {"title": "Vụ thử", "legal_basis": "QD 1", "ends_ms": 1000},
    ),
    Bad(
        "a window backwards",
        "tracer",
        "POST",
        "/api/v1/cases/{case}/questions",
        400,
        "window_order",
        {"place_id": PLACE, "from_ms": utc_ms() - HOUR_MS, "to_ms": utc_ms() - 2 * HOUR_MS},
    ),
    Bad(
        "a window in the future",
        "tracer",
        "POST",
        "/api/v1/cases/{case}/questions",
        400,
        "window_future",
        {"place_id": PLACE, "from_ms": utc_ms() + HOUR_MS, "to_ms": utc_ms() + 2 * HOUR_MS},
    ),
    Bad(
        "purposes backwards",
        "ops",
        "PUT",
        f"/api/v1/places/{PLACE}/purposes",
        400,
        "purpose_order",
        {"purposes": [{"since_ms": 5000, "mode": "counts_only"}, {"since_ms": 1000, "mode": "counts_only"}]},
        headers={"If-Match": "{tag}"},
    ),
    Bad(
        "a token that ended",
        "session",
        "POST",
        "/api/v1/tokens",
        400,
        "token_end",
        {"name": "máy", "roles": ["administrator"], "ends_ms": 1000},
    ),
    Bad(
        "a request from tomorrow",
        "supervisor",
        "POST",
        "/api/v1/requests",
        400,
        "field",
        {"kind": "access", "received_ms": utc_ms() + 24 * HOUR_MS},
    ),
]
NOT_ALLOWED = [
    Bad(
        "a question without a case",
        "tracer",
        "POST",
        "/api/v1/questions",
        403,
        "case_needed",
        {"documents": [{"type": "citizen", "value": SECRET}]},
    ),
    Bad(
        "a question under no such case",
        "tracer",
        "POST",
        "/api/v1/cases/0123456789ab/questions",
        404,
        "no_such_case",
        {"documents": [{"type": "citizen", "value": SECRET}]},
    ),
    Bad(
        "a document in no form",
        "tracer",
        "POST",
        "/api/v1/cases/{case}/questions",
        400,
        "document_form",
        {"documents": [{"type": "citizen", "value": f"{SECRET}'; DROP TABLE visits"}]},
    ),
    Bad(
        "visits without a case",
        "tracer",
        "GET",
        f"/api/v1/places/{PLACE}/visits?from_ms=0&to_ms=1000",
        400,
        "request",
    ),
    Bad("the next province: a place", "supervisor", "GET", f"/api/v1/places/{ELSEWHERE}", 403, "forbidden_area"),
    Bad(
        "the next province: its gates", "supervisor", "GET", f"/api/v1/places/{ELSEWHERE}/gates", 403, "forbidden_area"
    ),
    Bad("the next province: a list", "supervisor", "GET", "/api/v1/places?area=01", 403, "forbidden_area"),
    Bad(
        "the next province: inside",
        "supervisor",
        "GET",
        f"/api/v1/places/{ELSEWHERE}/occupancy",
        403,
        "forbidden_area",
    ),
    Bad(
        "the next province: counts",
        "supervisor",
        "GET",
        f"/api/v1/places/{ELSEWHERE}/counts?from_ms=0&to_ms=3600000",
        403,
        "forbidden_area",
    ),
    Bad(
        "the next province: findings",
        "supervisor",
        "GET",
        f"/api/v1/findings?place_id={ELSEWHERE}",
        403,
        "forbidden_area",
    ),
    Bad("a supervisor and people", "supervisor", "GET", "/api/v1/cases", 403, "forbidden_role"),
    Bad("an expired token", "ended", "GET", "/api/v1/me", 401, "token_expired"),
    Bad("a token of nobody", "stranger", "GET", "/api/v1/me", 401, "wrong_token"),
    Bad("no token", "nobody", "GET", "/api/v1/me", 401, "no_token"),
    Bad(
        "another site's page",
        "session",
        "POST",
        "/api/v1/tokens",
        403,
        "other_site",
        {"name": "máy"},
        headers={"Sec-Fetch-Site": "cross-site"},
    ),
]
HEADERS = [
    Bad("a path as a header", "ops", "GET", "/api/v1/places/export/places%0d%0aSet-Cookie:a=1", 404, "not_found"),
    Bad("an id as a header", "tracer", "GET", "/api/v1/cases/0%0d%0aSet-Cookie:a=1", 400, "request"),
    Bad(
        "an approval as a header",
        "tracer",
        "GET",
        "/api/v1/cases/0123456789ab/questions/0123456789ab/export.csv?approval=%0d%0aSet-Cookie:a=1",
        400,
        "request",
    ),
    Bad("a language as a header", "ops", "GET", "/api/v1/places/nowhere-1", 404, "not_found"),
    Bad(
        "an ETag of something else",
        "ops",
        "PUT",
        f"/api/v1/places/{PLACE}",
        412,
        "changed_meanwhile",
        {"name": "Chợ"},
        headers={"If-Match": f'"{SECRET}; a"'},
    ),
    Bad("no ETag", "ops", "PUT", f"/api/v1/places/{PLACE}", 428, "if_match_needed", {"name": "Chợ"}),
]
BATCH = {"Content-Type": "application/vnd.tram.batch"}
BODIES = [
    Bad(
        "a bomb of zstd",
        "gateway",
        "POST",
        "/api/v1/batches",
        413,
        "batch_too_large",
        content=rig.packed(bytes(100_000_000)),
        headers=BATCH | {"Content-Encoding": "zstd"},
    ),
    Bad(
        "a bomb of gzip",
        "gateway",
        "POST",
        "/api/v1/batches",
        413,
        "batch_too_large",
        content=gzip.compress(bytes(100_000_000), mtime=0),
        headers=BATCH | {"Content-Encoding": "gzip"},
    ),
    Bad(
        "a bomb as a report",
        "gateway",
        "POST",
        "/api/v1/fleet/report",
        413,
        "batch_too_large",
        content=gzip.compress(bytes(100_000_000), mtime=0),
        headers={"Content-Encoding": "gzip"},
    ),
    Bad(
        "a bomb inside a bomb",
        "gateway",
        "POST",
        "/api/v1/batches",
        415,
        "encoding",
        content=gzip.compress(gzip.compress(bytes(1_000_000))),
        headers=BATCH | {"Content-Encoding": "gzip, gzip"},
    ),
    Bad("JSON that is deep", "tracer", "POST", "/api/v1/cases", 400, "json", content=b"[" * 30_000 + b"]" * 30_000),
    Bad("JSON that is none", "tracer", "POST", "/api/v1/cases", 400, "json", content=f'{{"title": {SECRET}'.encode()),
    Bad("JSON with NaN", "tracer", "POST", "/api/v1/cases", 400, "json", content=b'{"ends_ms": NaN}'),
    Bad(
        "a field that nobody knows",
        "tracer",
        "POST",
        "/api/v1/cases",
        400,
        "json",
        {"title": "a", "legal_basis": "b", "ends_ms": 1, "is_open": True},
    ),
    Bad("too long", "tracer", "POST", "/api/v1/cases", 413, "too_long", {"title": SECRET * 10_000}),
    Bad(
        "another kind of content",
        "tracer",
        "POST",
        "/api/v1/cases",
        415,
        "content_type",
        content=b"<a/>",
        headers={"Content-Type": "application/xml"},
    ),
    Bad(
        "a table with other columns",
        "ops",
        "POST",
        "/api/v1/places/import",
        400,
        "csv_column",
        content=f"name,cccd\nA,{SECRET}\n".encode(),
        headers=CSV,
    ),
    Bad(
        "a table that is too large",
        "ops",
        "POST",
        "/api/v1/places/import",
        413,
        "csv_bytes",
        content=bytes(17 << 20),
        headers=CSV,
    ),
]
ALL = [*HOSTILE, *DEEP, *DATES, *NOT_ALLOWED, *HEADERS, *BODIES]
