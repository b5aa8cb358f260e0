"""A SAML identity provider as we see it: where to send users, and whether what they bring is good."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pileus.identity.federation.rules import Assertion
from pileus.identity.federation.saml import names as n
from pileus.identity.federation.saml.signing import verify
from pileus.identity.federation.saml.structure import NotGood, Response, arranged, read, tag
from pileus.kernel.api.errors import Unavailable
from pileus.kernel.clock import Clock

LEEWAY = timedelta(seconds=60)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself."""

    entity_id: str
    certificates: list[str]
    login_page: str


@dataclass(frozen=True, slots=True)
class Said:
    """A good assertion.

    Attributes:
        told: attributes under the names that mappings know them by.
        identifier: of the assertion, which is good for one use.
        ends: when it is no good any more.
    """

    told: Assertion
    identifier: str
    ends: datetime


def metadata(file: Path) -> Metadata:
    """A provider's metadata.

    Raises:
        Unavailable: there is none, or it is not one provider's.
    """
    try:
        root = read(file.read_bytes())
        entities = [
            e for e in root.iter(tag(n.METADATA, "EntityDescriptor")) if e.find(tag(n.METADATA, _IDP)) is not None
        ]
        if len(entities) != 1:
            raise NotGood("not the metadata of one identity provider")
    except (OSError, NotGood) as error:
        raise Unavailable("The identity provider's metadata cannot be read.") from error
    role = entities[0].find(tag(n.METADATA, _IDP))
    certificates = [
        certificate.text or ""
        for key in role.findall(tag(n.METADATA, "KeyDescriptor"))
        if key.get("use", "signing") == "signing"
        for certificate in key.iter(tag(n.SIGNATURE, "X509Certificate"))
    ]
    pages = {
        page.get("Binding"): page.get("Location", "") for page in role.findall(tag(n.METADATA, "SingleSignOnService"))
    }
    return Metadata(entities[0].get("entityID", ""), certificates, pages.get(n.REDIRECT, ""))


_IDP = "IDPSSODescriptor"


class SamlProvider:
    """Checks what a SAML identity provider says.

    Args:
        file: its metadata.
    """

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._known: tuple[int, Metadata] | None = None

    async def metadata(self) -> Metadata:
        """What it says of itself, as its file says now.

        Raises:
            Unavailable: it cannot be read.
        """
        return await asyncio.to_thread(self._metadata)

    def _metadata(self) -> Metadata:
        try:
            stamp = self._file.stat().st_mtime_ns
        except OSError as error:
            raise Unavailable("The identity provider's metadata cannot be read.") from error
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, metadata(self._file))
        return self._known[1]

    async def check(self, data: bytes, *, ours: str, places: frozenset[str], request: str | None) -> Said:
        """What a response says, if it is good.

        Args:
            ours: what we call ourselves.
            places: the addresses that it may be brought to.
            request: the id of our request that it must answer; None for an answer to none.

        Raises:
            NotGood: it is not.
            Unavailable: it cannot be checked.
        """
        known = await self.metadata()
        return await asyncio.to_thread(self._checked, known, data, ours, places, request)

    def _checked(self, known: Metadata, data: bytes, ours: str, places: frozenset[str], request: str | None) -> Said:
        response = arranged(read(data))
        for element in response.signed:
            verify(data, element, known.certificates)
        for element in (response.response, response.assertion):
            issuer = element.find(tag(n.ASSERTION, "Issuer"))
            if issuer is not None and (issuer.text or "").strip() != known.entity_id:
                raise NotGood("of another issuer")
        assertion = response.assertion
        if assertion.find(tag(n.ASSERTION, "Issuer")) is None or not assertion.get("ID"):
            raise NotGood("an assertion without issuer or id")
        self._status(response)
        if response.response.get("Destination") not in {None, *places}:
            raise NotGood("for another address")
        if response.response.get("InResponseTo") != request:
            raise NotGood("an answer to another request")
        ends = self._conditions(assertion, ours)
        name, confirmed = self._subject(assertion, places, request)
        told: dict[str, list[str]] = {"REMOTE_USER": [name], "MELLON_NAME_ID": [name], "NAME_ID": [name]}
        for known_as in ("MELLON_IDP", "Shib-Identity-Provider"):
            told[known_as] = [known.entity_id]
        for attribute in assertion.iter(tag(n.ASSERTION, "Attribute")):
            values = [(v.text or "").strip() for v in attribute.findall(tag(n.ASSERTION, "AttributeValue"))]
            for known_as in filter(None, (attribute.get("Name"), attribute.get("FriendlyName"))):
                told.setdefault(known_as, values)
                told.setdefault(f"MELLON_{known_as}", values)
        return Said(told, assertion.get("ID"), max(filter(None, (ends, confirmed))) + 2 * LEEWAY)

    def _status(self, response: Response) -> None:
        code = response.response.find(f"{tag(n.PROTOCOL, 'Status')}/{tag(n.PROTOCOL, 'StatusCode')}")
        if code is None or code.get("Value") != n.SUCCESS:
            raise NotGood("not a success")

    def _conditions(self, assertion: Any, ours: str) -> datetime | None:
        """When the conditions end that an assertion holds under."""
        found = assertion.find(tag(n.ASSERTION, "Conditions"))
        if found is None:
            return None
        ends = self._in_time(found)
        for restriction in found.findall(tag(n.ASSERTION, "AudienceRestriction")):
            audience = [(a.text or "").strip() for a in restriction.findall(tag(n.ASSERTION, "Audience"))]
            if ours not in audience:
                raise NotGood("for another audience")
        return ends

    def _in_time(self, element: Any) -> datetime | None:
        now = self._clock.now()
        begins, ends = _moment(element.get("NotBefore")), _moment(element.get("NotOnOrAfter"))
        if (begins is not None and now < begins - LEEWAY) or (ends is not None and now >= ends + LEEWAY):
            raise NotGood("too early or too late")
        return ends

    def _subject(self, assertion: Any, places: frozenset[str], request: str | None) -> tuple[str, datetime]:
        """Whom an assertion is about, and until when its bearer may use it, here."""
        subject = assertion.find(tag(n.ASSERTION, "Subject"))
        name = subject.find(tag(n.ASSERTION, "NameID")) if subject is not None else None
        if name is None or not (name.text or "").strip():
            raise NotGood("about nobody")
        for confirmation in subject.findall(tag(n.ASSERTION, "SubjectConfirmation")):
            data = confirmation.find(tag(n.ASSERTION, "SubjectConfirmationData"))
            if confirmation.get("Method") != n.BEARER or data is None or data.get("Recipient") not in places:
                continue
            if data.get("InResponseTo") != request:
                continue
            ends = self._in_time(data)
            if ends is not None:
                return name.text.strip(), ends
        raise NotGood("not for its bearer, or for another place")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise NotGood("not a moment")
    return datetime.fromisoformat(found[1] + (found[2] or "")[:7]).replace(tzinfo=UTC)
