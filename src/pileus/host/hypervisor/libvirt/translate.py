"""Libvirt's errors, states and events in our words."""

import libvirt

from pileus.host.hypervisor.errors import (
    DeviceNotFound,
    DomainConflict,
    DomainNotFound,
    HypervisorError,
    HypervisorFailed,
    HypervisorUnavailable,
    InvalidPowerState,
    InvalidSpec,
    NotEnoughResources,
)
from pileus.host.hypervisor.status import EventKind, PowerState

STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: PowerState.NOSTATE,
    libvirt.VIR_DOMAIN_RUNNING: PowerState.RUNNING,
    # Blocked is an old word of Xen's: the guest waits for a device.
    libvirt.VIR_DOMAIN_BLOCKED: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_PAUSED: PowerState.PAUSED,
    # Still running until it has shut down.
    libvirt.VIR_DOMAIN_SHUTDOWN: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_SHUTOFF: PowerState.SHUTDOWN,
    libvirt.VIR_DOMAIN_CRASHED: PowerState.CRASHED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: PowerState.PAUSED,
}

REASONS = {
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED): "booted",
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_MIGRATED): "migrated",
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_RESTORED): "restored",
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_UNPAUSED): "unpaused",
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER): "paused",
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION): "migrating",
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR): "ioerror",
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP): "starting",
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN): "shutdown",
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED): "destroyed",
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED): "crashed",
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED): "migrated",
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SAVED): "saved",
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_FAILED): "failed",
}

EVENTS = {
    libvirt.VIR_DOMAIN_EVENT_STARTED: EventKind.STARTED,
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: EventKind.PAUSED,
    libvirt.VIR_DOMAIN_EVENT_RESUMED: EventKind.RESUMED,
    libvirt.VIR_DOMAIN_EVENT_STOPPED: EventKind.STOPPED,
    libvirt.VIR_DOMAIN_EVENT_UNDEFINED: EventKind.DELETED,
    libvirt.VIR_DOMAIN_EVENT_CRASHED: EventKind.CRASHED,
}

STOPPED = {
    libvirt.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: (EventKind.STOPPED, "shutdown"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED: (EventKind.STOPPED, "destroyed"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED: (EventKind.CRASHED, "crashed"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED: (EventKind.STOPPED, "migrated"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED: (EventKind.SUSPENDED, "saved"),
    # The process went away without a word: killed, or aborted.
    libvirt.VIR_DOMAIN_EVENT_STOPPED_FAILED: (EventKind.CRASHED, "failed"),
}

PAUSED = {
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED: "paused",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED: "migrating",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED_IOERROR: "ioerror",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG: "watchdog",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED_RESTORED: "restored",
}

ERRORS: dict[int, type[HypervisorError]] = {
    libvirt.VIR_ERR_OPERATION_INVALID: InvalidPowerState,
    libvirt.VIR_ERR_DOM_EXIST: DomainConflict,
    libvirt.VIR_ERR_XML_ERROR: InvalidSpec,
    libvirt.VIR_ERR_XML_DETAIL: InvalidSpec,
    libvirt.VIR_ERR_XML_INVALID_SCHEMA: InvalidSpec,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED: InvalidSpec,
    libvirt.VIR_ERR_INVALID_ARG: InvalidSpec,
    libvirt.VIR_ERR_NO_MEMORY: NotEnoughResources,
    libvirt.VIR_ERR_RESOURCE_BUSY: NotEnoughResources,
    libvirt.VIR_ERR_DEVICE_MISSING: DeviceNotFound,
    # Another call holds the domain for long; the same call may succeed later.
    libvirt.VIR_ERR_OPERATION_TIMEOUT: HypervisorUnavailable,
}

LOST_CODES = {libvirt.VIR_ERR_SYSTEM_ERROR, libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_RPC}


def power_state(state: int, reason: int) -> tuple[PowerState, str]:
    """Return our state and reason. A domain whose process died is CRASHED; libvirt calls it off."""
    ours = STATES.get(state, PowerState.NOSTATE)
    word = REASONS.get((state, reason), "")
    if ours is PowerState.SHUTDOWN and word in {"crashed", "failed"}:
        ours = PowerState.CRASHED
    return ours, word


def lifecycle(event: int, detail: int) -> tuple[EventKind, str] | None:
    """Return our event; None for those that say nothing new (defined, about to shut down)."""
    if event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
        return STOPPED.get(detail, (EventKind.STOPPED, ""))
    kind = EVENTS.get(event)
    if kind is EventKind.PAUSED:
        return kind, PAUSED.get(detail, "")
    return None if kind is None else (kind, "")


def is_lost(error: libvirt.libvirtError) -> bool:
    """Tell whether an error means that the connection is gone, rather than that the call failed."""
    code = error.get_error_code()
    if code in {libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_INVALID_CONN}:
        return True
    return error.get_error_domain() == libvirt.VIR_FROM_RPC and code in LOST_CODES


def translate(error: libvirt.libvirtError, server_id: str = "") -> HypervisorError:
    """Return our error for one of libvirt's; `server_id` is the domain that the call was about."""
    code = error.get_error_code()
    message = error.get_error_message() or str(error)
    if code == libvirt.VIR_ERR_NO_DOMAIN:
        return DomainNotFound(server_id)
    if "already exists with uuid" in message or "is already defined with uuid" in message:
        return DomainConflict(message)
    if "Cannot allocate memory" in message:
        return NotEnoughResources(message)
    if code in ERRORS:
        return ERRORS[code](message)
    return HypervisorFailed(message, code or 0)
