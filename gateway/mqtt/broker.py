"""A mosquitto of our own: its configuration, passwords and access rules, written from what the gateway knows.

1. Nobody comes in without a password, and a box comes no further than its own topics (SPEC §2), the beacon and the
   notice; it reads its own status, to see when an old will has been written over its birth. One pattern says so for
   every box there will be. Whom the rules do not name may do nothing.
2. The broker keeps nothing. It carries no promise: a box keeps a scan until the *gateway* has acknowledged it. So
   there is no persistence: a corrupt file could stop the start, and a card wears out.
3. The client id is the user name: a second connection with a box's credentials takes the place of the first, and of
   nobody else's; the will of a half-open connection goes out before the new birth.
4. Everything is bounded: the packet, what waits for the gateway, what is on its way to it.
5. Only settings that 2.0.11 (Debian 12), 2.0.21 (Debian 13) and 2.1.2 know. `password_file` and `acl_file` are called
   deprecated by 2.1, which still reads them; what takes their place there, 2.0 does not know.
6. The files hold secrets: 0600, and each is replaced as a whole, so that a reload (SIGHUP) never sees half of one.
7. Off this machine there is TLS and nothing else: a plain listener has a loopback address, and is for the gateway.
8. A signal goes only to a process that is a mosquitto: the number in a file may be another's by now.
9. A reload cuts off at once whoever's password is not good any more, and nobody else (2.0.11, 2.0.21 and 2.1.2 alike).

Measured with 2.0.11, 20 connections, records of 110 bytes, a gateway that acknowledges after its commit, on 4 shared
cores: see WINDOW.
"""

import ipaddress
import os
import pwd
import re
import secrets
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from firmware.wire import fields, topics
from firmware.wire.errors import WireError
from gateway import files
from gateway.mqtt.passwords import hash_of, is_hash, matches

CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
"""For TLS 1.2: those with a fresh key for each connection. TLS 1.3 has no others."""
WINDOW = 500
"""Messages on their way to the gateway, not yet acknowledged; 2.0.11 lets more through, so the gateway counts too."""
MAX_QUEUED = 20_000
MAX_QUEUED_BYTES = 64 * 1024 * 1024
MAX_PACKET_BYTES = 2 * 1024 * 1024
"""Far above the 64 KiB of the wire: what is merely too long shall reach the gateway's quarantine and be seen there."""
CONFIG_NAME = "mosquitto.conf"
PASSWORDS_NAME = "passwords"
ACCESS_NAME = "access"
PID_NAME = "mosquitto.pid"
_USER = re.compile(r"[A-Za-z0-9_.-]{3,64}")


class BrokerError(Exception):
    """What was asked for cannot be configured; `code` is stable: `user`, `password`, `address` or `folder`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Listen(NamedTuple):
    """Where the broker takes connections."""

    address: str = "127.0.0.1"
    port: int = 1883
    chain_file: Path | None = None
    """With TLS: key and certificate, PEM. Without: in plain text, and on the loopback only."""


def write_config(
    folder: Path,
    listen: Iterable[Listen],
    gateway_user: str,
    passwords: Mapping[str, str],
    log_to: str = "stderr",
    hashes: Mapping[str, str] | None = None,
) -> Path:
    """Write the three files into `folder` (made where missing) and return the path of mosquitto.conf.

    `passwords` has the gateway's user and boxes whose passwords are known here; `hashes` the boxes that have enrolled.
    """
    _check_users(gateway_user, passwords, hashes or {})
    listeners = list(listen)
    if not listeners:
        raise BrokerError("address", "the broker has to listen somewhere")
    config = _config(folder.absolute(), listeners, log_to)
    try:
        files.make_folder(folder)
        write_passwords(folder, gateway_user, passwords, hashes)
        files.write(folder / ACCESS_NAME, access_rules(gateway_user).encode())
        files.write(folder / CONFIG_NAME, config.encode())
    except OSError as error:
        raise BrokerError("folder", f"{folder}: {error.strerror}") from error
    return folder / CONFIG_NAME


def write_passwords(
    folder: Path, gateway_user: str, passwords: Mapping[str, str], hashes: Mapping[str, str] | None = None
) -> bool:
    """Say who may come in; -> whether that is another than before. With `reload` it lets boxes in and out.

    The same users with the same passwords are the same file. Raises BrokerError, or OSError where it cannot be written.
    """
    hashes = hashes or {}
    _check_users(gateway_user, passwords, hashes)
    path = folder / PASSWORDS_NAME
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        before = b""
    known = dict(line.split(":", 1) for line in before.decode("ascii", "replace").splitlines() if ":" in line)
    wanted = {user: _same_hash(password, known.get(user, "")) for user, password in passwords.items()} | dict(hashes)
    text = "".join([f"{user}:{hashed}\n" for user, hashed in sorted(wanted.items())]).encode()
    if text == before:
        return False
    files.write(path, text)
    return True


def reload(pid_file: Path) -> bool:
    """Have the broker read its passwords, rules and certificates anew; False where none runs as that file says."""
    try:
        pid = int(pid_file.read_text()[:16])
        if pid <= 1 or not Path(f"/proc/{pid}/comm").read_text().startswith("mosquitto"):
            return False
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


def access_rules(gateway_user: str) -> str:
    """The broker's access rules: a pattern for all boxes, and what the gateway may do."""
    lines = ["# %u is the user name, which is the box id."]
    lines += [
        f"pattern {'readwrite' if word == 'status' else 'write'} {topics.of('%u', word)}" for word in topics.UP_WORDS
    ]
    lines += [f"pattern read {topics.of('%u', word)}" for word in topics.DOWN_WORDS]
    lines += [f"pattern read {topic}" for topic in (topics.BEACON, topics.NOTICE)]
    lines += ["", f"user {gateway_user}"]
    lines += [f"topic read {topics.of('+', word)}" for word in topics.UP_WORDS]
    lines += [f"topic write {topics.of('+', word)}" for word in topics.DOWN_WORDS]
    lines += [f"topic readwrite {topics.BEACON}", f"topic write {topics.NOTICE}"]
    return "\n".join(lines) + "\n"


