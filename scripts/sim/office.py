"""Those who work at the simulated server: the first is made by its command line, the others by an administrator, and
all of them ask over its API as people and programs do.

    token = await hired(config, "an.quan-tri", "administrator")     # the server is stopped
    async with Clerk(url, token) as administrator:
        await administrator.ask("GET", "/api/v1/users")
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp

from scripts.sim.process import ROOT

ANSWER_S = 60.0
STEP_S = 30
JSON = "application/json"
OTPAUTH = "otpauth://"


class SaidNo(RuntimeError):
    """What the server does not do for this one; `code` says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


async def hired(config: Path, name: str, role: str) -> str:
    """A new user of a stopped server, with a second factor -> a token of theirs. Raises RuntimeError with what the
    command line says."""
    await command(config, "user", "add", name, "--role", role, "--area", "*", typed=new_password())
    await _second_factor(config, name)
    return str(json.loads(await command(config, "user", "token", name, "--role", role, "--days", 1))["token"])


async def command(config: Path, *words: Any, typed: str = "") -> str:
    """`python -m server WORD … --config CONFIG` -> what it prints. Raises RuntimeError with what it complains about."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "server", *map(str, words), "--config", str(config)],
        input=typed + "\n",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"server {words[:2]} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return str(done.stdout)


async def _second_factor(config: Path, name: str) -> None:
    """As an authenticator app does: the secret is read from what is shown, a code of it is typed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "user", "totp", name, "--config", str(config)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    asks, types = process.stderr, process.stdin
    if asks is None or types is None:
        raise RuntimeError("the command line has no pipes")
    said = ""
    while line := (await asks.readline()).decode():
        said += line
        if line.startswith(OTPAUTH):
            secret = parse_qs(urlsplit(line.strip()).query)["secret"][0]
            code = pyotp.TOTP(secret).at(int(time.time()))
            types.write(f"{code}\n".encode())
    if await process.wait():
        raise RuntimeError(f"server user totp ended with {process.returncode}: {said.strip()[-800:]}")


def new_password() -> str:
    """A random one."""
    return secrets.token_urlsafe(18)


class Clerk:
    """Somebody who asks: with a token, or logged in as `log_in` says."""

    def __init__(self, url: str, token: str = "") -> None:
        # what a browser says of our own page; without it a session changes nothing
        headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": url}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_S, trust_env=False)

    async def __aenter__(self) -> "Clerk":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, **how: Any) -> Any:
        """What the server answers. Raises `SaidNo`, httpx.HTTPError."""
        answer = await self._http.request(method, path, **how)
        said: Any = answer.json() if JSON in answer.headers.get("content-type", "") or answer.is_error else answer.text
        if answer.is_error:
            raise SaidNo(said["code"], f"{method} {path}: {answer.status_code} {said['code']} {said.get('detail', '')}")
        return said

    async def log_in(self, name: str, given: str) -> None:
        """The first time: with the password that somebody gave, then one of their own, and a second factor.
        Raises `SaidNo`."""
        own = new_password()
        await self._session(name, given)
        await self.ask("POST", "/api/v1/me/password", json={"old": given, "new": own})
        await self._session(name, own)
        factor = pyotp.TOTP((await self.ask("POST", "/api/v1/me/totp", json={"password": own}))["secret"])
        now_s = time.time()
        await self.ask("POST", "/api/v1/me/totp/confirm", json={"code": factor.at(int(now_s))})
        # a code counts once, and the one after it already
        await self._session(name, own, factor.at(int(now_s) + STEP_S))

    async def _session(self, name: str, password: str, code: str = "") -> None:
        await self.ask("POST", "/api/v1/login", json={"name": name, "password": password, "code": code})
