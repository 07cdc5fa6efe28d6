"""A mosquitto of our own: its configuration, passwords and access rules, written from what the gateway knows.

1. Nobody comes in without a password, and a box comes no further than its own topics: three to write, two to read and
   the beacon; and it reads its own status, to see when an old will has been written over its birth. One pattern says
   so for every box there will be.
2. The broker keeps nothing. It carries no promise: a box keeps a scan until the *gateway* has acknowledged it. So
   there is no persistence: a corrupt file could stop the start, and a card wears out.
3. The client id is the user name: a second connection with a box's credentials takes the place of the first, and of
   nobody else's; the will of a half-open connection goes out before the new birth.
4. Everything is bounded: the packet, what waits for the gateway, what is on its way to it.
5. Only settings that 2.0.11 (Debian 12) and all newer 2.x know; `per_listener_settings` is gone in later ones.
6. The files hold secrets: 0600, and each is replaced as a whole, so that a reload (SIGHUP) never sees half of one.

Measured with 2.0.11, 20 connections, records of 110 bytes, a gateway that acknowledges after its commit, on 4 shared
cores: see WINDOW.
"""

import base64
import hashlib
import os
import pwd
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from firmware.wire import fields, topics
from firmware.wire.errors import WireError

WINDOW = 500
"""Messages on their way to the gateway, not yet acknowledged; 2.0.11 lets more through, so the gateway counts too."""
MAX_QUEUED = 20_000
MAX_QUEUED_BYTES = 64 * 1024 * 1024
MAX_PACKET_BYTES = 2 * 1024 * 1024
"""Far above the 64 KiB of the wire: what is merely too long shall reach the gateway's quarantine and be seen there."""
CONFIG_NAME = "mosquitto.conf"
PASSWORDS_NAME = "passwords"
ACCESS_NAME = "access"
_ITERATIONS = 1_000
"""Few, for the broker checks them while everybody waits; the passwords that we make have 192 random bits."""
_SALT_BYTES = 12
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


def write_config(
    folder: Path, listen: Iterable[Listen], gateway_user: str, passwords: Mapping[str, str], log_to: str = "stderr"
) -> Path:
    """Write the three files into `folder` (made where missing) and return the path of mosquitto.conf.

    `passwords` has the gateway's user and every box id. The same call with other boxes, and SIGHUP to the broker, lets
    boxes in and out; a box that is out is refused when it next connects.
    """
    _check_users(gateway_user, passwords)
    listeners = list(listen)
    if not listeners:
        raise BrokerError("address", "the broker has to listen somewhere")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        hashes = [f"{user}:{_hash(password)}\n" for user, password in sorted(passwords.items())]
        _replace(folder / PASSWORDS_NAME, "".join(hashes))
        _replace(folder / ACCESS_NAME, access_rules(gateway_user))
        _replace(folder / CONFIG_NAME, _config(folder.absolute(), listeners, log_to))
    except OSError as error:
        raise BrokerError("folder", f"{folder}: {error.strerror}") from error
    return folder / CONFIG_NAME


def access_rules(gateway_user: str) -> str:
    """The broker's access rules: a pattern for all boxes, and what the gateway may do."""
    lines = ["# %u is the user name, which is the box id."]
    lines += [
        f"pattern {'readwrite' if word == 'status' else 'write'} {topics.of('%u', word)}" for word in topics.UP_WORDS
    ]
    lines += [f"pattern read {topics.of('%u', word)}" for word in topics.DOWN_WORDS]
    lines += [f"pattern read {topics.BEACON}", "", f"user {gateway_user}"]
    lines += [f"topic read {topics.of('+', word)}" for word in topics.UP_WORDS]
    lines += [f"topic write {topics.of('+', word)}" for word in topics.DOWN_WORDS]
    lines += [f"topic readwrite {topics.BEACON}"]
    return "\n".join(lines) + "\n"


def new_password() -> str:
    """A password for a box or a gateway: 192 random bits, letters and digits and - and _ only."""
    return secrets.token_urlsafe(24)


def _config(folder: Path, listeners: list[Listen], log_to: str) -> str:
    lines = ["# Written by Tram's gateway; changes here are lost. See gateway/mqtt/broker.py."]
    for address, port in listeners:
        if not 1 <= port <= 65535 or not re.fullmatch(r"[0-9A-Za-z.:_-]+", address):
            raise BrokerError("address", f"not an address and a port: {address} {port}")
        lines += [f"listener {port} {address}", "use_username_as_clientid true"]
    lines += [
        f"user {pwd.getpwuid(os.getuid()).pw_name}",
        "allow_anonymous false",
        f"password_file {folder / PASSWORDS_NAME}",
        f"acl_file {folder / ACCESS_NAME}",
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


def _check_users(gateway_user: str, passwords: Mapping[str, str]) -> None:
    if not _USER.fullmatch(gateway_user) or gateway_user not in passwords:
        raise BrokerError("user", "the gateway needs a user name of 3 to 64 letters, digits, _ . - and a password")
    for user, password in passwords.items():
        if not 8 <= len(password) <= 256 or "\n" in password:
            raise BrokerError("password", f"the password of {user} is not one line of 8 to 256 characters")
        if user != gateway_user:
            try:
                fields.box_id(fields.to_bytes(user))
            except WireError as error:
                raise BrokerError("user", f"not a box id: {user!r}") from error


def _hash(password: str) -> str:
    """mosquitto's own form: $7$ = PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
