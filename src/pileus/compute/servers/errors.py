"""Errors of other services in compute's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from pileus.compute.errors import PortsOverQuota
from pileus.kernel.api.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound


@contextmanager
def network_words() -> Iterator[None]:
    """What the network service refuses, as Nova answers it: what is missing there is a bad request here.

    Raises:
        BadRequest, Forbidden, Conflict, PortsOverQuota: instead of the network's own.
    """
    try:
        yield
    except NotFound as error:
        raise BadRequest(error.text) from error
    except Forbidden as error:
        raise Forbidden(error.text) from error
    except Conflict as error:
        if error.type in {"OverQuota", "QuotaExceeded"}:
            raise PortsOverQuota from error
        raise Conflict(error.text) from error
    except ApiError as error:
        if error.status < 500:
            raise BadRequest(error.text) from error
        raise