def new_password() -> str:
    """A password for a box or a gateway: 192 random bits, letters and digits and - and _ only."""
    return secrets.token_urlsafe(24)


def _config(folder: Path, listeners: list[Listen], log_to: str) -> str:
    lines = ["# Written by Tram's gateway; changes here are lost. See gateway/mqtt/broker.py."]
    for address, port, chain_file in listeners:
        if not 1 <= port <= 65535 or not re.fullmatch(r"[0-9A-Za-z.:_-]+", address):
            raise BrokerError("address", f"not an address and a port: {address} {port}")
        lines += [f"listener {port} {address}", "use_username_as_clientid true"]
        if chain_file is not None:
            chain = chain_file.absolute()
            lines += [f"certfile {chain}", f"keyfile {chain}", "tls_version tlsv1.2", f"ciphers {CIPHERS}"]
        elif not _is_loopback(address):
            raise BrokerError("address", f"{address} can be reached from elsewhere: it needs TLS (broker.tls_listen)")
    lines += [
        f"user {pwd.getpwuid(os.getuid()).pw_name}",
        "allow_anonymous false",
        f"password_file {folder / PASSWORDS_NAME}",
        f"acl_file {folder / ACCESS_NAME}",
        f"pid_file {folder / PID_NAME}",
        "persistence false",
        "set_tcp_nodelay true",
        f"max_inflight_messages {WINDOW}",
        f"max_queued_messages {MAX_QUEUED}",
        f"max_queued_bytes {MAX_QUEUED_BYTES}",
        f"max_packet_size {MAX_PACKET_BYTES}",
        "sys_interval 0",
        f"log_dest {log_to}",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages true",
    ]
    return "\n".join(lines) + "\n"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _check_users(gateway_user: str, passwords: Mapping[str, str], hashes: Mapping[str, str]) -> None:
    if not _USER.fullmatch(gateway_user) or gateway_user not in passwords or gateway_user in hashes:
        raise BrokerError("user", "the gateway needs a user name of 3 to 64 letters, digits, _ . - and a password")
    for user, password in passwords.items():
        if not 8 <= len(password) <= 256 or "\n" in password:
            raise BrokerError("password", f"the password of {user} is not one line of 8 to 256 characters")
    for user, hashed in hashes.items():
        if not is_hash(hashed):
            raise BrokerError("password", f"what is kept of the password of {user} is not in its form")
    for user in [*passwords, *hashes]:
        if user != gateway_user:
            try:
                fields.box_id(fields.to_bytes(user))
            except WireError as error:
                raise BrokerError("user", f"not a box id: {user!r}") from error


def _same_hash(password: str, before: str) -> str:
    return before if matches(password, before) else hash_of(password)
