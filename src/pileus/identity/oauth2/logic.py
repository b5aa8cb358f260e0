"""The client credentials grant: with the secret of an application credential, or with a certificate."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from sqlalchemy import select

from pileus.identity.errors import InvalidClient, InvalidRequest, UnsupportedGrant
from pileus.identity.factors.front import Front
from pileus.identity.federation.rules import Mapped, NoMatch, processed
from pileus.identity.federation.table import MAPPINGS
from pileus.identity.oauth2.certificates import Certificate, certificate
from pileus.identity.projects.table import PROJECTS
from pileus.identity.tokens.logic import Entry
from pileus.identity.tokens.login import Login
from pileus.identity.tokens.proof import Proof
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Unauthorized
from pileus.kernel.store import Row, Store

MAPPING = "oauth2_mapping"
"""The mapping that a certificate's names must agree with."""


class ClientCredentials:
    """Gives access tokens to programs."""

    def __init__(self, store: Store, login: Login, front: Front) -> None:
        self._store = store
        self._login = login
        self._front = front

    async def grant(self, call: Call, form: str) -> Entry:
        """The token that a form asks for.

        Raises:
            InvalidClient: whoever asks has not shown who it is.
            InvalidRequest: the form does not hold together.
            UnsupportedGrant: it asks for another grant.
        """
        given = dict(parse_qsl(form, keep_blank_values=True))
        grant = given.get("grant_type")
        if grant is None:
            raise InvalidRequest("The parameter grant_type is required.")
        if grant != "client_credentials":
            raise UnsupportedGrant(grant=grant)
        shown = self._front.certificate(call)
        client, secret = given.get("client_id", ""), given.get("client_secret", "")
        if not shown:
            client, secret = _basic(call.request.headers.get("authorization", "")) or (client, secret)
        if not client or not (shown or secret):
            raise InvalidClient
        try:
            if shown:
                return await self._certified(call, client, shown)
            part = {"id": client, "secret": secret}
            identity = {"methods": ["application_credential"], "application_credential": part}
            return await self._login.token(call, identity, None)
        except Unauthorized as error:
            raise InvalidClient(error.text) from error
        except BadRequest as error:
            raise InvalidRequest(error.text) from error

    async def _certified(self, call: Call, user_id: str, pem: bytes) -> Entry:
        try:
            seen = certificate(pem)
        except ValueError as error:
            raise InvalidClient from error
        async with self._store.read() as tx:
            user = await tx.first(select(USERS).where(USERS.c.id == user_id))
            domain = user and await tx.first(select(PROJECTS).where(PROJECTS.c.id == user["domain_id"]))
            mapping = await tx.first(select(MAPPINGS).where(MAPPINGS.c.id == MAPPING))
        if user is None or not domain or mapping is None or not user["default_project_id"]:
            raise InvalidClient
        if not _agrees(seen, mapping, user, domain):
            raise InvalidClient
        proof = Proof(user["id"], ("oauth2_credential",))
        scope = {"project": {"id": user["default_project_id"]}}
        return await self._login.give(call, proof, scope, thumbprint=seen.thumbprint)


def _agrees(seen: Certificate, mapping: Row, user: Row, domain: Row) -> bool:
    """Whether whatever the mapping makes of a certificate is what the user is; it must make something of it."""
    try:
        names = seen.assertion("SSL_CLIENT_SUBJECT_DN_", "SSL_CLIENT_ISSUER_DN_")
        mapped: Mapped = processed(mapping["rules"], mapping["schema_version"], names)
    except NoMatch:
        return False
    said: dict[str, Any] = mapped.user
    where = said.get("domain") or {}
    pairs = (
        (said.get("name"), user["name"]),
        (said.get("id"), user["id"]),
        (said.get("email"), user["extra"].get("email")),
        (where.get("id"), domain["id"]),
        (where.get("name"), domain["name"]),
    )
    told = [(theirs, ours) for theirs, ours in pairs if theirs]
    return bool(said.get("name") or said.get("id") or said.get("email")) and all(a == b for a, b in told)


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client, found, secret = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    if not found:
        return None
    # the grant's own rule: both are percent-encoded before they are joined
    return unquote_plus(client), unquote_plus(secret)
