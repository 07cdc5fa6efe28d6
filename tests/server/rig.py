"""A server to try things on: batches made easily, the app without a socket, and the real process."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import httpx
import zstandard

from firmware.wire import answer, batch, record
from server.config import load

ROOT = Path(__file__).resolve().parents[2]
EPOCH = "0123456789ab"
BOX, OTHER_BOX, FOREIGN_BOX = "box-0001", "box-0002", "box-9999"
GATEWAY, GATEWAY_TOKEN = "gw-1", "token-of-gw-1"
OTHER_GATEWAY, OTHER_GATEWAY_TOKEN = "gw-2", "token-of-gw-2"
READER, READER_TOKEN = "ops", "token-of-ops"
OPERATOR, OPERATOR_TOKEN = "duty", "token-of-duty"
NOW_MS = 1_790_000_000_000
READS = {"Authorization": "Bearer " + READER_TOKEN}
WISHES = {"Authorization": "Bearer " + OPERATOR_TOKEN}
TELLS = {"Authorization": "Bearer " + GATEWAY_TOKEN}
TELLS_OTHER = {"Authorization": "Bearer " + OTHER_GATEWAY_TOKEN}


def sha256(token):
    return hashlib.sha256(token.encode()).hexdigest()


def scan(seq, code=b"a code", box_id=BOX, epoch=EPOCH, boot=1, uptime_ms=None, utc_ms=None, bound_ms=None, marks=""):
    uptime_ms = seq * 1000 if uptime_ms is None else uptime_ms
    return record.encode_scan(record.Scan(box_id, epoch, seq, boot, uptime_ms, utc_ms, bound_ms, marks, code))


def lost(seq, last_seq, box_id=BOX, epoch=EPOCH, reason="flash"):
    return record.encode_lost(record.Lost(box_id, epoch, seq, last_seq, reason))


def items(records, earliest_ms=None, latest_ms=None):
    return [batch.Item(one, earliest_ms, latest_ms) for one in records]


def body(records=(), clocks=(), tips=(), gateway_id=GATEWAY, batch_no=1, earliest_ms=None, latest_ms=None):
    made = batch.Batch(gateway_id, batch_no, items(records, earliest_ms, latest_ms), list(clocks), list(tips))
    return batch.encode(made)


def tip(first_held, last_seq, box_id=BOX, epoch=EPOCH):
    return batch.Tip(box_id, epoch, first_held, last_seq)


def headers(token=GATEWAY_TOKEN, encoding="zstd", content_type=batch.CONTENT_TYPE):
    made = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "Content-Encoding": encoding}
    return {name: value for name, value in made.items() if value}


def packed(data):
    return zstandard.ZstdCompressor(level=3).compress(data)


def verdicts(response):
    """[(seq, verdict, code)] of a 200 answer."""
    assert response.status_code == 200, response.text
    return [(one.seq, one.verdict, one.code) for one in answer.decode(response.content).verdicts]


def settings(folder, listen="127.0.0.1:0", more="", before=""):
    """Write a settings file for two gateways and a reader; returns its path."""
    path = Path(folder) / "server.toml"
    path.write_text(
        f'listen = "{listen}"\ndata_dir = "data"\n{before}\n'
        f'[[gateways]]\nid = "{GATEWAY}"\ntoken_sha256 = "{sha256(GATEWAY_TOKEN)}"\nboxes = ["{BOX}", "{OTHER_BOX}"]\n'
        f'[[gateways]]\nid = "{OTHER_GATEWAY}"\ntoken_sha256 = "{sha256(OTHER_GATEWAY_TOKEN)}"\nboxes = []\n'
        f'[[readers]]\nname = "{READER}"\ntoken_sha256 = "{sha256(READER_TOKEN)}"\n'
        f'[[operators]]\nname = "{OPERATOR}"\ntoken_sha256 = "{sha256(OPERATOR_TOKEN)}"\n{more}\n'
    )
    return path


def config(folder, **how):
    return load(settings(folder, **how))


class Process:
    """The real server in a process of its own; `start` waits for its `listening` line."""

    def __init__(self, path, preexec_fn=None):
        self.path = path
        self.events = []
        self.process = None
        self._preexec_fn = preexec_fn

    def start(self):
        command = [sys.executable, "-m", "server", "--config", str(self.path)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=self._preexec_fn
        )
        self.wait_for("listening")
        return self

    def wait_for(self, event):
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == event:
                return self.events[-1]
        raise AssertionError(f"ended before {event}: {self.process.communicate()}")

    @property
    def url(self):
        return next(one["url"] for one in reversed(self.events) if one["event"] == "listening")

    def post(self, data, timeout=20, **how):
        return httpx.post(self.url + "/api/v1/batches", content=packed(data), headers=headers(**how), timeout=timeout)

    def get(self, path, **params):
        return httpx.get(self.url + path, params=params, headers=READS, timeout=20)

    def lines(self, path, **params):
        response = self.get(path, **params)
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def stop(self):
        self.process.terminate()
        out, err = self.process.communicate(timeout=20)
        self.events += [json.loads(line) for line in out.splitlines()]
        return self.process.returncode, err

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
