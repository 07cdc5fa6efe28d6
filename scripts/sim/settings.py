"""The files that the parts of a town start from: tokens and passwords made anew for each run, everything on loopback.

Secrets stand in files that only their owner may read; the server's file has their digests.
"""

import json
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.panel import people

GATEWAY_ID = "demo-gateway"
GATEWAY_USER = "gateway"
PANEL_NAME = "demo"


class Secrets(NamedTuple):
    """What one has to know to log in somewhere in this town."""

    gateway_token: str
    reader_token: str
    passwords: dict[str, str]
    """By broker user: the gateway's and each box's."""
    sealing_key: bytes
    """The server's private one."""
    panel_password: str
    """Of the person `demo` at the place's own page."""

    @property
    def sealing_public(self) -> bytes:
        """What the gateway seals to."""
        return X25519PrivateKey.from_private_bytes(self.sealing_key).public_key().public_bytes_raw()


def new_secrets(box_ids: list[str]) -> Secrets:
    """Random ones."""
    users = [GATEWAY_USER, *box_ids]
    return Secrets(
        "tram_" + secrets.token_urlsafe(24),
        "tram_" + secrets.token_urlsafe(18),
        {user: secrets.token_urlsafe(24) for user in users},
        X25519PrivateKey.generate().private_bytes_raw(),
        secrets.token_urlsafe(12),
    )


def write_server(
    path: Path, port: int, known: Secrets, box_ids: list[str], listen: str = "127.0.0.1", tls: str = ""
) -> None:
    """server.toml. `tls`: the file with key and certificate; empty: it speaks plain HTTP."""
    boxes = ", ".join(f'"{box_id}"' for box_id in box_ids)
    write_secret(path.parent / "sealing.key", known.sealing_key.hex())
    path.write_text(
        f"""listen = "{listen}:{port}"
data_dir = "."
sealing_key_files = ["sealing.key"]
{f'tls_chain_file = "{tls}"' if tls else ""}

[[gateways]]
id = "{GATEWAY_ID}"
token_sha256 = "{_digest(known.gateway_token)}"
boxes = [{boxes}]

[[readers]]
name = "demo"
token_sha256 = "{_digest(known.reader_token)}"
"""
    )


def write_gateway(
    path: Path,
    ports: tuple[int, int],
    server_url: str,
    known: Secrets,
    trust: str = "always",
    broker: str = "",
    more: str = "",
    ca_file: Path | None = None,
) -> None:
    """gateway.toml and the secrets beside it. `ports`: the broker's and the panel's. `trust`: whom it believes the
    time. `broker`: further lines of that section; `more`: further sections."""
    folder = path.parent
    write_secret(folder / "broker-password", known.passwords[GATEWAY_USER])
    write_secret(folder / "server-token", known.gateway_token)
    write_secret(folder / "people", f"{PANEL_NAME} {people.hash_of(known.panel_password).line()}")
    (folder / "sealing.pub").write_text(known.sealing_public.hex() + "\n")
    path.write_text(
        f"""gateway_id = "{GATEWAY_ID}"
data_dir = "data"

[broker]
port = {ports[0]}
username = "{GATEWAY_USER}"
password_file = "broker-password"
keepalive_s = 5
silence_s = 6.0
{broker}
[server]
url = "{server_url}"
token_file = "server-token"
sealing_key_file = "sealing.pub"
{f'ca_file = "{ca_file}"' if ca_file else ""}

[upload]
timeout_s = 5.0
longest_wait_s = 4.0
tell_every_s = 1.0

[time]
trust = "{trust}"
bound_ms = 5
beacon_s = 2.0

[health]
every_s = 0.5

[downlink]
first_wait_s = 1.0
longest_wait_s = 4.0
pieces_per_s = 500
report_s = 2.0

[panel]
password_file = "people"
port = {ports[1]}
{more}"""
    )
    (folder / "data").mkdir(0o700, exist_ok=True)


def write_box(path: Path, box_id: str, known: Secrets, changes: dict[str, Any]) -> None:
    """config.json of a box; without a password it has to enrol. `changes` go over the defaults of the demo, section by
    section."""
    settings: dict[str, Any] = {
        "box_id": box_id,
        **({"password": known.passwords[box_id]} if box_id in known.passwords else {}),
        "marks": "dir=in",
        "link": {"retry_cap_ms": 3000, "status_every_ms": 10_000},
        "test": {"control": str(path.parent / "power")},
    }
    write_secret(path, json.dumps(overlaid(settings, changes), indent=1))


def overlaid(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` over `settings`, section by section."""
    whole = dict(settings)
    for section, values in changes.items():
        whole[section] = {**whole.get(section, {}), **values} if isinstance(values, dict) else values
    return whole


def write_secret(path: Path, text: str) -> None:
    """A file that nobody but its owner may read, replaced as a whole."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    fresh.replace(path)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
