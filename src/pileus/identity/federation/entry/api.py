"""Where users of identity providers come in, and users of ours go out to other clouds."""

import asyncio
import html
from collections.abc import Sequence
from urllib.parse import quote, unquote_plus, urlencode, urlsplit, urlunsplit

from pileus.identity.errors import Malformed, Missing, NotAllowed, Taken
from pileus.identity.federation.entry.logic import Entry
from pileus.identity.federation.entry.places import Places
from pileus.identity.federation.saml import writing
from pileus.identity.federation.saml.handout import Handout
from pileus.identity.federation.saml.signing import OwnKey
from pileus.identity.federation.schema import Assertion
from pileus.identity.tokens.api import answer
from pileus.identity.tokens.login import Login
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, post, resource
from pileus.kernel.api.errors import Forbidden, TooLarge, Unauthorized, Unavailable

_REFUSALS = (Unauthorized, Forbidden, Missing, Malformed, Taken, Unavailable)
_MOST = 512 * 1024
_PAGE = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Frame-Options": "DENY"}


@resource("/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth")
class FederatedAuth:
    """Tokens for those whom an identity provider vouches for."""

    def __init__(self, entry: Entry, login: Login) -> None:
        self._entry = entry
        self._login = login

    @get(public=True, transaction="none", many=False, status=201, also=(200, 302), returns=None, raises=_REFUSALS)
    async def show(self, call: Call, idp_id: str, protocol_id: str) -> Answer:
        """Get a token for what the provider says; a browser that it has said nothing of yet is sent there."""
        return await self._token(call, idp_id, protocol_id)

    @post(body=None, public=True, transaction="none", status=201, also=(200, 302), returns=None, raises=_REFUSALS)
    async def create(self, call: Call, idp_id: str, protocol_id: str) -> Answer:
        """Get a token for what the provider says."""
        return await self._token(call, idp_id, protocol_id)

    async def _token(self, call: Call, provider: str, protocol: str) -> Answer:
        asked = await self._entry.paos(call, provider, protocol)
        if asked is not None and not self._entry.has_visit(call, provider, protocol):
            return asked
        try:
            proof = await self._entry.prove(call, provider, protocol)
        except Unauthorized:
            browses = "text/html" in call.request.headers.get("accept", "") and call.request.method == "GET"
            came_back = self._entry.has_visit(call, provider, protocol)
            if not browses or came_back or not self._entry.can_send(provider, protocol):
                raise
            return await self._entry.send(call, provider, protocol, self._entry.entrance(provider, protocol))
        return answer(call, await self._login.give(call, proof, None), 201)


