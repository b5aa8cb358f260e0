"""What happens to subnet pools, and cutting prefixes from them."""

from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from sqlalchemy import Select, or_, select

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Conflict
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World
from pileus.network.address_scopes.table import ADDRESS_SCOPES
from pileus.network.errors import (
    AddressScopeNotFound,
    IllegalSubnetPoolPrefixBounds,
    IllegalSubnetPoolUpdate,
    InvalidInput,
    MaxPrefixSubnetAllocationError,
    MinPrefixSubnetAllocationError,
    SubnetAllocationError,
    SubnetPoolInUse,
    SubnetPoolNotFound,
)
from pileus.network.quotas.logic import claim
from pileus.network.standard.logic import change, new_row
from pileus.network.subnetpools.table import SUBNETPOOLS
from pileus.network.subnets.table import SUBNETS

Prefix = IPv4Network | IPv6Network


def visible(who: Caller) -> Select[Any]:
    """The pools that a caller may know of."""
    statement = select(SUBNETPOOLS)
    if who.is_admin:
        return statement
    return statement.where(or_(SUBNETPOOLS.c.project_id == who.project_id, SUBNETPOOLS.c.shared))


async def cut(call: Call, project_id: str, body: dict[str, Any]) -> tuple[Prefix, str]:
    """A prefix for a subnet, from the pool that its request names, and the pool's id.

    Raises:
        SubnetPoolNotFound, SubnetAllocationError, MinPrefixSubnetAllocationError, MaxPrefixSubnetAllocationError.
    """
    tx = call.tx
    statement = visible(call.who)
    if body.get("subnetpool_id"):
        statement = statement.where(SUBNETPOOLS.c.id == body["subnetpool_id"])
    else:
        version = body.get("ip_version") or 4
        statement = statement.where(SUBNETPOOLS.c.is_default, SUBNETPOOLS.c.ip_version == version)
    pool = await tx.first(statement)
    if pool is None:
        if not body.get("subnetpool_id"):
            raise BadRequest(f"Bad subnets request: No default subnetpool found for IPv{body.get('ip_version') or 4}.")
        raise SubnetPoolNotFound(id=body["subnetpool_id"])
    if body.get("ip_version") is not None and body["ip_version"] != pool["ip_version"]:
        raise BadRequest(
            f"Bad subnets request: Cannot allocate IPv{body['ip_version']} subnet from IPv{pool['ip_version']} subnet "
            "pool."
        )
    named = _named(body)
    if named is not None and body.get("prefixlen") is not None:
        raise BadRequest("Bad subnets request: cidr and prefixlen must not be supplied together.")
    if named is None and body.get("allocation_pools"):
        raise BadRequest("Bad subnets request: allocation_pools allowed only for specific subnet requests.")
    size = named.prefixlen if named is not None else body.get("prefixlen")
    size = pool["default_prefixlen"] if size is None else size
    if size < pool["min_prefixlen"]:
        raise MinPrefixSubnetAllocationError(prefixlen=size, least=pool["min_prefixlen"])
    if size > pool["max_prefixlen"]:
        raise MaxPrefixSubnetAllocationError(prefixlen=size, most=pool["max_prefixlen"])
    rows = await tx.all(select(SUBNETS.c.cidr, SUBNETS.c.project_id).where(SUBNETS.c.subnetpool_id == pool["id"]))
    _check_quota(pool, size, [ip_network(row["cidr"]) for row in rows if row["project_id"] == project_id])
    return _free(pool, size, named, [ip_network(row["cidr"]) for row in rows]), pool["id"]


def _named(body: dict[str, Any]) -> Prefix | None:
    if not body.get("cidr"):
        return None
    try:
        return ip_network(body["cidr"])
    except ValueError as error:
        raise BadRequest(f"Invalid input for cidr. Reason: {error}.") from None


def _check_quota(pool: Row, size: int, mine: list[Prefix]) -> None:
    if pool["default_quota"] is None:
        return
    unit = 32 if pool["ip_version"] == 4 else 64
    used = sum(2 ** max(unit - prefix.prefixlen, 0) for prefix in mine)
    if used + 2 ** max(unit - size, 0) > pool["default_quota"]:
        raise Conflict("Per-project subnet pool prefix quota exceeded.")


