"""The bodies of actions on servers."""

from pileus.compute.versions import COMPUTE, LOCKED_REASON
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Reboot(Schema, key="reboot", history=COMPUTE):
    """Restart the guest."""

    type = f.text("SOFT asks the guest, HARD cuts its power.", choices=("HARD", "Hard", "hard", "SOFT", "Soft", "soft"),
                  required=True)  # fmt: skip


class ResetState(Schema, key="os-resetState", history=COMPUTE):
    """Write another state into a server's row."""

    state = f.text("The state.", choices=("active", "error"), required=True)


class LockWithReason(Schema, key="lock", history=COMPUTE):
    """Lock with a reason."""

    locked_reason = f.text("Why.", least=1, since=LOCKED_REASON)
