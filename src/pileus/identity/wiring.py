"""Puts identity together."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from pileus.identity.application_credentials.api import AccessRules, ApplicationCredentials
from pileus.identity.application_credentials.logic import ApplicationCredentialLogic
from pileus.identity.assignments.api import grant_resources
from pileus.identity.audit.logic import Auditor, sink_of
from pileus.identity.bootstrap import Bootstrap
from pileus.identity.credentials.api import Credentials
from pileus.identity.credentials.logic import Blobs
from pileus.identity.directory.logic import Directories, Watch
from pileus.identity.discovery.api import Discovery
from pileus.identity.domain_configs.api import DefaultConfig, DomainConfig
from pileus.identity.domain_configs.logic import DomainConfigs
from pileus.identity.domains.api import Domains
from pileus.identity.ec2_credentials.api import Ec2Credentials
from pileus.identity.ec2_credentials.signing import Signers
from pileus.identity.ec2_tokens.api import Ec2Tokens, S3Tokens
from pileus.identity.ec2_tokens.logic import SignedRequests, refuse_signers
from pileus.identity.endpoint_filters.api import EndpointFilters, EndpointGroups, GroupInProject
from pileus.identity.endpoint_policies.api import EndpointPolicy, PolicyEndpoints, association_resources
from pileus.identity.endpoints.api import Endpoints
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.errors import fault, invalid
from pileus.identity.groups.api import Groups, Membership
from pileus.identity.limits.api import Limits, RegisteredLimits
from pileus.identity.limits.levels import depth_of
from pileus.identity.limits.reckoning import limits_of
from pileus.identity.listing import page_links
from pileus.identity.logins import Logins, Rests
from pileus.identity.logins import wire as wire_logins
from pileus.identity.policies.api import Policies
from pileus.identity.projects.api import Projects
from pileus.identity.projects.logic import ProjectLogic
from pileus.identity.projects.table import PROJECTS
from pileus.identity.reach.api import AuthReach, FederationReach
from pileus.identity.regions.api import Regions
from pileus.identity.revisions.logic import Revisions
from pileus.identity.role_assignments.api import RoleAssignments
from pileus.identity.roles.api import Implications, Inferences, Roles
from pileus.identity.roles.book import RoleBook
from pileus.identity.rules import RULES, scopes_of
from pileus.identity.services.api import CatalogServices
from pileus.identity.services.catalog import Catalog
from pileus.identity.services.table import SERVICES
from pileus.identity.settings import IdentitySettings
from pileus.identity.tokens.access import Accesses, stamp
from pileus.identity.tokens.keys import Keys
from pileus.identity.trusts.api import Trusts
from pileus.identity.trusts.logic import TrustLogic
from pileus.identity.users.api import Users
from pileus.identity.users.compliance import Compliance
from pileus.identity.users.logic import UserLogic
from pileus.identity.users.login import PasswordLogin
from pileus.identity.users.passwords import Passwords
from pileus.identity.versions import HISTORY
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller
from pileus.kernel.parts import Parts
from pileus.kernel.store import Tx
from pileus.kernel.store.sqlite import SqliteStore


class IdentityService:
    """Identity as other services see it.

    Attributes:
        api: the API to mount.
        tokens: every token of this cloud.
    """

    def __init__(self, api: Service, logins: Logins, signers: Signers, bootstrap: Bootstrap) -> None:
        self.api = api
        self.tokens = logins.tokens
        self._logins = logins
        self._signers = signers
        self._bootstrap = bootstrap

    async def authenticate(self, token: str) -> Caller:
        """The caller behind a token.

        Raises:
            Unauthorized: the token is unknown, forged, expired or revoked.
        """
        return (await self.tokens.find(token)).caller

    def shows(self, call: Call, thumbprint: str) -> bool:
        """Whether a client has the certificate that a token is bound to."""
        return self._logins.certificates.shows(call, thumbprint)

    async def signer(self, access_key: str) -> tuple[str, Caller] | None:
        """The secret of an EC2 credential and whom it speaks for."""
        return await self._signers.find(access_key)

    async def endpoint(self, tx: Tx, type: str, region: str, interface: str) -> str:
        """The address in the catalog of a service in a region; empty if there is none."""
        s, e = SERVICES.c, ENDPOINTS.c
        found = select(e.url).join(SERVICES, s.id == e.service_id).where(s.type == type, s.enabled, e.enabled)
        return await tx.scalar(found.where(e.region_id == region, e.interface == interface).limit(1)) or ""

    async def limits(self, tx: Tx, type: str, region: str, project_id: str) -> dict[str, int]:
        """A project's limits on the resources of a service."""
        return await limits_of(tx, type, region, project_id)

    async def project_exists(self, tx: Tx, project_id: str) -> bool:
        """Whether there is such a project."""
        return await tx.first(select(PROJECTS.c.id).where(PROJECTS.c.id == project_id)) is not None

    async def prepare(
        self,
        tx: Tx,
        *,
        admin_password: str,
        url: str,
        demo_password: str = "",
        services: Sequence[Service] = (),
        places: Mapping[str, str] | None = None,
    ) -> None:
        """Make what a fresh cloud needs; safe to repeat."""
        self._logins.places.root = url.rstrip("/")
        passwords = {"admin": admin_password}
        if demo_password:
            passwords["demo"] = demo_password
        shown = [self.api, *(service for service in services if service.type != self.api.type)]
        await self._bootstrap.run(tx, passwords=passwords, url=url, services=shown, places=places or {})


