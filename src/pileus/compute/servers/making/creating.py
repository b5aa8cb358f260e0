"""Accepting new servers: everything that can be refused is refused here, in the request's own transaction."""

import base64
from typing import Any

import msgspec

from pileus.compute.errors import UnknownImage
from pileus.compute.hypervisors.table import NODES
from pileus.compute.scheduling.hosts import compute_services
from pileus.compute.servers.around.neighbours import FlavorRecord, KeypairRecord
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.errors import network_words
from pileus.compute.servers.journey import packed
from pileus.compute.servers.making.devices import boot_image, hostname_of, port_requests, zone_and_host
from pileus.compute.servers.making.resources import check_quota
from pileus.compute.servers.table import SERVER_EXTRAS, SERVER_TAGS, SERVERS
from pileus.image.service import ImageRecord
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.kernel.store import Row
from pileus.network.service import PortRequest

Body = dict[str, Any]
GIB = 1 << 30

FORCED_HOST = "os_compute_api:servers:create:forced_host"
REQUESTED_DESTINATION = "compute:servers:create:requested_destination"
ZERO_DISK = "os_compute_api:servers:create:zero_disk_flavor"
ATTACH_NETWORK = "os_compute_api:servers:create:attach_network"
CERTIFICATES = "os_compute_api:servers:create:trusted_certs"


