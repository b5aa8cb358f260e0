"""What an error answer of each service looks like (facts 6 to 10 of what Tempest enforces)."""

from typing import Any
from xml.etree import ElementTree

from tests.fuzz.cloud import Reply

TYPES = {"application/json", "text/plain", "text/html", "application/xml"}
CHARSETS = {"", "charset=utf-8"}


def wrong(service: str, method: str, reply: Reply) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if reply.status >= 500 and reply.status != 501:
        return f"{reply.status}"
    if not reply.headers.get("x-openstack-request-id", "").startswith(("req-", "tx")):
        return "no request id"
    if service == "compute" and not reply.headers.get("x-compute-request-id", "").startswith("req-"):
        return "no X-Compute-Request-Id"
    if method == "HEAD" or reply.status in {204, 304}:
        return "a body that must not be" if reply.body else ""
    if reply.status < 400:
        return ""
    kind, _, parameter = reply.headers.get("content-type", "").partition(";")
    if kind not in TYPES or parameter.strip().lower() not in CHARSETS:
        return f"content type {kind!r}"
    if reply.status == 405 and not reply.headers.get("allow"):
        return "405 without Allow"
    if reply.status == 401 and not reply.headers.get("www-authenticate"):
        return "401 without WWW-Authenticate"
    if service == "s3":
        return _s3(kind, reply)
    if kind != "application/json":
        return "" if reply.body else "no words"
    try:
        return _SHAPES.get(service, _one_key)(reply.json, reply)
    except Exception as error:
        return f"not the service's shape: {error!r} {reply.body[:200]!r}"


def _s3(kind: str, reply: Reply) -> str:
    """Errors of S3 are documents of their own kind."""
    if kind != "application/xml":
        return f"content type {kind!r}"
    try:
        root = ElementTree.fromstring(reply.body)
    except ElementTree.ParseError as error:
        return f"no XML: {error} {reply.body[:200]!r}"
    missing = [name for name in ("Code", "Message", "Resource", "RequestId") if not root.findtext(name)]
    return f"not S3's shape: {reply.body[:300]!r}" if root.tag != "Error" or missing else ""


def _identity(body: Any, reply: Reply) -> str:
    (error,) = body.values()
    good = set(body) == {"error"} and error["code"] == reply.status and error["message"] and error["title"]
    return "" if good else f"not Keystone's shape: {body}"


def _compute(body: Any, reply: Reply) -> str:
    (error,) = body.values()
    return "" if error["code"] == reply.status and error["message"] else f"not Nova's shape: {body}"


def _network(body: Any, reply: Reply) -> str:
    if reply.status == 401:
        return _identity(body, reply)
    error = body["NeutronError"]
    good = set(body) == {"NeutronError"} and set(error) == {"type", "message", "detail"} and error["message"]
    return "" if good else f"not Neutron's shape: {body}"


def _placement(body: Any, reply: Reply) -> str:
    (error,) = body["errors"]
    good = error["status"] == reply.status and error["title"] and error["detail"] and error["request_id"]
    return "" if good else f"not Placement's shape: {body}"


def _image(body: Any, reply: Reply) -> str:
    return "" if body["message"] and body["code"].startswith(str(reply.status)) else f"not Glance's shape: {body}"


def _one_key(body: Any, reply: Reply) -> str:
    return "" if isinstance(body, dict) and len(body) == 1 else f"not one key: {body}"


_SHAPES = {"identity": _identity, "compute": _compute, "network": _network, "placement": _placement, "image": _image}
