"""The states of a server: what may be done when, what it is meanwhile and afterwards, and what users read of it.

Names of states are Nova's (`vm_state`, `task_state`); the status is computed, never stored.
"""

from pileus.compute.errors import ServerBusy
from pileus.kernel.states import Machine, move

EVERY = ("building", "active", "stopped", "paused", "suspended", "error")
HARD_REBOOT = ("active", "stopped", "paused", "suspended", "error")

SERVER = Machine(
    "instance",
    move("create", "building", busy="spawning", to="active", failed="error"),
    move("delete", *EVERY, busy="deleting", failed="error", interrupts=True),
    move("start", "stopped", busy="powering-on", to="active"),
    move("stop", "active", "error", busy="powering-off", to="stopped"),
    move("reboot", "active", busy="rebooting", to="active"),
    move("reboot_hard", *HARD_REBOOT, busy="rebooting_hard", to="active", failed="error"),
    move("pause", "active", busy="pausing", to="paused"),
    move("unpause", "paused", busy="unpausing", to="active"),
    move("suspend", "active", busy="suspending", to="suspended"),
    move("resume", "suspended", busy="resuming", to="active"),
    move("attach_interface", "active", "paused", "stopped"),
    move("detach_interface", "active", "paused", "stopped"),
    move("found_stopped", "active", "paused", "suspended", to="stopped"),
    move("found_running", "stopped", "paused", "suspended", to="active"),
    move("found_paused", "active", "stopped", "suspended", to="paused"),
    move("found_suspended", "active", "stopped", "paused", to="suspended"),
    move("reset_active", *EVERY, to="active", interrupts=True),
    move("reset_error", *EVERY, to="error", interrupts=True),
    state="vm_state",
    task="task_state",
    revision="revision",
    error=ServerBusy,
)
"""The moves.  `found_…` are made by the power-state reconciler, `reset_…` by os-resetState."""

_STATUS = {
    "active": "ACTIVE",
    "building": "BUILD",
    "stopped": "SHUTOFF",
    "paused": "PAUSED",
    "suspended": "SUSPENDED",
    "error": "ERROR",
}
_ACTIVE_STATUS = {"rebooting": "REBOOT", "rebooting_hard": "HARD_REBOOT"}

SHOWS_PROGRESS = frozenset({"ACTIVE", "BUILD"})

FROM_STATUS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    status: ((state, ()),) for state, status in _STATUS.items()
} | {
    "REBOOT": (("active", ("rebooting",)),),
    "HARD_REBOOT": tuple((state, ("rebooting_hard",)) for state in HARD_REBOOT),
}
"""For filters: each status as pairs of a vm_state and the task states that it needs (none for any other)."""

KNOWN_STATUSES = frozenset(FROM_STATUS) | {
    "DELETED", "MIGRATING", "PASSWORD", "REBUILD", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED",
    "SHELVED_OFFLOADED", "SOFT_DELETED", "UNKNOWN", "VERIFY_RESIZE",
}  # fmt: skip
"""Every status that Nova has; listing by one of them is never an error."""


def status(vm_state: str, task_state: str | None) -> str:
    """The status that users read."""
    if task_state == "rebooting_hard":
        return "HARD_REBOOT"
    if vm_state == "active" and task_state in _ACTIVE_STATUS:
        return _ACTIVE_STATUS[task_state]
    return _STATUS[vm_state]