class Creating:
    """What a POST to /servers does."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def create(self, call: Call, body: Body) -> list[Row]:
        """Accept servers; their rows, the first with what only the answer shows."""
        least, most = _counts(body)
        flavor = await self._flavor(call, body["flavorRef"])
        image = await self._image(call, boot_image(body), flavor)
        key = await self._key(call, body.get("key_name"))
        place = await self._place(call, body)
        limits = await self._parts.near.quotas.limits(call.tx, call.who.project_id, call.who.user_id)
        if len(body.get("metadata", {})) > limits.get("metadata_items", 128) >= 0:
            raise Forbidden(f"Maximum number of metadata items exceeds {limits.get('metadata_items', 128)}")
        if body.get("trusted_image_certificates"):
            call.must(CERTIFICATES)
        record = msgspec.to_builtins(flavor)
        count = await check_quota(call.tx, limits, call.who.project_id, record, least, most)
        networks = await self._networks(call, body, count)
        shared = {
            **self._shared(call, body, record, image, key),
            "pinned_zone": place["zone"] or None,
            "zone": place["zone"] or None,
        }
        rows = []
        for index in range(count):
            row = self._row(call, body, shared, index, count)
            await self._insert(call, body, row, key)
            await self._claim_ports(call, row, networks)
            await self._begin(call, row, place, body)
            rows.append(row)
        password = body.get("adminPass") or self._password()
        rows[0] = {**rows[0], "password": password, "asked_groups": body.get("security_groups", [{"name": "default"}])}
        return rows

    async def _flavor(self, call: Call, id: str) -> FlavorRecord:
        flavor: FlavorRecord | None = await self._parts.near.flavors.find(call.tx, call.who, id)
        if flavor is None or flavor.disabled:
            raise BadRequest(f"Flavor {id} could not be found.")
        if flavor.disk == 0 and not call.may(ZERO_DISK):
            raise Forbidden("Only volume-backed servers are allowed for flavors with zero disk.")
        return flavor

    async def _image(self, call: Call, id: str, flavor: FlavorRecord) -> ImageRecord:
        try:
            image = await self._parts.images.find(call.tx, call.who, id)
        except NotFound as error:
            raise UnknownImage from error
        if image.status != "active":
            raise BadRequest(f"Image {id} is not active.")
        if image.min_ram > flavor.ram:
            raise BadRequest("Flavor's memory is too small for requested image.")
        size = flavor.disk * GIB
        if size and max(image.virtual_size, image.size) > size:
            raise BadRequest(
                "Flavor's disk is too small for requested image. "
                f"Flavor disk is {size} bytes, image is {max(image.virtual_size, image.size)} bytes."
            )
        if size and image.min_disk * GIB > size:
            raise BadRequest(
                "Flavor's disk is too small for requested image. "
                f"Flavor disk is {size} bytes, minimum is {image.min_disk * GIB} bytes."
            )
        return image

    async def _key(self, call: Call, name: str | None) -> KeypairRecord | None:
        if name is None:
            return None
        key: KeypairRecord | None = await self._parts.near.keypairs.find(call.tx, call.who.user_id, name)
        if key is None:
            raise BadRequest("Invalid key_name provided.")
        return key

    async def _place(self, call: Call, body: Body) -> dict[str, Any]:
        """Where the caller wants the server: {zone, host, forced}."""
        zone, host = zone_and_host(body.get("availability_zone", ""))
        forced = bool(host)
        if forced:
            call.must(FORCED_HOST)
        asked = body.get("host") or body.get("hypervisor_hostname")
        if asked:
            call.must(REQUESTED_DESTINATION)
            if forced:
                raise BadRequest("A host can be asked for in availability_zone or in host, not in both.")
            host = asked
        if host:
            nodes = await call.tx.all(
                NODES.select().where((NODES.c.host == host) | (NODES.c.hypervisor_hostname == host))
            )
            if not nodes or nodes[0]["host"] not in await compute_services(call.tx):
                raise BadRequest(f"Compute host {host} could not be found.")
            host = nodes[0]["host"]
        if zone and zone not in await self._parts.near.zones.names(call.tx):
            raise BadRequest("The requested availability zone is not available")
        return {"zone": zone, "host": host, "forced": forced}

    async def _networks(self, call: Call, body: Body, count: int) -> list[PortRequest]:
        asked = body.get("networks")
        groups = tuple(g["name"] for g in body.get("security_groups", ()) if "name" in g) or None
        if asked == "none":
            return []
        if isinstance(asked, list) and asked:
            call.must(ATTACH_NETWORK)
            return port_requests(asked, groups, count)
        with network_words():
            chosen = await self._parts.network.choose_networks(call.tx, call.who)
        if asked == "auto" and not chosen:
            raise BadRequest("Unable to automatically allocate a network for project " + call.who.project_id)
        return [PortRequest(network_id=network, security_groups=groups) for network in chosen]

    async def _claim_ports(self, call: Call, row: Row, networks: list[PortRequest]) -> None:
        if not networks:
            return
        with network_words():
            ports = await self._parts.network.claim_ports(
                call.tx, call.who, row["id"], row["zone"] or self._parts.near.default_zone, networks
            )
        if len(ports) != len(networks):
            raise Conflict("The network service did not make every port that was asked for.")

    def _shared(
        self, call: Call, body: Body, flavor: dict[str, Any], image: ImageRecord, key: KeypairRecord | None
    ) -> Row:
        """What all servers of one request have in common."""
        now = call.world.clock.now()
        random = call.world.ids.random()
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        return {
            "description": body.get("description"),
            "project_id": call.who.project_id,
            "user_id": call.who.user_id,
            "created_at": now,
            "updated_at": now,
            "launched_at": None,
            "terminated_at": None,
            "vm_state": "building",
            "task_state": "spawning",
            "power_state": 0,
            "progress": 0,
            "revision": 0,
            "host": None,
            "node": None,
            "vcpus": flavor["vcpus"],
            "memory_mib": flavor["ram"],
            "root_gib": flavor["disk"],
            "flavor_id": flavor["id"],
            "flavor": flavor,
            "image_id": image.id,
            "image": msgspec.to_builtins(image),
            "key_name": key.name if key else None,
            "metadata": body.get("metadata", {}),
            "config_drive": bool(body.get("config_drive", False)),
            "access_ip_v4": body.get("accessIPv4", ""),
            "access_ip_v6": body.get("accessIPv6", ""),
            "disk_config": body.get("OS-DCF:diskConfig", "MANUAL"),
            "reservation_id": "r-" + "".join(random.choice(letters) for _ in range(8)),
            "locked_by": None,
            "locked_reason": None,
            "fault": None,
            "hints": body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints"),
            "certificates": body.get("trusted_image_certificates"),
            "devices": {},
        }

    def _row(self, call: Call, body: Body, shared: Row, index: int, count: int) -> Row:
        server_id = call.world.ids.uuid()
        name = body["name"] if count == 1 else f"{body['name']}-{index + 1}"
        hostname = body.get("hostname")
        if hostname and count > 1:
            hostname = f"{hostname}-{index + 1}"
        return {
            **shared,
            "id": server_id,
            "number": call.world.ids.random().getrandbits(31),
            "name": name,
            "hostname": hostname or hostname_of(name, server_id),
            "launch_index": index,
        }

    async def _insert(self, call: Call, body: Body, row: Row, key: KeypairRecord | None) -> None:
        await call.tx.insert(SERVERS, row)
        kept = msgspec.to_builtins(key) if key else None
        await call.tx.insert(
            SERVER_EXTRAS, {"id": row["id"], "user_data": body.get("user_data"), "key": kept, "password": ""}
        )
        tags = dict.fromkeys(body.get("tags", ()))
        if tags:
            await call.tx.insert(SERVER_TAGS, [{"server_id": row["id"], "tag": tag} for tag in tags])

    async def _begin(self, call: Call, row: Row, place: dict[str, Any], body: Body) -> None:
        group = (row["hints"] or {}).get("group")
        group = group[0] if isinstance(group, list) and group else group
        if group:
            if await self._parts.near.groups.find(call.tx, call.who, group) is None:
                raise BadRequest(f"Instance group {group} could not be found.")
            await self._parts.near.groups.join(call.tx, group, row["id"])
        await self._parts.kernel.engine.begin(
            call.tx,
            "server.create",
            resource_type="server",
            resource_id=row["id"],
            input={"who": packed(call.who), "host": place["host"], "forced": place["forced"], "group": group or ""},
            request_id=call.request_id,
            project_id=call.who.project_id,
            user_id=call.who.user_id,
        )

    def _password(self) -> str:
        secret = self._parts.kernel.world.ids.secret(9)
        return base64.urlsafe_b64encode(secret).decode().replace("-", "x").replace("_", "y")


def _counts(body: Body) -> tuple[int, int]:
    """How many servers at the least and at the most.

    Raises:
        BadRequest: the least is more than the most.
    """
    least = int(body.get("min_count") or 1)
    most = int(body.get("max_count") or least)
    if least > most:
        raise BadRequest("min_count must be <= max_count")
    return least, most
