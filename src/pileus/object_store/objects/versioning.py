"""Versions of objects, where their container keeps them (`X-Versions-Enabled: true`).

`?version-id=…` of a GET, HEAD or DELETE means that version, `null` the one from before versions were kept.  A PUT
with it, and without a body, makes an older version the newest again.  A deletion without it leaves a marker, which a
list with `?versions` shows.
"""

import re

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.object_store.containers.listing import MARKER
from pileus.object_store.storage.protocol import ContainerRecord, Deletion, ObjectRecord

NULL = "null"
_ID = re.compile(r"[0-9]{1,20}(\.[0-9]{1,5})?")


def asked(call: Call, container: ContainerRecord, *, signed: str = "") -> str | None:
    """The version that a request means; None for the object itself, "" for the null version.

    Args:
        signed: whether the address is signed: that is for the object itself.

    Raises:
        BadRequest: no version can be called that, or the container keeps none.
    """
    version = call.request.query_params.get("version-id", "")
    if not version or signed:
        return None
    if version == NULL:
        return ""
    if not container.versioning:
        raise BadRequest("version-aware operations require that the container is versioned")
    if not _ID.fullmatch(version):
        raise BadRequest("Invalid version parameter")
    return version


def name_of(record: ObjectRecord | None) -> str:
    """A version as headers name it."""
    return (record.version if record is not None else "") or NULL


def refuse_marker(record: ObjectRecord) -> None:
    """Raise if a version says that the object was deleted.

    Raises:
        NotFound: it does.
    """
    if record.marker:
        error = NotFound()
        error.headers |= {"X-Object-Version-Id": name_of(record), "Content-Type": MARKER}
        raise error


def deleted(done: Deletion, asked_for: str | None, current: ObjectRecord | None) -> dict[str, str]:
    """What the answer to a deletion says of versions."""
    if asked_for is not None:
        return {"X-Object-Version-Id": asked_for or NULL, "X-Object-Current-Version-Id": name_of(current)}
    return {"X-Object-Version-Id": name_of(done.marker)} if done.marker is not None else {}
