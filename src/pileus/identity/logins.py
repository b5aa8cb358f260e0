"""Puts together whatever gives tokens: seals, methods, rules of users, delegations, identity providers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pileus.identity.credentials.logic import Blobs
from pileus.identity.factors.certificates import Certificates
from pileus.identity.factors.front import Front
from pileus.identity.factors.passcodes import Passcodes
from pileus.identity.federation.api import (
    AttributeMappings,
    FederationProtocols,
    IdentityProviders,
    ServiceProviders,
)
from pileus.identity.federation.entry.api import Assertions, FederatedAuth, SamlMetadata, WebSignOn
from pileus.identity.federation.entry.logic import Entry
from pileus.identity.federation.entry.places import Places
from pileus.identity.federation.logic import Providers
from pileus.identity.federation.saml.handout import Handout
from pileus.identity.federation.saml.signing import OwnKey
from pileus.identity.federation.sessions import Sessions
from pileus.identity.federation.shadows import Shadows
from pileus.identity.oauth1.api import AccessTokens, Consumers, Handshake
from pileus.identity.oauth1.logic import OAuth1
from pileus.identity.oauth2.api import TokenEndpoint
from pileus.identity.oauth2.logic import ClientCredentials
from pileus.identity.once.logic import Once
from pileus.identity.projects.logic import ProjectLogic
from pileus.identity.receipts.logic import Receipts
from pileus.identity.revisions.logic import Revisions
from pileus.identity.revocation.api import Bygone, RevocationEvents
from pileus.identity.revocation.logic import Revocations
from pileus.identity.roles.book import RoleBook
from pileus.identity.seals.kinds import FernetSeal, JwsSeal, Seal
from pileus.identity.seals.rotation import fernet_keys, jws_keys
from pileus.identity.settings import IdentitySettings
from pileus.identity.tokens.access import Accesses
from pileus.identity.tokens.api import AuthTokens
from pileus.identity.tokens.logic import Tokens
from pileus.identity.tokens.login import Login
from pileus.identity.tokens.methods import Methods
from pileus.identity.tokens.scopes import Scopes
from pileus.identity.users.login import PasswordLogin
from pileus.identity.users.passwords import Passwords
from pileus.kernel.parts import Parts


@dataclass(frozen=True, slots=True)
class Rests:
    """What logins rest on."""

    parts: Parts
    settings: IdentitySettings
    revisions: Revisions
    accesses: Accesses
    book: RoleBook
    blobs: Blobs
    passwords: Passwords
    password_login: PasswordLogin
    projects: ProjectLogic


@dataclass(frozen=True, slots=True)
class Logins:
    """What was put together.

    Attributes:
        login: gives tokens.
        certificates: knows callers without tokens.
        places: the cloud's own addresses, not known before it starts.
        resources: what is to be mounted.
    """

    tokens: Tokens
    login: Login
    certificates: Certificates
    places: Places
    resources: Sequence[Any]


def wire(rests: Rests) -> Logins:
    """Put it together."""
    parts, settings, revisions, accesses = rests.parts, rests.settings, rests.revisions, rests.accesses
    store, world, federation = parts.store, parts.world, settings.federation
    keys = fernet_keys(parts.state, world.ids)
    seal: Seal = JwsSeal(jws_keys(parts.state, world.ids)) if settings.seal == "jws" else FernetSeal(keys)
    window, life = timedelta(seconds=settings.expired_window_seconds), timedelta(seconds=settings.token_seconds)
    tokens = Tokens(store, world, revisions, accesses, seal, window)
    methods = Methods(store, tokens, rests.passwords, rests.password_login)
    front, once = Front(store, settings.front), Once(store, world.clock)
    receipts = Receipts(world.clock, accesses, keys)
    scopes = Scopes(store, accesses, revisions)
    login = Login(world.clock, tokens, methods, scopes, receipts, front, life)
    oauth1 = OAuth1(store, world, revisions, rests.book, rests.blobs, once)
    membership = timedelta(minutes=federation.membership_minutes)
    shadows = Shadows(store, world, revisions, rests.projects, membership)
    places, own_key = Places(federation.entity_id), OwnKey(parts.state / "identity" / "saml", world.clock)
    entry = Entry(world, federation, places, Sessions(world, keys, once), shadows, methods, once)
    passcodes = Passcodes(store, world.clock, methods, rests.blobs, once, settings.totp_earlier_passcodes)
    for name, method in (
        ("totp", passcodes.prove),
        ("external", front.prove),
        ("oauth1", oauth1.prove),
        *((name, entry.mapped) for name in ("mapped", "openid", "saml2")),
    ):
        methods.add(name, method)
    certificates = Certificates(world.clock, front, shadows, scopes, revisions, federation.certificate_issuers)
    handout = Handout(store, world, tokens, places, own_key, federation.assertion_seconds)
    providers = Providers(world, revisions, rests.projects)
    resources = [
        AuthTokens(tokens, login),
        RevocationEvents(Revocations(world.clock, life + window)),
        Bygone(),
        Consumers(oauth1),
        Handshake(oauth1),
        AccessTokens(oauth1),
        TokenEndpoint(ClientCredentials(store, login, front)),
        FederatedAuth(entry, login),
        IdentityProviders(providers),
        FederationProtocols(providers),
        AttributeMappings(),
        ServiceProviders(revisions),
        WebSignOn(entry, login, places, federation.trusted_dashboards),
        Assertions(handout),
        SamlMetadata(places, own_key),
    ]
    return Logins(tokens, login, certificates, places, resources)
