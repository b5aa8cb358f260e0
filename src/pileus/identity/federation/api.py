"""`/v3/OS-FEDERATION`: identity providers, their protocols, mappings, service providers."""

from typing import Any

from sqlalchemy import delete as remove_rows
from sqlalchemy import select, update

from pileus.identity.errors import Malformed, Missing, Taken
from pileus.identity.federation.logic import Providers, add, checked
from pileus.identity.federation.schema import AttributeMapping, FederationProtocol, IdentityProvider, ServiceProvider
from pileus.identity.federation.table import IDENTITY_PROVIDERS, MAPPINGS, PROTOCOLS, REMOTE_IDS, SERVICE_PROVIDERS
from pileus.identity.listing import listing
from pileus.identity.lookup import fetch, refuse
from pileus.identity.revisions.logic import Revisions
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, patch, put, resource
from pileus.kernel.store import Row, Tx


async def _with_remote_ids(tx: Tx, rows: list[Row]) -> list[Row]:
    r = REMOTE_IDS.c
    names: dict[str, list[str]] = {row["id"]: [] for row in rows}
    told = select(REMOTE_IDS).where(r.identity_provider_id.in_(list(names))).order_by(r.remote_id)
    for row in await tx.all(told):
        names[row["identity_provider_id"]].append(row["remote_id"])
    return [{**row, "remote_ids": names[row["id"]]} for row in rows]


