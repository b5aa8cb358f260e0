"""What is kept of a failure for the server's `fault`."""

from datetime import datetime
from typing import Any


def fault_of(error: BaseException, now: datetime) -> dict[str, Any]:
    """A failure as the server shows it; what was not foreseen is named, not told."""
    from pileus.kernel.operations import StepFailed

    if isinstance(error, StepFailed):
        message, code, details = str(error), error.code, error.details
    else:
        message, code, details = type(error).__name__, 500, str(error)
    return {"code": code, "message": message[:255], "details": details, "created": now.isoformat()[:19] + "Z"}
