"""An OpenID provider as we see it: where to send users, and whether what they bring is good."""

import base64
import hashlib
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from pileus.identity.federation.openid.documents import Published, Refused, ask
from pileus.identity.federation.rules import Assertion
from pileus.identity.settings import OpenIdSettings
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.clock import Clock

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What tokens may be signed with: with a pair of keys always, never with a secret or not at all."""

LEEWAY = 60
"""Seconds that clocks may differ."""

_MOST = 65536


class OpenIdProvider:
    """Checks what an OpenID provider says."""

    def __init__(self, settings: OpenIdSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._published = Published(settings.issuer, clock)

    async def login_page(self, *, back: str, state: str, nonce: str, verifier: str) -> str:
        """Where a user's browser is sent to log in.

        Args:
            back: where it is sent back to.
            verifier: what the code is fetched with; only its digest is told now (PKCE).
        """
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": back,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        page = await self._published.address("authorization_endpoint")
        return f"{page}{'&' if '?' in page else '?'}{urlencode(query)}"

    async def fetch(self, code: str, *, back: str, verifier: str, nonce: str) -> dict[str, Any]:
        """What the provider says of the user who came back with a code.

        Raises:
            Unauthorized: the code, or what is fetched with it, is not good.
            Unavailable: the provider does not answer.
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        answer = await self._ask_as_client(await self._published.address("token_endpoint"), form)
        told = answer.get("id_token")
        if not isinstance(told, str):
            raise Unauthorized
        claims = await self._checked(told)
        if claims.get("nonce") != nonce:
            raise Unauthorized
        self._for_us(claims, strict=True)
        access = answer.get("access_token")
        return await self._with_profile(claims, access) if isinstance(access, str) else claims

    async def bearer(self, token: str) -> dict[str, Any]:
        """What the provider says of the bearer of a token of its: an ID token, or an access token.

        Raises:
            Unauthorized: it is not good, or was not made for us.
            Unavailable: the provider does not answer.
        """
        if len(token) > _MOST:
            raise Unauthorized
        if token.count(".") == 2:
            claims = await self._checked(token)
            self._for_us(claims, strict=False)
            is_id_token = "nonce" in claims or "at_hash" in claims
            return claims if is_id_token else await self._with_profile(claims, token)
        address = await self._published.address("introspection_endpoint")
        if not address:
            raise Unauthorized
        claims = await self._ask_as_client(address, {"token": token, "token_type_hint": "access_token"})
        if claims.get("active") is not True:
            raise Unauthorized
        if claims.setdefault("iss", self.settings.issuer) != self.settings.issuer:
            raise Unauthorized
        self._in_time(claims, required=False)
        self._for_us(claims, strict=False)
        return await self._with_profile(claims, token)

    async def _ask_as_client(self, address: str, form: dict[str, str]) -> dict[str, Any]:
        s = self.settings
        headers = {"Accept": "application/json"}
        if s.client_secret:
            # both are percent-encoded before they are joined (RFC 6749, 2.3.1)
            pair = f"{quote(s.client_id, safe='')}:{quote(s.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form = {**form, "client_id": s.client_id}
        try:
            answer = await ask("POST", address, data=form, headers=headers)
        except Refused as error:
            raise Unauthorized from error
        if not isinstance(answer, dict):
            raise Unauthorized
        return answer

    async def _with_profile(self, claims: dict[str, Any], access: str) -> dict[str, Any]:
        """The claims, and what else the provider tells the bearer of an access token of the same user."""
        address = await self._published.address("userinfo_endpoint")
        if not address:
            return claims
        try:
            told = await ask("GET", address, headers={"Authorization": f"Bearer {access}"})
        except Refused:
            return claims
        if not isinstance(told, dict) or told.get("sub") != claims.get("sub"):
            return claims
        return {**told, **claims}

    async def _checked(self, token: str) -> dict[str, Any]:
        """A token's claims: signed by the provider, in time, its own.

        Raises:
            Unauthorized: they are not.
        """
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS or "crit" in header:
                raise Unauthorized
            for key in await self._published.keys(header.get("kid")):
                if key.get("alg", algorithm) != algorithm or key.get("kty") == "oct":
                    continue
                try:
                    made = jwt.PyJWK(key, algorithm)
                    data = jwt.api_jws.decode(token, made.key, algorithms=[algorithm])
                    break
                except (jwt.PyJWTError, ValueError, TypeError):
                    continue
            else:
                raise Unauthorized
            claims = msgspec.json.decode(data)
        except (jwt.PyJWTError, msgspec.MsgspecError, ValueError) as error:
            raise Unauthorized from error
        if not isinstance(claims, dict) or claims.get("iss") != self.settings.issuer:
            raise Unauthorized
        self._in_time(claims, required=True)
        return claims

    def _in_time(self, claims: dict[str, Any], *, required: bool) -> None:
        now = self._clock.now().timestamp()
        ends, begins = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
        if ends is None and not required:
            return
        for value in (ends, begins):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Unauthorized
        if now >= ends + LEEWAY or now < begins - LEEWAY:  # type: ignore[operator]  # looked at just now
            raise Unauthorized

    def _for_us(self, claims: dict[str, Any], *, strict: bool) -> None:
        """Raise unless the claims were made for us; a login's for nobody else.

        Raises:
            Unauthorized: they were not.
        """
        ours = self.settings.client_id
        given = claims.get("aud", [])
        audience = {given} if isinstance(given, str) else {item for item in given if isinstance(item, str)}
        party = claims.get("azp", claims.get("client_id"))
        if strict:
            good = ours in audience and (len(audience) == 1 or party == ours) and claims.get("azp", ours) == ours
        else:
            good = bool(audience & {ours, *self.settings.audiences}) or party == ours
        if not good or not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise Unauthorized


def assertion_of(claims: dict[str, Any]) -> Assertion:
    """Claims under the names that mappings know them by: OIDC-email, HTTP_OIDC_EMAIL, and the claim's own."""
    told: dict[str, list[str]] = {"REMOTE_USER": [claims["sub"]]}
    for name, value in claims.items():
        values = value if isinstance(value, list) else [value]
        texts = [_text(item) for item in values if item is not None]
        for known in (name, f"OIDC-{name}", f"HTTP_OIDC_{name.upper().replace('-', '_')}"):
            told.setdefault(known, texts)
    return told


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
