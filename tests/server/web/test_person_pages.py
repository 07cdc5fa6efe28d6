"""The pages of a person in a real browser: nothing sticks out, every field has its name, the picture can be scanned."""

import pyotp
import pytest
import zxingcpp
from PIL import Image

from server.app import Server
from server.config import load
from tests.server import rig
from tests.server.access.users_in import PASSWORD, make
from tests.server.browser import chromium

pytestmark = pytest.mark.browser

UNNAMED = """Array.from(document.querySelectorAll('input:not([type=hidden]):not(.unseen), select, button, a'))
  .filter((one) => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim())).length"""
SMALL = """Array.from(document.querySelectorAll('main button, main select, main input:not([type=hidden]):not(.unseen)'))
  .filter((one) => one.type !== 'checkbox' && one.offsetParent && one.getBoundingClientRect().height < 44).length"""


@pytest.fixture
async def page(tmp_path):
    async with chromium(tmp_path) as made:
        await made.size(1280, 800)
        yield made


@pytest.fixture
async def made(serve, tmp_path):
    """A server that runs, and who can come in to it."""
    path = rig.settings(tmp_path)
    server = Server(load(path))
    server.open()
    users = {
        "first": await make(server, "first", ["administrator"], totp=False),
        "second": await make(server, "second", ["administrator"]),
        "lan": await make(server, "lan", ["tracer"]),
    }
    server.close()
    return serve(), users


async def send(page, script):
    """Do what sends a form, and wait for the page that comes."""
    await page.run("window.isBefore = true; " + script)
    await page.until("window.isBefore === undefined && document.readyState === 'complete' && document.body")


async def log_in(page, server, user, lang="vi"):
    await page.open(f"{server.url}/login?lang={lang}")
    await page.until("document.getElementById('password')")
    code = user.code() if user.secret else ""
    fields = {"name": user.name, "password": PASSWORD, "code": code}
    filled = "".join(f"document.getElementById('{name}').value = '{value}';" for name, value in fields.items())
    await send(page, filled + "document.getElementById('name').form.requestSubmit()")


GLUED = """Array.from(document.querySelectorAll('*')).flatMap((one) => one.getAttributeNames())
  .filter((name) => /(required|selected|checked|open|autofocus|hidden|readonly)[a-z]/.test(name)).length"""


async def must_be_in_order(page):
    """At a telephone's width and a desk's: nothing sticks out, all has a name, and a finger hits it."""
    for width, height in ((390, 844), (1280, 800)):
        await page.size(width, height)
        assert await page.run("document.documentElement.scrollWidth") <= width
        assert await page.run(UNNAMED) == 0
        assert await page.run(SMALL) == 0
    assert await page.run(GLUED) == 0
    assert await page.run("document.querySelectorAll('[aria-describedby]').length") == await page.run(
        "Array.from(document.querySelectorAll('[aria-describedby]'))"
        ".filter((one) => one.getAttribute('aria-describedby').split(' ').every((id) => document.getElementById(id)))"
        ".length"
    )


async def test_the_picture_is_what_an_app_scans_and_its_code_leads_to_the_pages_of_an_administrator(
    made, page, tmp_path
):
    server, users = made
    await log_in(page, server, users["first"])
    await must_be_in_order(page)
    await page.picture(tmp_path / "page.png")
    (found,) = zxingcpp.read_barcodes(Image.open(tmp_path / "page.png"))
    totp = pyotp.parse_uri(found.text)
    assert totp.secret == await page.run("document.querySelector('[name=secret]').value")
    code = f"document.getElementById('code').value = '{totp.now()}';"
    await send(page, code + "document.getElementById('code').form.requestSubmit()")
    assert await page.run("document.querySelectorAll('.codes li').length") == 10
    await must_be_in_order(page)
    for path in ("/", "/requests", "/users", "/second-factor"):
        for lang in ("vi", "en"):
            await page.open(f"{server.url}{path}?lang={lang}")
            await page.until(f"location.pathname === '{path}' && document.getElementById('main')")
            await must_be_in_order(page)
    assert page.errors == []


async def test_a_request_goes_from_the_form_to_its_end_by_keyboard_alone(made, page):
    server, users = made
    await log_in(page, server, users["second"])
    await page.open(f"{server.url}/requests?lang=vi")
    await page.until("document.getElementById('reference')")
    await page.run("document.getElementById('reference').focus()")
    await page.call("Input.insertText", text="YC-2026/15")
    await page.run("window.isBefore = true")
    for kind in ("keyDown", "keyUp"):
        more = {"text": "\r"} if kind == "keyDown" else {}
        await page.call(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, **more
        )
    await page.until("window.isBefore === undefined && document.querySelector('[value=answer]')")
    assert "YC-2026/15" in await page.run("document.body.innerText")
    await must_be_in_order(page)
    await send(
        page, "document.getElementById('ground').required = false; document.querySelector('[value=refuse]').click()"
    )
    assert await page.run("document.activeElement.id") == "ground"
    await must_be_in_order(page)
    for step in ("answer", "done"):
        await send(page, f"document.querySelector('[value={step}]').click()")
    assert "không còn bước nào" in await page.run("document.body.innerText")
    await must_be_in_order(page)


async def test_a_role_without_pages_reads_where_its_work_is(made, page):
    server, users = made
    await log_in(page, server, users["lan"])
    assert "docs/tracer.md" in await page.run("document.body.innerText")
    await must_be_in_order(page)
