"""The access code that `tram-gateway technician add` prints, as a laptop reads it; its form: gateway/tech/access.py."""

import re
from typing import NamedTuple

_CODE = re.compile(r"tram1\.([a-z0-9][a-z0-9-]{2,31})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})")


class Access(NamedTuple):
    gateway: str
    ca: str
    token: str

    def __repr__(self) -> str:
        return f"Access({self.gateway!r}, …)"


def read(text: str) -> Access | None:
    """None: it is none."""
    found = _CODE.fullmatch(text.strip())
    return None if found is None else Access(found[1], found[2], found[3])
