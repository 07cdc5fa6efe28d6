"""The pages in a real browser, at the size of a telephone and of a screen."""

import asyncio
import contextlib
import time

import pytest

from gateway.panel import Cell, Day, Occupancy, Part, PlaceName, Rules, Waiting
from tests.gateway.panel import sight
from tests.gateway.panel.rig import NAME, PASSWORD, Town, opened
from tests.server.browser import PATIENCE_S

pytestmark = pytest.mark.browser

PHONE, SCREEN, SMALLEST = (360, 740), (1366, 768), (320, 568)
LIVE = "document.getElementById('live')?.dataset.state === 'live'"


@contextlib.asynccontextmanager
async def watched(folder, page, town=None, path="/", is_in=True):
    """A panel, the browser logged in at this path, its address."""
    async with opened(folder, town) as panel:
        url = f"http://127.0.0.1:{panel.ports[0]}"
        if is_in:
            await log_in(page, url)
            await page.open(url + path)
        yield panel, url


async def log_in(page, url):
    await page.open(url + "/login")
    await page.run(
        f"document.getElementById('name').value = '{NAME}';"
        f"document.getElementById('password').value = '{PASSWORD}'; document.forms[0].requestSubmit()"
    )
    await page.until("document.getElementById('numbers')")


async def text(page, selector):
    return await page.run(f"document.querySelector('{selector}').textContent.replace(/\\s+/g, ' ').trim()")


def trouble():
    town = Town()
    town.change(
        utc_ms=None,
        day=Day(None, [Cell("cong-bac", None, 4_012, 1_204, 5_555)]),
        inside=Occupancy(20, 12_402, None, False, 7, 8, 1_500),
        parts=[
            Part("clock", "unknown", "clock_no_utc systemd-timesyncd", 1_500),
            Part("keeping", "stopped", "keeping_disk_full no room", 300),
        ],
        rules=Rules(12_400, 2, 7, 1_234),
        place=PlaceName("gw-1", "Chợ đầu mối nông sản thực phẩm Hóc Môn"),
    )
    return town


def quiet():
    town = Town()
    town.change(day=Day("2026-11-22", [], hour_now=9), inside=Occupancy(0, 0, 0), boxes=(), scans=(), parts=())
    town.change(waiting=Waiting(0, None), rules=Rules(), certificate_days=None, kept_days=())
    return town


async def test_numbers_change_without_reloading_within_a_second(tmp_path, page):
    town = Town()
    async with watched(tmp_path, page, town) as (panel, _):
        await page.until(LIVE)
        await page.run("window.stillTheSame = true; document.querySelector('details').open = true")
        waits = []
        for many in (1_001, 1_002, 1_003):
            town.change(inside=Occupancy(many, many, many), day=town.now.day._replace(cells=[Cell("g", 9, many, 7)]))
            begun = time.monotonic()
            panel.changed()
            shown = f"document.querySelector('.inside .value').textContent === '1.{str(many)[1:]}'"
            await page.until(shown)
            waits.append(time.monotonic() - begun)
        assert max(waits) < 1.0, waits
        assert await page.run("window.stillTheSame")
        assert await page.run("document.querySelector('details').open")
        assert await text(page, "#hours tfoot") == "Cả ngày1.0037"
        assert "đúng theo các lượt quét" in await text(page, "#numbers")
        assert page.errors == []


async def test_an_alarm_is_said_aloud_once_and_numbers_are_not(tmp_path, page):
    town = quiet()
    async with watched(tmp_path, page, town) as (panel, _):
        await page.until(LIVE)
        await page.until("document.querySelector('#alarms .all-well')")
        await page.run(
            "window.said = []; new MutationObserver(() => said.push(spoken.textContent))"
            ".observe(spoken, {childList: true, characterData: true, subtree: true})"
        )
        town.change(inside=Occupancy(5, 5, 5))
        panel.changed()
        await page.until("document.querySelector('.inside .value').textContent === '5'")
        town.change(parts=[Part("keeping", "stopped", "keeping_disk_full no room")])
        panel.changed()
        await page.until("document.querySelector('#alarms li.alarm')")
        for many in (6, 7):
            town.change(inside=Occupancy(many, many, many))
            panel.changed()
            await page.until(f"document.querySelector('.inside .value').textContent === '{many}'")
        said = await page.run("said")
        assert len(said) == 1
        assert said[0].startswith("Thẻ nhớ đã đầy")


async def test_a_lost_line_is_shown_and_found_again_by_itself(tmp_path, page):
    async with watched(tmp_path, page) as (panel, _):
        await page.until(LIVE)
        port = panel.ports[0]
    await page.until("document.getElementById('live').dataset.state === 'offline'")
    assert "Mất kết nối" in await text(page, "#live")
    async with opened(tmp_path, port=port):
        await page.until("document.getElementById('name')")  # its session is gone with the panel: the log-in


async def test_a_page_that_nobody_sees_has_no_line_until_it_is_seen_again(tmp_path, page):
    town = Town()
    async with watched(tmp_path, page, town) as (panel, _):
        await page.until(LIVE)
        show = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        show += "document.dispatchEvent(new Event('visibilitychange'))"
        await page.run(show % "true")
        async with asyncio.timeout(10):
            while panel.numbers()["watchers"]:
                await asyncio.sleep(0.02)
        town.change(inside=Occupancy(77, 77, 77))
        await page.run(show % "false")
        await page.until("document.querySelector('.inside .value').textContent === '77'")
        await page.until(LIVE)


async def key(page, name, code):
    for kind in ("keyDown", "keyUp"):
        text = "\r" if name == "Enter" and kind == "keyDown" else ""
        await page.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, text=text)