def _api(parts: Parts, settings: IdentitySettings) -> Service:
    """The API, without resources yet."""
    auditor = Auditor(sink_of(settings.audit, parts.state / "identity"), settings.audit.password_key)
    return Service(
        type="identity",
        name="keystone",
        prefix="/identity",
        root="/v3",
        aliases=("",),
        history=HISTORY,
        fault=fault,
        invalid=invalid,
        page=page_links,
        stamp=stamp,  # type: ignore[arg-type]  # takes None too
        rules=RULES,
        scopes=scopes_of,
        complete=auditor.complete,
        admit=refuse_signers,
        policy_file=parts.policy_file("identity"),
        strict_media=False,
    )


def _catalog(revisions: Revisions) -> list[Any]:
    """The resources that the catalog is made of."""
    return [
        Regions(revisions),
        CatalogServices(revisions),
        Endpoints(revisions),
        EndpointGroups(revisions),
        GroupInProject(revisions),
        EndpointFilters(revisions),
        Policies(),
        PolicyEndpoints(),
        EndpointPolicy(),
        *association_resources(),
    ]


def wire(parts: Parts, settings: IdentitySettings | None = None, *, follows: bool = False) -> IdentityService:
    """Make identity from the kernel's parts.

    Args:
        follows: whether another process on this machine changes what this one answers from: it looks each time.
    """
    settings = settings or IdentitySettings()
    store, world, shared = parts.store, parts.world, follows or not isinstance(parts.store, SqliteStore)
    revisions = Revisions(store, world.clock, shared=shared, interval=0.0 if follows else 1.0)
    book, catalog = RoleBook(), Catalog()
    accesses = Accesses(store, revisions, world.clock, book, catalog)
    blobs = Blobs(Keys(parts.state / "identity" / "credential-keys", world.ids))
    passwords = Passwords(settings.password_rounds, settings.passwords.algorithm)
    compliance = Compliance(settings, world.clock)
    configs = DomainConfigs(blobs, revisions)
    directories = Directories(store, world, revisions, configs)
    parts.loops.add(Watch(store, directories, settings.directory_seconds))
    login = PasswordLogin(store, world.clock, passwords, compliance, settings, directories)
    projects, users = (
        ProjectLogic(world, revisions, depth_of(settings.limit_model)),
        UserLogic(world, revisions, compliance, directories),
    )
    rests = Rests(parts, settings, revisions, accesses, book, blobs, passwords, login, projects)
    logins = wire_logins(rests)
    signers = Signers(store, world, revisions, accesses, blobs)
    signed = SignedRequests(signers, logins.tokens, world.clock, timedelta(seconds=settings.token_seconds))
    api = _api(parts, settings)
    api.tokenless = logins.certificates.caller
    api.add(
        Discovery(),
        *logins.resources,
        AuthReach(catalog, revisions),
        FederationReach(),
        Domains(projects),
        Projects(projects),
        DomainConfig(configs, settings),
        DefaultConfig(),
        Users(users, passwords, login, compliance, directories),
        Groups(revisions, directories),
        Membership(revisions, directories),
        Roles(revisions),
        Implications(revisions),
        Inferences(),
        *grant_resources(revisions),
        RoleAssignments(revisions, book),
        *_catalog(revisions),
        Credentials(blobs),
        Ec2Credentials(blobs),
        Ec2Tokens(signed),
        S3Tokens(signed),
        ApplicationCredentials(ApplicationCredentialLogic(world, revisions), passwords),
        AccessRules(),
        Trusts(TrustLogic(world, revisions, book)),
        RegisteredLimits(),
        Limits(settings.limit_model),
    )
    return IdentityService(api, logins, signers, Bootstrap(world, revisions, passwords, parts.region))
