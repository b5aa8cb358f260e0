"""What a request asks for, by its host, path and query; and whether it is one for S3 at all."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from pileus.kernel.api.call import Call
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.signatures.claims import Received
from pileus.object_store.s3.signatures.encoding import parameters
from pileus.object_store.s3.wire import names

WEBSITE = "/s3-website"
"""Where buckets are shown as web sites on the port of all services."""


class Asked(msgspec.Struct, frozen=True):
    """What a request asks for.

    Attributes:
        bucket, key: names; empty where the path has none.
        query: the parameters, decoded; one without a value is empty text.
        website: whether the bucket is asked for as a web site.
    """

    bucket: str
    key: str
    query: dict[str, str]
    received: Received
    website: bool = False

    @property
    def level(self) -> str:
        """How deep it goes: "service", "bucket" or "object"."""
        return "object" if self.key else "bucket" if self.bucket else "service"


def is_s3(scope: Mapping[str, Any]) -> bool:
    """Whether a request to the root of a port that Swift answers as well is one for S3.

    It is if it carries an AWS signature or names a bucket in its host, and for every path that is none of Swift's.
    """
    headers = {name: value for name, value in scope["headers"] if name in {b"authorization", b"host"}}
    query: bytes = scope["query_string"]
    if headers.get(b"authorization", b"").startswith((b"AWS4-", b"AWS ")):
        return True
    if any(mark in query for mark in (b"X-Amz-Algorithm=", b"AWSAccessKeyId=")):
        return True
    if _host_bucket(headers.get(b"host", b"").decode("latin-1"))[0]:
        return True
    first = scope["path"][1:].partition("/")[0]
    return first not in {"v1", "v1.0", "info", "healthcheck", "auth", "crossdomain.xml", "endpoints", "recon"}


def _host_bucket(host: str) -> tuple[str, bool]:
    """The bucket that a host's name names, and whether as a web site: `photos.s3.…`, `photos.s3-website.…`."""
    for mark, website in ((".s3-website.", True), (".s3.", False)):
        bucket, found, rest = host.lower().partition(mark)
        if found and bucket and rest:
            return bucket, website
    return "", False


def _decoded(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise refuse("InvalidURI") from None


def read(call: Call, regions: tuple[str, ...]) -> Asked:
    """What a request asks for.

    Raises:
        S3Error: its address is no text, or cannot be one of ours.
    """
    scope = call.request.scope
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    raw = raw.partition(b"?")[0]
    prefix = _prefix(call)
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), []).append(_text(value).strip())
    bucket, website = _host_bucket(headers.get("host", [""])[0])
    path = raw[len(prefix) :] if raw.startswith(prefix.encode()) else raw
    if bucket:
        key = _decoded(path.removeprefix(b"/"))
    else:
        first, _, rest = path.removeprefix(b"/").partition(b"/")
        bucket_in_path, key = _decoded(first), _decoded(rest)
        if not bucket_in_path and key:
            raise refuse("InvalidURI")
    query: str = scope["query_string"].decode("ascii", "replace")
    pairs = ((_decoded(name.encode()), _decoded(value.encode())) for name, value in parameters(query))
    names.check_key(key)
    received = Received(
        method=call.request.method,
        path=raw.decode("latin-1"),
        prefix=prefix,
        query=query,
        headers=headers,
        bucket=bucket,
        regions=regions,
    )
    return Asked(bucket or bucket_in_path, key, dict(pairs), received, website or prefix == WEBSITE)


def _prefix(call: Call) -> str:
    """What the path starts with before the bucket: where this service is mounted."""
    path = call.request.scope["path"]
    for prefix in (call.service.prefix, *call.service.aliases):
        if prefix and call.base.endswith(prefix) and (path == prefix or path.startswith(prefix + "/")):
            return prefix
    return ""


def _text(value: bytes) -> str:
    """A header's text: UTF-8 where it is, for signatures are made of its bytes."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
