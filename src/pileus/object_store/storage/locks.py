"""Locks on versions: what may not go, whoever asks and through whichever API."""

from collections.abc import Mapping

from pileus.object_store.storage.records import Locked

MODE, UNTIL, HOLD = "sysmeta-s3-lock-mode", "sysmeta-s3-lock-until", "sysmeta-s3-lock-hold"
"""The metadata of a version that is locked: how, until which second, and whether on legal hold ("ON")."""
GOVERNANCE, COMPLIANCE = "GOVERNANCE", "COMPLIANCE"
FREE = (
    f"""coalesce(json_extract({{0}}.metadata, '$."{HOLD}"'), '') != 'ON'"""
    f""" AND coalesce(CAST(json_extract({{0}}.metadata, '$."{UNTIL}"') AS INTEGER), 0) <= ?"""
)
"""The SQL for a table's rows that no lock holds at a second."""


def locked(metadata: Mapping[str, str], second: int, *, bypass: bool = False) -> bool:
    """Whether a version may not go at that second.

    Args:
        bypass: whether the governance mode is set aside.
    """
    if metadata.get(HOLD) == "ON":
        return True
    held = int(metadata.get(UNTIL, "0")) > second
    return held and not (bypass and metadata.get(MODE) == GOVERNANCE)


def check(metadata: Mapping[str, str], second: int, *, bypass: bool = False) -> None:
    """Refuse to let a locked version go.

    Raises:
        Locked: it is locked.
    """
    if locked(metadata, second, bypass=bypass):
        raise Locked