def _free(pool: Row, size: int, named: Prefix | None, used: list[Prefix]) -> Prefix:
    """The named prefix where it is free, else the first free one of a size."""
    taken = sorted((int(prefix.network_address), int(prefix.broadcast_address)) for prefix in used)
    for text in pool["prefixes"]:
        whole = ip_network(text)
        if named is not None:
            low, high = int(named.network_address), int(named.broadcast_address)
            if named.version == whole.version and named.subnet_of(whole):  # type: ignore[arg-type]
                if not any(first <= high and low <= last for first, last in taken):
                    return named
                break
            continue
        step = 1 << (whole.max_prefixlen - size)
        at, end = int(whole.network_address), int(whole.broadcast_address)
        for first, last in taken:
            if first <= at + step - 1 and at <= last:
                at = (last // step + 1) * step
        if size >= whole.prefixlen and at + step - 1 <= end:
            return IPv4Network((at, size)) if whole.version == 4 else IPv6Network((at, size))
    if named is not None:
        raise SubnetAllocationError(reason="Cannot allocate requested subnet from the available set of prefixes")
    raise SubnetAllocationError(reason=f"Insufficient prefix space to allocate subnet size /{size}")


def _bounds(version: int, body: dict[str, Any], old: Row | None) -> dict[str, int]:
    """The sizes that subnets may have."""
    top = 32 if version == 4 else 128
    usual = {"min_prefixlen": 8 if version == 4 else 64, "max_prefixlen": top}
    found: dict[str, int] = {}
    for key, default in usual.items():
        value = body.get(key)
        found[key] = value if value is not None else (old or {}).get(key, default)
    asked = body.get("default_prefixlen")
    found["default_prefixlen"] = (
        asked if asked is not None else (old or {}).get("default_prefixlen", found["min_prefixlen"])
    )
    least, most, usually = found["min_prefixlen"], found["max_prefixlen"], found["default_prefixlen"]
    if most > top:
        raise InvalidInput(f"max_prefixlen {most} is larger than {top}")
    if least > most:
        raise IllegalSubnetPoolPrefixBounds(kind="min_prefixlen", value=least, other_kind="max_prefixlen", other=most)
    if usually > most:
        raise IllegalSubnetPoolPrefixBounds(
            kind="default_prefixlen", value=usually, other_kind="max_prefixlen", other=most
        )
    if usually < least:
        raise IllegalSubnetPoolPrefixBounds(
            kind="default_prefixlen", value=usually, other_kind="min_prefixlen", other=least
        )
    return found


def _prefixes(texts: list[str]) -> tuple[list[str], int]:
    """Prefixes without overlaps, and their IP version."""
    parsed = [ip_network(text, strict=False) for text in texts]
    versions = {prefix.version for prefix in parsed}
    if not parsed:
        raise BadRequest("Bad subnetpool request: a subnet pool needs prefixes.")
    if len(versions) > 1:
        raise BadRequest("Bad subnetpool request: Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")
    return [str(prefix) for prefix in collapse_addresses(parsed)], versions.pop()  # type: ignore[type-var]


class SubnetPools:
    """Makes, changes and removes subnet pools."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def _scope(self, tx: Tx, who: Caller, scope_id: str | None, version: int) -> None:
        if scope_id is None:
            return
        scope = await tx.first(select(ADDRESS_SCOPES).where(ADDRESS_SCOPES.c.id == scope_id))
        if scope is None or not (who.is_admin or scope["shared"] or scope["project_id"] == who.project_id):
            raise AddressScopeNotFound(id=scope_id)
        if scope["ip_version"] != version:
            raise BadRequest(
                f"Illegal subnetpool association: subnetpool cannot be associated with address scope {scope_id} "
                f"because subnetpool ip_version is not {scope['ip_version']}."
            )

    async def _only_default(self, tx: Tx, version: int) -> None:
        other = select(SUBNETPOOLS.c.id).where(SUBNETPOOLS.c.is_default, SUBNETPOOLS.c.ip_version == version)
        if await tx.first(other):
            raise InvalidInput(
                "A default subnetpool for this IP family has already been set. Only one default may exist per IP family"
            )

    async def create(self, call: Call, project_id: str, body: dict[str, Any]) -> Row:
        """Make a pool."""
        tx = call.tx
        await claim(tx, project_id, "subnetpool")
        prefixes, version = _prefixes(body["prefixes"])
        await self._scope(tx, call.who, body.get("address_scope_id"), version)
        if body["is_default"]:
            await self._only_default(tx, version)
        row = {
            **new_row(self._world, project_id, body),
            **_bounds(version, body, None),
            "ip_version": version,
            "prefixes": prefixes,
            "default_quota": body.get("default_quota"),
            "shared": body["shared"],
            "is_default": body["is_default"],
            "address_scope_id": body.get("address_scope_id"),
        }
        await tx.insert(SUBNETPOOLS, row)
        return row

    async def update(self, call: Call, row: Row, body: dict[str, Any]) -> Row:
        """Change a pool; its prefixes can only grow."""
        tx = call.tx
        values = {key: value for key, value in body.items() if key in SUBNETPOOLS.c}
        version = row["ip_version"]
        if "prefixes" in body:
            prefixes, asked = _prefixes(body["prefixes"])
            wider = [ip_network(text) for text in prefixes]
            kept = all(any(ip_network(old).subnet_of(new) for new in wider) for old in row["prefixes"])  # type: ignore[arg-type]
            if asked != version or not kept:
                raise IllegalSubnetPoolUpdate(reason="Existing prefixes must be a subset of the new prefixes")
            values["prefixes"] = prefixes
        if "address_scope_id" in body:
            await self._scope(tx, call.who, body["address_scope_id"], version)
        if body.get("is_default") and not row["is_default"]:
            await self._only_default(tx, version)
        values |= _bounds(version, body, row)
        return await change(tx, self._world, SUBNETPOOLS, row, values)

    async def delete(self, call: Call, row: Row) -> None:
        """Remove a pool.

        Raises:
            SubnetPoolInUse: subnets were cut from it.
        """
        if await call.tx.first(select(SUBNETS.c.id).where(SUBNETS.c.subnetpool_id == row["id"]).limit(1)):
            raise SubnetPoolInUse(id=row["id"], reason="Subnet pool has existing allocations")
        await call.tx.run(SUBNETPOOLS.delete().where(SUBNETPOOLS.c.id == row["id"]))
