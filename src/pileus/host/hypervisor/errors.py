"""What can go wrong with a hypervisor, the same for every driver.

::

    HypervisorError
    ├── HypervisorUnavailable    it does not answer; the call may be repeated later
    ├── DomainNotFound           no domain has this id
    ├── DomainConflict           the name, or the id, belongs to another domain
    ├── InvalidPowerState        not possible while the domain is in its present state
    ├── InvalidSpec              the definition makes no sense to this hypervisor
    ├── NotEnoughResources       the machine lacks memory, ports, files or the like
    ├── DeviceNotFound           the domain has no such NIC or disk
    ├── DetachTimedOut           the guest did not let go of the device; it is still attached
    └── HypervisorFailed         anything else that the hypervisor said
"""


class HypervisorError(Exception):
    """A hypervisor could not do what it was asked; the message is fit for an operator."""


class HypervisorUnavailable(HypervisorError):
    """The hypervisor does not answer. Nothing is known about the effect of the call; repeating it is safe."""


class DomainNotFound(HypervisorError):
    """No domain has this id on this machine."""

    def __init__(self, server_id: str) -> None:
        super().__init__(f"no domain {server_id} on this host")
        self.server_id = server_id


class DomainConflict(HypervisorError):
    """A name or device that must be unique is already taken by another domain."""


class InvalidPowerState(HypervisorError):
    """The call needs another power state than the one that the domain is in."""


class InvalidSpec(HypervisorError):
    """The hypervisor refuses the definition; repeating the call with the same one cannot help."""


class NotEnoughResources(HypervisorError):
    """The machine ran out of something that the domain needs."""


class DeviceNotFound(HypervisorError):
    """The domain has no such device."""


class DetachTimedOut(HypervisorError):
    """The guest did not release the device in time; it stays attached and the call may be repeated."""


class HypervisorFailed(HypervisorError):
    """The hypervisor failed in an unforeseen way; `code` is its own error number, 0 if none."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