@resource("/auth/OS-FEDERATION")
class WebSignOn:
    """Logins by a browser, for a dashboard."""

    def __init__(self, entry: Entry, login: Login, places: Places, trusted: Sequence[str]) -> None:
        self._entry = entry
        self._login = login
        self._places = places
        self._trusted = {_lowered(dashboard) for dashboard in trusted}

    def _origin(self, call: Call) -> str:
        """The dashboard that a token is handed to.

        Raises:
            Malformed: none is named.
            Unauthorized: it is not trusted.
        """
        origin = unquote_plus(dict(call.params).get("origin", ""))
        if not origin:
            raise Malformed("Request must have an origin query parameter")
        if origin not in self._trusted:
            raise Unauthorized(f"{origin} is not a trusted dashboard host")
        return origin

    @get(
        "/websso/{protocol_id}",
        public=True,
        transaction="none",
        many=False,
        also=(302,),
        returns=None,
        raises=_REFUSALS,
    )
    async def choose(self, call: Call, protocol_id: str) -> Answer:
        """Log in with the identity provider that speaks a protocol, or choose between several."""
        origin = self._origin(call)
        providers = self._entry.speaking(protocol_id)
        if len(providers) == 1:
            return await self._handed(call, providers[0], protocol_id, origin)
        if not providers:
            raise Unauthorized("Missing entity ID from environment")
        links = [
            f'<li><a href="{html.escape(address)}">{html.escape(provider)}</a></li>'
            for provider in providers
            for address in (self._address(provider, protocol_id, origin),)
        ]
        page = f"<!DOCTYPE html><title>Log in</title><h1>Log in with</h1><ul>{''.join(links)}</ul>"
        return Answer(200, dict(_PAGE), page.encode())

    @post(
        "/websso/{protocol_id}",
        body=None,
        public=True,
        transaction="none",
        status=200,
        also=(302,),
        returns=None,
        raises=_REFUSALS,
    )
    async def choose_too(self, call: Call, protocol_id: str) -> Answer:
        """The same by a form."""
        return await self.choose(call, protocol_id)

    @get(
        "/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
        public=True,
        transaction="none",
        many=False,
        also=(302,),
        returns=None,
        raises=_REFUSALS,
    )
    async def show(self, call: Call, idp_id: str, protocol_id: str) -> Answer:
        """Log in with an identity provider."""
        return await self._handed(call, idp_id, protocol_id, self._origin(call))

    @post(
        "/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
        body=None,
        public=True,
        transaction="none",
        status=200,
        also=(302,),
        returns=None,
        raises=_REFUSALS,
    )
    async def show_too(self, call: Call, idp_id: str, protocol_id: str) -> Answer:
        """The same by a form."""
        return await self._handed(call, idp_id, protocol_id, self._origin(call))

    def _address(self, provider: str, protocol: str, origin: str) -> str:
        path = f"auth/OS-FEDERATION/identity_providers/{quote(provider, safe='')}/protocols/{quote(protocol, safe='')}"
        return self._places.at(f"{path}/websso?{urlencode({'origin': origin})}")

    async def _handed(self, call: Call, provider: str, protocol: str, origin: str) -> Answer:
        """A page that hands a token to the dashboard; a browser that has not logged in yet is sent to do so."""
        try:
            proof = await self._entry.prove(call, provider, protocol)
        except Unauthorized:
            if self._entry.has_visit(call, provider, protocol) or not self._entry.can_send(provider, protocol):
                raise
            return await self._entry.send(call, provider, protocol, self._address(provider, protocol, origin))
        token = (await self._login.give(call, proof, None)).token
        page = (
            "<!DOCTYPE html><html><head><title>Log in</title></head><body>"
            f'<form id="sso" action="{html.escape(origin)}" method="post">Please wait…'
            f'<input type="hidden" name="token" value="{html.escape(token)}">'
            '<noscript><input type="submit" value="Go on"></noscript></form>'
            '<script>document.getElementById("sso").submit()</script></body></html>'
        )
        return Answer(200, {**_PAGE, **call.headers}, page.encode())

    @get("/openid/callback", public=True, transaction="none", many=False, status=302, returns=None, raises=_REFUSALS)
    async def openid_back(self, call: Call) -> Answer:
        """Take a browser that comes back from an OpenID provider."""
        return await self._entry.openid_back(call)

    @post(
        "/saml2/acs", raw=True, public=True, transaction="none", status=302, returns=None, raises=(*_REFUSALS, TooLarge)
    )
    async def saml_back(self, call: Call) -> Answer:
        """Take an assertion that a browser or a program brings from a SAML provider."""
        data = b"".join([chunk async for chunk in call.chunks(_MOST)])
        return await self._entry.saml_back(call, data)


def _lowered(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.lower()))


@resource("/auth/OS-FEDERATION/saml2")
class Assertions:
    """Assertions for other clouds, that believe this one."""

    def __init__(self, handout: Handout) -> None:
        self._handout = handout

    @post(body=Assertion, public=True, transaction="none", status=200, returns=None, raises=(*_REFUSALS, NotAllowed))
    async def create(self, call: Call, body: dict[str, dict[str, dict[str, str]]]) -> Answer:
        """Get an assertion for a token of a project."""
        return await self._assertion(body, program=False)

    @post(
        "/ecp",
        body=Assertion,
        public=True,
        transaction="none",
        status=200,
        returns=None,
        raises=(*_REFUSALS, NotAllowed),
    )
    async def create_for_program(self, call: Call, body: dict[str, dict[str, dict[str, str]]]) -> Answer:
        """Get an assertion as programs bring it."""
        return await self._assertion(body, program=True)

    async def _assertion(self, body: dict[str, dict[str, dict[str, str]]], *, program: bool) -> Answer:
        token, provider = body["identity"]["token"]["id"], body["scope"]["service_provider"]["id"]
        data, found = await self._handout.assertion(token, provider, program=program)
        headers = {"Content-Type": "text/xml", "X-sp-url": found["sp_url"], "X-auth-url": found["auth_url"]}
        return Answer(200, {**headers, "Cache-Control": "no-store"}, data)


@resource("/OS-FEDERATION/saml2")
class SamlMetadata:
    """What this cloud says of itself in SAML."""

    def __init__(self, places: Places, key: OwnKey) -> None:
        self._places = places
        self._key = key

    @get("/metadata", public=True, transaction="none", many=False, returns=None)
    async def show(self, call: Call) -> Answer:
        """Show the cloud's metadata, as an identity provider and as a service provider."""
        certificate = await asyncio.to_thread(self._key.certificate)
        places = self._places
        data = writing.own_metadata(
            ours=places.entity_id,
            page=places.at("auth/OS-FEDERATION/saml2"),
            place=places.consumer,
            certificate=certificate,
        )
        return Answer(200, {"Content-Type": "text/xml"}, data)
