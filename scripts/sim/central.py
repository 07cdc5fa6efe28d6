"""What the server and the gateway say of themselves, asked over their own doors: API, ledger, metrics."""

import asyncio
import base64
import json
import os
import re
import ssl
from collections import Counter
from pathlib import Path

import httpx

from scripts.sim.evidence import Account, Evidence, Stored
from scripts.sim.known_again import known_again

ANSWER_S = 20.0
PAGE_SCANS = 50_000
LOOK_S = 0.25


class Central:
    """The server, as a reader of its API sees it: directly, not through the link that fails."""

    def __init__(
        self,
        port: int,
        token: str,
        transport: httpx.AsyncBaseTransport | None = None,
        ca_file: Path | None = None,
        digest_key_file: Path | None = None,
    ) -> None:
        """`ca_file`: whose certificate it shows; it must exist by the time of the first question. None: plain HTTP.
        `digest_key_file`: the server's own, which tells whose code a record was made with."""
        self._digest_key_file = digest_key_file
        self.url = f"{'https' if ca_file else 'http'}://127.0.0.1:{port}"
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWER_S,
            trust_env=False,
            transport=transport,
            verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def is_well(self) -> bool:
        try:
            return (await self._http.get("/healthz", timeout=5.0)).status_code == 200
        except httpx.HTTPError:
            return False

    async def accounts(self) -> list[Account]:
        """Every ledger. Raises httpx.HTTPError."""
        found: list[Account] = []
        after = None
        while True:
            answer = await self._http.get("/api/v1/ledger", params={"after": after} if after else None)
            page = answer.raise_for_status().json()
            found += [_account(one) for one in page["ledgers"]]
            after = page["next"]
            if after is None:
                return found

    async def scans(self, box_id: str, epoch: str) -> list[Stored]:
        """Every scan of one spool. Raises httpx.HTTPError."""
        found: list[Stored] = []
        while True:
            after_seq = found[-1].seq if found else 0
            asked = {"box": box_id, "epoch": epoch, "after_seq": str(after_seq), "limit": str(PAGE_SCANS)}
            answer = (await self._http.get("/api/v1/scans", params=asked)).raise_for_status()
            page = [_stored(json.loads(line)) for line in answer.text.splitlines()]
            found += page
            if len(page) < PAGE_SCANS:
                return found

    def digest_key(self) -> bytes | None:
        """What the server makes digests with; None: it is not known here, or not made yet."""
        if self._digest_key_file is None or not self._digest_key_file.exists():
            return None
        return bytes.fromhex(self._digest_key_file.read_text().strip())

    async def boxes_of(self, gateway_id: str) -> set[str]:
        """The boxes that the server lets this gateway speak for. Raises httpx.HTTPError."""
        answer = (await self._http.get(f"/api/v1/fleet/gateways/{gateway_id}")).raise_for_status().json()
        return {str(one["box_id"]) for one in answer["boxes"]}

    async def box_alerts(self, gateway_id: str) -> set[tuple[str, str]]:
        """(box_id, state) of what this gateway has told of its boxes lately. Raises httpx.HTTPError."""
        answer = (await self._http.get(f"/api/v1/fleet/gateways/{gateway_id}")).raise_for_status().json()
        told = [one["body"] for one in answer["events"] if one["kind"] == "alert"]
        return {(str(one["box_id"]), str(one["state"])) for one in told if one.get("part") == "box"}

    async def quarantined(self) -> dict[str, int]:
        """Code -> how often something came to the server that it set aside. Raises httpx.HTTPError."""
        counts: dict[str, int] = {}
        after_id = 0
        while True:
            answer = await self._http.get("/api/v1/quarantine", params={"after_id": str(after_id)})
            rows = [json.loads(line) for line in answer.raise_for_status().text.splitlines()]
            for row in rows:
                # what stands for its number in a ledger is counted there
                code = "in ledger" if row["counts"] else row["code"]
                counts[code] = counts.get(code, 0) + row["times"]
            if not rows:
                return counts
            after_id = rows[-1]["id"]


