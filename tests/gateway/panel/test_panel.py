"""The panel as an object: it opens, says why it does not, and tries again; the gateway goes on."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gateway import certs
from gateway.panel import Panel, Settings
from gateway.panel import panel as panel_file
from tests.gateway.panel import rig
from tests.gateway.panel.rig import NAME, PASSWORD, Town, opened, password_file

ROOT = Path(__file__).resolve().parents[3]


@contextlib.asynccontextmanager
async def running(settings, town=None):
    made = Panel(settings, town or Town(), retry_s=0.05)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def browser(panel, tls=None, **how):
    scheme = "http" if tls is None else "https"
    url = f"{scheme}://127.0.0.1:{panel.ports[0]}"
    verify = False if tls is None else tls
    return httpx.AsyncClient(base_url=url, trust_env=False, verify=verify, **how)


async def log_in(client):
    form = {"name": NAME, "password": PASSWORD}
    return await client.post("/login", data=form, headers={"origin": str(client.base_url).rstrip("/")})


async def test_it_serves_on_a_free_port(tmp_path):
    async with opened(tmp_path) as panel, browser(panel) as client:
        assert (await client.get("/")).status_code == 303
        assert (await log_in(client)).status_code == 303
        assert "Chợ Mẫu" in (await client.get("/")).text
        assert panel.part.state == "ok"
        assert panel.numbers()["sessions"] == 1
    assert panel.ports == []


async def test_over_tls_with_the_gateways_certificate(tmp_path):
    import ssl

    papers = certs.ensure(tmp_path / "certs", "gw-1")
    trust = ssl.create_default_context(cadata=papers.ca_der)
    trust.check_hostname = False
    async with (
        opened(tmp_path, listen=("0.0.0.0",), chain_file=papers.chain_file) as panel,
        browser(panel, trust) as client,
    ):
        assert (await log_in(client)).status_code == 303
        assert (await client.get("/")).status_code == 200
        assert list(client.cookies) == ["__Host-tram_panel"]


async def test_without_a_password_file_there_is_none_and_nothing_of_it_is_loaded():
    script = (
        "import asyncio, sys\nfrom gateway.panel import Panel, Settings\n"
        "async def main():\n"
        "    panel = Panel(Settings(None), None)\n"
        "    task = asyncio.create_task(panel.run())\n"
        "    await asyncio.sleep(0.05)\n"
        "    assert not task.done() and panel.part is None and panel.ports == [] and panel.numbers() == {}\n"
        "    panel.changed()\n"
        "    print([name for name in ('jinja2', 'h11', 'gateway.panel.site') if name in sys.modules])\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


async def test_a_port_in_use_is_its_state_until_it_is_free(tmp_path):
    taken = socket.create_server(("127.0.0.1", 0))
    settings = Settings(password_file(tmp_path), port=taken.getsockname()[1])
    async with running(settings) as panel:
        await until(lambda: panel.part.state == "port_in_use")
        assert "port" in panel.part.reason
        taken.close()
        async with asyncio.timeout(10):
            await panel.opened.wait()
        assert panel.part.state == "ok"


@pytest.mark.parametrize(
    "break_it, state",
    [
        (lambda folder, settings: settings._replace(password_file=folder / "none"), "no_password_file"),
        (lambda folder, settings: settings.password_file.chmod(0o644) or settings, "no_password_file"),
        (lambda folder, settings: settings._replace(metrics_token_file=folder / "none"), "no_token_file"),
        (lambda folder, settings: settings._replace(listen=("0.0.0.0",)), "certificate"),
        (lambda folder, settings: settings._replace(listen=("192.0.2.7",), chain_file=None), "certificate"),
        (lambda folder, settings: settings._replace(listen=("not an address",)), "certificate"),
    ],
)
async def test_what_keeps_it_from_serving_is_its_state(tmp_path, break_it, state):
    settings = break_it(tmp_path, Settings(password_file(tmp_path), port=0))
    async with running(settings) as panel:
        await until(lambda: panel.part.state != "starting")
        assert (panel.part.part, panel.part.state) == ("panel", state)
        assert panel.part.reason
        assert panel.part.since_s >= 0
        assert panel.ports == []


async def test_another_password_is_good_without_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr(panel_file, "LOOK_AGAIN_S", 0.05)
    async with opened(tmp_path) as panel, browser(panel) as client:
        await log_in(client)
        assert (await client.get("/")).status_code == 200
        password_file(tmp_path, {NAME: rig.cheap("quite another one")})
        async with asyncio.timeout(10):
            while (await client.get("/")).status_code != 303:
                await asyncio.sleep(0.05)
        (tmp_path / "people").write_text("nonsense")
        await until(lambda: panel.part.state == "no_password_file")
        form = {"name": NAME, "password": "quite another one"}
        answer = await client.post("/login", data=form, headers={"origin": str(client.base_url).rstrip("/")})
        assert answer.status_code == 303


async def test_a_fault_within_ends_nothing_and_is_tried_again(tmp_path, monkeypatch):
    from gateway.panel import live

    began = []

    async def failing(self):
        began.append(self)
        if len(began) == 1:
            raise RuntimeError("broken")
        await asyncio.Event().wait()

    monkeypatch.setattr(live.Live, "run", failing)
    async with running(Settings(password_file(tmp_path), port=0)) as panel:
        await until(lambda: len(began) == 2 and panel.part.state == "ok")


async def test_being_told_to_stop_ends_streams_at_once(tmp_path):
    async with opened(tmp_path) as panel, browser(panel, timeout=20) as client:
        await log_in(client)
        async with client.stream("GET", "/live", params={"page": "home"}) as stream:
            lines = stream.aiter_lines()
            assert (await anext(lines)).startswith("event: pulse")
            async with asyncio.timeout(5):
                panel_task = next(
                    task for task in asyncio.all_tasks() if task.get_name() == "panel" and not task.done()
                )
                panel_task.cancel()
                with contextlib.suppress(httpx.HTTPError):
                    async for _ in lines:
                        pass


async def test_what_is_new_is_seen_within_a_second(tmp_path):
    import json
    import time

    town = Town()
    async with opened(tmp_path, town) as panel, browser(panel, timeout=20) as client:
        await log_in(client)
        async with client.stream("GET", "/live", params={"page": "big"}) as stream:
            lines = stream.aiter_lines()
            async for line in lines:
                if line.startswith("data: ") and "wall" in line:
                    break
            waits = []
            for many in (4_201, 4_202, 4_203):
                town.change(inside=town.now.inside._replace(best=many))
                panel.changed()
                begun = time.monotonic()
                async for line in lines:
                    if line.startswith("data: ") and f"4.{many - 4000}" in json.loads(line[6:]).get("wall", ""):
                        break
                waits.append(time.monotonic() - begun)
    assert max(waits) < 1.0, waits
