"""Puts the network service together."""

from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.network import rules
from pileus.network.address_scopes.api import AddressScopeApi
from pileus.network.addresses.logic import Addresses
from pileus.network.backend.protocol import NetworkBackend
from pileus.network.catalogue.api import AgentApi, ExtensionApi, IndexApi, IpAvailabilityApi, VersionApi, ZoneApi
from pileus.network.door.logic import Door
from pileus.network.faults.logic import fault, invalid
from pileus.network.floatingips.api import FloatingIPApi
from pileus.network.floatingips.logic import FloatingIPs
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks.api import NetworkApi
from pileus.network.networks.logic import Networks
from pileus.network.networks.table import NETWORKS
from pileus.network.plumbing.logic import Changes
from pileus.network.ports.api import PortApi
from pileus.network.ports.logic import Ports
from pileus.network.ports.table import PORTS
from pileus.network.proxies.logic import Proxies
from pileus.network.quotas.api import QuotaApi
from pileus.network.rbac.api import RbacApi
from pileus.network.reconcilers.plumber import Plumber
from pileus.network.reconcilers.port_status import PortStatusWatch
from pileus.network.reconcilers.wanted import WantedState
from pileus.network.routers.api import RouterApi
from pileus.network.routers.logic import Routers
from pileus.network.routers.table import ROUTERS
from pileus.network.security_groups.api import RuleApi, SecurityGroupApi
from pileus.network.security_groups.logic import SecurityGroups
from pileus.network.security_groups.table import GROUPS
from pileus.network.settings import NetworkSettings
from pileus.network.standard.api import tags_of
from pileus.network.standard.schema import stamp
from pileus.network.subnetpools.api import SubnetPoolApi
from pileus.network.subnetpools.logic import SubnetPools
from pileus.network.subnetpools.table import SUBNETPOOLS
from pileus.network.subnets.api import SubnetApi
from pileus.network.subnets.logic import Subnets
from pileus.network.subnets.table import SUBNETS
from pileus.network.versions import NETWORK


def wire(parts: Parts, settings: NetworkSettings, backend: NetworkBackend) -> Door:
    """The network service of this node, its reconcilers added to the node's loops."""
    world = parts.world
    zone = settings.availability_zone
    changes = Changes(parts.signals)
    addresses = Addresses(world)
    groups = SecurityGroups(world, changes)
    ports = Ports(world, changes, addresses, groups, settings)
    routers = Routers(world, changes, addresses, ports)
    api = Service(
        type="network",
        name="neutron",
        prefix="/networking",
        root="/v2.0",
        history=NETWORK,
        fault=fault,
        invalid=invalid,
        stamp=stamp,
        bulk=True,
        fields_parameter="fields",
        strict_media=False,
        rules=rules.RULES,
        policy_file=parts.policy_file("network"),
    )
    network_api = NetworkApi(Networks(world, changes, settings), zone)
    subnet_api = SubnetApi(Subnets(world, changes, addresses, ports))
    pool_api = SubnetPoolApi(SubnetPools(world))
    port_api = PortApi(ports)
    router_api = RouterApi(routers, zone)
    floats = FloatingIPs(world, changes, addresses, ports, routers)
    floating_api = FloatingIPApi(floats)
    group_api = SecurityGroupApi(groups)
    api.add(network_api, subnet_api, pool_api, port_api, router_api, floating_api, group_api)
    api.add(RuleApi(groups), AddressScopeApi(), QuotaApi(), RbacApi())
    api.add(VersionApi(), IndexApi(), ExtensionApi(), ZoneApi(zone), AgentApi(backend, zone), IpAvailabilityApi())
    for owner, table, reader in (
        (network_api, NETWORKS, rules.NETWORK_READER),
        (subnet_api, SUBNETS, rules.SUBNET_READER),
        (pool_api, SUBNETPOOLS, f"{rules.ADMIN_OR_READER} or rule:shared_subnetpools"),
        (port_api, PORTS, rules.PORT_READER),
        (router_api, ROUTERS, rules.ADMIN_OR_READER),
        (floating_api, FLOATINGIPS, rules.ADMIN_OR_READER),
        (group_api, GROUPS, f"{rules.ADMIN_OR_READER} or rule:shared_security_group"),
    ):
        api.add(*tags_of(owner, table, reader))
    watch = PortStatusWatch(parts.store, world, parts.signals, backend)
    plumber = Plumber(
        parts.store, world, parts.signals, backend, WantedState(settings), float(settings.compare_seconds)
    )
    parts.loops.add(plumber, watch)
    proxied = Proxies(groups, floats)
    return Door(
        api, world, parts.store, parts.signals, changes, ports, addresses, groups, watch.stop, plumber.audit, proxied
    )
