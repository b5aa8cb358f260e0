"""Logging: structlog to the console or as JSON lines, a request id on every line, secrets blotted out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, TextIO

import structlog

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request (or durable operation) on whose behalf the current task runs."""

_SECRET_KEYS = re.compile(
    r"pass$|password|passphrase|secret|tokens?$|private_key|authorization|cookie|credential$", re.IGNORECASE
)


def _request_id(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("request", REQUEST_ID.get())
    return event


def blot(value: Any) -> Any:
    """A copy in which what looks like a secret is replaced by ***."""
    if isinstance(value, dict):
        return {k: "***" if _is_secret(k) else blot(v) for k, v in value.items()}
    if isinstance(value, tuple) and len(value) == 2 and _is_secret(value[0]):
        return [value[0], "***"]  # a header
    if isinstance(value, list | tuple | set | frozenset):
        return [blot(v) for v in value]
    return value


def _is_secret(name: Any) -> bool:
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    return isinstance(name, str) and _SECRET_KEYS.search(name) is not None


def _blot(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    blotted: MutableMapping[str, Any] = blot(dict(event))
    return blotted


def configure(*, json_lines: bool = False, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Set up logging for this process; called once, by the program's entry."""
    target = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: Any = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=target.isatty())
    )
    structlog.configure(
        processors=[
            _request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _blot,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=target, format="%(levelname)s %(name)s %(message)s")


def get(name: str) -> Any:
    """The logger of a component, by its dotted name."""
    return structlog.get_logger(component=name)
