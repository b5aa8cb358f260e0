"""Which pages of other sites may use a bucket from a browser.

Source: Amazon S3 user guide, "Using cross-origin resource sharing"; Fetch standard.
"""

from typing import TYPE_CHECKING

import msgspec

from pileus.kernel.api.call import Answer
from pileus.object_store.s3.access.patterns import matches
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from pileus.object_store.s3.visit import Visit

METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
MOST_RULES = 100
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


class Rule(msgspec.Struct, frozen=True):
    """One rule."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    seconds: int | None = None
    id: str = ""

    def allows(self, origin: str, method: str, headers: tuple[str, ...]) -> bool:
        """Whether it lets a page do that."""
        if method not in self.methods or not any(matches(one, origin) for one in self.origins):
            return False
        return all(any(matches(one.lower(), name) for one in self.headers) for name in headers)


def parse(root: "Element") -> list[Rule]:
    """The rules of a document.

    Raises:
        ValueError, S3Error: they cannot be.
    """
    xml.only(root, ("CORSRule",))
    if not 0 < len(root) <= MOST_RULES:
        raise ValueError("too few or too many rules")
    return [_rule(item) for item in root]


def _rule(item: "Element") -> Rule:
    xml.only(item, ("ID", "AllowedHeader", "AllowedMethod", "AllowedOrigin", "ExposeHeader", "MaxAgeSeconds"))

    def texts(name: str) -> tuple[str, ...]:
        return tuple((found.text or "").strip() for found in item.findall(name))

    origins, methods, headers = texts("AllowedOrigin"), texts("AllowedMethod"), texts("AllowedHeader")
    if not origins or not methods or not all((*origins, *methods)):
        raise ValueError("origins and methods are expected")
    for method in methods:
        if method not in METHODS:
            raise refuse(
                "InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )
    for name, values in (("AllowedOrigin", origins), ("AllowedHeader", headers)):
        for value in values:
            if value.count("*") > 1:
                raise refuse("InvalidRequest", f'{name} "{value}" can not have more than one wildcard.')
    exposed = texts("ExposeHeader")
    if any("*" in name for name in exposed):
        raise refuse("InvalidRequest", "ExposeHeader must not have a wildcard.")
    return Rule(origins, methods, headers, exposed, xml.whole(item, "MaxAgeSeconds"), xml.text(item, "ID"))


def shown(rules: list[Rule]) -> xml.Node:
    """As documents have them."""
    return [("CORSRule", _element(rule)) for rule in rules]


def _element(rule: Rule) -> xml.Node:
    content: list[tuple[str, xml.Node]] = [("ID", rule.id or None)]
    content += [("AllowedMethod", method) for method in rule.methods]
    content += [("AllowedOrigin", origin) for origin in rule.origins]
    content += [("AllowedHeader", header) for header in rule.headers]
    content += [("ExposeHeader", header) for header in rule.exposed]
    return [*content, ("MaxAgeSeconds", rule.seconds)]


def _headers(rule: Rule, origin: str) -> dict[str, str]:
    everybody = "*" in rule.origins
    headers = {"Access-Control-Allow-Origin": "*" if everybody else origin, "Vary": _VARY}
    headers["Access-Control-Allow-Methods"] = ", ".join(rule.methods)
    if not everybody:
        headers["Access-Control-Allow-Credentials"] = "true"
    if rule.exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.seconds is not None:
        headers["Access-Control-Max-Age"] = str(rule.seconds)
    return headers


def headers_of(bucket: Bucket, origin: str, method: str) -> dict[str, str]:
    """What an answer tells the browser of a page of that origin."""
    for rule in bucket.document("cors", list[Rule]) or ():
        if rule.allows(origin, method, ()):
            return _headers(rule, origin)
    return {}


def preflight(visit: "Visit", bucket: Bucket | None) -> Answer:
    """The answer to a browser that asks beforehand.

    Raises:
        S3Error: it may not, or asks for nothing.
    """
    origin, method = visit.header("origin"), visit.header("access-control-request-method")
    if not origin:
        raise refuse("InvalidRequest", "Insufficient information. Origin request header needed.")
    if method not in METHODS:
        raise refuse("InvalidRequest", f"Invalid Access-Control-Request-Method: {method}")
    asked = visit.headers.get("access-control-request-headers", "")
    names = tuple(name.strip().lower() for name in asked.split(",") if name.strip())
    for rule in (bucket.document("cors", list[Rule]) if bucket else None) or ():
        if rule.allows(origin, method, names):
            headers = _headers(rule, origin)
            if names:
                headers["Access-Control-Allow-Headers"] = ", ".join(names)
            return Answer(200, headers)
    raise refuse("AccessDenied", "CORSResponse: This CORS request is not allowed.")
