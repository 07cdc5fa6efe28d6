"""A panel to try things on: an invented place that can be changed, people who may log in, requests made easily."""

import asyncio
import contextlib
import hashlib
import random
from pathlib import Path

from gateway.panel import (
    BoxState,
    Cell,
    Day,
    LastScan,
    Look,
    Occupancy,
    Outcome,
    Panel,
    Part,
    PlaceName,
    Rules,
    Settings,
    Waiting,
)
from gateway.panel.doors import Doors
from gateway.panel.exchange import Request
from gateway.panel.glance import Glance
from gateway.panel.people import Hash, People
from gateway.panel.site import Site

NAME, PASSWORD = "chu-cho", "mật khẩu rất dài 26"
NOW_MS = 1_795_315_260_000  # 2026-11-22 09:41 in Vietnam
SALT = b"salt of the test"
HOST = "cho-mau.local"


def cheap(password, salt=SALT):
    """A hash that takes no time: what is tested is not scrypt's cost."""
    import unicodedata

    secret = unicodedata.normalize("NFC", password).encode()
    return Hash(1, 1, 1, salt, hashlib.scrypt(secret, salt=salt, n=2, r=1, p=1, dklen=32))


def market():
    """A market's morning."""
    draw = random.Random(7)
    cells = [
        Cell(gate, hour, int(many * (0.6 + draw.random())), int(many * 0.7 * draw.random()))
        for gate, share in (("cong-bac", 0.5), ("cong-nam", 0.4), ("cong-hang-ca", 0.1))
        for hour, many in ((5, 60 * share), (6, 210 * share), (7, 260 * share), (8, 190 * share), (9, 90 * share))
    ]
    scans = [
        LastScan(2, "citizen_card_2024", "T.T.B.N. 1999", "cong-bac", "in", "welcome", NOW_MS - 2_000, "b-01", "k1"),
        LastScan(9, "citizen_card_2021", "N.V.A. 1958", "cong-nam", "in", "quota", NOW_MS - 9_000, "b-03", "k2"),
        LastScan(15, "health_insurance_new", "", "cong-nam", "out", "", NOW_MS - 15_000, "b-04", "k3"),
        LastScan(31, "personal_1405", "L.Q.D. 2001", "cong-hang-ca", "both", "", None, "b-05", "k4"),
    ]
    boxes = [
        BoxState("b-01", "ok", gate="cong-bac", direction="in", last_scan_s=2),
        BoxState("b-02", "away", "box_away", 1_560, "cong-bac", "out", 14, 1_620),
        BoxState("b-03", "ok", gate="cong-nam", direction="in", last_scan_s=9),
        BoxState("b-04", "holding", "box_holding 120 95 600", 95, "cong-nam", "out", 120, 15),
        BoxState("b-05", "ok", gate="cong-hang-ca", direction="both", last_scan_s=31),
        BoxState(
            "gw-cho-mau-r-00112233", "ok", "", 900, "cong-dong", "in", None, 3, "/dev/ttyACM0", Outcome("stored", "", 3)
        ),
    ]
    parts = [
        Part("broker", "ok"),
        Part("keeping", "ok"),
        Part("sending", "waiting", "sending_unreachable https://server.example: no route to host", 7_300),
        Part("clock", "ok"),
        Part("certificate", "expiring", "certificate_left 12", 86_400),
        Part("wishes", "ok"),
        Part("panel", "ok"),
    ]
    return Look(
        PlaceName("gw-cho-mau", "Chợ Mẫu Đồng Xuân"),
        NOW_MS,
        Day("2026-11-22", cells, hour_now=9, repeats=12),
        Occupancy(212, 341, 398, forgotten_exits=23),
        boxes,
        scans,
        Waiting(1_284, 7_300, "unreachable"),
        parts,
        Rules(400, 2, 1, 3),
        ("2026-11-21", "2026-11-20"),
        12.5,
        {"header": 3, "word": 1, "other_box": 2},
    )


class Town:
    """Sources whose look can be changed; `asked` counts what was asked, `fails` makes it fail."""

    def __init__(self, look=None):
        self.now = look or market()
        self.kept = {date: Day(date, [Cell("cong-bac", 8, 3, 2)]) for date in self.now.kept_days}
        self.fails = None
        self.asked = 0

    def change(self, **changes):
        self.now = self.now._replace(**changes)

    async def look(self):
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return self.now

    async def day(self, date):
        return self.kept.get(date)

    async def metrics(self):
        return "# TYPE tram_up_seconds gauge\ntram_up_seconds 7\n"


class Clock:
    def __init__(self):
        self.ms = 1_000_000

    def __call__(self):
        return self.ms


class Desk:
    """A site without a socket."""

    def __init__(self, look=None, token="", names=(HOST,), hours=12):
        self.town, self.clock = Town(look), Clock()
        self.people = {NAME: cheap(PASSWORD)}
        self.doors = Doors(People(self.people), hours, self.clock)
        self.site = Site(self.doors, Glance(self.town, self.clock), names, token, self.clock, hours * 3600)

    async def ask(self, path, method="GET", cookies=None, **changes):
        """`query`, `headers`, `body`, `peer`, `local`, `is_tls`."""
        headers = {"host": HOST} | changes.pop("headers", {})
        if cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        facts = {"query": {}, "body": b"", "peer": "192.168.1.77", "local": "192.168.1.5", "is_tls": False} | changes
        return await self.site.answer(Request(method, path, headers=headers, **facts))

    async def try_password(self, name=NAME, password=PASSWORD, **changes):
        from urllib.parse import urlencode

        headers = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
        headers |= changes.pop("headers", {})
        form = {"name": name, "password": password} | changes.pop("form", {})
        return await self.ask("/login", "POST", headers=headers, body=urlencode(form).encode(), **changes)

    async def cookies(self, **changes):
        """Of who has logged in."""
        answer = await self.try_password(**changes)
        assert answer.status == 303, answer
        name, _, value = answer.cookies[0].partition(";")[0].partition("=")
        return {name: value}


def text(answer):
    return answer.body.decode()


def password_file(folder, people=None):
    path = Path(folder) / "people"
    path.write_text("".join(f"{name} {one.line()}\n" for name, one in (people or {NAME: cheap(PASSWORD)}).items()))
    path.chmod(0o600)
    return path


@contextlib.asynccontextmanager
async def opened(folder, town=None, **how):
    """A real panel on a free port; ended with the block."""
    limits, retry_s = how.pop("limits", None), how.pop("retry_s", 15.0)
    settings = Settings(password_file(folder), port=0, names=(HOST,))._replace(**how)
    panel = Panel(settings, town or Town(), limits=limits, retry_s=retry_s)
    task = asyncio.create_task(panel.run(), name="panel")
    try:
        async with asyncio.timeout(10):
            await panel.opened.wait()
        yield panel
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
