"""The messages that we write: requests for a login, assertions for other clouds, our own metadata."""

import base64
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from pileus.identity.federation.saml import names as n
from pileus.identity.federation.saml.structure import tag

for _prefix, _space in n.PREFIXES.items():
    ET.register_namespace(_prefix, _space)


def _add(parent: Any, space: str, name: str, text: str | None = None, **attributes: str) -> Any:
    made = ET.SubElement(parent, tag(space, name), attributes)
    made.text = text
    return made


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _bytes(element: Any) -> bytes:
    data: bytes = ET.tostring(element, encoding="utf-8")
    return data.partition(b"?>")[2].strip() if data.startswith(b"<?xml") else data


def login_request(identifier: str, now: datetime, *, ours: str, place: str, page: str, binding: str) -> Any:
    """A request for a login, answered at a place of ours."""
    request = ET.Element(
        tag(n.PROTOCOL, "AuthnRequest"),
        {
            "ID": identifier,
            "Version": "2.0",
            "IssueInstant": _stamp(now),
            "AssertionConsumerServiceURL": place,
            "ProtocolBinding": binding,
        },
    )
    if page:
        request.set("Destination", page)
    _add(request, n.ASSERTION, "Issuer", ours)
    _add(request, n.PROTOCOL, "NameIDPolicy", AllowCreate="true")
    return request


def redirect(page: str, request: Any, relay_state: str) -> str:
    """Where a browser is sent with a request."""
    packed = zlib.compress(_bytes(request), 9)[2:-4]
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": relay_state})
    return f"{page}{'&' if '?' in page else '?'}{query}"


def paos_request(request: Any, *, ours: str, place: str, relay_state: str) -> bytes:
    """A request that a program brings to its identity provider by itself (ECP)."""
    envelope = ET.Element(tag(n.SOAP, "Envelope"))
    header = _add(envelope, n.SOAP, "Header")
    must = {tag(n.SOAP, "mustUnderstand"): "1", tag(n.SOAP, "actor"): n.NEXT}
    ET.SubElement(header, tag(n.PAOS, "Request"), {**must, "responseConsumerURL": place, "service": n.ECP})
    asked = ET.SubElement(header, tag(n.ECP, "Request"), {**must, "IsPassive": "0"})
    _add(asked, n.ASSERTION, "Issuer", ours)
    ET.SubElement(header, tag(n.ECP, "RelayState"), must).text = relay_state
    _add(envelope, n.SOAP, "Body").append(request)
    return _bytes(envelope)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an assertion for another cloud is about."""

    user: str
    user_domain: str
    project: str
    project_domain: str
    roles: tuple[str, ...]
    groups: tuple[str, ...]


def assertion(
    identifier: str, now: datetime, ends: datetime, *, ours: str, place: str, subject: Subject, certificate: str
) -> bytes:
    """An assertion, its signature still empty."""
    made = ET.Element(tag(n.ASSERTION, "Assertion"), {"ID": identifier, "IssueInstant": _stamp(now), "Version": "2.0"})
    _add(made, n.ASSERTION, "Issuer", ours, Format=n.ENTITY)
    _signature(made, identifier, certificate)
    about = _add(made, n.ASSERTION, "Subject")
    _add(about, n.ASSERTION, "NameID", subject.user)
    confirmation = _add(about, n.ASSERTION, "SubjectConfirmation", Method=n.BEARER)
    _add(confirmation, n.ASSERTION, "SubjectConfirmationData", NotOnOrAfter=_stamp(ends), Recipient=place)
    statement = _add(
        made,
        n.ASSERTION,
        "AuthnStatement",
        AuthnInstant=_stamp(now),
        SessionIndex=identifier,
        SessionNotOnOrAfter=_stamp(ends),
    )
    context = _add(statement, n.ASSERTION, "AuthnContext")
    _add(context, n.ASSERTION, "AuthnContextClassRef", n.PASSWORD)
    _add(context, n.ASSERTION, "AuthenticatingAuthority", ours)
    told = _add(made, n.ASSERTION, "AttributeStatement")
    for name, values in (
        ("openstack_user", (subject.user,)),
        ("openstack_roles", subject.roles),
        ("openstack_project", (subject.project,)),
        ("openstack_project_domain", (subject.project_domain,)),
        ("openstack_user_domain", (subject.user_domain,)),
        ("openstack_groups", subject.groups),
    ):
        if values:
            attribute = _add(told, n.ASSERTION, "Attribute", Name=name)
            for value in values:
                _add(attribute, n.ASSERTION, "AttributeValue", value)
    return _bytes(made)


def _signature(parent: Any, identifier: str, certificate: str) -> None:
    signature = _add(parent, n.SIGNATURE, "Signature")
    info = _add(signature, n.SIGNATURE, "SignedInfo")
    _add(info, n.SIGNATURE, "CanonicalizationMethod", Algorithm=n.CANONICAL)
    _add(info, n.SIGNATURE, "SignatureMethod", Algorithm=n.RSA_SHA256)
    reference = _add(info, n.SIGNATURE, "Reference", URI="#" + identifier)
    transforms = _add(reference, n.SIGNATURE, "Transforms")
    for algorithm in (n.ENVELOPED, n.CANONICAL):
        _add(transforms, n.SIGNATURE, "Transform", Algorithm=algorithm)
    _add(reference, n.SIGNATURE, "DigestMethod", Algorithm=n.SHA256)
    _add(reference, n.SIGNATURE, "DigestValue")
    _add(signature, n.SIGNATURE, "SignatureValue")
    data = _add(_add(signature, n.SIGNATURE, "KeyInfo"), n.SIGNATURE, "X509Data")
    _add(data, n.SIGNATURE, "X509Certificate", certificate)


def response(identifier: str, now: datetime, signed: str, *, ours: str, place: str) -> bytes:
    """A response around an assertion that is signed, whose bytes stay as they are."""
    made = ET.Element(
        tag(n.PROTOCOL, "Response"),
        {"ID": identifier, "IssueInstant": _stamp(now), "Version": "2.0", "Destination": place},
    )
    _add(made, n.ASSERTION, "Issuer", ours, Format=n.ENTITY)
    status = _add(made, n.PROTOCOL, "Status")
    _add(status, n.PROTOCOL, "StatusCode", Value=n.SUCCESS)
    return _around(made, signed)


def _around(element: Any, inner: str) -> bytes:
    """An element's bytes with further XML as its last child."""
    start, end = _bytes(element).rsplit(b"</", 1)
    return start + inner.encode() + b"</" + end


