"""Sends users to their identity providers, and takes what they come back with."""

import base64
import binascii
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from pileus.identity.errors import Malformed
from pileus.identity.federation.entry.places import Places
from pileus.identity.federation.openid.provider import OpenIdProvider, assertion_of
from pileus.identity.federation.saml import names, writing
from pileus.identity.federation.saml.provider import Said, SamlProvider
from pileus.identity.federation.saml.structure import NotGood, arranged, read, tag
from pileus.identity.federation.sessions import (
    JOURNEY,
    MINUTES,
    VISIT,
    VISIT_MINUTES,
    Journey,
    Sessions,
    Visit,
)
from pileus.identity.federation.shadows import Shadows
from pileus.identity.once.logic import Once
from pileus.identity.settings import FederationSettings
from pileus.identity.tokens.methods import Methods
from pileus.identity.tokens.proof import Proof
from pileus.kernel import log
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.world import World

LOG = log.get("identity.federation")


class Entry:
    """The entrance for users of identity providers."""

    def __init__(
        self,
        world: World,
        settings: FederationSettings,
        places: Places,
        sessions: Sessions,
        shadows: Shadows,
        methods: Methods,
        once: Once,
    ) -> None:
        self._world = world
        self._places = places
        self._sessions = sessions
        self._shadows = shadows
        self._methods = methods
        self._once = once
        clock = world.clock
        self._openid = {(name, s.protocol): OpenIdProvider(s, clock) for name, s in settings.openid.items()}
        self._saml = {(name, s.protocol): SamlProvider(Path(s.metadata), clock) for name, s in settings.saml.items()}

    def speaking(self, protocol: str) -> list[str]:
        """The providers that can be sent to by a protocol."""
        return sorted(provider for provider, spoken in {*self._openid, *self._saml} if spoken == protocol)

    async def prove(self, call: Call, provider: str, protocol: str) -> Proof:
        """Who a provider says that the client is: by the token that it brings, or by a login that just succeeded.

        Raises:
            Unauthorized: it says nothing.
        """
        kind, _, token = call.request.headers.get("authorization", "").partition(" ")
        bearer = self._openid.get((provider, protocol))
        if bearer is not None and kind.lower() == "bearer":
            claims = await bearer.bearer(token.strip())
            return await self._shadows.accept(provider, protocol, assertion_of(claims), claims["iss"])
        visit = await self._sessions.visit(call, provider, protocol)
        return await self._shadows.accept(provider, protocol, visit.told, visit.speaker)

    async def mapped(self, part: dict[str, Any], call: Call) -> Proof:
        """The method `mapped`, and those that are named for protocols.

        Raises:
            Unauthorized: the provider says nothing.
            Malformed: the request names none.
        """
        if "id" in part:
            return await self._methods.again(part)
        for name in ("identity_provider", "protocol"):
            if not isinstance(part.get(name), str):
                raise Malformed(f"Expecting to find {name} in mapped.")
        return await self.prove(call, part["identity_provider"], part["protocol"])

    def has_visit(self, call: Call, provider: str, protocol: str) -> bool:
        """Whether a login with a provider has just succeeded."""
        visit = self._sessions.visiting(call)
        return visit is not None and (visit.provider, visit.protocol) == (provider, protocol)

    def entrance(self, provider: str, protocol: str) -> str:
        """Where a token is to be had with what a provider has said."""
        return self._places.entrance(quote(provider, safe=""), quote(protocol, safe=""))

    def can_send(self, provider: str, protocol: str) -> bool:
        """Whether users can be sent to a provider."""
        return (provider, protocol) in self._openid or (provider, protocol) in self._saml

    async def send(self, call: Call, provider: str, protocol: str, following: str) -> Answer:
        """Send a browser to a provider.

        Args:
            following: where it goes on once it has come back.

        Raises:
            Unauthorized: the provider is not one that it could be sent to.
        """
        sessions = self._sessions
        state, nonce, verifier = sessions.secret(), sessions.secret(), sessions.secret()
        openid, saml = self._openid.get((provider, protocol)), self._saml.get((provider, protocol))
        request = "_" + self._world.ids.hex()
        ends = sessions.until(MINUTES)
        journey = Journey(state, provider, protocol, following, ends, nonce, verifier, request)
        if openid is not None:
            page = await openid.login_page(back=self._places.callback, state=state, nonce=nonce, verifier=verifier)
        elif saml is not None:
            login_page = (await saml.metadata()).login_page
            if not login_page:
                raise Unauthorized("The identity provider has no page for logins.")
            asked = self._asked(request, login_page, names.POST)
            page = writing.redirect(login_page, asked, state)
        else:
            raise Unauthorized("Could not find Identity Provider identifier in environment")
        sessions.give(call, JOURNEY, journey, MINUTES, elsewhere=saml is not None)
        return Answer(302, {**call.headers, "Location": page, "Cache-Control": "no-store"})

    def _asked(self, request: str, page: str, binding: str) -> Any:
        places, now = self._places, self._world.clock.now()
        return writing.login_request(
            request, now, ours=places.entity_id, place=places.consumer, page=page, binding=binding
        )

    async def paos(self, call: Call, provider: str, protocol: str) -> Answer | None:
        """What a program brings to its SAML provider by itself; None where it has not asked for that."""
        accepts = call.request.headers.get("accept", "")
        if names.PAOS_TYPE not in accepts or (provider, protocol) not in self._saml:
            return None
        request, state = "_" + self._world.ids.hex(), self._sessions.secret()
        # a program keeps no cookies between here and there: what it hands back is sealed by itself
        ends = self._sessions.until(MINUTES)
        journey = Journey(state, provider, protocol, self.entrance(provider, protocol), ends, request=request)
        sealed = self._sessions.sealed(journey)
        asked = self._asked(request, "", names.PAOS_BINDING)
        places = self._places
        body = writing.paos_request(asked, ours=places.entity_id, place=places.consumer, relay_state=sealed)
        return Answer(200, {"Content-Type": names.PAOS_TYPE, "Cache-Control": "no-store"}, body)

    async def openid_back(self, call: Call) -> Answer:
        """Take a browser that comes back from an OpenID provider.

        Raises:
            Unauthorized: it has not logged in there, or not from here.
        """
        given = dict(call.params)
        journey = await self._sessions.journey(call, given.get("state", ""))
        provider = self._openid.get((journey.provider, journey.protocol))
        if provider is None or not given.get("code"):
            raise Unauthorized
        if given.get("iss", provider.settings.issuer) != provider.settings.issuer:
            raise Unauthorized
        claims = await provider.fetch(
            given["code"], back=self._places.callback, verifier=journey.verifier, nonce=journey.nonce
        )
        return self._welcome(call, journey, dict(assertion_of(claims)), claims["iss"])

    async def saml_back(self, call: Call, data: bytes) -> Answer:
        """Take an assertion that a browser or a program brings from a SAML provider.

        Raises:
            Unauthorized: it is not good, not asked for from here, or was brought before.
        """
        try:
            if call.request.headers.get("content-type", "").partition(";")[0].strip() == names.PAOS_TYPE:
                return await self._from_program(call, data)
            form = dict(parse_qsl(data.decode("ascii", "replace"), keep_blank_values=True))
            message = base64.b64decode(form.get("SAMLResponse", ""), validate=False)
            journey = await self._sessions.journey(call, form.get("RelayState", ""))
            provider = self._saml.get((journey.provider, journey.protocol))
            if provider is None:
                raise Unauthorized
            said = await self._said(provider, message, journey.request)
        except (NotGood, binascii.Error) as error:
            LOG.warning("an assertion was refused", reason=str(error))
            raise Unauthorized from error
        speaker = (await provider.metadata()).entity_id
        return self._welcome(call, journey, dict(said.told), speaker)

    async def _from_program(self, call: Call, data: bytes) -> Answer:
        """An assertion that answers our request, or that another cloud has made for one of its users unasked."""
        document = read(data)
        arrangement = arranged(document)
        issuer = (arrangement.assertion.findtext(tag(names.ASSERTION, "Issuer")) or "").strip()
        for (name, protocol), provider in self._saml.items():
            if (await provider.metadata()).entity_id != issuer:
                continue
            state = document.findtext(f".//{tag(names.ECP, 'RelayState')}") or ""
            journey = self._sessions.unsealed(state)
            if journey is not None and (journey.provider, journey.protocol) == (name, protocol):
                said = await self._said(provider, data, journey.request)
            else:
                following = self.entrance(name, protocol)
                journey = Journey("", name, protocol, following, self._sessions.until(MINUTES))
                said = await self._said(provider, data, None)
            return self._welcome(call, journey, dict(said.told), issuer)
        raise NotGood("of an issuer that is not known")

    async def _said(self, provider: SamlProvider, message: bytes, request: str | None) -> Said:
        said = await provider.check(
            message, ours=self._places.entity_id, places=self._places.consumers, request=request
        )
        if not await self._once.use("assertion", said.identifier, said.ends):
            raise NotGood("brought before")
        return said

    def _welcome(self, call: Call, journey: Journey, told: dict[str, list[str]], speaker: str) -> Answer:
        identifier, ends = self._sessions.secret(), self._sessions.until(VISIT_MINUTES)
        visit = Visit(identifier, journey.provider, journey.protocol, speaker, told, ends)
        self._sessions.give(call, VISIT, visit, VISIT_MINUTES)
        return Answer(302, {**call.headers, "Location": journey.following, "Cache-Control": "no-store"})
