"""`/ports`."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.store import Row
from pileus.network import rules as r
from pileus.network.errors import (
    InvalidInput,
    IpAddressGenerationFailure,
    NetworkNotFound,
    OverQuota,
    PortNotFound,
    ServicePortInUse,
)
from pileus.network.networks.api import LISTING as NETWORK_LISTING
from pileus.network.ports.logic import Ports, complete, visible
from pileus.network.ports.schema import Port
from pileus.network.ports.table import PORTS
from pileus.network.security_groups.table import PORT_GROUPS
from pileus.network.standard.logic import Listing, check_revision, owner
from pileus.network.subnets.table import ADDRESSES


def _fixed_ips(_call: Call, values: list[str]) -> ColumnElement[bool]:
    asked: dict[str, list[str]] = {}
    for value in values:
        for part in value.split(","):
            name, sign, wanted = part.partition("=")
            if not sign or name not in {"ip_address", "subnet_id", "ip_address_substr"}:
                raise InvalidInput(f"Invalid filter on fixed_ips: {part}")
            asked.setdefault(name, []).append(wanted)
    terms: list[ColumnElement[bool]] = [ADDRESSES.c.port_id == PORTS.c.id]
    for name, wanted_values in asked.items():
        if name == "ip_address_substr":
            terms.append(or_(*(ADDRESSES.c.ip_address.contains(text, autoescape=True) for text in wanted_values)))
        else:
            terms.append(ADDRESSES.c[name].in_(wanted_values))
    return exists().where(*terms)


def _in_groups(_call: Call, values: list[str]) -> ColumnElement[bool]:
    return exists().where(PORT_GROUPS.c.port_id == PORTS.c.id, PORT_GROUPS.c.group_id.in_(values))


def _macs(_call: Call, values: list[str]) -> ColumnElement[bool]:
    return PORTS.c.mac_address.in_([value.lower().replace("-", ":") for value in values])


LISTING = Listing(
    PORTS,
    Port,
    lambda call: visible(call.who),
    {"fixed_ips": _fixed_ips, "security_groups": _in_groups, "mac_address": _macs},
)

_RIGHTS = {
    f"{verb}_port:{name}": (allow, doc)
    for verb in ("create", "update")
    for name, allow, doc in (
        ("fixed_ips:ip_address", r.NET_MEMBER_OR_SERVICE, "Choose a port's address."),
        ("fixed_ips:subnet_id", r.NET_MEMBER_OR_SHARED, "Choose the subnet of a port's address."),
        ("allowed_address_pairs:ip_address", r.NET_MEMBER_OR_SERVICE, "Choose a port's further addresses."),
        ("allowed_address_pairs:mac_address", r.NET_MEMBER_OR_SERVICE, "Choose a port's further MACs."),
    )
}


@resource("/ports", schema=Port, rights=_RIGHTS)
class PortApi:
    """Connection points of networks."""

    def __init__(self, logic: Ports) -> None:
        self._logic = logic

    async def load(self, call: Call, id: str) -> Row:
        """The row, where the caller may know of it."""
        row = await LISTING.find(call, id)
        if row is None:
            raise PortNotFound(id=id)
        return row

    async def _network(self, call: Call, id: str) -> Row:
        network = await NETWORK_LISTING.find(call, id)
        if network is None:
            raise NetworkNotFound(id=id)
        return network

    async def subject(self, call: Call, row: Row | None, body: Any) -> Any:
        """What rules look at."""
        if row is not None:
            target = {**row}
            if isinstance(body, dict):
                target |= {key: body[key] for key in ("device_owner",) if key in body}
                target["shared"] = (await self._network(call, row["network_id"]))["shared"]
                self._parts(call, "update", target, body)
            return target
        if not isinstance(body, dict):
            return {**call.own(), "network:project_id": call.who.project_id}
        network = await self._network(call, body["network_id"])
        target = {
            "project_id": owner(call, body),
            "network:project_id": network["project_id"],
            "shared": bool(network["shared"]),
            "device_owner": body.get("device_owner") or "",
        }
        self._parts(call, "create", target, body)
        return target

    @staticmethod
    def _parts(call: Call, verb: str, target: dict[str, Any], body: dict[str, Any]) -> None:
        """The rights to single attributes inside of attributes."""
        for attribute in ("fixed_ips", "allowed_address_pairs"):
            names = {name for entry in body.get(attribute) or () for name in entry}
            for name in sorted(names):
                if f"{verb}_port:{attribute}:{name}" in _RIGHTS:
                    call.must(f"{verb}_port:{attribute}:{name}", target)

    @get(rule="get_port", allow=r.PORT_READER)
    async def list(self, call: Call) -> Page:
        """List ports."""
        found = await LISTING.page(call)
        await complete(call.tx, [*found.rows])
        return found

    @get("/{id}", rule="get_port", allow=r.PORT_READER)
    async def show(self, call: Call, row: Row) -> Row:
        """Show a port."""
        return (await complete(call.tx, [row]))[0]

    @post(
        rule="create_port",
        allow=f"{r.NET_MEMBER_OR_SERVICE} or rule:shared",
        raises=(OverQuota, IpAddressGenerationFailure),
    )
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Make a port."""
        network = await self._network(call, body["network_id"])
        return await self._logic.create(call.tx, call.who, owner(call, body), network, body)

    @put("/{id}", rule="update_port", allow=r.MEMBER_OR_SERVICE)
    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a port."""
        check_revision(call, row)
        return await self._logic.update(call.tx, call.who, (await complete(call.tx, [row]))[0], body)

    @delete(
        "/{id}",
        rule="delete_port",
        allow=f"{r.NET_MEMBER_OR_SERVICE} or {r.ADMIN_OR_MEMBER}",
        raises=(ServicePortInUse,),
    )
    async def delete(self, call: Call, row: Row) -> None:
        """Remove a port."""
        check_revision(call, row)
        await self._logic.delete(call.tx, row)
