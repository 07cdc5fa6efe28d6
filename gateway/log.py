"""One line for each thing that happened, fit for journald: logfmt or JSON on standard error, without colours.

Under journald the time and the level belong to the journal (`<6>` in front says the level); elsewhere they stand in
the line.
"""

import os
import sys
from typing import Any, Literal, TextIO

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def set_up(level: str, form: Literal["logfmt", "json"]) -> None:
    """Configure structlog for the whole process."""
    journal = _goes_to_journal(sys.stderr, os.environ.get("JOURNAL_STREAM", ""))
    processors: list[Any] = [structlog.processors.add_log_level, structlog.processors.format_exc_info]
    if not journal:
        processors.append(structlog.processors.TimeStamper(fmt="iso", utc=True))
    if form == "json":
        processors.append(structlog.processors.JSONRenderer())
    else:
        processors += [
            _one_line,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True),
        ]
    if journal:
        processors.append(_with_priority)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _goes_to_journal(stream: TextIO, named: str) -> bool:
    """Whether this is the stream that systemd made (`device:inode`): the variable is handed on to children too, whose
    standard error may be a file."""
    try:
        seen = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{seen.st_dev}:{seen.st_ino}"


def _one_line(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: value.replace("\n", " | ") if isinstance(value, str) else value for key, value in event.items()}


def _with_priority(_logger: Any, method: str, line: str) -> str:
    return f"<{_PRIORITIES.get(method, 6)}>{line}"
