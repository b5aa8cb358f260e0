"""Compute put together from the kernel's parts and its neighbours."""

from collections.abc import Sequence

from pileus.compute.aggregates.api import Aggregates
from pileus.compute.audit_log.api import AuditLog
from pileus.compute.availability_zones.api import AvailabilityZones
from pileus.compute.errors import fault, invalid
from pileus.compute.extensions.api import Extensions
from pileus.compute.external_events.api import ServerExternalEvents
from pileus.compute.extra_specs.api import FlavorExtraSpecs
from pileus.compute.flavor_access.api import FlavorAccess
from pileus.compute.flavors import logic as flavors
from pileus.compute.flavors.api import Flavors
from pileus.compute.floating_ips.api import FloatingIpPools, FloatingIps
from pileus.compute.hosts.api import Hosts as OldHosts
from pileus.compute.hypervisors.api import Hypervisors
from pileus.compute.keypairs.api import Keypairs
from pileus.compute.limits.api import Limits
from pileus.compute.moves.api import Migrations
from pileus.compute.networks.api import Networks, TenantNetworks
from pileus.compute.pages.logic import neighbours
from pileus.compute.quotas.api import QuotaClassSets, QuotaSets
from pileus.compute.reconcilers.audit import audit
from pileus.compute.reconcilers.hosts import Hosts
from pileus.compute.rules import RULES
from pileus.compute.security_groups.api import SecurityGroupRules, SecurityGroups, ServerSecurityGroups
from pileus.compute.server_groups.api import ServerGroups
from pileus.compute.servers import wiring as servers
from pileus.compute.servers.around import near as neighbouring
from pileus.compute.servers.around.fleet import Agents
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.service import MetadataAnswer, MetadataRequest
from pileus.compute.services.api import Services
from pileus.compute.settings import ComputeSettings
from pileus.compute.tombstones.api import tombstones
from pileus.compute.usage.api import Usage
from pileus.compute.version_documents.api import VersionDocuments
from pileus.compute.versions import COMPUTE, FLAVOR_NAMES
from pileus.identity.service import Identity
from pileus.image.service import Images
from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.kernel.store import Tx
from pileus.network.service import Network, Proxied
from pileus.placement.service import Placement


def declare(parts: Parts) -> Service:
    """The API without resources."""
    return Service(
        type="compute",
        name="nova",
        prefix="/compute",
        root="/v2.1",
        history=COMPUTE,
        fault=fault,
        page=neighbours,
        invalid=invalid,
        project_in_path=True,
        trailing_slash=False,
        request_headers=("X-Openstack-Request-Id", "X-Compute-Request-Id"),
        strict_query=FLAVOR_NAMES,
        rules=RULES,
        policy_file=parts.policy_file("compute"),
    )


def add_catalogs(api: Service, identity: Identity) -> None:
    """Mount what servers are made from, what projects may have, and what describes compute itself."""
    api.add(
        VersionDocuments(),
        Flavors(),
        FlavorExtraSpecs(),
        FlavorAccess(identity),
        Keypairs(),
        ServerGroups(),
        QuotaSets(identity),
        QuotaClassSets(),
        Limits(),
    )


def add_machinery(api: Service, settings: ComputeSettings, placement: Placement) -> None:
    """Mount what operators see of hosts."""
    api.add(
        Services(settings, placement),
        Hypervisors(settings),
        Aggregates(),
        AvailabilityZones(settings),
        OldHosts(settings),
        Usage(),
        Migrations(),
        AuditLog(settings),
        ServerExternalEvents(),
    )


def add_relics(api: Service, network: Proxied) -> None:
    """Mount what only passes requests on, what only old clients ask for, and what is gone."""
    api.add(
        SecurityGroups(network),
        SecurityGroupRules(network),
        Networks(network),
        TenantNetworks(network),
        FloatingIps(network),
        FloatingIpPools(network),
        Extensions(),
        *tombstones(),
    )


class ComputeService:
    """Compute as other services see it.

    Attributes:
        api: the API to mount.
    """

    def __init__(
        self,
        parts: Parts,
        settings: ComputeSettings,
        identity: Identity,
        images: Images,
        placement: Placement,
        network: Network,
        hosts: Sequence[str],
    ) -> None:
        self._parts = parts
        near = neighbouring.neighbours(settings)
        self._servers = ServerParts(parts, network, images, placement, near, Agents(parts.transport))
        self.api = declare(parts)
        add_catalogs(self.api, identity)
        add_machinery(self.api, settings, placement)
        add_relics(self.api, network.proxied)
        self.api.add(ServerSecurityGroups(network))
        made = servers.make(self._servers)
        self.api.add(*made.resources)
        parts.engine.register(*made.kinds)
        self._hosts = Hosts(self._servers, lambda: hosts)
        parts.loops.add(self._hosts, *made.reconcilers)
        self._metadata = made.metadata

    async def prepare(self, tx: Tx) -> None:
        """Make a fresh cloud's flavors; safe to repeat."""
        await flavors.prepare(tx, self._parts.world)

    async def meet_hosts(self) -> None:
        """Hear of every host once, so that servers can be made as soon as the API answers."""
        await self._hosts.converge()

    async def metadata(self, request: MetadataRequest) -> MetadataAnswer:
        """Answer a guest's metadata request; 404 for strangers."""
        return await self._metadata.answer(request)

    async def audit(self) -> list[str]:
        """Where database, hypervisors, disks, placement and network do not agree, in words."""
        return await audit(self._servers)


def wire(
    parts: Parts,
    settings: ComputeSettings,
    identity: Identity,
    images: Images,
    placement: Placement,
    network: Network,
    hosts: Sequence[str],
) -> ComputeService:
    """Build compute.

    Args:
        hosts: names of the hosts that belong to the cloud from the start.
    """
    return ComputeService(parts, settings, identity, images, placement, network, hosts)
