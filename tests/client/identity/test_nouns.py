"""Each noun that the `openstack` command has for identity, with each of its verbs; and openstacksdk's methods."""

import pytest

from ..clouds import ClientFailed  # noqa: TID252 - the module that the fixtures know


def names(rows, key="Name"):
    return {row[key] for row in rows}


def test_domains(cloud, name):
    domain = name("domain")
    made = cloud.json("domain", "create", "--description", "x", domain)
    cloud.openstack("domain", "set", "--description", "y", domain)
    assert cloud.json("domain", "show", domain)["description"] == "y"
    assert domain in names(cloud.json("domain", "list"))
    with pytest.raises(ClientFailed, match="disable"):
        cloud.openstack("domain", "delete", domain)
    cloud.openstack("domain", "set", "--disable", domain)
    cloud.openstack("domain", "delete", made["id"])


def test_projects(cloud, name):
    parent, child = name("project"), name("project")
    cloud.openstack("project", "create", "--tag", "red", parent)
    cloud.openstack("project", "create", "--parent", parent, child)
    cloud.openstack("project", "set", "--tag", "blue", "--property", "size=big", parent)
    shown = cloud.json("project", "show", parent, "--children")
    assert set(shown["tags"]) == {"red", "blue"}
    assert shown["size"] == "big"
    assert names(cloud.json("project", "list", "--tags", "red,blue")) == {parent}
    assert names(cloud.json("project", "list", "--parent", parent)) == {child}
    cloud.openstack("project", "delete", child)
    cloud.openstack("project", "delete", parent)


def test_users(cloud, name):
    user = name("user")
    cloud.openstack("user", "create", "--password", "p", "--ignore-password-expiry", user)
    cloud.openstack("user", "set", "--email", "u@example.org", "--enable-lock-password", user)
    shown = cloud.json("user", "show", user)
    assert shown["email"] == "u@example.org"
    assert shown["options"] == {"ignore_password_expiry": True, "lock_password": True}
    assert user in names(cloud.json("user", "list"))
    assert names(cloud.json("user", "list", "--project", "demo")) == {"demo"}
    cloud.openstack("user", "set", "--disable", user)
    cloud.openstack("user", "delete", user)


def test_a_user_changes_their_own_password(cloud, name):
    user = name("user")
    cloud.openstack("user", "create", "--password", "first", "--project", "demo", user)
    cloud.openstack("role", "add", "--user", user, "--project", "demo", "member")
    own = ["--os-username", user, "--os-password", "first", "--os-project-name", "demo"]
    cloud.openstack(*own, "user", "password", "set", "--original-password", "first", "--password", "second")
    with pytest.raises(ClientFailed, match="401"):
        cloud.openstack(*own, "token", "issue")
    cloud.openstack("user", "delete", user)


def test_groups(cloud, name):
    user, group = name("user"), name("group")
    cloud.openstack("user", "create", user)
    cloud.openstack("group", "create", "--description", "x", group)
    cloud.openstack("group", "set", "--description", "y", group)
    assert cloud.json("group", "show", group)["description"] == "y"
    cloud.openstack("group", "add", "user", group, user)
    assert names(cloud.json("group", "list", "--user", user)) == {group}
    assert names(cloud.json("user", "list", "--group", group)) == {user}
    cloud.openstack("group", "remove", "user", group, user)
    cloud.openstack("group", "delete", group)
    cloud.openstack("user", "delete", user)


