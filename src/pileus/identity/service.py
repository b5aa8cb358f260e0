"""What other services may ask of identity."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Tx


class Identity(Protocol):
    """The door to identity; also the `Authenticator` of every API."""

    api: Service

    async def authenticate(self, token: str) -> Caller:
        """The caller behind a token.

        Raises:
            Unauthorized: the token is unknown, forged, expired or revoked.
        """
        ...

    async def signer(self, access_key: str) -> tuple[str, Caller] | None:
        """Of an EC2 credential: the secret that its owner signs with, and the owner in the credential's project.

        None where there is no such key, or it is good for nothing any more: its user, project or domain is disabled,
        no role is left, or the delegation that it was made under has ended.
        """
        ...

    async def endpoint(self, tx: Tx, type: str, region: str, interface: str) -> str:
        """The address in the catalog of a service in a region; empty if there is none.

        Args:
            interface: public, internal or admin.
        """
        ...

    async def limits(self, tx: Tx, type: str, region: str, project_id: str) -> dict[str, int]:
        """A project's limits on the resources of a service, by the resource's name; -1 for none.

        What nobody registered a limit for is not there.
        """
        ...

    async def project_exists(self, tx: Tx, project_id: str) -> bool:
        """Whether there is such a project (or domain acting as one)."""
        ...

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
        """Make what a fresh cloud needs (default domain, roles, admin, region, catalog); safe to repeat.

        Args:
            admin_password: of the user `admin` if it has to be made; a user that exists keeps its password.
            url: the public address of the port that all services share, "http://10.0.0.1:5000".
            demo_password: of the user `demo`; empty makes no such user.
            services: what the catalog shows beside identity itself.
            places: by type, what a service's address starts with instead of `url` and its prefix.
        """
        ...
