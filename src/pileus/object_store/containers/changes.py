"""What a request's headers change of a container."""

from typing import Any
from urllib.parse import unquote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, PreconditionFailed
from pileus.kernel.api.formats import is_whole
from pileus.object_store.access import lists as access_lists
from pileus.object_store.containers.schema import HISTORY, META, READ, STACK, SYNC_KEY, SYNC_TO, WRITE
from pileus.object_store.storage.protocol import ContainerRecord
from pileus.object_store.sync.realms import Realms
from pileus.object_store.wire import metadata, names
from pileus.object_store.wire.metadata import QUOTED_ETAGS

Changes = dict[str, str | None]


def of(call: Call, old: ContainerRecord | None, realms: Realms) -> tuple[Changes, str | None]:
    """The changed metadata, and the versioning if that changes.

    Raises:
        BadRequest, PreconditionFailed: they make no sense, or not together.
    """
    given = call.given
    change = metadata.changes("container", given)
    for kind in ("bytes", "count"):
        value = change.get(f"{META}quota-{kind}")
        if value is not None and not is_whole(value):
            raise BadRequest(f"Invalid {kind} quota.")
    for name, header, key in (("read", "Read", READ), ("write", "Write", WRITE)):
        if name in given:
            change[key] = access_lists.clean(header, given[name]) or None
        elif f"remove_{name}" in given:
            change[key] = None
    change |= metadata.choice(given, "quoted", QUOTED_ETAGS)
    change |= _archive(given)
    if "sync_to" in given:
        problem = realms.problem(given["sync_to"]) if given["sync_to"] else ""
        if problem:
            raise BadRequest(problem)
        change[SYNC_TO] = given["sync_to"] or None
    if "sync_key" in given:
        change[SYNC_KEY] = given["sync_key"] or None
    versioning = _versioning(given, old)
    _check(change, versioning, old)
    metadata.check_change("container", old.metadata if old else {}, change)
    return change, versioning


def _archive(given: dict[str, Any]) -> Changes:
    """Where overwritten objects go: only one of the two ways at a time."""
    if given.get("stack") and given.get("push"):
        raise BadRequest("Only one of X-Versions-Location or X-History-Location may be specified")
    for name, key, other in (("stack", STACK, HISTORY), ("push", HISTORY, STACK)):
        if given.get(name):
            try:
                container = unquote(given[name], errors="strict")
            except UnicodeDecodeError:
                container = "/"
            if not container or "/" in container or "\0" in container:
                raise PreconditionFailed("Container name cannot contain slashes")
            names.check_names("", container)
            return {key: container, other: None}
    taken = (
        given.get("remove_stack")
        or given.get("remove_push")
        or ("stack" in given and "push" not in given)
        or ("push" in given and "stack" not in given)
        or given.get("stack") == given.get("push") == ""
    )
    return {STACK: None, HISTORY: None} if taken else {}


def _versioning(given: dict[str, Any], old: ContainerRecord | None) -> str | None:
    if "versions" not in given:
        return None
    if metadata.truth(given["versions"]):
        return "enabled"
    return "suspended" if old is not None and old.versioning else ""


def _check(change: Changes, versioning: str | None, old: ContainerRecord | None) -> None:
    """Refuse ways of keeping what was that do not go together."""
    after = {**(old.metadata if old else {}), **change}
    kept = versioning if versioning is not None else (old.versioning if old else "")
    if kept and (after.get(STACK) or after.get(HISTORY)):
        if versioning is not None:
            raise BadRequest(
                "Cannot enable object versioning on a container that is already using the legacy versioned writes "
                "feature."
            )
        raise BadRequest(
            "Cannot use X-Versions-Location or X-History-Location on a container with object versioning configured."
        )
    if kept and after.get(SYNC_TO):
        if versioning is not None:
            raise BadRequest(
                "Cannot enable object versioning on a container configured as source of container syncing."
            )
        raise BadRequest("Cannot configure container sync on a container with object versioning configured.")
