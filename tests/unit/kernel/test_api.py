"""The declaration kernel, shown with a service of its own: Nova's server groups."""

import msgspec
import pytest
from sqlalchemy import Column, MetaData, String, Table, literal, select
from sqlalchemy.schema import CreateTable

from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Page
from pileus.kernel.api.declare import Service, action, delete, get, post, resource
from pileus.kernel.api.errors import NotFound, Unauthorized
from pileus.kernel.api.schema import Schema
from pileus.kernel.api.versions import History
from pileus.kernel.auth.caller import Caller
from pileus.kernel.auth.rules import Rule
from pileus.kernel.serving.server import Application
from pileus.kernel.store import Json

COMPUTE = History("compute", "2.1", legacy_header="X-OpenStack-Nova-API-Version")
GROUP_OWNER = COMPUTE.add("2.13", "Server groups show `project_id`.")
GROUP_RULES = COMPUTE.add("2.64", "Server groups take one `policy`.")
COMPUTE.add("2.104", "The newest.")

METADATA = MetaData()
GROUPS = Table(
    "groups",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String),
    Column("policy", String),
    Column("project_id", String),
    Column("members", Json),
)

READER = Rule("project_reader", "role:reader and project_id:%(project_id)s", "A reader of the project.")
ADMIN = Rule("admin", "role:admin", "An administrator.")


class Group(Schema, key="server_group", history=COMPUTE):
    id = f.ident("Identifier.", read_only=True)
    name = f.text("Shown to users.", least=1, required=True)
    policy = f.text("How members are placed.", choices=("affinity", "anti-affinity"), required=True, since=GROUP_RULES)
    secret = f.text("For administrators.", allow_read=ADMIN, allow_create=ADMIN)
    size = f.integer("How many.", loose=True, default=3)
    members = f.array(f.ident("A server."), "Servers.", read_only=True)
    project_id = f.ident("Owner.", read_only=True, since=GROUP_OWNER)


@COMPUTE.reshape(GROUP_RULES, Group)
class PolicyWasAList:
    policies = f.array(f.text("A policy."), "Exactly one.", least=1, most=1, required=True)
    metadata = f.mapping("Always empty.", read_only=True)

    @staticmethod
    def upgrade(body):
        body["policy"] = body.pop("policies")[0]
        return body

    @staticmethod
    def downgrade(body):
        body["policies"], body["metadata"] = [body["policy"]], {}
        return body


class Reboot(Schema, key="reboot"):
    type = f.text("How.", choices=("SOFT", "HARD"), required=True)


@resource("/os-server-groups", schema=Group, policy="os_compute_api:os-server-groups:%s")
class Groups:
    """Affinity rules."""

    async def load(self, call, id):
        row = await call.tx.first(select(GROUPS).where(GROUPS.c.id == id))
        if row is None:
            raise NotFound(f"Group {id} could not be found.")
        return row

    @get(rule="index", allow=READER)
    async def list(self, call):
        """List."""
        return Page(await call.tx.all(select(GROUPS)))

    @get("/{id}", rule="show", allow=READER)
    async def show(self, call, group):
        """Show."""
        return group

    @post(rule="create", allow=READER, status=200)
    async def create(self, call, body):
        """Create."""
        row = {
            "id": call.world.ids.uuid(),
            "project_id": call.who.project_id,
            "members": [],
            "name": body["name"],
            "policy": body["policy"],
        }
        await call.tx.insert(GROUPS, row)
        if body["name"] == "huge":
            await call.tx.all(select(literal(body["size"])))
        if body["name"] == "explode":
            raise RuntimeError("boom")
        return {**row, "size": body["size"], "secret": "s"}

    @delete("/{id}", rule="delete", allow=READER)
    async def delete(self, call, group):
        """Delete."""
        await call.tx.run(GROUPS.delete().where(GROUPS.c.id == group["id"]))

    @action("reboot", body=Reboot, rule="reboot", allow=ADMIN)
    async def reboot(self, call, group, body):
        """Reboot."""
        call.headers["X-Type"] = body["type"]


class Tokens:
    async def authenticate(self, token):
        if token == "bad":
            raise Unauthorized
        roles = frozenset({"reader", *({"admin"} if token.startswith("admin") else ())})
        return Caller(user_id="u", project_id=token.split(":")[1], roles=roles)


def fault(error, call):
    return {"Content-Type": "application/json"}, msgspec.json.encode(
        {"fault": {"code": error.status, "message": error.text}}
    )


@pytest.fixture
async def api(quick_store, world, client_of):
    async with quick_store.write() as tx:
        await tx.run(CreateTable(GROUPS))
    service = Service(
        type="compute",
        name="nova",
        prefix="/compute",
        root="/v2.1",
        history=COMPUTE,
        fault=fault,
        rules=(READER, ADMIN),
        request_headers=("X-Openstack-Request-Id", "X-Compute-Request-Id"),
    )
    service.add(Groups())
    async with client_of(Application([service], quick_store, world, Tokens())) as client:
        client.headers["X-Auth-Token"] = "user:p1"
        yield client


def at(version):
    return {"OpenStack-API-Version": f"compute {version}"}


URL = "/compute/v2.1/os-server-groups"


