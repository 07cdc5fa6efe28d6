"""HTTP: one POST at a time over a connection that is kept.

1. The answer is read raw and bounded: no redirects followed, no compression accepted, no more than MAX_ANSWER_BYTES.
2. Nothing that a server or a network does raises: it becomes an Outcome.
3. The environment's proxies are not used: where the data goes is in the configuration, and nowhere else.
"""

import asyncio
from collections.abc import Callable
from typing import Self

import httpx

from firmware.wire import batch
from gateway.upload import outcome
from gateway.upload.backoff import retry_after_s
from gateway.upload.outcome import Outcome
from gateway.upload.types import Settings

PATH = "/api/v1/batches"
MAX_ANSWER_BYTES = 4 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0


class Link:
    def __init__(self, settings: Settings, utc_ms: Callable[[], int | None]) -> None:
        self._settings = settings
        self._utc_ms = utc_ms
        self._url = settings.url.rstrip("/") + PATH
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        timeout_s = self._settings.timeout_s
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60.0),
            trust_env=False,
            follow_redirects=False,
            headers={
                "Authorization": f"Bearer {self._settings.token}",
                "Content-Type": batch.CONTENT_TYPE,
                "Content-Encoding": "zstd",
                "Accept-Encoding": "identity",
            },
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def post(self, body: bytes) -> Outcome:
        """Send a compressed batch and read the answer; only inside `async with`."""
        if self._client is None:
            raise RuntimeError("used outside of its context")
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._post(self._client, body)
        except TimeoutError:
            return Outcome(outcome.CUT, "timeout")
        except httpx.ConnectError as err:
            return Outcome(outcome.UNREACHABLE, str(err))
        except httpx.ConnectTimeout:
            return Outcome(outcome.UNREACHABLE, "timeout while connecting")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as err:
            return Outcome(outcome.CUT, f"{type(err).__name__}: {err}")

    async def _post(self, client: httpx.AsyncClient, body: bytes) -> Outcome:
        async with client.stream("POST", self._url, content=body) as response:
            got = bytearray()
            async for chunk in response.aiter_raw():
                got += chunk
                if len(got) > MAX_ANSWER_BYTES:
                    return Outcome(outcome.BAD_ANSWER, "the answer has no end")
        headers = response.headers
        wait_s = retry_after_s(headers.get("Retry-After"), headers.get("Date"), self._utc_ms())
        return Outcome(outcome.code_of(response.status_code), f"status {response.status_code}", bytes(got), wait_s)