def test_roles(cloud, name):
    prior, implied, user = name("role"), name("role"), name("user")
    for role in (prior, implied):
        cloud.openstack("role", "create", role)
    cloud.openstack("role", "set", "--description", "x", prior)
    assert cloud.json("role", "show", prior)["description"] == "x"
    cloud.openstack("implied", "role", "create", prior, "--implied-role", implied)
    assert prior in names(cloud.json("implied", "role", "list"), "Prior Role Name")
    cloud.openstack("user", "create", user)
    for place in (("--project", "demo"), ("--domain", "default"), ("--system", "all")):
        cloud.openstack("role", "add", "--user", user, *place, prior)
    cloud.openstack("role", "add", "--user", user, "--domain", "default", "--inherited", prior)
    assert len(cloud.json("role", "assignment", "list", "--user", user)) == 4
    worked_out = cloud.json("role", "assignment", "list", "--user", user, "--effective", "--names")
    assert {row["Role"] for row in worked_out} == {prior, implied}
    assert cloud.json("role", "assignment", "list", "--user", user, "--system", "all")
    for place in (("--project", "demo"), ("--domain", "default"), ("--system", "all")):
        cloud.openstack("role", "remove", "--user", user, *place, prior)
    cloud.openstack("implied", "role", "delete", prior, "--implied-role", implied)
    cloud.openstack("user", "delete", user)
    cloud.openstack("role", "delete", prior, implied)


def test_the_catalog(cloud, name):
    region, kind = name("region"), name("type")
    cloud.openstack("region", "create", "--description", "x", region)
    cloud.openstack("region", "set", "--description", "y", region)
    assert cloud.json("region", "show", region)["description"] == "y"
    service = cloud.json("service", "create", "--name", kind, kind)
    cloud.openstack("service", "set", "--description", "z", kind)
    assert cloud.json("service", "show", kind)["description"] == "z"
    made = cloud.json("endpoint", "create", "--region", region, kind, "public", "http://example.org")
    cloud.openstack("endpoint", "set", "--url", "http://example.com", made["id"])
    assert cloud.json("endpoint", "show", made["id"])["url"] == "http://example.com"
    assert names(cloud.json("endpoint", "list", "--service", kind), "URL") == {"http://example.com"}
    cloud.openstack("endpoint", "add", "project", made["id"], "service")
    assert names(cloud.json("endpoint", "list", "--project", "service"), "ID") == {made["id"]}
    cloud.openstack("endpoint", "remove", "project", made["id"], "service")
    cloud.openstack("endpoint", "delete", made["id"])
    cloud.openstack("service", "delete", service["id"])
    cloud.openstack("region", "delete", region)


def test_endpoint_groups(cloud, name, tmp_path):
    group, filters = name("group"), tmp_path / "filters.json"
    filters.write_text('{"interface": "public"}')
    made = cloud.json("endpoint", "group", "create", group, str(filters))
    change = ("--name", group, "--description", "x", "--filters", str(filters))
    cloud.openstack("endpoint", "group", "set", *change, made["id"])
    assert cloud.json("endpoint", "group", "show", made["id"])["description"] == "x"
    cloud.openstack("endpoint", "group", "add", "project", made["id"], "service")
    assert group in names(cloud.json("endpoint", "group", "list", "--project", "service"))
    cloud.openstack("endpoint", "group", "remove", "project", made["id"], "service")
    cloud.openstack("endpoint", "group", "delete", made["id"])


def test_credentials(cloud):
    made = cloud.json("credential", "create", "--type", "cert", "admin", "blob-1")
    cloud.openstack("credential", "set", "--user", "admin", "--type", "cert", "--data", "blob-2", made["id"])
    assert cloud.json("credential", "show", made["id"])["blob"] == "blob-2"
    assert made["id"] in names(cloud.json("credential", "list", "--type", "cert"), "ID")
    cloud.openstack("credential", "delete", made["id"])
    pair = cloud.json("ec2", "credentials", "create")
    assert cloud.json("ec2", "credentials", "show", pair["access"])["secret"] == pair["secret"]
    assert pair["access"] in names(cloud.json("ec2", "credentials", "list"), "Access")
    cloud.openstack("ec2", "credentials", "delete", pair["access"])


