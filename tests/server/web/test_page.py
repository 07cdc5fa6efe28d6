"""The page in a real browser: live without reloading, masked, in two languages, and with many boxes."""

import time

import httpx
import pytest

from tests.server.browser import chromium
from tests.server.rig import BOX, OTHER_BOX, READER_TOKEN, READS, TELLS, body, scan, settings, tip
from tests.server.sealing import counted
from tests.server.telling import box, event, part, told

pytestmark = pytest.mark.browser

CARD = "079199001234|271234567|Nguyễn Văn An|01011990|Nam|Số 1|01012022".encode()


@pytest.fixture
async def page(tmp_path):
    async with chromium(tmp_path) as made:
        await made.size(1280, 900)
        yield made


async def log_in(page, server, lang="vi", token=READER_TOKEN):
    await page.open(f"{server.url}/login?lang={lang}")
    found = "document.getElementById('token')"
    await page.run(f"{found}.value = '{token}'; {found}.form.requestSubmit()")


async def watch(page, server, lang="vi"):
    await log_in(page, server, lang)
    await page.until("document.getElementById('live')?.dataset.state === 'live'")
    await page.run("window.stillTheSame = true")


async def text(page, selector):
    return await page.run(f"document.querySelector('{selector}').textContent.replace(/\\s+/g, ' ').trim()")


async def test_a_scan_appears_without_reload_and_without_its_content(serve, page):
    server = serve()
    await watch(page, server)
    assert "Chưa có lượt quét nào" in await text(page, "#summary")
    now_ms = time.time_ns() // 1_000_000
    server.post(body([scan(1, code=CARD)], tips=[tip(2, 1)], earliest_ms=now_ms - 20, latest_ms=now_ms))
    await page.until("document.querySelectorAll('#scans .scan').length === 1")
    await page.until(f"document.getElementById('box-{BOX}')")
    assert await page.run("window.stillTheSame")
    shown = await text(page, "#scans .scan")
    assert "Thẻ căn cước" in shown
    assert f"{BOX} #1" in shown
    assert "±10 ms" in shown
    everything = await page.run("document.documentElement.outerHTML")
    for secret in ("079199001234", "Nguyễn", "An|", READER_TOKEN):
        assert secret not in everything
    assert "Đủ, không thiếu" in await text(page, "#summary h1")
    assert page.errors == []


async def test_the_state_of_a_box_changes_as_its_scans_come(serve, page):
    server = serve()
    await watch(page, server, "en")
    server.post(body([scan(1), scan(4)], tips=[tip(4, 6)]))
    await page.until(f"document.querySelector('#box-{BOX}.on_way')")
    assert "On the way 2" in await text(page, f"#box-{BOX} .state")
    await page.run(f"document.querySelector('#box-{BOX} details').open = true")
    assert "Holes: 2–3, 5–6" in await text(page, f"#box-{BOX} .spool")
    server.post(body([scan(2), scan(3)]))
    await page.until(f"document.querySelector('#box-{BOX}.waiting')")
    assert "Waiting 2" in await text(page, f"#box-{BOX} .state")
    assert await page.run(f"document.querySelector('#box-{BOX} details').open")
    server.post(body([scan(5), scan(6)]))
    await page.until(f"document.querySelector('#box-{BOX}.complete')")
    assert await page.run("window.stillTheSame")


async def test_a_burst_reaches_the_page_in_few_messages_and_ends_right(serve, page):
    server = serve(more="[web]\nlive_interval_ms = 200\n")
    await watch(page, server, "en")
    await page.run(
        "window.seen = 0; source.addEventListener('news', () => window.seen++);"
        "new EventSource('/live').addEventListener('news', () => 0)"
    )
    started_s = time.monotonic()
    with httpx.Client() as client:
        for at in range(0, 1000, 10):
            seqs = range(at + 1, at + 11)
            data = body([scan(seq, box_id=(BOX, OTHER_BOX)[seq % 2]) for seq in seqs])
            headers = {"Authorization": "Bearer token-of-gw-1", "Content-Type": "application/vnd.tram.batch"}
            assert client.post(server.url + "/api/v1/batches", content=data, headers=headers).status_code == 200
    took_s = time.monotonic() - started_s
    await page.until("document.querySelector('.number.stored dd').textContent === '1,000'")
    assert await page.run("document.querySelectorAll('#scans .scan').length") == 16
    newest = await page.run("Array.from(document.querySelectorAll('#scans .scan'), (one) => Number(one.dataset.id))")
    assert newest == list(range(1000, 984, -1))
    assert await page.run("window.seen") <= took_s / 0.2 + 3
    assert await page.run("window.stillTheSame")


async def test_thousands_of_boxes_come_in_pages_and_can_be_found(serve, page, tmp_path):
    names = [f"gate-{number:04}" for number in range(3000)]
    path = settings(tmp_path)
    boxes = ", ".join(f'"{name}"' for name in names)
    server = serve(more=f'[[gateways]]\nid = "gw-many"\ntoken_sha256 = "{"0" * 64}"\nboxes = []\n')
    server.stop()
    path.write_text(path.read_text().replace(f'"{BOX}", "{OTHER_BOX}"', boxes))
    server.start()
    for start in range(0, 3000, 1000):
        server.post(body([scan(1, box_id=name) for name in names[start : start + 1000]]))
    server.post(body([scan(3, box_id="gate-2500")]))
    await watch(page, server, "en")
    assert await page.run("document.querySelectorAll('.box').length") == 24
    assert "Page 1 of 125" in await text(page, ".pages")
    assert await page.run("document.querySelector('.box').id") == "box-gate-2500"
    await page.open(server.url + "/?lang=en&q=1234")
    assert await page.run("Array.from(document.querySelectorAll('.box'), (one) => one.id)") == ["box-gate-1234"]
    await page.open(server.url + "/?lang=en&q=%3Cscript%3E")
    assert "No box matches" in await text(page, "main")
    assert page.errors == []


