"""What a host agent answers when it cannot do what it was asked.

::

    AgentError
    ├── GuestNotFound      the host has no such server
    ├── GuestWrongState    not possible in the server's power state
    ├── GuestRefused       the definition makes no sense there; asking again cannot help
    ├── HostFull           the host ran out of something
    ├── ImageUnusable      the image's data is missing, damaged or unsafe
    ├── NicNotReleased     the guest did not let go of a nic in time
    └── HostTrouble        anything else; asking again may help
"""


class AgentError(Exception):
    """The host could not do it; the message is fit for an operator."""


class GuestNotFound(AgentError):
    """The host has no such server."""


class GuestWrongState(AgentError):
    """The server's power state does not allow it."""


class GuestRefused(AgentError):
    """The definition is refused."""


class HostFull(AgentError):
    """The host ran out of memory, disk or the like."""


class ImageUnusable(AgentError):
    """The image cannot be booted from."""


class NicNotReleased(AgentError):
    """The guest still holds the nic."""


class HostTrouble(AgentError):
    """The host's hypervisor or storage is in trouble."""


ERRORS = (GuestNotFound, GuestWrongState, GuestRefused, HostFull, ImageUnusable, NicNotReleased, HostTrouble)
"""What crosses between a host and its callers by name."""
