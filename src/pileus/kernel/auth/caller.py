"""The caller: who asks, in which scope, with which roles.  Immutable, and good for as long as an operation lasts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pileus.kernel.api.errors import Unauthorized

__all__ = ["SYSTEM", "Authenticator", "Caller", "Unauthorized"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.  Empty strings mean "none": a caller without project has `project_id == ""`."""

    user_id: str = ""
    user_name: str = ""
    user_domain_id: str = ""
    user_domain_name: str = ""
    project_id: str = ""
    project_name: str = ""
    project_domain_id: str = ""
    project_domain_name: str = ""
    domain_id: str = ""
    domain_name: str = ""
    system: bool = False
    roles: frozenset[str] = frozenset()
    """Role names, implied ones included."""
    is_admin: bool = False
    """Whether the caller holds the role `admin` in whatever scope it has."""
    service_roles: frozenset[str] = frozenset()
    """Roles of the service that passes the request on (X-Service-Token)."""
    trust_id: str = ""
    application_credential_id: str = ""
    access_rules: tuple[dict[str, Any], ...] | None = None
    thumbprint: str = ""
    """Of the certificate that the token's bearer must have; empty where it is good for anybody."""
    token: str = field(default="", repr=False)
    """The token as it was sent; secret."""
    expires_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """What only the identity service reads of its own tokens."""
    _credentials: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Filled when first asked for: a list asks for each of its rows."""

    @property
    def scope(self) -> str:
        """The kind of scope: "system", "domain" or "project"; a token without scope counts as a project's."""
        return "system" if self.system else "domain" if self.domain_id else "project"

    def credentials(self) -> dict[str, Any]:
        """The credentials as oslo.policy check strings name them; what the caller has not is left out."""
        if not self._credentials:
            self._credentials.update(self._named())
        return self._credentials

    def _named(self) -> dict[str, Any]:
        known = {
            "user_id": self.user_id,
            "user_domain_id": self.user_domain_id,
            "project_id": self.project_id,
            "tenant_id": self.project_id,
            "project_domain_id": self.project_domain_id,
            "domain_id": self.domain_id,
            "system_scope": "all" if self.system else "",
            "trust_id": self.trust_id,
        }
        return {
            **{name: value for name, value in known.items() if value},
            "roles": list(self.roles),
            "service_roles": list(self.service_roles),
            "is_admin": self.is_admin,
            "is_admin_project": True,
            "token": self.extra,
        }


SYSTEM = Caller(
    user_id="pileus",
    user_name="pileus",
    system=True,
    roles=frozenset({"admin", "member", "reader"}),
    is_admin=True,
)
"""Pileus itself, for what it does on nobody's behalf."""


class Authenticator(Protocol):
    """Tells who a token belongs to.  The identity service is one."""

    async def authenticate(self, token: str) -> Caller:
        """The caller behind a token.

        Raises:
            Unauthorized: the token is unknown, forged, expired or revoked.
        """
        ...

    def shows(self, call: Any, thumbprint: str) -> bool:
        """Whether a request's client has the certificate of a thumbprint, as far as a front end says so."""
        ...
