"""What a policy's conditions may ask about a request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from pileus.object_store.s3.wire import moments

if TYPE_CHECKING:
    from pileus.object_store.s3.visit import Visit

_HEADERS = [
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "x-amz-object-ownership",
    "if-match",
    "if-none-match",
]
_QUERY = ("prefix", "delimiter", "max-keys", "versionId")
_LOCK = {
    "s3:object-lock-mode": "x-amz-object-lock-mode",
    "s3:object-lock-retain-until-date": "x-amz-object-lock-retain-until-date",
    "s3:object-lock-legal-hold": "x-amz-object-lock-legal-hold",
}


def of(visit: "Visit", tags: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The facts, by condition key in lower case.

    Args:
        tags: of the object that is there, where somebody wants to know.
    """
    scope, who = visit.call.request.scope, visit.who
    now = visit.call.world.clock.now()
    facts: dict[str, list[str]] = {
        "aws:securetransport": ["true" if scope["scheme"] == "https" else "false"],
        "aws:currenttime": [moments.stamp(now)],
        "aws:epochtime": [str(int(now.timestamp()))],
        "aws:principaltype": ["User" if who.user_id else "Anonymous"],
        "s3:authtype": [visit.signed.kind] if who.user_id else [],
        "s3:signatureversion": [visit.signed.version] if who.user_id else [],
        "s3:signatureage": [str(int(visit.signed.age * 1000))] if visit.signed.kind == "REST-QUERY-STRING" else [],
        "s3:resourceaccount": [visit.bucket.owner],
    }
    if scope.get("client"):
        facts["aws:sourceip"] = [scope["client"][0]]
    if who.user_id:
        facts["aws:userid"], facts["aws:username"] = [who.user_id], [who.user_name]
        facts["aws:principalaccount"] = [who.project_id]
        facts["aws:principalarn"] = [f"arn:aws:iam::{who.project_id}:user/{who.user_name}"]
    for key, header in (("aws:useragent", "user-agent"), ("aws:referer", "referer"), *_LOCK.items()):
        if header in visit.headers:
            facts[key] = [visit.headers[header]]
    for header in _HEADERS:
        if header in visit.headers:
            facts[f"s3:{header}"] = [visit.headers[header]]
    for name in _QUERY:
        if name in visit.asked.query:
            facts[f"s3:{name.lower()}"] = [visit.asked.query[name]]
    asked = [part.partition("=") for part in visit.headers.get("x-amz-tagging", "").split("&") if part]
    for name, _, value in asked:
        facts[f"s3:requestobjecttag/{unquote_plus(name).lower()}"] = [unquote_plus(value)]
    if asked:
        facts["s3:requestobjecttagkeys"] = [unquote_plus(name) for name, _, _ in asked]
    for name, value in (tags or {}).items():
        facts[f"s3:existingobjecttag/{name.lower()}"] = [value]
    return facts
