"""What a response may look like.  Whatever is signed must be what is read, so there is room for one assertion only.

A wrapped signature needs a second assertion, a second element of the same id, a reference to something else than the
signature's own parent, or a place elsewhere for it: each of these is refused here, before anything is verified.
"""

from dataclasses import dataclass
from typing import Any

from pileus.identity.federation.saml import names as n

MOST = 256 * 1024
"""Bytes of a response at the most."""


class NotGood(Exception):
    """A message is not taken; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response with one assertion.

    Attributes:
        signed: the elements that say that they are signed: the response, the assertion, or both.
    """

    response: Any
    assertion: Any
    signed: tuple[Any, ...]


def read(data: bytes) -> Any:
    """A document's root: no document type, no entities, nothing from outside.

    Raises:
        NotGood: it is not XML of this kind.
    """
    from xml.etree.ElementTree import ParseError

    import defusedxml
    from defusedxml.ElementTree import fromstring

    if len(data) > MOST:
        raise NotGood("too long")
    try:
        return fromstring(data, forbid_dtd=True)
    except (ParseError, defusedxml.DefusedXmlException, ValueError, LookupError) as error:
        raise NotGood("not well-formed, or with a document type") from error


def tag(space: str, name: str) -> str:
    """An element's name as the parser has it."""
    return f"{{{space}}}{name}"


def arranged(document: Any) -> Response:
    """A response, by itself or in the envelope of a program, that is arranged as it should be.

    Raises:
        NotGood: it is not.
    """
    root = document
    if document.tag == tag(n.SOAP, "Envelope"):
        inside = [child for body in document.findall(tag(n.SOAP, "Body")) for child in body]
        root = inside[0] if len(inside) == 1 else document
    if root.tag != tag(n.PROTOCOL, "Response"):
        raise NotGood("not a response")
    assertions = [*document.iter(tag(n.ASSERTION, "Assertion"))]
    if len(assertions) != 1 or assertions[0] not in [*root]:
        raise NotGood("there is not exactly one assertion")
    if next(document.iter(tag(n.ASSERTION, "EncryptedAssertion")), None) is not None:
        raise NotGood("encrypted assertions are not read")
    assertion = assertions[0]
    ids = [value for element in document.iter() for name, value in element.attrib.items() if _is_id(name)]
    if len(ids) != len(set(ids)):
        raise NotGood("two elements have one id")
    signed = tuple(element for element in (root, assertion) if _signature(element) is not None)
    if len([*document.iter(tag(n.SIGNATURE, "Signature"))]) != len(signed) or not signed:
        raise NotGood("not signed, or signed elsewhere")
    for element in signed:
        _checked(element, _signature(element))
    return Response(root, assertion, signed)


def _is_id(name: str) -> bool:
    return name.rpartition("}")[2].lower() == "id"


def _signature(element: Any) -> Any:
    found = element.findall(tag(n.SIGNATURE, "Signature"))
    return found[0] if len(found) == 1 else None


def _checked(parent: Any, signature: Any) -> None:
    """Raise unless a signature is of its parent, whole, by means that are still good.

    Raises:
        NotGood: it is not.
    """
    info = signature.findall(tag(n.SIGNATURE, "SignedInfo"))
    if len(info) != 1 or len([*signature.iter(tag(n.SIGNATURE, "Reference"))]) != 1:
        raise NotGood("a signature is not of one thing")
    reference = info[0].find(tag(n.SIGNATURE, "Reference"))
    if reference is None or not parent.get("ID") or reference.get("URI") != "#" + parent.get("ID"):
        raise NotGood("a signature is not of its parent")
    transforms = [found.get("Algorithm") for found in reference.iter(tag(n.SIGNATURE, "Transform"))]
    if not transforms or not {n.ENVELOPED, n.CANONICAL}.issuperset(transforms):
        raise NotGood("a signature transforms what it signs")
    if _algorithm(info[0], "CanonicalizationMethod") != n.CANONICAL:
        raise NotGood("a signature is written in another form")
    if _algorithm(info[0], "SignatureMethod") not in n.SIGNED_WITH:
        raise NotGood("signed by means that are not taken")
    if _algorithm(reference, "DigestMethod") not in n.DIGESTED_WITH:
        raise NotGood("digested by means that are not taken")


def _algorithm(element: Any, name: str) -> str:
    found = element.find(tag(n.SIGNATURE, name))
    return found.get("Algorithm", "") if found is not None else ""
