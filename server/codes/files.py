"""Rules and trust out of files: the only place of this room that opens one."""

from pathlib import Path

from server.codes import health_rules, tickets, trust
from server.codes.rules import Rules
from server.codes.trust import Trust
from server.errors import Unusable

MOST_BYTES = 16 * 1024 * 1024


def load_rules(health: Path | None = None, ticket: Path | None = None) -> Rules:
    """What the files lay down; no file: nothing. Raises `Unusable`: `codes_file`, `health_rules`, `ticket_rules`."""
    return Rules(
        () if health is None else health_rules.load(_text(health), str(health)),
        () if ticket is None else tickets.load(_text(ticket), str(ticket)),
    )


def load_trust(signers: Path | None = None, issuers: Path | None = None) -> Trust:
    """Whom the files name; no file: nobody. Raises `Unusable`: `codes_file` and those of trust.py."""
    return Trust(
        {} if signers is None else trust.load_signers(_text(signers), str(signers)),
        {} if issuers is None else trust.load_issuers(_text(issuers), str(issuers)),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            data = handle.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise Unusable("codes_file", f"{path}: is longer than {MOST_BYTES} bytes")
        return data.decode("utf-8")
    except OSError as err:
        raise Unusable("codes_file", f"{path}: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise Unusable("codes_file", f"{path}: is not UTF-8") from err
