"""What came of a code: what it says, or why it is refused."""

from server.codes.errors import CodeError
from server.codes.read import read
from server.codes.rules import Rules
from server.codes.trust import Trust
from server.codes.types import Parsed


def outcome(code: bytes, rules: Rules, trust: Trust, at_ms: int) -> tuple[Parsed | None, str | None]:
    """(what it says, None) or (None, the error's code). Anything else that is raised goes on."""
    try:
        return read(code, rules, trust, at_ms), None
    except CodeError as err:
        return None, err.code
