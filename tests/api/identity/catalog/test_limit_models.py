"""Limits of projects within those of their domains, and who sees which."""

import pytest

from pileus.identity.settings import IdentitySettings


@pytest.fixture
def settings():
    return IdentitySettings(password_rounds=4, limit_model="strict_two_level")


async def test_a_projects_limit_is_within_its_domains(admin, make):
    assert (await admin.get("/v3/limits/model")).json()["model"]["name"] == "strict_two_level"
    domain = await make("domains", name="d")
    project = await make("projects", name="p", domain_id=domain["id"])
    deeper = await admin.post("/v3/projects", json={"project": {"name": "q", "parent_id": project["id"]}})
    assert deeper.status_code == 403, "two levels, no more"
    service = await make("services", type="shop", name="shop")
    about = {"service_id": service["id"], "resource_name": "apples"}
    default = {"registered_limits": [{**about, "default_limit": 10}]}
    assert (await admin.post("/v3/registered_limits", json=default)).status_code == 201

    async def limit(**values):
        return await admin.post("/v3/limits", json={"limits": [{**about, **values}]})

    refused = await limit(project_id=project["id"], resource_limit=11)
    assert refused.status_code == 403
    assert refused.json()["error"]["message"].startswith("Invalid resource limit: ")
    assert (await limit(project_id=project["id"], resource_limit=-1)).status_code == 403
    made = await limit(project_id=project["id"], resource_limit=8)
    assert made.status_code == 201
    assert (await limit(domain_id=domain["id"], resource_limit=7)).status_code == 403
    assert (await limit(domain_id=domain["id"], resource_limit=9)).status_code == 201
    url = f"/v3/limits/{made.json()['limits'][0]['id']}"
    assert (await admin.patch(url, json={"limit": {"resource_limit": 10}})).status_code == 403
    assert (await admin.patch(url, json={"limit": {"resource_limit": 9}})).status_code == 200


async def test_both_in_one_request(admin, make):
    domain = await make("domains", name="d")
    project = await make("projects", name="p", domain_id=domain["id"])
    service = await make("services", type="shop", name="shop")
    about = {"service_id": service["id"], "resource_name": "apples"}
    await admin.post("/v3/registered_limits", json={"registered_limits": [{**about, "default_limit": 10}]})
    for most, status in ((20, 201), (15, 403)):
        limits = [
            {**about, "project_id": project["id"], "resource_limit": 18},
            {**about, "domain_id": domain["id"], "resource_limit": most},
        ]
        if status == 403:
            for row in (await admin.get("/v3/limits")).json()["limits"]:
                await admin.delete(f"/v3/limits/{row['id']}")
        assert (await admin.post("/v3/limits", json={"limits": limits})).status_code == status


async def test_users_by_the_end_of_their_passwords(admin, make):
    await make("users", name="u", password="p")
    for query, status in (
        ("lt:2030-01-01T00:00:00Z", 200),
        ("gte:2030-01-01T00:00:00", 200),
        ("2030-01-01T00:00:00Z", 400),
        ("odd:2030-01-01T00:00:00Z", 400),
        ("lt:tomorrow", 400),
    ):
        assert (await admin.get(f"/v3/users?password_expires_at={query}")).status_code == status
    assert (await admin.get("/v3/users?password_expires_at=lt:2030-01-01T00:00:00Z")).json()["users"] == []
