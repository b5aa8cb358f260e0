"""Objects as lists of their container show them."""

from typing import Any
from urllib.parse import quote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, NotAcceptable, NotFound
from pileus.object_store.objects import marks
from pileus.object_store.storage.protocol import NoContainer, ObjectRecord, Query, Storage, Subdir
from pileus.object_store.wire import lists, moments

MARKER = "application/x-deleted;swift_versions_deleted=1"
"""The media type of a deletion among the versions of an object."""
EMPTY = "d41d8cd98f00b204e9800998ecf8427e"


async def page(storage: Storage, call: Call, account: str, container: str) -> list[dict[str, Any]]:
    """The page of objects that a request asks for.

    Raises:
        NotFound: there is no container.
        BadRequest: a version is named and its object is not.
    """
    query = lists.query_of(call)
    if query.versions:
        if query.version_marker is not None and not query.marker:
            raise BadRequest("version_marker param requires marker")
        accepted = call.request.headers.get("accept", "*/*")
        chosen = call.query.get("format", "json")
        if chosen != "json" or not any(kind in accepted for kind in ("application/json", "*/*", "application/*")):
            raise NotAcceptable
    try:
        found = await storage.objects(account, container, query)
    except NoContainer:
        raise NotFound from None
    return [
        {"subdir": item.name} if isinstance(item, Subdir) else _entry(account, container, item, query) for item in found
    ]


def _entry(account: str, container: str, record: ObjectRecord, query: Query) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": record.name,
        "hash": record.etag,
        "bytes": record.size,
        "content_type": record.content_type,
        "last_modified": moments.iso(record.stamp),
    }
    kept = record.metadata
    etag, colon, size = kept.get(marks.STATIC, "").partition(":")
    if colon:
        entry |= {"bytes": int(size), "slo_etag": f'"{etag}"'}
    if marks.LINK in kept:
        target = marks.target(record, account)
        entry["symlink_path"] = "/v1/" + quote("/".join(target.place))
        if target.etag:
            entry |= {"symlink_etag": target.etag, "symlink_bytes": target.size}
    if query.versions:
        entry |= {"version_id": record.version or "null", "is_latest": record.latest}
        if record.marker:
            entry |= {"content_type": MARKER, "hash": EMPTY, "bytes": 0}
    elif record.version:
        path = quote("/".join((account, container, record.name)))
        entry |= {"version_symlink": True, "symlink_path": f"/v1/{path}?version-id={record.version}"}
    return entry
