"""Log lines for journald: one line an event, on stdout, JSON or text. Times are UTC."""

import logging
import sys

import structlog
import structlog.tracebacks

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up(level: str, form: str) -> None:
    """Configure structlog, and send what libraries log by the standard way through it."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    # Without the local variables: among them are tokens and the codes of people.
    trace: structlog.typing.Processor = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
        trace = structlog.processors.format_exc_info
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        trace,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(LEVELS[level], logging.WARNING), force=True)
