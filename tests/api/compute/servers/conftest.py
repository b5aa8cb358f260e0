"""A compute service over two simulated hosts, and a client of it."""

import pytest
from tests.doubles.cloud import compute_cloud

SERVERS = "/compute/v2.1/servers"


class Api:
    """A client that knows how to make servers."""

    def __init__(self, client, cloud):
        self.client, self.cloud = client, cloud
        self.image = cloud.images.add()

    async def call(self, method, path, body=None, *, at="2.1", who="member:p1"):
        headers = {"X-Auth-Token": who, "OpenStack-API-Version": f"compute {at}"}
        return await self.client.request(method, "/compute/v2.1" + path, json=body, headers=headers)

    async def post(self, body=None, *, at="2.1", who="member:p1", hints=None, **more):
        server = {
            "name": "vm",
            "imageRef": self.image,
            "flavorRef": "1",
            **({"networks": "auto"} if at != "2.1" else {}),
            **more,
        }
        whole = {"server": {k: v for k, v in server.items() if v is not None}}
        if hints:
            whole["os:scheduler_hints"] = hints
        return await self.call("POST", "/servers", body or whole, at=at, who=who)

    async def make(self, **options):
        """A server that has become active."""
        answer = await self.post(**options)
        assert answer.status_code == 202, answer.text
        await self.cloud.engine.idle()
        server_id = answer.json()["server"]["id"]
        shown = await self.show(server_id, who=options.get("who", "member:p1"))
        assert shown["status"] == "ACTIVE", shown
        return shown

    async def show(self, server_id, **options):
        answer = await self.call("GET", f"/servers/{server_id}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["server"]

    async def act(self, server_id, body, **options):
        return await self.call("POST", f"/servers/{server_id}/action", body, **options)


@pytest.fixture
async def cloud(quick_store, world, tmp_path):
    made = await compute_cloud(quick_store, world, tmp_path)
    yield made
    await made.engine.stop()


@pytest.fixture
async def api(cloud, client_of):
    async with client_of(cloud.app) as client:
        yield Api(client, cloud)
