"""A network service with networks of one subnet each, ports in a table, and every port active once it is bound."""

import itertools

from sqlalchemy import Column, Integer, String, Table, delete, select, update

from pileus.kernel.api.errors import Conflict, NotFound
from pileus.kernel.store import METADATA, Json
from pileus.network.service import Address, PortRecord, SubnetRecord

PORTS = Table(
    "double_ports",
    METADATA,
    Column("id", String, primary_key=True),
    Column("network_id", String),
    Column("device_id", String),
    Column("host", String),
    Column("mac", String),
    Column("created", Integer),
    Column("tag", String),
    Column("addresses", Json),
    Column("groups", Json),
    Column("floating", String),
    Column("order", Integer),
)


class DoubleNetwork:
    """Networks by own with their names; `most_ports` is everybody's quota."""

    def __init__(self, world, networks=None):
        self.world = world
        self.networks = networks if networks is not None else {world.ids.uuid(): "private"}
        self.groups = {"g-default": "default", "g-web": "web"}
        self.active = True
        self.most_ports = 10000
        self._host = itertools.count(2)
        self._order = itertools.count(1)

    def _record(self, row):
        subnet = f"s-{row['network_id']}"
        addresses = [Address(a, 4, subnet_id=subnet) for a in row["addresses"]]
        if row["floating"]:
            addresses.append(Address(row["floating"], 4, floating=True))
        return PortRecord(
            id=row["id"],
            network_id=row["network_id"],
            network_name=self.networks[row["network_id"]],
            mac=row["mac"],
            mtu=1442,
            status="ACTIVE" if row["host"] else "DOWN",
            device_id=row["device_id"] or "",
            host=row["host"] or "",
            created=bool(row["created"]),
            addresses=tuple(addresses),
            security_groups=tuple(row["groups"]),
            tag=row["tag"] or "",
        )

    def _address(self):
        number = next(self._host)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    async def choose_networks(self, tx, who):
        if len(self.networks) > 1:
            raise Conflict("Multiple possible networks found, use a Network ID to be more specific.")
        return list(self.networks)

    async def claim_ports(self, tx, who, device_id, zone, requests):
        made = []
        for request in requests:
            if request.port_id:
                row = await tx.first(select(PORTS).where(PORTS.c.id == request.port_id))
                if row is None:
                    raise NotFound(f"Port {request.port_id} could not be found.")
                if row["device_id"] and row["device_id"] != device_id:
                    raise Conflict(f"Port {request.port_id} is still in use.")
                await tx.run(update(PORTS).where(PORTS.c.id == row["id"]).values(device_id=device_id))
                made.append(self._record({**row, "device_id": device_id}))
                continue
            if request.network_id not in self.networks:
                raise NotFound(f"Network {request.network_id} could not be found.")
            row = await self.add(tx, request.network_id, device_id, request)
            made.append(self._record(row))
        return made

    async def add(self, tx, network_id, device_id="", request=None):
        """Make a port."""
        wanted = request.security_groups if request is not None and request.security_groups else ("default",)
        names = {name: own for own, name in self.groups.items()}
        order = next(self._order)
        row = {
            "id": self.world.ids.uuid(),
            "network_id": network_id,
            "device_id": device_id,
            "host": "",
            "mac": f"fa:16:3e:{order >> 16 & 255:02x}:{order >> 8 & 255:02x}:{order & 255:02x}",
            "created": 1 if device_id else 0,
            "tag": request.tag if request else "",
            "addresses": [(request.fixed_ip if request else "") or self._address()],
            "groups": [names.get(w, w) for w in wanted],
            "floating": "",
            "order": order,
        }
        for group in row["groups"]:
            if group not in self.groups:
                raise NotFound(f"Security group {group} could not be found.")
        await tx.insert(PORTS, row)
        return row

    async def bind_port(self, tx, port_id, host):
        await tx.run(update(PORTS).where(PORTS.c.id == port_id).values(host=host))

    async def release_ports(self, tx, device_id, port_ids=None):
        mine = [PORTS.c.device_id == device_id]
        if port_ids is not None:
            mine.append(PORTS.c.id.in_(port_ids))
        await tx.run(delete(PORTS).where(*mine, PORTS.c.created == 1))
        await tx.run(update(PORTS).where(*mine).values(device_id="", host=""))

    async def ports(self, tx, device_ids):
        rows = await tx.all(select(PORTS).where(PORTS.c.device_id.in_(device_ids)).order_by(PORTS.c.order))
        found = {}
        for row in rows:
            found.setdefault(row["device_id"], []).append(self._record(row))
        return found

    async def devices(self, tx):
        made = await tx.all(select(PORTS.c.device_id).where(PORTS.c.created))
        return [row["device_id"] for row in made]

    async def subnets(self, tx, network_ids):
        return {
            own: [SubnetRecord(f"s-{own}", "10.0.0.0/8", 4, "10.0.0.1", True, ("10.0.0.2",), ())] for own in network_ids
        }

    async def port_at(self, tx, network_id, address):
        for row in await tx.all(select(PORTS).where(PORTS.c.network_id == network_id)):
            if address in row["addresses"]:
                return self._record(row)
        return None

    async def wait_active(self, port_ids, seconds):
        return self.active

    async def security_group_names(self, tx, ids):
        return {own: self.groups[own] for own in ids if own in self.groups}

    async def change_groups(self, tx, who, device_id, *, add="", remove=""):
        names = {name: own for own, name in self.groups.items()}
        for wanted in (add, remove):
            if wanted and wanted not in names:
                raise NotFound(f"Security group {wanted} not found for project {who.project_id}.")
        for row in await tx.all(select(PORTS).where(PORTS.c.device_id == device_id)):
            groups = [g for g in row["groups"] if g != names.get(remove)] + ([names[add]] if add else [])
            await tx.run(update(PORTS).where(PORTS.c.id == row["id"]).values(groups=groups))

    async def change_fixed_ip(self, tx, who, device_id, *, network_id="", remove=""):
        for row in await tx.all(select(PORTS).where(PORTS.c.device_id == device_id)):
            if network_id and row["network_id"] == network_id:
                changed = [*row["addresses"], self._address()]
            elif remove in row["addresses"]:
                changed = [a for a in row["addresses"] if a != remove]
            else:
                continue
            await tx.run(update(PORTS).where(PORTS.c.id == row["id"]).values(addresses=changed))
            return
        raise NotFound(f"Fixed IP {remove or network_id} is not associated with the server.")

    async def security_groups(self, tx, who, *, everybody=False):
        return []