def paos_response(message: bytes, relay_state: str) -> bytes:
    """A response as a program brings it to another cloud."""
    envelope = ET.Element(tag(n.SOAP, "Envelope"))
    header = _add(envelope, n.SOAP, "Header")
    must = {tag(n.SOAP, "mustUnderstand"): "1", tag(n.SOAP, "actor"): n.NEXT}
    ET.SubElement(header, tag(n.ECP, "RelayState"), must).text = relay_state
    _add(envelope, n.SOAP, "Body").text = "\n"
    start, end = _bytes(envelope).rsplit(b"\n</", 1)
    return start + message + b"</" + end


def own_metadata(*, ours: str, page: str, place: str, certificate: str) -> bytes:
    """What we say of ourselves, as an identity provider and as a service provider."""
    entity = ET.Element(tag(n.METADATA, "EntityDescriptor"), {"entityID": ours})
    issuing = _add(entity, n.METADATA, "IDPSSODescriptor", protocolSupportEnumeration=n.PROTOCOL)
    _key(issuing, certificate)
    _add(issuing, n.METADATA, "SingleSignOnService", Binding=n.URI, Location=page)
    believing = _add(
        entity,
        n.METADATA,
        "SPSSODescriptor",
        protocolSupportEnumeration=n.PROTOCOL,
        AuthnRequestsSigned="false",
        WantAssertionsSigned="true",
    )
    _key(believing, certificate)
    for index, binding in enumerate((n.POST, n.PAOS_BINDING)):
        _add(believing, n.METADATA, "AssertionConsumerService", Binding=binding, Location=place, index=str(index))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _bytes(entity)


def _key(role: Any, certificate: str) -> None:
    data = _add(
        _add(_add(role, n.METADATA, "KeyDescriptor", use="signing"), n.SIGNATURE, "KeyInfo"), n.SIGNATURE, "X509Data"
    )
    _add(data, n.SIGNATURE, "X509Certificate", certificate)
