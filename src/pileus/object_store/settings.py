"""Settings of the object store."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class ObjectStoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the object store."""

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
    s3_domain: Annotated[
        str, doc("The name below which each S3 bucket has a host, `bucket.s3.example.org`; empty for paths only.")
    ] = ""
    s3_webhook_networks: Annotated[
        tuple[str, ...], doc("Networks that S3 notifications may go to besides public addresses.")
    ] = ()
    reseller_role: Annotated[str, doc("The role that may do everything in every account.")] = "ResellerAdmin"
