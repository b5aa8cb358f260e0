"""`openstack token, catalog, project, user, role …`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..clouds import ClientFailed  # noqa: TID252 - the module that the fixtures know


def test_token_and_catalog(cloud):
    token = cloud.json("token", "issue")
    assert {"expires", "id", "project_id", "user_id"} <= set(token)
    rows = {row["Type"]: row for row in cloud.json("catalog", "list")}
    assert {"identity", "compute", "image", "network", "placement"} <= set(rows)
    for row in rows.values():
        assert {(e["interface"], e["region"]) for e in row["Endpoints"]} == {
            (kind, "RegionOne") for kind in ("public", "internal", "admin")
        }
    assert cloud.json("catalog", "show", "compute")["endpoints"]
    cloud.openstack("token", "revoke", token["id"])


def test_the_command_itself(cloud):
    """As a user starts it; everything else runs it in this process."""
    command = [Path(sys.executable).with_name("openstack"), "--os-cloud", "pileus", "token", "issue", "-f", "json"]
    environment = {"PATH": os.environ["PATH"], "OS_CLIENT_CONFIG_FILE": str(cloud.state / "clouds.yaml")}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(printed.stdout)["project_id"] == cloud.connection("pileus").current_project_id


def test_a_user_of_a_new_project_gets_in_by_a_role(cloud, name):
    project, user, group = name("project"), name("user"), name("group")
    made = cloud.json("project", "create", project, "--description", "for a test", "--property", "colour=blue")
    assert made["description"] == "for a test"
    assert made["enabled"] is True
    cloud.openstack(
        "user", "create", user, "--password", "first-word", "--project", project, "--email", "u@example.org"
    )
    cloud.openstack("role", "add", "--user", user, "--project", project, "member")
    rows = cloud.json("role", "assignment", "list", "--user", user, "--names")
    assert [(row["Role"], row["Project"]) for row in rows] == [("member", f"{project}@Default")]

    def log_in(password):
        login = {"username": user, "password": password, "project_name": project}
        return cloud.connection(auth={**cloud.connection().config.config["auth"], **login})

    assert log_in("first-word").current_project.name == project
    cloud.openstack("user", "set", "--password", "second-word", user)
    assert log_in("second-word").current_project.name == project
    cloud.openstack("group", "create", group)
    cloud.openstack("group", "add", "user", group, user)
    assert "in group" in cloud.openstack("group", "contains", "user", group, user)
    cloud.openstack("role", "remove", "--user", user, "--project", project, "member")
    assert cloud.json("role", "assignment", "list", "--user", user) == []
    cloud.openstack("user", "delete", user)
    cloud.openstack("group", "delete", group)
    cloud.openstack("project", "delete", project)
    with pytest.raises(ClientFailed, match=r"No project with a name or ID|No Project found"):
        cloud.openstack("project", "show", project)


def test_roles_domains_and_what_is_offered(cloud, name):
    assert {"admin", "manager", "member", "reader", "service"} <= {r["Name"] for r in cloud.json("role", "list")}
    role, domain = name("role"), name("domain")
    assert cloud.json("role", "create", role)["name"] == role
    assert cloud.json("domain", "create", domain)["enabled"] is True
    cloud.openstack("domain", "set", "--disable", domain)
    cloud.openstack("domain", "delete", domain)
    cloud.openstack("role", "delete", role)
    assert [r["Region"] for r in cloud.json("region", "list")] == ["RegionOne"]
    assert cloud.json("service", "show", "compute")["name"] == "nova"


def test_application_credentials_log_in(cloud, name):
    made = cloud.json("application", "credential", "create", name("credential"), cloud="pileus")
    auth = {
        "auth_url": f"{cloud.url}/identity/v3",
        "application_credential_id": made.get("id", made.get("ID")),
        "application_credential_secret": made.get("secret", made.get("Secret")),
    }
    entered = cloud.connection(cloud=None, auth_type="v3applicationcredential", auth=auth, region_name="RegionOne")
    assert entered.current_project_id == cloud.json("token", "issue", cloud="pileus")["project_id"]


def test_members_see_the_projects_that_they_are_in(cloud):
    assert [row["Name"] for row in cloud.json("project", "list", cloud="pileus")] == ["demo"]


@pytest.mark.parametrize(
    "words",
    [("user", "create", "u"), ("role", "create", "r"), ("service", "list"), ("domain", "list")],
)
def test_members_administer_nothing(cloud, words):
    with pytest.raises(ClientFailed, match=r"not authorized|403|Forbidden"):
        cloud.openstack(*words, cloud="pileus")
