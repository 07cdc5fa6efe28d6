"""A new gateway: its lines for server.toml, and the file that it joins with.

1. The token is made here and stands in the clear once: in the join file, for its owner alone. Its digest stays here.
2. The join file is all that a gateway has to be told: who it is, where the server is and how to know it, the key to
   seal to, the fleet's key.
3. server.toml is added to at its end and nowhere else: whatever somebody wrote there stays as it is. What comes out is
   read, as the server would, before it takes the place of what was there.
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from server import keys
from server.errors import Unusable

ID = re.compile(r"[a-z0-9][a-z0-9-]{2,31}\Z")
URL = re.compile(r"https?://[^\s\"\\]+\Z")


class Join(NamedTuple):
    """What stands in a join file."""

    gateway_id: str
    url: str
    more_urls: list[str]
    token: str
    ca_pem: str
    sealing_key: str
    fleet_key: str


def check(gateway_id: str, boxes: Sequence[str], urls: Sequence[str]) -> None:
    """Raises `Unusable`: `gateway`."""
    for one in (gateway_id, *boxes):
        if not ID.match(one):
            raise Unusable("gateway", f"{one}: an id is 3 to 32 characters of a-z 0-9 -, the first no -")
    for url in urls:
        if not URL.match(url):
            raise Unusable("gateway", f"{url}: an address is http://… or https://…")


def join_text(join: Join) -> str:
    """The file."""
    return "\n".join(
        (
            "# For the gateway's installer, once. Whoever has this file can speak for the gateway.",
            "[join]",
            *(f"{name} = {_toml(value)}" for name, value in join._asdict().items()),
            "",
        )
    )


def settings_lines(gateway_id: str, token_sha256: str, boxes: Sequence[str]) -> str:
    """The lines for server.toml."""
    return "\n".join(
        (
            "[[gateways]]",
            f"id = {_toml(gateway_id)}",
            f"token_sha256 = {_toml(token_sha256)}",
            f"boxes = {_toml(list(boxes))}",
            "",
        )
    )


def write_join(path: Path, join: Join) -> None:
    """For its owner alone; never over another. Raises `Unusable`: `key_file`."""
    keys.write_private(path, join_text(join).encode())


def replace_settings(path: Path, text: str) -> None:
    """The settings as a whole, with the mode that the file had. Raises `Unusable`: `settings`."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_text(text, "utf-8")
        fresh.chmod(path.stat().st_mode & 0o777)
        with fresh.open("rb") as handle:
            os.fsync(handle.fileno())
        fresh.replace(path)
    except OSError as err:
        raise Unusable("settings", f"{path}: {err.strerror}") from err


def _toml(value: str | list[str]) -> str:
    # a JSON string is a TOML basic string, but for the control characters that no value here has
    return json.dumps(value, ensure_ascii=False)
