"""The version list, `/v2.0/`, `/extensions`, `/availability_zones`, `/agents` and `/network-ip-availabilities`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from sqlalchemy import func, select

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import NotFound
from pileus.network.backend.protocol import ChassisStatus, NetworkBackend
from pileus.network.errors import AgentNotFound, NetworkNotFound
from pileus.network.networks.table import NETWORKS
from pileus.network.rules import ADMIN, ADMIN_OR_SERVICE
from pileus.network.subnets.table import ADDRESSES, SUBNETS
from pileus.network.versions import NETWORK

_INDEX = (("subnet", "subnets"), ("network", "networks"), ("port", "ports"))


@resource("!")
class VersionApi:
    """The versions of the API."""

    @get("/", public=True, many=False, transaction="none")
    async def list(self, call: Call) -> Any:
        """List versions."""
        links = [{"rel": "self", "href": call.bookmark("v2.0") + "/"}]
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}


@resource("")
class IndexApi:
    """What the API has."""

    @get("/", many=False, transaction="none")
    async def index(self, call: Call) -> Any:
        """List the core resources."""
        found = [
            {"name": name, "collection": plural, "links": [{"rel": "self", "href": call.url(plural)}]}
            for name, plural in _INDEX
        ]
        return {"resources": found}


def _extension(alias: str) -> dict[str, Any]:
    change = NETWORK.extensions[alias]
    return {"alias": alias, "name": change.name, "description": change.doc, "updated": change.updated, "links": []}


@resource("/extensions")
class ExtensionApi:
    """The API's extensions."""

    @get(many=False, transaction="none")
    async def list(self, call: Call) -> Any:
        """List extensions."""
        return {"extensions": [_extension(alias) for alias in NETWORK.extensions]}

    @get("/{alias}", transaction="none")
    async def show(self, call: Call, alias: str) -> Any:
        """Show an extension."""
        if alias not in NETWORK.extensions:
            raise NotFound(f"Extension with alias {alias} does not exist")
        return {"extension": _extension(alias)}


@resource("/availability_zones")
class ZoneApi:
    """Availability zones of networks and routers."""

    def __init__(self, zone: str) -> None:
        self._zone = zone

    @get(many=False, transaction="none")
    async def list(self, call: Call) -> Any:
        """List availability zones."""
        found = [{"name": self._zone, "resource": kind, "state": "available"} for kind in ("network", "router")]
        asked: dict[str, set[str]] = {}
        for name, value in call.params:
            asked.setdefault(name, set()).add(value)
        kept = [z for z in found if all(z[n] in asked[n] for n in ("name", "resource", "state") if n in asked)]
        return {"availability_zones": kept}


def agent_of(chassis: ChassisStatus, zone: str) -> dict[str, Any]:
    """A host's network agent, as the API shows it."""
    at = chassis.reported_at
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") if at is not None else None
    return {
        "id": str(uuid5(NAMESPACE_DNS, chassis.name)),
        "agent_type": chassis.type,
        "binary": "ovn-controller",
        "topic": "n/a",
        "host": chassis.hostname,
        "availability_zone": zone,
        "admin_state_up": True,
        "alive": chassis.alive,
        "created_at": moment,
        "started_at": moment,
        "heartbeat_timestamp": moment,
        "description": "",
        "resources_synced": None,
        "configurations": {
            **chassis.config,
            "chassis_name": chassis.name,
            "bridge-mappings": dict(chassis.bridge_mappings),
            "encapsulations": dict(chassis.encapsulations),
        },
    }


@resource("/agents")
class AgentApi:
    """Network agents: one for each host that the backend knows."""

    def __init__(self, backend: NetworkBackend, zone: str) -> None:
        self._backend = backend
        self._zone = zone

    async def _agents(self) -> Any:
        return [agent_of(chassis, self._zone) for chassis in await self._backend.chassis()]

    @get(many=False, transaction="none")
    async def list(self, call: Call) -> Any:
        """List network agents; none for those who may not see them."""
        found = await self._agents() if call.may("get_agent") else []
        for name in ("host", "agent_type", "binary", "id", "alive", "admin_state_up"):
            values = {value.lower() for key, value in call.params if key == name}
            if values:
                found = [agent for agent in found if str(agent[name]).lower() in values]
        return {"agents": found}

    @get("/{id}", rule="get_agent", allow=ADMIN, transaction="none")
    async def show(self, call: Call, id: str) -> Any:
        """Show a network agent."""
        for agent in await self._agents():
            if agent["id"] == id:
                return {"agent": agent}
        raise AgentNotFound(id=id)


def _total(pools: Any) -> int:
    return sum(int(ip_address(pool["end"])) - int(ip_address(pool["start"])) + 1 for pool in pools)


def _use(network: Mapping[str, Any], subnets: Any) -> dict[str, Any]:
    shown = [
        {
            "subnet_id": s["id"],
            "subnet_name": s["name"],
            "cidr": s["cidr"],
            "ip_version": s["ip_version"],
            "total_ips": _total(s["allocation_pools"]),
            "used_ips": s["used"],
        }
        for s in subnets
    ]
    return {
        "network_id": network["id"],
        "network_name": network["name"],
        "project_id": network["project_id"],
        "tenant_id": network["project_id"],
        "total_ips": sum(s["total_ips"] for s in shown),
        "used_ips": sum(s["used_ips"] for s in shown),
        "subnet_ip_availability": shown,
    }


@resource("/network-ip-availabilities")
class IpAvailabilityApi:
    """How many addresses networks have, and how many are taken."""

    async def _found(self, call: Call, id: str = "") -> Any:
        statement = select(NETWORKS.c.id, NETWORKS.c.name, NETWORKS.c.project_id)
        names = {"network_id": "id", "network_name": "name", "project_id": "project_id", "tenant_id": "project_id"}
        for wire, column in names.items():
            if values := [value for key, value in call.params if key == wire]:
                statement = statement.where(NETWORKS.c[column].in_(values))
        if versions := [int(value) for key, value in call.params if key == "ip_version" and value in {"4", "6"}]:
            having = select(SUBNETS.c.network_id).where(SUBNETS.c.ip_version.in_(versions))
            statement = statement.where(NETWORKS.c.id.in_(having.scalar_subquery()))
        if id:
            statement = statement.where(NETWORKS.c.id == id)
        networks = await call.tx.all(statement.order_by(NETWORKS.c.id))
        counted = (
            select(func.count()).select_from(ADDRESSES).where(ADDRESSES.c.subnet_id == SUBNETS.c.id).scalar_subquery()
        )
        columns = [SUBNETS.c[name] for name in ("id", "name", "cidr", "ip_version", "network_id", "allocation_pools")]
        subnets: dict[str, Any] = {}
        for subnet in await call.tx.all(select(*columns, counted.label("used"))):
            if not versions or subnet["ip_version"] in versions:
                subnets.setdefault(subnet["network_id"], []).append(subnet)
        return [_use(network, subnets.get(network["id"], [])) for network in networks]

    @get(rule="get_network_ip_availability", allow=ADMIN_OR_SERVICE, many=False)
    async def list(self, call: Call) -> Any:
        """List networks with their use of addresses."""
        return {"network_ip_availabilities": await self._found(call)}

    @get("/{id}", rule="get_network_ip_availability", allow=ADMIN_OR_SERVICE)
    async def show(self, call: Call, id: str) -> Any:
        """Show a network's use of addresses."""
        found = await self._found(call, id)
        if not found:
            raise NetworkNotFound(id=id)
        return {"network_ip_availability": found[0]}