def test_application_credentials(cloud, name, tmp_path):
    credential, rules = name("credential"), tmp_path / "rules.json"
    rules.write_text('[{"service": "compute", "method": "GET", "path": "/v2.1/servers"}]')
    words = ("--role", "member", "--access-rules", str(rules), credential)
    cloud.openstack("application", "credential", "create", *words, cloud="pileus")
    shown = cloud.json("application", "credential", "show", credential, cloud="pileus")
    assert shown
    assert credential in names(cloud.json("application", "credential", "list", cloud="pileus"))
    listed = cloud.json("access", "rule", "list", cloud="pileus")
    rule = next(row["ID"] for row in listed if row["Path"] == "/v2.1/servers")
    shown = cloud.json("access", "rule", "show", rule, cloud="pileus")
    assert {name.lower(): value for name, value in shown.items()}["method"] == "GET"
    with pytest.raises(ClientFailed):
        cloud.openstack("access", "rule", "delete", rule, cloud="pileus")
    cloud.openstack("application", "credential", "delete", credential, cloud="pileus")
    cloud.openstack("access", "rule", "delete", rule, cloud="pileus")


def test_trusts(cloud):
    made = cloud.json("trust", "create", "--impersonate", "--project", "admin", "--role", "member", "admin", "demo")
    shown = cloud.json("trust", "show", made["id"])
    assert shown.get("impersonation", shown.get("is_impersonation")) is True
    assert made["id"] in names(cloud.json("trust", "list"), "ID")
    cloud.openstack("trust", "delete", made["id"])


def test_limits(cloud, name):
    resource = name("apples")
    about = ("--service", "compute", "--region", "RegionOne")
    registered = cloud.json("registered", "limit", "create", *about, "--default-limit", "5", resource)
    cloud.openstack("registered", "limit", "set", "--default-limit", "6", registered["id"])
    assert cloud.json("registered", "limit", "show", registered["id"])["default_limit"] == 6
    assert resource in names(cloud.json("registered", "limit", "list"), "Resource Name")
    limit = cloud.json("limit", "create", "--project", "demo", *about, "--resource-limit", "3", resource)
    cloud.openstack("limit", "set", "--resource-limit", "4", limit["id"])
    assert cloud.json("limit", "show", limit["id"])["resource_limit"] == 4
    assert resource in names(cloud.json("limit", "list"), "Resource Name")
    with pytest.raises(ClientFailed, match="403"):
        cloud.openstack("registered", "limit", "delete", registered["id"])
    cloud.openstack("limit", "delete", limit["id"])
    cloud.openstack("registered", "limit", "delete", registered["id"])


def test_policies(cloud, tmp_path):
    rules = tmp_path / "rules"
    rules.write_text("{}")
    made = cloud.json("policy", "create", str(rules))
    cloud.openstack("policy", "set", "--type", "text/plain", made["id"])
    assert cloud.json("policy", "show", made["id"])["type"] == "text/plain"
    assert made["id"] in names(cloud.json("policy", "list"), "ID")
    cloud.openstack("policy", "delete", made["id"])


def test_openstacksdk(cloud, name):
    """What the SDK's identity proxy has, and the tests above do not reach."""
    sdk = cloud.connection().identity
    domain = sdk.create_domain(name=name("domain"))
    config = {"identity": {"driver": "sql"}, "ldap": {"url": "ldap://example.org"}}
    assert sdk.create_domain_config(domain, **config).identity.driver == "sql"
    assert sdk.get_domain_config(domain).ldap.url == "ldap://example.org"
    sdk.update_domain_config(domain, ldap={"url": "ldap://example.com"})
    sdk.delete_domain_config(domain)
    project = sdk.create_project(name=name("project"), domain_id=domain.id)
    user = sdk.create_user(name=name("user"), domain_id=domain.id, password="x")
    group = sdk.create_group(name=name("group"), domain_id=domain.id)
    sdk.add_user_to_group(user, group)
    assert sdk.check_user_in_group(user, group)
    assert [found.id for found in sdk.group_users(group)] == [user.id]
    role = sdk.find_role("member")
    sdk.assign_project_role_to_group(project, group, role)
    assert sdk.validate_group_has_project_role(project, group, role)
    assert [found.id for found in sdk.user_projects(user)] == [project.id]
    assert [a.role["id"] for a in sdk.role_assignments(user_id=user.id, effective=True)].count(role.id) == 1
    sdk.unassign_project_role_from_group(project, group, role)
    sdk.remove_user_from_group(user, group)
    sdk.update_domain(domain, is_enabled=False)
    sdk.delete_domain(domain)
    assert sdk.find_user(user.id) is None
