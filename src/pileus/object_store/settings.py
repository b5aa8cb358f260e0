"""Settings of the object store."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class ObjectStoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the object store."""

    listen: Annotated[
        str,
        doc("Where processes of its own serve objects, address:port, or `none`. Empty: port 8080 of a real cloud."),
    ] = ""
    workers: Annotated[int, doc("How many processes serve objects there.")] = 1
    encryption: Annotated[bool, doc("Whether everything lies encrypted on the disk, under a key ring beside it.")] = (
        False
    )
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