@resource("/OS-FEDERATION/identity_providers", schema=IdentityProvider, policy="identity:%s")
class IdentityProviders:
    """Who vouches for users of their own."""

    def __init__(self, logic: Providers) -> None:
        self._logic = logic

    async def load(self, call: Call, idp_id: str) -> Row:
        """The identity provider of that id."""
        row = await fetch(call, IDENTITY_PROVIDERS, idp_id, "identity provider")
        return (await _with_remote_ids(call.tx, [row]))[0]

    @get(rule="list_identity_providers", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List identity providers."""
        page = await listing(call, IDENTITY_PROVIDERS, ("id", "enabled"))
        page.rows = await _with_remote_ids(call.tx, [*page.rows])
        return page

    @get("/{idp_id}", rule="get_identity_provider", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, provider: Row) -> Row:
        """Show an identity provider."""
        return provider

    @put(
        "/{idp_id}",
        rule="create_identity_provider",
        allow=ADMIN,
        kind="create",
        status=201,
        loads=False,
        raises=(Taken, Missing),
    )
    async def create(self, call: Call, idp_id: str, body: dict[str, Any]) -> Row:
        """Make an identity provider, with a domain of its own unless one is named."""
        return await self._logic.create(call.tx, idp_id, body)

    @patch("/{idp_id}", rule="update_identity_provider", allow=ADMIN, raises=(Taken,))
    async def update(self, call: Call, provider: Row, body: dict[str, Any]) -> Row:
        """Change an identity provider; disabling it ends its users' tokens."""
        return await self._logic.update(call.tx, provider, body)

    @delete("/{idp_id}", rule="delete_identity_provider", allow=ADMIN)
    async def remove(self, call: Call, provider: Row) -> None:
        """Delete an identity provider; its users' tokens end."""
        await self._logic.delete(call.tx, provider["id"])


@resource("/OS-FEDERATION/identity_providers/{idp_id}/protocols", schema=FederationProtocol, policy="identity:%s")
class FederationProtocols:
    """The ways in which an identity provider vouches."""

    def __init__(self, logic: Providers) -> None:
        self._logic = logic

    async def load(self, call: Call, idp_id: str, protocol_id: str) -> Row:
        """The identity provider's protocol of that id."""
        c = PROTOCOLS.c
        where = (c.id == protocol_id, c.identity_provider_id == idp_id)
        row = await call.tx.first(select(PROTOCOLS).where(*where))
        if row is None:
            raise refuse(call, _no_protocol(idp_id, protocol_id))
        return row

    @get(rule="list_protocols", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call, idp_id: str) -> Page:
        """List an identity provider's protocols."""
        await fetch(call, IDENTITY_PROVIDERS, idp_id, "identity provider")
        return await listing(call, PROTOCOLS, (), select(PROTOCOLS).where(PROTOCOLS.c.identity_provider_id == idp_id))

    @get("/{protocol_id}", rule="get_protocol", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, protocol: Row) -> Row:
        """Show a protocol."""
        return protocol

    @put(
        "/{protocol_id}",
        rule="create_protocol",
        allow=ADMIN,
        kind="create",
        status=201,
        loads=False,
        raises=(Taken, Missing, Malformed),
    )
    async def create(self, call: Call, idp_id: str, protocol_id: str, body: dict[str, Any]) -> Row:
        """Give an identity provider a protocol."""
        await fetch(call, IDENTITY_PROVIDERS, idp_id, "identity provider")
        return await self._logic.speak(call.tx, idp_id, protocol_id, body)

    @patch("/{protocol_id}", rule="update_protocol", allow=ADMIN, raises=(Malformed,))
    async def update(self, call: Call, protocol: Row, body: dict[str, Any]) -> Row:
        """Change a protocol."""
        return await self._logic.speak_otherwise(call.tx, protocol, body)

    @delete("/{protocol_id}", rule="delete_protocol", allow=ADMIN)
    async def remove(self, call: Call, protocol: Row) -> None:
        """Delete a protocol; tokens that were got by it end."""
        await self._logic.be_silent(call.tx, protocol)


def _no_protocol(idp_id: str, protocol_id: str) -> Missing:
    return Missing(f"Could not find federated protocol {protocol_id} for Identity Provider: {idp_id}.")


@resource("/OS-FEDERATION/mappings", schema=AttributeMapping, policy="identity:%s")
class AttributeMappings:
    """How what identity providers say of users is turned into what we make of them."""

    async def load(self, call: Call, mapping_id: str) -> Row:
        """The mapping of that id."""
        return await fetch(call, MAPPINGS, mapping_id, "mapping")

    @get(rule="list_mappings", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List mappings."""
        return await listing(call, MAPPINGS, ())

    @get("/{mapping_id}", rule="get_mapping", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, mapping: Row) -> Row:
        """Show a mapping."""
        return mapping

    @put(
        "/{mapping_id}",
        rule="create_mapping",
        allow=ADMIN,
        kind="create",
        status=201,
        loads=False,
        raises=(Taken, Malformed),
    )
    async def create(self, call: Call, mapping_id: str, body: dict[str, Any]) -> Row:
        """Make a mapping."""
        checked(body["rules"], body["schema_version"])
        row = {"id": mapping_id, "rules": body["rules"], "schema_version": body["schema_version"]}
        await add(call.tx, MAPPINGS, row, "mapping")
        return row

    @patch("/{mapping_id}", rule="update_mapping", allow=ADMIN, raises=(Malformed,))
    async def update(self, call: Call, mapping: Row, body: dict[str, Any]) -> Row:
        """Change a mapping; it counts from the next login on."""
        fresh = {**mapping, **body}
        checked(fresh["rules"], fresh["schema_version"])
        values = {name: fresh[name] for name in ("rules", "schema_version")}
        await call.tx.run(update(MAPPINGS).where(MAPPINGS.c.id == mapping["id"]).values(**values))
        return fresh

    @delete("/{mapping_id}", rule="delete_mapping", allow=ADMIN)
    async def remove(self, call: Call, mapping: Row) -> None:
        """Delete a mapping."""
        await call.tx.run(remove_rows(MAPPINGS).where(MAPPINGS.c.id == mapping["id"]))


@resource("/OS-FEDERATION/service_providers", schema=ServiceProvider, policy="identity:%s")
class ServiceProviders:
    """Other clouds, that believe this one.  Every token tells of those that are enabled."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def load(self, call: Call, service_provider_id: str) -> Row:
        """The service provider of that id."""
        return await fetch(call, SERVICE_PROVIDERS, service_provider_id, "service provider")

    @get(rule="list_service_providers", allow=ADMIN_OR_SYSTEM_READER)
    async def list(self, call: Call) -> Page:
        """List service providers."""
        return await listing(call, SERVICE_PROVIDERS, ("id", "enabled"))

    @get("/{service_provider_id}", rule="get_service_provider", allow=ADMIN_OR_SYSTEM_READER)
    async def show(self, call: Call, provider: Row) -> Row:
        """Show a service provider."""
        return provider

    @put(
        "/{service_provider_id}",
        rule="create_service_provider",
        allow=ADMIN,
        kind="create",
        status=201,
        loads=False,
        raises=(Taken,),
    )
    async def create(self, call: Call, service_provider_id: str, body: dict[str, Any]) -> Row:
        """Make a service provider."""
        row = {"id": service_provider_id, **body, "relay_state_prefix": body.get("relay_state_prefix") or "ss:mem:"}
        await add(call.tx, SERVICE_PROVIDERS, row, "service_provider")
        await self._revisions.changed(call.tx)
        return row

    @patch("/{service_provider_id}", rule="update_service_provider", allow=ADMIN)
    async def update(self, call: Call, provider: Row, body: dict[str, Any]) -> Row:
        """Change a service provider."""
        values = {name: value for name, value in body.items() if name != "relay_state_prefix" or value is not None}
        if values:
            where = SERVICE_PROVIDERS.c.id == provider["id"]
            await call.tx.run(update(SERVICE_PROVIDERS).where(where).values(**values))
        await self._revisions.changed(call.tx)
        return {**provider, **values}

    @delete("/{service_provider_id}", rule="delete_service_provider", allow=ADMIN)
    async def remove(self, call: Call, provider: Row) -> None:
        """Delete a service provider."""
        await call.tx.run(remove_rows(SERVICE_PROVIDERS).where(SERVICE_PROVIDERS.c.id == provider["id"]))
        await self._revisions.changed(call.tx)