@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_nothing_sticks_out_at_any_width(serve, page, width):
    server = serve()
    server.post(body([scan(1, code=CARD), scan(9)], tips=[tip(3, 12)]))
    await page.size(width, 800)
    await watch(page, server)
    await page.run("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert await page.run("document.documentElement.scrollWidth") <= width


async def test_when_the_server_goes_it_says_so_and_comes_back_by_itself(serve, page, tmp_path):
    server = serve()
    await watch(page, server, "en")
    server.kill()
    await page.until("document.getElementById('live').dataset.state === 'offline'")
    assert "Connection lost" in await text(page, "#live")
    port = server.url.rsplit(":", 1)[1]
    server.path.write_text(server.path.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    server.start()
    await page.until("location.pathname === '/login'")


async def test_gateways_are_told_live_with_their_reason_and_a_silent_one_hides_how_its_boxes_are(serve, page):
    server = serve(more="[fleet]\nsilent_s = 3\n")
    await watch(page, server, "en")
    assert "Never heard" in await text(page, ".gateway.never")
    report = told(
        health=[part("sending", "late", "a <b>backlog</b>", 90)],
        boxes=[box(BOX, "online"), box(OTHER_BOX, "away", "no answer")],
        numbers={"tram_waiting_records": 1280, "tram_waiting_oldest_seconds": 5400},
        events=[event(1, "damage", {"box_id": BOX, "epoch": "0" * 12, "gone": "3-9"})],
    )
    answer = httpx.post(server.url + "/api/v1/fleet/report", content=report, headers=TELLS)
    assert answer.status_code == 200
    await page.until("document.querySelector('.gateway.trouble')")
    shown = await text(page, ".gateway.trouble")
    for words in ("Trouble", "Sending: late · a <b>backlog</b>", f"{OTHER_BOX}: away", "1,280 oldest 90 min", "1 away"):
        assert words in shown, (words, shown)
    assert "3-9" in await text(page, "#gateways .note")
    await page.open(server.url + "/?lang=vi")
    await page.until("document.querySelector('.gateway.silent') || (location.reload(), false)")
    shown = await text(page, ".gateway.silent")
    assert "Mất liên lạc" in shown
    assert "2 chưa rõ" in shown
    assert OTHER_BOX not in shown
    assert page.errors == []


async def test_the_reasons_of_gateways_are_said_in_the_language_of_the_page(serve, page):
    server = serve()
    await watch(page, server, "vi")
    report = told(
        health=[
            part("sending", "waiting", "sending_unreachable https://a: no route to host"),
            part("odd", "new", "why"),
        ],
        boxes=[box(BOX, "silent", "box_silent 63"), box(OTHER_BOX, "restarting", "box_restarts 4 watchdog")],
    )
    assert httpx.post(server.url + "/api/v1/fleet/report", content=report, headers=TELLS).status_code == 200
    await page.until("document.querySelector('.gateway.trouble')")
    shown = await text(page, ".gateway.trouble")
    for words in (
        "Gửi về máy chủ: đang chờ · không có mạng, hoặc máy chủ không trả lời",
        "odd: new · why",
        f"{BOX}: không trả lời · hộp còn nối mạng nhưng đã 63 giây không trả lời trạm",
        f"{OTHER_BOX}: tự khởi động lại · khởi động lại 4 lần trong một giờ, hãy xem nguồn điện",
    ):
        assert words in shown, (words, shown)
    assert "no route" not in shown


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_gateway_sticks_out_at_any_width(serve, page, width):
    server = serve(more="[fleet]\nsilent_s = 1\n")
    long = "x" * 300
    report = told(health=[part("p" * 32, "s" * 32, long)], boxes=[box(BOX, "b" * 32, long)], software="v" * 64)
    httpx.post(server.url + "/api/v1/fleet/report", content=report, headers=TELLS)
    await page.size(width, 800)
    await watch(page, server)
    assert await page.run("document.documentElement.scrollWidth") <= width


async def test_a_counted_scan_has_no_code_and_says_so(serve, page):
    server = serve()
    await watch(page, server, "vi")
    server.post(body([counted(scan(1, code=CARD))]))
    await page.until("document.querySelectorAll('#scans .scan').length === 1")
    shown = await text(page, "#scans .scan")
    assert "Chỉ đếm" in shown
    assert "không lưu mã" in shown


async def test_a_wrong_token_is_told_in_the_language_of_the_page(serve, page):
    server = serve()
    await log_in(page, server, "vi", token="wrong")
    await page.until("document.querySelector('.wrong')")
    assert await text(page, ".wrong") == "Mã truy cập không đúng."


async def test_codes_are_nowhere_in_what_the_live_line_sends(serve):
    server = serve()
    with httpx.stream("GET", server.url + "/live?lang=en", headers=READS, timeout=20) as live:
        pieces = live.iter_text()
        assert next(pieces).startswith("event: pulse")
        server.post(body([scan(1, code=CARD)]))
        news = next(piece for piece in pieces if piece.startswith("event: news"))
    assert "Citizen card of 2021" in news
    assert "079199001234" not in news
    assert "Nguy" not in news
