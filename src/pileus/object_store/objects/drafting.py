"""What an object is to be besides its bytes, as a request's headers say."""

import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest
from pileus.object_store.objects import marks
from pileus.object_store.objects.schema import KEPT, META
from pileus.object_store.storage.protocol import TICKS, Draft, Metadata, ObjectRecord
from pileus.object_store.wire import answers, metadata

OWN = "sysmeta-"
"""What the names of metadata start with that only this service reads."""
_GIVEN = dict(zip(KEPT, ("encoding", "disposition", "language", "cache", "expires", "manifest"), strict=True))


def content_type(given: Mapping[str, Any], name: str) -> str:
    """The media type of a new object.

    Raises:
        BadRequest: the one given cannot be one.
    """
    kind: str = given.get("type", "")
    if not kind or metadata.truth(given.get("detect", "")):
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if any(ord(letter) < 32 for letter in kind):
        raise BadRequest("Invalid Content-Type")
    # parameters that start with swift_ are how Swift's own parts talk to each other
    parts = [part for part in kind.split(";") if not part.strip().startswith("swift_")]
    return ";".join(parts)


def delete_at(call: Call, old: int = 0, given: Mapping[str, Any] | None = None) -> int:
    """The second from which on the object is gone; 0 for never.

    Raises:
        BadRequest: it is no number, or it is past.
    """
    given = call.given if given is None else given
    second = answers.now(call.world) // TICKS
    if "delete_after" in given:
        text, base, header = given["delete_after"], second, "X-Delete-After"
    elif "delete_at" in given:
        text, base, header = given["delete_at"], 0, "X-Delete-At"
    else:
        return 0 if "remove_delete_at" in given else old
    try:
        value = int(text.strip())
    except ValueError:
        raise BadRequest(f"Non-integer {header}") from None
    if base + value <= second:
        raise BadRequest(f"{header} in past")
    if base + value >= 10**10:
        raise BadRequest(f"{header} too far in the future")
    return base + value


def described(given: Mapping[str, Any]) -> Metadata:
    """The metadata that a request's headers name.

    Raises:
        BadRequest: they are too much, or the manifest's place makes no sense.
    """
    meta: dict[str, str] = given.get("meta", {})
    metadata.check(meta)
    out = {META + name: value for name, value in meta.items()}
    for header, attribute in _GIVEN.items():
        if given.get(attribute):
            out[header] = given[attribute]
    manifest = out.get("x-object-manifest", "")
    if manifest:
        container, slash, prefix = unquote(manifest).removeprefix("/").partition("/")
        if not container or not slash or not prefix or "?" in manifest or "&" in manifest or "\n" in unquote(manifest):
            raise BadRequest("X-Object-Manifest must be in the format container/prefix")
    return out


def new(call: Call, name: str, own: Metadata | None = None, *, kind: str = "", stamp: int = 0) -> Draft:
    """A new object.

    Args:
        own: what is noted of it besides.
        kind: its media type if the request names none.
        stamp: its moment, if that was made elsewhere.
    """
    given = call.given if call.given.get("type") or not kind else {**call.given, "type": kind}
    return Draft(content_type(given, name), {**described(given), **(own or {})}, delete_at(call), stamp)


def refuse_reserved(call: Call) -> None:
    """Refuse headers that clients do not set.

    Raises:
        BadRequest: there is one.
    """
    if "slo" in call.given:
        raise BadRequest(
            "X-Static-Large-Object is a reserved header. To create a static large object add query param "
            "multipart-manifest=put."
        )


def replaced(call: Call, old: ObjectRecord) -> Draft:
    """An object after a POST: everything but its type and what is ours is as the request says."""
    own = {name: value for name, value in old.metadata.items() if name.startswith(OWN)}
    kind = content_type(call.given, old.name) if call.given.get("type") else old.content_type
    return Draft(kind, {**described(call.given), **own}, delete_at(call))


def copied(call: Call, old: ObjectRecord, name: str, *, whole: bool) -> Draft:
    """A copy of an object: what the request does not say is as it was.

    Args:
        whole: whether a list of segments or a link stays one; else the bytes that it stands for are copied.
    """
    given = call.given
    fresh = metadata.truth(given.get("fresh", ""))
    own = marks.ours(old.metadata) if whole else {}
    kept = {} if fresh else {key: value for key, value in old.metadata.items() if not key.startswith(OWN)}
    if not whole:
        kept.pop("x-object-manifest", None)
    kind = content_type(given, name) if given.get("type") or "detect" in given else old.content_type
    meta = {**kept, **described(given), **own}
    metadata.check(metadata.below(meta, META))
    return Draft(kind, meta, delete_at(call, 0 if fresh else old.delete_at))
