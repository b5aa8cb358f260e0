"""Compute put together from the kernel's parts and its neighbours."""

from pileus.compute.errors import fault, invalid
from pileus.compute.extra_specs.api import FlavorExtraSpecs
from pileus.compute.flavor_access.api import FlavorAccess
from pileus.compute.flavors.api import Flavors
from pileus.compute.keypairs.api import Keypairs
from pileus.compute.pages.logic import neighbours
from pileus.compute.rules import RULES
from pileus.compute.version_documents.api import VersionDocuments
from pileus.compute.versions import COMPUTE, FLAVOR_NAMES
from pileus.identity.service import Identity
from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts


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
    """Mount what servers are made from and what describes compute itself."""
    api.add(VersionDocuments(), Flavors(), FlavorExtraSpecs(), FlavorAccess(identity), Keypairs())
