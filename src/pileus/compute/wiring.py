"""Compute put together from the kernel's parts and its neighbours."""

from pileus.compute.aggregates.api import Aggregates
from pileus.compute.availability_zones.api import AvailabilityZones
from pileus.compute.errors import fault, invalid
from pileus.compute.extra_specs.api import FlavorExtraSpecs
from pileus.compute.flavor_access.api import FlavorAccess
from pileus.compute.flavors.api import Flavors
from pileus.compute.hypervisors.api import Hypervisors
from pileus.compute.keypairs.api import Keypairs
from pileus.compute.limits.api import Limits
from pileus.compute.pages.logic import neighbours
from pileus.compute.quotas.api import QuotaClassSets, QuotaSets
from pileus.compute.rules import RULES
from pileus.compute.server_groups.api import ServerGroups
from pileus.compute.services.api import Services
from pileus.compute.settings import ComputeSettings
from pileus.compute.version_documents.api import VersionDocuments
from pileus.compute.versions import COMPUTE, FLAVOR_NAMES
from pileus.identity.service import Identity
from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
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
    )
