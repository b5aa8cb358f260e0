"""Settings of the object store."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class ListenerSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """A listener with processes of its own.

    Attributes:
        at: address:port; empty for none.
        workers: how many processes there are.
    """

    at: str
    workers: int = 1


class ObjectStoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the object store."""

    listener: Annotated[
        ListenerSettings | None, doc("Where processes of its own serve objects; by default port 8080 of a real cloud.")
    ] = None
    most_bytes: Annotated[int, doc("The largest object in one piece, bytes; larger ones are made of segments.")] = (
        5 << 30
    ) + 2
    operator_roles: Annotated[tuple[str, ...], doc("Roles that may do everything in their own project's account.")] = (
        "admin",
        "manager",
        "member",
        "swiftoperator",
    )
    reader_roles: Annotated[tuple[str, ...], doc("Roles that may read everything in their own project's account.")] = (
        "reader",
    )
    reseller_role: Annotated[str, doc("The role that may do everything in every account.")] = "ResellerAdmin"
