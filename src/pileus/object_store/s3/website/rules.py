"""How a bucket is shown as a web site: its index and error pages, and where it leads elsewhere.

Source: Amazon S3 API reference, "WebsiteConfiguration".
"""

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from pileus.object_store.s3.errors import argument
from pileus.object_store.s3.wire import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PROTOCOLS = ("http", "https")
MOST_RULES = 50


class Redirect(msgspec.Struct, frozen=True):
    """Where to lead; what is empty stays as it was asked for."""

    host: str = ""
    protocol: str = ""
    code: int = 301
    prefix: str | None = None
    key: str | None = None


class Routing(msgspec.Struct, frozen=True):
    """Where to lead, and when: for keys that start so, or instead of an error of that status."""

    redirect: Redirect
    prefix: str = ""
    error: int | None = None

    def place(self, key: str, scheme: str, host: str) -> str:
        """Where it leads from a key."""
        to = self.redirect
        if to.key is not None:
            key = to.key
        elif to.prefix is not None:
            key = to.prefix + key.removeprefix(self.prefix)
        return f"{to.protocol or scheme}://{to.host or host}/{quote(key)}"


class Site(msgspec.Struct, frozen=True):
    """A web site; with `everything`, all of it leads elsewhere."""

    index: str = ""
    error: str = ""
    everything: Redirect | None = None
    rules: tuple[Routing, ...] = ()

    def routing(self, key: str, status: int | None) -> Routing | None:
        """The first rule for a key, before anything was looked for (`None`) or after an error."""
        for rule in self.rules:
            if key.startswith(rule.prefix) and rule.error == status:
                return rule
        return None


def parse(root: "Element") -> Site:
    """What a document says.

    Raises:
        ValueError, S3Error: it says what cannot be.
    """
    xml.only(root, ("RedirectAllRequestsTo", "IndexDocument", "ErrorDocument", "RoutingRules"))
    everything, index = root.find("RedirectAllRequestsTo"), root.find("IndexDocument")
    if everything is not None:
        if len(root) != 1:
            raise argument(
                "RedirectAllRequestsTo", "", "RedirectAllRequestsTo cannot be provided in conjunction with others."
            )
        xml.only(everything, ("HostName", "Protocol"))
        to = Redirect(xml.text(everything, "HostName", None), xml.one_of(everything, "Protocol", _PROTOCOLS, ""))
        return Site(everything=to)
    if index is None:
        raise argument(
            "IndexDocument", "", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        )
    suffix = xml.text(index, "Suffix", None)
    if not suffix or "/" in suffix:
        raise argument("IndexDocument", suffix, "The IndexDocument Suffix is not well formed")
    error = root.find("ErrorDocument")
    rules = root.find("RoutingRules")
    found = tuple(_routing(item) for item in rules) if rules is not None else ()
    if len(found) > MOST_RULES:
        raise argument("RoutingRules", str(len(found)), f"{MOST_RULES} routing rules at the most")
    return Site(suffix, xml.text(error, "Key", None) if error is not None else "", rules=found)


def _routing(item: "Element") -> Routing:
    if item.tag != "RoutingRule":
        raise ValueError("a RoutingRule is expected")
    xml.only(item, ("Condition", "Redirect"))
    condition, redirect = item.find("Condition"), item.find("Redirect")
    if redirect is None or not len(redirect):
        raise ValueError("a Redirect is expected")
    prefix, error = "", None
    if condition is not None:
        xml.only(condition, ("KeyPrefixEquals", "HttpErrorCodeReturnedEquals"))
        prefix = condition.findtext("KeyPrefixEquals") or ""
        error = xml.whole(condition, "HttpErrorCodeReturnedEquals", 400)
        if not len(condition) or (error is not None and error > 599):
            raise argument("HttpErrorCodeReturnedEquals", str(error), "The provided HTTP error code is not valid.")
    xml.only(redirect, ("HostName", "Protocol", "HttpRedirectCode", "ReplaceKeyPrefixWith", "ReplaceKeyWith"))
    code = xml.whole(redirect, "HttpRedirectCode")
    if code is not None and not 300 < code < 400:
        raise argument("HttpRedirectCode", str(code), "The provided HTTP redirect code is not valid. It should be 3xx")
    replaced, whole = redirect.findtext("ReplaceKeyPrefixWith"), redirect.findtext("ReplaceKeyWith")
    if replaced is not None and whole is not None:
        raise ValueError("either a new key or a new prefix")
    protocol = xml.one_of(redirect, "Protocol", _PROTOCOLS, "")
    return Routing(Redirect(xml.text(redirect, "HostName"), protocol, code or 301, replaced, whole), prefix, error)


def shown(site: Site) -> xml.Node:
    """As documents have it."""
    if site.everything is not None:
        return [("RedirectAllRequestsTo", _to(site.everything))]
    rules: xml.Node = [("RoutingRule", _rule(rule)) for rule in site.rules] or None
    error: xml.Node = [("Key", site.error)] if site.error else None
    return [("IndexDocument", [("Suffix", site.index)]), ("ErrorDocument", error), ("RoutingRules", rules)]


def _to(to: Redirect) -> list[tuple[str, xml.Node]]:
    return [("HostName", to.host or None), ("Protocol", to.protocol or None)]


def _rule(rule: Routing) -> xml.Node:
    condition: list[tuple[str, xml.Node]] = [
        ("KeyPrefixEquals", rule.prefix or None),
        ("HttpErrorCodeReturnedEquals", rule.error),
    ]
    to = rule.redirect
    more: list[tuple[str, xml.Node]] = [
        ("HttpRedirectCode", to.code),
        ("ReplaceKeyPrefixWith", to.prefix),
        ("ReplaceKeyWith", to.key),
    ]
    has = rule.prefix or rule.error
    return [("Condition", condition if has else None), ("Redirect", [*_to(to), *more])]