class Tally:
    """Counts on where the gateway's own numbers fall back: what is of no consequence it writes down late, and a kill
    takes some of it. Look often; what came between the last look and a kill is not counted."""

    def __init__(self, metrics_path: Path) -> None:
        self._path = metrics_path
        self._seen: dict[str, int] = {}
        self.total: Counter[str] = Counter()

    def look(self) -> None:
        """Take in the latest numbers."""
        for name, value in gateway_counts(self._path).items():
            if name == "waiting":  # not a counter
                continue
            self.total[name] += max(0, value - self._seen.get(name, 0))
            self._seen[name] = value

    async def watch(self) -> None:
        """Look often, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()


async def collect(evidence: Evidence, central: Central, tally: Tally) -> None:
    """Fill in everything that the server and the gateway have to say at the end of a run."""
    evidence.accounts = await central.accounts()
    evidence.stored = [
        scan for account in evidence.accounts for scan in await central.scans(account.box_id, account.epoch)
    ]
    digest_key = central.digest_key()
    if digest_key is not None:
        evidence.stored = known_again(evidence.stored, evidence.shown, evidence.greens, digest_key)
    set_aside = await central.quarantined()
    tally.look()
    gateway = tally.total
    evidence.duplicates = gateway["duplicates"] + gateway["server_duplicates"]
    evidence.conflicts = gateway["conflicts"] + set_aside.pop("conflict", 0)
    set_aside.pop("in ledger", None)
    evidence.quarantined = gateway["quarantined"] + sum(set_aside.values())


def gateway_counts(metrics_path: Path) -> dict[str, int]:
    """What the gateway counts for the report, since its buffer was made."""
    try:
        text = metrics_path.read_text()
    except FileNotFoundError:
        text = ""
    return {name: sum(_values(text, metric, label)) for name, (metric, label) in _METRICS.items()}


def gateway_waiting(metrics_path: Path) -> tuple[int, int | None]:
    """-> (when the gateway wrote its numbers, in ns; how many records were without the server's answer then). None:
    they do not say, or repeat what was so before, since the buffer owes an answer."""
    try:
        with metrics_path.open() as file:
            written_ns, text = os.fstat(file.fileno()).st_mtime_ns, file.read()
    except FileNotFoundError:
        return 0, None
    waiting = _values(text, *_METRICS["waiting"])
    silent_s = re.search(r"^tram_writer_silent_seconds (\S+)$", text, re.MULTILINE)
    return written_ns, sum(waiting) if waiting and silent_s and not float(silent_s[1]) else None


_METRICS = {
    "duplicates": ("tram_duplicates_total", ""),
    "conflicts": ("tram_conflicts_total", ""),
    "quarantined": ("tram_quarantined_total", ""),
    "server_duplicates": ("tram_verdicts_total", "duplicate"),
    "waiting": ("tram_waiting_records", ""),
}


def _values(text: str, metric: str, label: str) -> list[int]:
    labels = rf'\{{[^}}]*"{label}"[^}}]*\}}' if label else r"(?:\{[^}]*\})?"
    return [int(float(value)) for value in re.findall(rf"^{metric}{labels} (\S+)$", text, re.MULTILINE)]


def _account(one: dict[str, object]) -> Account:
    def number(name: str) -> int:
        value = one[name]
        assert isinstance(value, int)  # noqa: S101 - the API's own promise; a break of it ends the run loudly
        return value

    return Account(
        str(one["box_id"]),
        str(one["epoch"]),
        number("highest"),
        number("complete_to"),
        number("holes_count"),
        number("stored"),
        number("quarantined"),
        number("declared_lost"),
        one["lost_unknown"] is True,
    )


def _stored(one: dict[str, object]) -> Stored:
    is_known = one["at_ms"] is not None
    return Stored(
        str(one["box_id"]),
        str(one["epoch"]),
        int(str(one["seq"])),
        base64.b64decode(str(one["raw"])),
        int(str(one["received_ms"])),
        int(str(one["earliest_ms"])) if is_known else None,
        int(str(one["latest_ms"])) if is_known else None,
        None if one.get("digest") is None else str(one["digest"]),
    )
