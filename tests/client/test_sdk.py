"""openstacksdk: what its proxies read is what was made, and its own exceptions for what cannot be."""

import pytest
from openstack import exceptions

LISTS = {
    "compute": [
        "aggregates",
        "availability_zones",
        "flavors",
        "hypervisors",
        "keypairs",
        "server_groups",
        "servers",
        "services",
    ],
    "identity": [
        "application_credentials",
        "credentials",
        "domains",
        "endpoints",
        "groups",
        "policies",
        "projects",
        "regions",
        "registered_limits",
        "limits",
        "role_assignments",
        "roles",
        "services",
        "trusts",
        "users",
    ],
    "image": ["images"],
    "network": [
        "address_scopes",
        "agents",
        "availability_zones",
        "extensions",
        "floating_ips",
        "ips",
        "networks",
        "network_ip_availabilities",
        "ports",
        "quotas",
        "rbac_policies",
        "routers",
        "security_groups",
        "security_group_rules",
        "service_providers",
        "subnet_pools",
        "subnets",
    ],
    "placement": ["resource_classes", "resource_providers", "traits"],
}
"""Lists that a cloud offers, by proxy.  Names that a proxy does not have are left out below."""
OF_SOMEONE = {"application_credentials"}
NOT_OFFERED = {("identity", "policies"), ("network", "service_providers")}


@pytest.fixture(scope="module")
def admin(cloud):
    return cloud.connection()


@pytest.fixture(scope="module")
def demo(cloud):
    return cloud.connection("pileus")


@pytest.mark.parametrize(
    ("proxy", "method"), [(proxy, method) for proxy, methods in LISTS.items() for method in methods]
)
def test_every_list_can_be_read_and_each_item_fetched(admin, proxy, method):
    service = getattr(admin, proxy)
    if not hasattr(service, method) or (proxy, method) in NOT_OFFERED:
        pytest.skip("neither here")
    arguments = [admin.current_user_id] if method in OF_SOMEONE else []
    items = list(getattr(service, method)(*arguments))
    for item in items[:3]:
        if not item.allow_fetch or item.id is None or (proxy == "compute" and method == "keypairs"):
            continue
        again = item.fetch(service, **({"user": admin.current_user_id} if method in OF_SOMEONE else {}))
        assert again.id == item.id
        assert again.name == item.name


def test_what_is_made_reads_back(admin, name):
    net = admin.network.create_network(name=name("net"), description="d", mtu=1350)
    for made, get in [
        (net, admin.network.get_network),
        (
            admin.network.create_subnet(network_id=net.id, ip_version=4, cidr="10.77.0.0/24", name=name("s")),
            admin.network.get_subnet,
        ),
        (admin.network.create_port(network_id=net.id, name=name("p")), admin.network.get_port),
        (admin.network.create_router(name=name("r")), admin.network.get_router),
        (admin.network.create_security_group(name=name("g")), admin.network.get_security_group),
        (admin.network.create_address_scope(name=name("a"), ip_version=4), admin.network.get_address_scope),
        (admin.identity.create_project(name=name("pr")), admin.identity.get_project),
        (admin.identity.create_user(name=name("u"), password="w0rd"), admin.identity.get_user),
        (admin.identity.create_role(name=name("ro")), admin.identity.get_role),
        (admin.compute.create_flavor(name=name("f"), ram=64, vcpus=1, disk=0), admin.compute.get_flavor),
        (admin.compute.create_server_group(name=name("sg"), policy="affinity"), admin.compute.get_server_group),
        (admin.image.create_image(name=name("i"), disk_format="raw", container_format="bare"), admin.image.get_image),
    ]:
        volatile = {"location", "updated_at", "revision_number", "subnet_ids", "password"}
        first, second = made.to_dict(), get(made.id).to_dict()
        changed = {key: (first[key], second[key]) for key in first if first[key] != second[key] and key not in volatile}
        assert not changed, type(made).__name__


def test_unknown_ids_are_not_found(admin):
    for proxy, method in [
        ("compute", "get_server"), ("compute", "get_flavor"), ("compute", "get_keypair"), ("compute", "get_aggregate"),
        ("network", "get_network"), ("network", "get_port"), ("network", "get_router"), ("network", "get_ip"),
        ("network", "get_subnet"), ("network", "get_security_group"), ("image", "get_image"),
        ("identity", "get_user"), ("identity", "get_project"), ("identity", "get_role"), ("identity", "get_domain"),
        ("placement", "get_resource_provider"),
    ]:  # fmt: skip
        missing = "4711" if method == "get_aggregate" else "00000000-0000-4000-8000-000000000000"
        with pytest.raises(exceptions.NotFoundException):
            getattr(getattr(admin, proxy), method)(missing)


def test_members_are_forbidden(demo, cloud, name):
    for call in [
        lambda: demo.compute.create_flavor(name=name("f"), ram=64, vcpus=1, disk=0),
        lambda: list(demo.compute.hypervisors()),
        lambda: list(demo.compute.services()),
        lambda: demo.identity.create_user(name=name("u")),
        lambda: demo.network.create_network(name=name("n"), is_router_external=True),
        lambda: list(demo.placement.resource_providers()),
        lambda: demo.image.create_image(
            name=name("i"), disk_format="raw", container_format="bare", visibility="public"
        ),
    ]:
        with pytest.raises(exceptions.ForbiddenException):
            call()


def test_bad_requests_and_conflicts(admin, name):
    title = name("same")
    admin.compute.create_flavor(name=title, ram=64, vcpus=1, disk=0)
    with pytest.raises(exceptions.ConflictException):
        admin.compute.create_flavor(name=title, ram=64, vcpus=1, disk=0)
    with pytest.raises(exceptions.BadRequestException):
        admin.compute.create_flavor(name=name("f"), ram=-1, vcpus=1, disk=0)
    with pytest.raises(exceptions.ConflictException):
        admin.identity.create_project(name="admin")
    with pytest.raises(exceptions.BadRequestException):
        admin.network.create_subnet(network_id=admin.network.find_network("private").id, ip_version=4, cidr="x")
    with pytest.raises(exceptions.SDKException, match="requires authentication"):
        admin.connect_as(username="admin", password="wrong").authorize()


def test_a_server_from_the_cloud_layer(admin, name, image):
    network = admin.create_network(name("net"))
    admin.create_subnet(network.id, cidr="10.78.0.0/24", subnet_name=name("sub"))
    made = admin.create_server(
        name("server"), image=image, flavor="m1.tiny", network=network.id, wait=True, auto_ip=False, timeout=60
    )
    assert made.status == "ACTIVE"
    assert [a["addr"].rpartition(".")[0] for a in made.addresses[network.name]] == ["10.78.0"]
    groups = admin.compute.fetch_server_security_groups(made)
    assert [group["name"] for group in groups.security_groups] == ["default"]
    interfaces = list(admin.compute.server_interfaces(made))
    assert interfaces[0].net_id == network.id
    assert admin.compute.get_server_console_output(made)["output"]
    assert admin.compute.create_server_remote_console(made, protocol="vnc", type="novnc").url
    actions = list(admin.compute.server_actions(made))
    assert actions[0].action == "create"
    assert admin.compute.get_server_action(actions[0], made).events[0].result == "Success"
    provider = admin.placement.find_resource_provider(made.hypervisor_hostname)
    assert provider is not None
    assert admin.delete_server(made.id, wait=True, timeout=60)
    assert admin.get_server(made.id) is None