async def made(api, version="2.64", **more):
    answer = await api.post(
        URL, json={"server_group": {"name": "n", "policy": "affinity", **more}}, headers=at(version)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["server_group"]


async def test_the_newest_form_and_its_defaults(api):
    group = await made(api)
    assert group == {"id": group["id"], "name": "n", "policy": "affinity", "size": 3, "members": [], "project_id": "p1"}
    assert (await made(api, size="7"))["size"] == 7


async def test_an_older_form_is_lifted_and_lowered(api):
    answer = await api.post(URL, json={"server_group": {"name": "n", "policies": ["affinity"]}})
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.1"
    group = answer.json()["server_group"]
    assert group["policies"] == ["affinity"]
    assert group["metadata"] == {}
    assert "policy" not in group
    assert "project_id" not in group
    newer = await api.get(f"{URL}/{group['id']}", headers=at("2.13"))
    assert newer.json()["server_group"]["project_id"] == "p1"
    newest = await api.get(f"{URL}/{group['id']}", headers=at("latest"))
    assert newest.headers["OpenStack-API-Version"] == "compute 2.104"
    assert newest.json()["server_group"]["policy"] == "affinity"


async def test_a_backslash_is_no_nul(api):
    body = b'{"server_group": {"name": "\\\\u0000", "policy": "affinity"}}'
    answer = await api.post(URL, content=body, headers={"Content-Type": "application/json", **at("2.64")})
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["server_group"]["name"] == "\\u0000"


async def test_nul_in_an_address(api):
    assert (await api.get(f"{URL}/%00")).status_code == 404
    assert (await api.get(f"{URL}?name=%00")).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"server_group": []}', 400),
        (b'{"server_group": {"name": "n"}}', 400),
        (b'{"server_group": {"name": "", "policy": "affinity"}}', 400),
        (b'{"server_group": {"name": "n", "policy": "affinity", "x": 1}}', 400),
        (b'{"server_group": {"name": "n", "policies": ["affinity"]}}', 400),
        (b'{"server_group": {"name": "n", "policy": "affinity", "size": "x"}}', 400),
        (b"\xff\xfe", 400),
        (b'{"server_group": {"name": "n\\u0000", "policy": "affinity"}}', 400),
        (b'{"server_group": {"name\\u0000": "n", "policy": "affinity"}}', 400),
        (b'{"server_group": {"name": "\\ud800", "policy": "affinity"}}', 400),
        (b"[" * 100000, 400),
        (b'"' + b"a" * (2 << 20) + b'"', 413),
    ],
)
async def test_bad_bodies(api, body, status):
    answer = await api.post(URL, content=body, headers={"Content-Type": "application/json", **at("2.64")})
    assert answer.status_code == status, answer.text
    assert answer.json()["fault"]["code"] == status
    assert (await api.get(URL)).json()["server_groups"] == []


async def test_media_types_versions_methods_and_unknown_paths(api):
    assert (await api.post(URL, content=b"x", headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await api.get(URL, headers=at("2.105"))).status_code == 406
    assert (await api.get(URL, headers=at("abc"))).status_code == 400
    answer = await api.patch(URL)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert (await api.get("/compute/v2.1/nothing")).status_code == 404
    assert (await api.get("/elsewhere")).status_code == 404


async def test_rights(api):
    group = await made(api)
    url = f"{URL}/{group['id']}"
    assert (await api.get(url, headers={"X-Auth-Token": "user:p2"})).status_code == 403
    assert (await api.get(url, headers={"X-Auth-Token": "bad"})).status_code == 401
    forged = {
        "X-Auth-Token": "",
        "X-User-Id": "u",
        "X-Project-Id": "p1",
        "X-Roles": "admin,reader",
        "X-Identity-Status": "Confirmed",
    }
    assert (await api.get(url, headers=forged)).status_code == 401
    secret = {"server_group": {"name": "n", "policy": "affinity", "secret": "x"}}
    refused = await api.post(URL, json=secret, headers=at("2.64"))
    assert refused.status_code == 403
    assert "os_compute_api:os-server-groups:create:secret" in refused.text
    allowed = await api.post(URL, json=secret, headers={**at("2.64"), "X-Auth-Token": "admin:p1"})
    assert allowed.json()["server_group"]["secret"] == "s"
    assert (
        "secret"
        not in (
            await api.post(URL, json={"server_group": {"name": "n", "policy": "affinity"}}, headers=at("2.64"))
        ).json()["server_group"]
    )


async def test_actions(api):
    url = f"{URL}/{(await made(api))['id']}/action"
    admin = {"X-Auth-Token": "admin:p1"}
    done = await api.post(url, json={"reboot": {"type": "SOFT"}}, headers=admin)
    assert (done.status_code, done.content, done.headers["X-Type"]) == (202, b"", "SOFT")
    assert (await api.post(url, json={"reboot": {"type": "SOFT"}})).status_code == 403
    for bad in ({}, {"fly": None}, {"reboot": {"type": "NO"}}, [], {"reboot": None}):
        assert (await api.post(url, json=bad, headers=admin)).status_code == 400, bad


async def test_a_failing_function_is_a_fault_and_leaves_nothing(api):
    body = {"server_group": {"name": "explode", "policy": "affinity"}}
    answer = await api.post(URL, json=body, headers=at("2.64"))
    assert answer.status_code == 500
    assert "boom" not in answer.text
    assert answer.headers["X-Compute-Request-Id"].startswith("req-")
    assert (await api.get(URL)).json()["server_groups"] == []


async def test_delete_is_empty(api):
    url = f"{URL}/{(await made(api))['id']}"
    answer = await api.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await api.get(url)).status_code == 404
