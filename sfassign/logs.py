"""Log lines: readable on a terminal, JSON otherwise, with a stable `action=`.

Secrets are kept out twice: a traceback shows no local variables, whatever the format, and every line is searched for
the secrets that are known.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def set_up_logs(log_format: str, level: str, hide: Callable[[str], str] = str) -> None:
    """Log to standard error from this level on; `auto` is text on a terminal and JSON lines otherwise. `hide` takes the
    secrets out of a text."""
    readable = sys.stderr.isatty() if log_format == "auto" else log_format == "text"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            _hiding(hide),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _hiding(hide: Callable[[str], str]) -> structlog.typing.Processor:
    def hidden(value: object) -> object:
        text = value if isinstance(value, str) else repr(value)
        shown = hide(text)
        return value if shown == text else shown

    def process(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: hidden(value) for name, value in line.items()}

    return process
