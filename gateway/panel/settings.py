"""What the panel is told when it is made."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Settings(NamedTuple):
    password_file: Path | None
    """One line for each person, `people.py`; None: there is no panel."""
    listen: Sequence[str] = ("127.0.0.1",)
    port: int = 8443
    """0: any free one, each address another."""
    session_hours: int = 12
    metrics_token_file: Path | None = None
    chain_file: Path | None = None
    """The gateway's key and certificate, PEM; without it nothing but the loopback is served."""
    names: Sequence[str] = ()
    """What people type for this machine; its addresses need not stand here."""
