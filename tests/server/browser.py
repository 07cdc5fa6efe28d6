"""A headless Chromium, driven over its DevTools protocol: as much of it as the tests of a page need."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
from pathlib import Path

import httpx
import websockets

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
    "--hide-scrollbars",
)
PATIENCE_S = 30


def program():
    own = ROOT / ".tram" / "bin" / "chromium"
    return str(own) if own.exists() else shutil.which("chromium") or "chromium"


class Page:
    """One tab. `errors` collects what the console and the page complain of."""

    def __init__(self, line):
        self._line = line
        self._numbers = itertools.count(1)
        self._answers = {}
        self.errors = []

    async def listen(self):
        async for text in self._line:
            message = json.loads(text)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]))
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])

    async def call(self, method, **params):
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        answer = self._answers[number]
        await self._line.send(json.dumps({"id": number, "method": method, "params": params}))
        message = await asyncio.wait_for(answer, PATIENCE_S)
        assert "error" not in message, message
        return message["result"]

    async def run(self, script):
        """The value of an expression in the page; promises are awaited."""
        made = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in made, made
        return made["result"].get("value")

    async def until(self, script):
        """Wait until an expression is true in the page."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(AssertionError):
                    if await self.run(f"Boolean({script})"):
                        return
                await asyncio.sleep(0.05)

    async def open(self, url):
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def size(self, width, height, dark=False):
        mobile = width < 600
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self, path, whole=True):
        made = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(made["data"]))


@contextlib.asynccontextmanager
async def chromium(folder):
    """A browser with one tab; ended with the block."""
    profile = Path(folder) / "chromium"
    command = [program(), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    quiet = asyncio.subprocess.DEVNULL
    # a group of its own: Chromium's helpers may outlive the process that started them
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (profile / "DevToolsActivePort").exists() or len(_port_file(profile)) < 2:
                await asyncio.sleep(0.05)
        async with _tab(_port_file(profile)[0]) as page:
            yield page
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _port_file(profile):
    return (profile / "DevToolsActivePort").read_text().split()


@contextlib.asynccontextmanager
async def _tab(port):
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as devtools:
        tabs = (await devtools.get(f"http://127.0.0.1:{port}/json/list")).json()
    url = next(one["webSocketDebuggerUrl"] for one in tabs if one["type"] == "page")
    async with websockets.connect(url, max_size=None, proxy=None) as line:
        page = Page(line)
        listening = asyncio.create_task(page.listen(), name="devtools")
        try:
            for domain in ("Page", "Runtime", "Log"):
                await page.call(domain + ".enable")
            yield page
        finally:
            listening.cancel()
