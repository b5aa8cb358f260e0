"""Power of domains: functions on a libvirt connection, run in a thread.

Each may be repeated at any time, also after it was cut off in the middle.
"""

from pathlib import Path
from typing import Any

import libvirt

from pileus.host.hypervisor.errors import InvalidPowerState
from pileus.host.hypervisor.libvirt.reading import DomainReading
from pileus.host.hypervisor.libvirt.translate import power_state
from pileus.host.hypervisor.status import DomainStatus, PowerState

UNDEFINE = (
    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
    | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
)


def state_of(domain: Any) -> tuple[PowerState, str]:
    """Return state and reason of one domain; one whose memory is on disk is SUSPENDED."""
    state, reason = power_state(*domain.state())
    if state in (PowerState.SHUTDOWN, PowerState.CRASHED) and domain.hasManagedSaveImage():
        return PowerState.SUSPENDED, "saved"
    return state, reason


def list_all(connection: Any) -> list[DomainStatus]:
    """Return every domain."""
    saved = {d.UUIDString() for d in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE)}
    found = []
    for domain, stats in connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE):
        server_id = domain.UUIDString()
        state, reason = power_state(stats.get("state.state", 0), stats.get("state.reason", 0))
        if server_id in saved and state in (PowerState.SHUTDOWN, PowerState.CRASHED):
            state, reason = PowerState.SUSPENDED, "saved"
        found.append(DomainStatus(server_id, state, reason))
    return found


def define_and_start(connection: Any, server_id: str, xml: str) -> None:
    """Define, unless it runs, and start."""
    domain = find(connection, server_id)
    if domain is None or not domain.isActive():
        domain = connection.defineXML(xml)
        _create(domain)


def start(connection: Any, server_id: str) -> None:
    """Start, or restore what was saved."""
    domain = connection.lookupByUUIDString(server_id)
    state, _ = state_of(domain)
    if state is PowerState.PAUSED:
        raise InvalidPowerState(f"{server_id} is paused")
    if state is not PowerState.RUNNING:
        _create(domain)


def press_power_button(connection: Any, server_id: str) -> bool:
    """Ask the guest to shut down; returns whether there is a running guest that can hear it."""
    domain = connection.lookupByUUIDString(server_id)
    if state_of(domain)[0] is not PowerState.RUNNING:
        return False
    try:
        domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:
            raise
        return False  # it went down between the look and the button
    return True


def is_off(connection: Any, server_id: str) -> bool:
    """Tell whether no process runs for the domain."""
    return not connection.lookupByUUIDString(server_id).isActive()


def cut_power(connection: Any, server_id: str) -> None:
    """End the process at once and drop saved memory."""
    domain = connection.lookupByUUIDString(server_id)
    _kill(domain)
    if domain.hasManagedSaveImage():
        domain.managedSaveRemove()


def erase(connection: Any, server_id: str) -> list[tuple[str, str]]:
    """End and undefine a domain; returns the (device, MAC) of its NICs.

    Looks again at the end: a start that was under way would otherwise leave a running domain without
    definition.
    """
    nics: list[tuple[str, str]] = []
    while (domain := find(connection, server_id)) is not None:
        try:
            nics += DomainReading(domain.XMLDesc()).nics()
            _kill(domain)
            if domain.isPersistent():
                domain.undefineFlags(UNDEFINE)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                raise
    return nics


def pause(connection: Any, server_id: str) -> None:
    """Stop the processors."""
    domain = connection.lookupByUUIDString(server_id)
    if _expect(domain, PowerState.RUNNING, PowerState.PAUSED):
        domain.suspend()


def unpause(connection: Any, server_id: str) -> None:
    """Let the processors run."""
    domain = connection.lookupByUUIDString(server_id)
    if _expect(domain, PowerState.PAUSED, PowerState.RUNNING):
        domain.resume()


def save(connection: Any, server_id: str) -> None:
    """Write the memory to disk and end the process."""
    domain = connection.lookupByUUIDString(server_id)
    if _expect(domain, PowerState.RUNNING, PowerState.SUSPENDED):
        domain.managedSave()


def restore(connection: Any, server_id: str) -> None:
    """Go on from the memory on disk."""
    domain = connection.lookupByUUIDString(server_id)
    if _expect(domain, PowerState.SUSPENDED, PowerState.RUNNING):
        _create(domain)


def find(connection: Any, server_id: str) -> Any:
    """Return the domain, None if there is none."""
    try:
        return connection.lookupByUUIDString(server_id)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def tap_is_there(device: str, mac: str, sys: Path = Path("/sys/class/net")) -> bool:
    """Tell whether a guest's network device still exists here.

    Names such as vnet0 are used again at once, so the address is compared too: libvirt gives a tap its
    guest's MAC with the first byte fe.
    """
    try:
        address = (sys / device / "address").read_text().strip()
    except OSError:
        return False
    return bool(device) and address == "fe" + mac.lower()[2:]


def _expect(domain: Any, source: PowerState, target: PowerState) -> bool:
    """Tell whether there is something to do; raise if it cannot be done."""
    state, _ = state_of(domain)
    if state is target:
        return False
    if state is not source:
        raise InvalidPowerState(f"{domain.UUIDString()} is {state.name.lower()}")
    return True


def _create(domain: Any) -> None:
    """Start; that somebody else was faster is fine."""
    try:
        domain.create()
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID or not domain.isActive():
            raise


def _kill(domain: Any) -> None:
    try:
        domain.destroyFlags(libvirt.VIR_DOMAIN_DESTROY_DEFAULT)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:
            raise
