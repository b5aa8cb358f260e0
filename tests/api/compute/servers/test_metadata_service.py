"""What guests read of themselves."""

import base64
import json

from pileus.compute.service import MetadataRequest


class Guest:
    """Asks as a guest does."""

    def __init__(self, cloud, network, address):
        self.cloud, self.network, self.address = cloud, network, address

    async def ask(self, path, method="GET", body=b""):
        return await self.cloud.servers.metadata.answer(
            MetadataRequest(self.network, self.address, method, path, body=body)
        )

    async def text(self, path):
        answer = await self.ask(path)
        assert answer.status == 200, path
        return answer.body.decode()


async def guest_of(api, **options):
    server = await api.make(
        metadata={"m": "v"}, key_name="k", user_data=base64.b64encode(b"#!/bin/sh").decode(), **options
    )
    [network] = api.cloud.network.networks
    [[address]] = server["addresses"].values()
    return server, Guest(api.cloud, network, address["addr"])


async def test_ec2(api, cloud):
    _server, guest = await guest_of(api)
    assert (await guest.text("/")).splitlines()[0] == "1.0"
    assert await guest.text("/latest") == "meta-data/\nuser-data"
    listing = (await guest.text("/latest/meta-data/")).splitlines()
    assert {"instance-id", "public-keys/", "placement/", "public-ipv4", "local-ipv4"} <= set(listing)
    assert await guest.text("/latest/meta-data/local-ipv4") == guest.address
    assert await guest.text("/latest/meta-data/public-ipv4") == ""
    assert await guest.text("/latest/meta-data/public-keys/") == "0=k"
    assert await guest.text("/latest/meta-data/public-keys/0/openssh-key") == "ssh-ed25519 AAAA me\n"
    assert await guest.text("/2009-04-04/user-data") == "#!/bin/sh"
    assert (await guest.ask("/latest/meta-data/nothing")).status == 404
    from sqlalchemy import update
    from tests.doubles.network import PORTS

    async with cloud.store.write() as tx:
        await tx.run(update(PORTS).values(floating="172.24.4.9"))
    assert await guest.text("/latest/meta-data/public-ipv4") == "172.24.4.9"


async def test_openstack(api):
    server, guest = await guest_of(api)
    assert (await guest.text("/openstack")).splitlines()[-1] == "latest"
    meta = json.loads(await guest.text("/openstack/latest/meta_data.json"))
    assert (meta["uuid"], meta["meta"], meta["project_id"]) == (server["id"], {"m": "v"}, "p1")
    assert meta["public_keys"] == {"k": "ssh-ed25519 AAAA me\n"}
    oldest = json.loads(await guest.text("/openstack/2012-08-10/meta_data.json"))
    assert "random_seed" not in oldest
    assert "project_id" not in oldest
    assert await guest.text("/openstack/latest/user_data") == "#!/bin/sh"
    network = json.loads(await guest.text("/openstack/latest/network_data.json"))
    assert [link["ethernet_mac_address"] for link in network["links"]] == [
        a["OS-EXT-IPS-MAC:mac_addr"] for a in server["addresses"]["private"]
    ]
    assert network["networks"][0]["type"] == "ipv4_dhcp"
    assert network["services"] == [{"type": "dns", "address": "10.0.0.2"}]
    assert (await guest.ask("/openstack/2012-08-10/network_data.json")).status == 404
    assert (await guest.ask("/openstack/2011-01-01/meta_data.json")).status == 404
    assert await guest.text("/openstack/latest/vendor_data.json") == "{}"


async def test_strangers_get_nothing(api):
    _server, guest = await guest_of(api)
    guest.address = "10.9.9.9"
    assert (await guest.ask("/latest/meta-data/")).status == 404


async def test_the_password_is_kept_once(api):
    server, guest = await guest_of(api)
    url = f"/servers/{server['id']}/os-server-password"
    assert (await api.call("GET", url)).json() == {"password": ""}
    path = "/openstack/2013-10-17/password"
    assert (await guest.ask(path, "POST", b"x" * 2000)).status == 400
    assert (await guest.ask(path, "POST", b"secret" * 10)).status == 200
    assert (await guest.ask(path, "POST", b"other")).status == 409
    assert (await api.call("GET", url)).json() == {"password": "secret" * 10}
    assert await guest.text("/openstack/latest/password") == "secret" * 10
    assert (await api.call("DELETE", url)).status_code == 204
    assert (await api.call("GET", url)).json() == {"password": ""}


async def test_the_config_drive_says_the_same(api, cloud):
    server, guest = await guest_of(api, config_drive=True)
    assert server["config_drive"] == "True"
    [drive] = [
        h.disks.guests[server["id"]].config_drive for h in cloud.fleet.hosts.values() if server["id"] in h.disks.guests
    ]
    for name in ("meta_data.json", "network_data.json", "user_data"):
        assert drive[f"openstack/latest/{name}"] == (await guest.ask(f"/openstack/latest/{name}")).body
    assert "ec2/latest/meta-data.json" in drive