async def html(page):
    root = await page.call("DOM.getDocument")
    return (await page.call("DOM.getOuterHTML", nodeId=root["root"]["nodeId"]))["outerHTML"]


async def until_html(page, part):
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(AssertionError):  # the page has just gone, and another comes
                if part in (found := await html(page)):
                    return found
            await asyncio.sleep(0.05)


async def until_there(page, selector):
    """Wait until this is in the page: asked without a script in it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(AssertionError):  # the page has just gone, and another comes
                root = (await page.call("DOM.getDocument"))["root"]["nodeId"]
                if (await page.call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]:
                    return
            await asyncio.sleep(0.05)


async def test_with_scripts_off_everything_but_live_works_from_the_keyboard(tmp_path, page):
    async with watched(tmp_path, page, is_in=False) as (_, url):
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.call("Page.navigate", url=url + "/")
        await until_there(page, "#name:focus")  # a field that is there is not yet one that takes what is typed
        await page.call("Input.insertText", text=NAME)
        await until_there(page, "#name:valid")
        await key(page, "Tab", 9)
        await until_there(page, "#password:focus")
        await page.call("Input.insertText", text=PASSWORD)
        await until_there(page, "#password:valid")
        await key(page, "Enter", 13)
        home = await until_html(page, 'id="numbers"')
        for said in (">341<", "trong khoảng 212 đến 398", "<svg", "T.T.B.N. 1999", "Tải lại trang để xem số mới."):
            assert said in home
        await page.call("Page.navigate", url=url + "/?lang=en")
        assert "Inside now" in await until_html(page, "Reload the page for new numbers.")
        await page.call("Page.navigate", url=url + "/big")
        assert ">341<" in await until_html(page, 'id="wall"')


async def test_the_language_stays_as_it_was_switched(tmp_path, page):
    async with watched(tmp_path, page) as (_, url):
        await page.run("document.querySelector('a.lang').click()")
        await page.until("document.documentElement.lang === 'en'")
        assert await page.run("location.pathname + location.search") == "/"
        assert "Inside now" in await text(page, "#numbers")
        await page.open(url + "/big")
        assert await page.run("document.documentElement.lang") == "en"
        await page.until(LIVE)
        assert "Live" in await text(page, "#live")
        await page.run("document.querySelector('a.lang').click()")
        await page.until("document.documentElement.lang === 'vi' && location.pathname === '/big'")


async def test_the_day_is_downloaded_as_a_file(tmp_path, page):
    async with watched(tmp_path, page):
        await page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        await page.run("document.getElementById('date').value = '2026-11-21'")
        await page.run("document.querySelector('.download').requestSubmit()")
        wanted = tmp_path / "tram-gw-cho-mau-2026-11-21.csv"
        async with asyncio.timeout(20):
            while not wanted.exists():
                await asyncio.sleep(0.05)
        assert (
            wanted.read_bytes()
            == (
                "\ufeffNgày,Giờ,Cổng,Vào,Ra,Hai chiều\r\n2026-11-21,08:00,cong-bac,3,2,0\r\n"
                "2026-11-21,Cả ngày,Tất cả các cổng,3,2,0\r\n"
            ).encode()
        )


async def test_the_big_screen_fills_the_screen_and_is_read_across_a_room(tmp_path, page):
    for make in (Town, trouble):
        async with watched(tmp_path, page, make(), "/big"):
            await page.size(*SCREEN)
            await page.until(LIVE)
            assert await page.run("document.documentElement.scrollHeight <= innerHeight")
            assert await page.run("parseFloat(getComputedStyle(document.querySelector('.most .value')).fontSize)") > 220
            await page.size(*PHONE)
            assert await page.run("parseFloat(getComputedStyle(document.querySelector('.most .value')).fontSize)") > 90


async def test_logging_out_leads_to_the_log_in_and_stays_there(tmp_path, page):
    async with watched(tmp_path, page) as (_, url):
        await page.run("document.querySelector('.top form').requestSubmit()")
        await page.until("document.getElementById('name')")
        await page.open(url + "/big")
        assert await page.run("location.pathname") == "/login"


async def look_over(page, what):
    """Whatever is on the page just now can be read and used."""
    await page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for name in ("FAINT", "CLUMSY", "WIDER", "SMALL"):
        assert await page.run(getattr(sight, name)) == [], (name, what)
    assert await page.run(sight.OUTLINE), what
    assert await page.run("document.documentElement.scrollWidth <= innerWidth"), what


@pytest.mark.parametrize("make", [Town, trouble, quiet])
async def test_every_page_can_be_read_and_used_at_every_size(tmp_path, page, make):
    async with watched(tmp_path, page, make()) as (_, url):
        for size in (PHONE, SCREEN, SMALLEST):
            await page.size(*size)
            for path in ("/?lang=en", "/?lang=vi", "/big"):
                await page.open(url + path)
                await look_over(page, (size, path))
        await page.open(url + "/nothing")
        await look_over(page, "nothing")
        for path in ("/", "/big"):
            await page.size(*PHONE, dark=True)
            await page.open(url + path)
            await look_over(page, ("dark", path))


async def test_the_log_in_can_be_read_and_used(tmp_path, page):
    async with watched(tmp_path, page, is_in=False) as (_, url):
        for size, dark in ((PHONE, False), (SCREEN, True)):
            await page.size(*size, dark)
            await page.open(url + "/login")
            assert await page.run("document.activeElement.id") == "name"
            await page.run("document.getElementById('name').value = 'x'")
            await page.run("document.getElementById('password').value = 'y'; document.forms[0].requestSubmit()")
            await page.until("document.querySelector('.wrong')")
            await look_over(page, (size, dark))
