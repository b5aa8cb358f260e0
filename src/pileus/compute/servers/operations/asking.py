"""Asking a host within an operation: its errors become the operation's."""

from collections.abc import Iterator
from contextlib import contextmanager

from pileus.host.agent import errors
from pileus.kernel.operations import Retry, StepFailed
from pileus.kernel.peers.protocol import PeerError, PeerUnreachable

AGAIN = 5.0
"""Seconds until a host that does not answer is asked again."""


@contextmanager
def asking(host: str) -> Iterator[None]:
    """Turn what a host answers into what an operation understands.

    Raises:
        Retry: the host does not answer; it may later.
        StepFailed: it refuses; the message is fit for the server's owner.
    """
    try:
        yield
    except PeerUnreachable as error:
        raise Retry(f"host {host} does not answer: {error}", AGAIN) from error
    except errors.AgentError as error:
        raise StepFailed(f"{_WORDS.get(type(error), 'The host failed')}: {error}", details=str(error)) from error
    except PeerError as error:
        raise StepFailed(f"The host failed: {error.kind}", details=str(error)) from error


_WORDS: dict[type[Exception], str] = {
    errors.GuestNotFound: "The server is not on its host",
    errors.GuestWrongState: "The server's power state does not allow it",
    errors.GuestRefused: "The host refused the server's definition",
    errors.HostFull: "The host ran out of resources",
    errors.ImageUnusable: "The image cannot be used",
    errors.NicNotReleased: "The guest did not release the nic",
    errors.HostTrouble: "The host is in trouble",
}
