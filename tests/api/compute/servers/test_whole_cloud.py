"""A server in a whole cloud: identity, images, networks and placement are the real ones, hosts and wires simulated."""

import asyncio

import pytest

from pileus.cloud.assembly import Cloud
from pileus.cloud.folder import StateFolder
from pileus.cloud.foundation.parts import make_parts, open_store
from pileus.cloud.ground.simulated import SimulatedGround
from pileus.cloud.settings import CloudSettings
from pileus.compute.reconcilers.audit import audit
from pileus.compute.service import MetadataRequest
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.serving.server import Application

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me"


@pytest.fixture
async def whole(world, tmp_path):
    settings, folder, transport = CloudSettings(), StateFolder(tmp_path), MemoryTransport()
    store = open_store(settings, folder, simulated=True)
    await store.start()
    ground = SimulatedGround(settings.simulated, folder, world, transport)
    await ground.prepare(lambda _text: None)
    cloud = Cloud(make_parts(settings, folder, store, world, transport, "n1"), settings, ground)
    await cloud.start(url="http://cloud", admin_password="admin-word", demo_password="demo-word")
    yield cloud
    await cloud.stop()


class User:
    """Asks with a token."""

    def __init__(self, client):
        self.client = client

    async def login(self):
        domain = {"id": "default"}
        user = {"name": "admin", "domain": domain, "password": "admin-word"}
        scope = {"project": {"name": "admin", "domain": domain}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        answer = await self.client.post("/identity/v3/auth/tokens", json={"auth": auth})
        assert answer.status_code == 201, answer.text
        self.client.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]

    async def ask(self, method, path, body=None, *, status=None, **options):
        answer = await self.client.request(method, path, json=body, **options)
        assert answer.status_code == status or (status is None and answer.status_code < 300), answer.text
        return answer.json() if answer.content else None

    async def image(self):
        body = {"name": "cirros", "disk_format": "raw", "container_format": "bare"}
        made = await self.ask("POST", "/image/v2/images", body)
        headers = {"Content-Type": "application/octet-stream"}
        answer = await self.client.put(f"/image/v2/images/{made['id']}/file", content=b"\0" * 1024, headers=headers)
        assert answer.status_code == 204, answer.text
        return made["id"]

    async def network(self):
        network = (await self.ask("POST", "/networking/v2.0/networks", {"network": {"name": "private"}}))["network"][
            "id"
        ]
        subnet = {"network_id": network, "cidr": "10.1.0.0/16", "ip_version": 4}
        await self.ask("POST", "/networking/v2.0/subnets", {"subnet": subnet})
        return network

    async def until(self, server, status):
        for _ in range(200):
            shown = (await self.ask("GET", f"/compute/v2.1/servers/{server}"))["server"]
            if shown["status"] == status and shown["OS-EXT-STS:task_state"] is None:
                return shown
            assert shown["status"] in {status, "BUILD"} or shown["OS-EXT-STS:task_state"], shown
            await asyncio.sleep(0.02)
        raise AssertionError(f"the server is {shown['status']} and not {status}")


async def test_a_server_in_a_whole_cloud(whole, client_of):
    async with client_of(Application(whole.services, whole.parts.store, whole.parts.world, whole.identity)) as client:
        user = User(client)
        await user.login()
        image, network = await user.image(), await user.network()
        await user.ask("POST", "/compute/v2.1/os-keypairs", {"keypair": {"name": "k", "public_key": KEY}})
        flavors = (await user.ask("GET", "/compute/v2.1/flavors/detail"))["flavors"]
        flavor = min(flavors, key=lambda f: f["ram"])["id"]
        await asyncio.sleep(0.1)  # the hosts' first pulse
        server = {
            "name": "vm",
            "imageRef": image,
            "flavorRef": flavor,
            "networks": [{"uuid": network}],
            "key_name": "k",
        }
        made = (await user.ask("POST", "/compute/v2.1/servers", {"server": server}, status=202))["server"]
        shown = await user.until(made["id"], "ACTIVE")
        [address] = shown["addresses"]["private"]
        assert shown["security_groups"] == [{"name": "default"}]
        [port] = (await user.ask("GET", f"/networking/v2.0/ports?device_id={made['id']}"))["ports"]
        assert (port["status"], port["fixed_ips"][0]["ip_address"]) == ("ACTIVE", address["addr"])
        assert port["binding:host_id"] == shown["OS-EXT-SRV-ATTR:host"]
        async with whole.parts.store.read() as tx:
            assert set(await whole.placement.consumers(tx)) == {made["id"]}
        told = await whole.compute.metadata(
            MetadataRequest(network, address["addr"], "GET", "/latest/meta-data/hostname")
        )
        assert told.body == b"vm"
        await user.ask("POST", f"/compute/v2.1/servers/{made['id']}/action", {"reboot": {"type": "HARD"}}, status=202)
        await user.until(made["id"], "ACTIVE")
        nic = await user.ask(
            "POST", f"/compute/v2.1/servers/{made['id']}/os-interface", {"interfaceAttachment": {"net_id": network}}
        )
        await whole.parts.engine.idle()
        assert await audit(whole.compute._servers) == []
        await user.ask(
            "DELETE",
            f"/compute/v2.1/servers/{made['id']}/os-interface/{nic['interfaceAttachment']['port_id']}",
            status=202,
        )
        await whole.parts.engine.idle()
        await user.ask("DELETE", f"/compute/v2.1/servers/{made['id']}", status=204)
        await whole.parts.engine.idle()
        await user.ask("GET", f"/compute/v2.1/servers/{made['id']}", status=404)
        assert (await user.ask("GET", f"/networking/v2.0/ports?device_id={made['id']}"))["ports"] == []
        async with whole.parts.store.read() as tx:
            assert await whole.placement.consumers(tx) == {}
        assert await audit(whole.compute._servers) == []


async def test_refusals_of_the_network_in_the_words_of_compute(whole, client_of):
    async with client_of(Application(whole.services, whole.parts.store, whole.parts.world, whole.identity)) as client:
        user = User(client)
        await user.login()
        image = await user.image()
        flavors = (await user.ask("GET", "/compute/v2.1/flavors/detail"))["flavors"]
        base = {"name": "vm", "imageRef": image, "flavorRef": min(flavors, key=lambda f: f["ram"])["id"]}
        missing = "4a2fbbaa-d3e7-4b3e-8d19-b3b8a5f4e3c1"
        for more in ({"networks": [{"uuid": missing}]}, {"networks": [{"port": missing}]}):
            answer = await user.ask("POST", "/compute/v2.1/servers", {"server": {**base, **more}}, status=400)
            assert missing in answer["badRequest"]["message"]
