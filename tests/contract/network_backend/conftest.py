"""The backends that the suite runs against, and sample objects for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pileus.network.backend.wanted import (
    Direction,
    FixedIP,
    InterfaceAddress,
    RouterGateway,
    RouterInterface,
    SecurityRule,
    WantedFloatingIP,
    WantedNetwork,
    WantedPort,
    WantedRouter,
    WantedSecurityGroup,
    WantedSubnet,
)
from pileus.simulated.network import SimulatedNetwork


@pytest.fixture(params=["simulated", pytest.param("ovn", marks=pytest.mark.root)])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    if request.param == "simulated":
        yield SimulatedNetwork()
        return
    from tests.e2e.ovn_sandbox import OvnSandbox

    from pileus.network.backend.ovn import OvnBackend

    with OvnSandbox(chassis=False) as sandbox:
        driver = await OvnBackend.connect(sandbox.northbound, sandbox.southbound)
        try:
            yield driver
        finally:
            await driver.close()


@pytest.fixture
def cloud() -> list[Any]:
    """One of everything, children before parents on purpose."""
    return [
        WantedFloatingIP(
            id="fip1",
            revision=8,
            router_id="r1",
            address="198.51.100.20",
            fixed_address="10.0.0.5",
            port_id="p1",
        ),
        WantedPort(
            id="p1",
            revision=3,
            network_id="n1",
            mac="fa:16:3e:00:00:05",
            fixed_ips=(FixedIP("s1", "10.0.0.5"),),
            security_groups=("g1",),
            dns_name="one",
        ),
        WantedRouter(
            id="r1",
            revision=5,
            interfaces=(RouterInterface("ri1", "n1", "fa:16:3e:00:01:01", (InterfaceAddress("s1", "10.0.0.1/24"),)),),
            gateway=RouterGateway(
                "rg1",
                "ext",
                "fa:16:3e:00:01:02",
                (InterfaceAddress("se", "198.51.100.10/24"),),
                next_hops=("198.51.100.1",),
                snat_prefixes=("10.0.0.0/24",),
            ),
            gateway_chassis=("h1",),
        ),
        WantedSubnet(
            id="s1",
            revision=2,
            network_id="n1",
            cidr="10.0.0.0/24",
            ip_version=4,
            gateway="10.0.0.1",
            dhcp_mac="fa:16:3e:00:00:02",
            dns_servers=("9.9.9.9",),
        ),
        WantedSecurityGroup(
            id="g1",
            revision=4,
            rules=(SecurityRule(id="rule1", direction=Direction.INGRESS, ip_version=4, protocol="icmp"),),
        ),
        WantedNetwork(id="ext", revision=7, mtu=1500, type="flat", physical_network="public", external=True),
        WantedNetwork(id="n1", revision=1, mtu=1442),
    ]
