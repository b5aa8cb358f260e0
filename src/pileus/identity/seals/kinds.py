"""From a payload to the text of a token and back: encrypted (Fernet), or signed and readable by anybody (JWS)."""

import re
from datetime import datetime
from typing import Any, Protocol

import msgspec
from cryptography.fernet import InvalidToken

from pileus.identity.seals.jws_keys import JwsKeys
from pileus.identity.tokens.keys import Keys
from pileus.identity.tokens.payload import DOMAIN, PROJECT, SYSTEM, UNSCOPED, Payload, unpack

LONGEST = 8192
"""Characters of a token at the most; ours have about 200, and more with many groups of an identity provider."""

_FERNET = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Seal(Protocol):
    """A kind of token."""

    def close(self, payload: Payload) -> str:
        """The token of a payload."""
        ...

    def open(self, token: str) -> Payload:
        """The payload of a token.

        Raises:
            ValueError: it is none of ours.
        """
        ...

    def refresh(self) -> bool:
        """Take up keys that another process has changed; whether there were any."""
        ...


class FernetSeal:
    """Tokens that nobody can read without the key."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def close(self, payload: Payload) -> str:
        """The token of a payload."""
        moment = int(payload.issued_at.timestamp())
        return self._keys.fernet().encrypt_at_time(payload.pack(), moment).decode().rstrip("=")

    def open(self, token: str) -> Payload:
        """The payload of a token.

        Raises:
            ValueError: it is none of ours.
        """
        if not _FERNET.fullmatch(token):
            raise ValueError("not the characters of a token")
        bare = token.rstrip("=").encode()
        try:
            return unpack(self._keys.fernet().decrypt(bare + b"=" * (-len(bare) % 4)))
        except InvalidToken as error:
            raise ValueError("not a token of ours") from error

    def refresh(self) -> bool:
        """Take up keys that another process has changed; whether there were any."""
        return self._keys.refresh()


_PLACES = {PROJECT: "openstack_project_id", DOMAIN: "openstack_domain_id", SYSTEM: "openstack_system"}
_TEXTS = {
    "trust_id": "openstack_trust_id",
    "application_credential_id": "openstack_app_cred_id",
    "access_token_id": "openstack_access_token_id",
    "identity_provider_id": "openstack_idp_id",
    "protocol_id": "openstack_protocol_id",
    "thumbprint": "openstack_thumbprint",
}
"""Keystone's claims by attribute of the payload."""


class JwsSeal:
    """Tokens that are signed with ES256; whoever has the public key can read and check them."""

    ALGORITHM = "ES256"

    def __init__(self, keys: JwsKeys) -> None:
        self._keys = keys

    def close(self, payload: Payload) -> str:
        """The token of a payload."""
        import jwt

        claims: dict[str, Any] = {
            "sub": payload.user_id,
            "iat": payload.issued_at.isoformat(),
            "exp": payload.expires_at.isoformat(),
            "openstack_methods": payload.methods,
            "openstack_audit_ids": payload.audit_ids,
        }
        if payload.scope in _PLACES:
            claims[_PLACES[payload.scope]] = payload.scope_id
        claims |= {claim: getattr(payload, name) for name, claim in _TEXTS.items() if getattr(payload, name)}
        if payload.group_ids:
            claims["openstack_group_ids"] = payload.group_ids
        # times are kept to the microsecond; the numbers of a usual JWT are seconds
        return jwt.api_jws.encode(msgspec.json.encode(claims), self._keys.private(), algorithm=self.ALGORITHM)

    def open(self, token: str) -> Payload:
        """The payload of a token.

        Raises:
            ValueError: it is none of ours.
        """
        import jwt

        if not _JWS.fullmatch(token):
            raise ValueError("not the characters of a token")
        for key in self._keys.public():
            try:
                data = jwt.api_jws.decode(token, key, algorithms=[self.ALGORITHM])
            except jwt.InvalidTokenError:
                continue
            return _payload(data)
        raise ValueError("no key of ours has signed this")

    def refresh(self) -> bool:
        """Take up keys that another process has changed; whether there were any."""
        return self._keys.refresh()


def _payload(data: bytes) -> Payload:
    claims = msgspec.json.decode(data)
    scope = next((scope for scope, claim in _PLACES.items() if claim in claims), UNSCOPED)
    return Payload(
        user_id=claims["sub"],
        methods=tuple(claims["openstack_methods"]),
        scope=scope,
        scope_id=claims.get(_PLACES.get(scope, ""), ""),
        issued_at=datetime.fromisoformat(claims["iat"]),
        expires_at=datetime.fromisoformat(claims["exp"]),
        audit_ids=tuple(claims["openstack_audit_ids"]),
        group_ids=tuple(claims.get("openstack_group_ids", ())),
        **{name: claims.get(claim, "") for name, claim in _TEXTS.items()},
    )
