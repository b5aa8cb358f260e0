"""The first networks of a cloud: `public` to the outside, and `private` with a router for the project demo."""

from ipaddress import IPv4Interface

from pileus.cloud.client import ApiClient

PHYSICAL = "public"


def ensure(admin: ApiClient, demo: ApiClient, external: str) -> None:
    """Make what is missing of them, through the public API.  Blocks.

    Args:
        external: this machine's address on the external network, with its prefix.

    Raises:
        Refused: the API refused.
    """
    public = _public(admin, IPv4Interface(external))
    _private(demo, public)


def _public(admin: ApiClient, external: IPv4Interface) -> str:
    network = admin.one("network", "/v2.0/networks?name=public", "networks", "public")
    if network is None:
        body = {
            "name": "public",
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": PHYSICAL,
        }
        network = admin.call("POST", "network", "/v2.0/networks", {"network": body})["network"]
    if not network["subnets"]:
        net = external.network
        body = {
            "network_id": network["id"],
            "name": "public-subnet",
            "ip_version": 4,
            "cidr": str(net),
            "gateway_ip": str(external.ip),
            "enable_dhcp": False,
            "allocation_pools": [{"start": str(net[10]), "end": str(net[-6])}],
        }
        admin.call("POST", "network", "/v2.0/subnets", {"subnet": body})
    return str(network["id"])


def _private(demo: ApiClient, public: str) -> None:
    network = demo.one("network", "/v2.0/networks?name=private", "networks", "private")
    if network is None:
        network = demo.call("POST", "network", "/v2.0/networks", {"network": {"name": "private"}})["network"]
    subnets = network["subnets"]
    if not subnets:
        body = {"network_id": network["id"], "name": "private-subnet", "ip_version": 4, "cidr": "10.0.0.0/24"}
        subnets = [demo.call("POST", "network", "/v2.0/subnets", {"subnet": body})["subnet"]["id"]]
    router = demo.one("network", "/v2.0/routers?name=router", "routers", "router")
    if router is None:
        body = {"name": "router", "external_gateway_info": {"network_id": public}}
        router = demo.call("POST", "network", "/v2.0/routers", {"router": body})["router"]
    ports = demo.call("GET", "network", f"/v2.0/ports?device_id={router['id']}")["ports"]
    if not any(ip["subnet_id"] in subnets for port in ports for ip in port["fixed_ips"]):
        path = f"/v2.0/routers/{router['id']}/add_router_interface"
        demo.call("PUT", "network", path, {"subnet_id": subnets[0]})
