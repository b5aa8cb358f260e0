"""What limits are on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

MOST = 2**31 - 1


class RegisteredLimit(Schema, key="registered_limit", history=HISTORY):
    """How much of a resource every project may have unless it has a limit of its own."""

    id = f.text("Identifier.", read_only=True)
    service_id = f.text("The service that the resource belongs to.", least=1, required=True)
    region_id = f.text("The region that it is for; null for all.", nullable=True)
    resource_name = f.text("The resource.", least=1, required=True)
    default_limit = f.integer("How much; -1 for any.", least=-1, most=MOST, required=True)
    description = f.text("For people.", nullable=True, most=None)
    links = links("registered_limits")


class Limit(Schema, key="limit", history=HISTORY):
    """How much of a resource one project or domain may have."""

    id = f.text("Identifier.", read_only=True)
    service_id = f.text("The service that the resource belongs to.", least=1, required=True, create_only=True)
    region_id = f.text("The region that it is for.", nullable=True, create_only=True)
    resource_name = f.text("The resource.", least=1, required=True, create_only=True)
    project_id = f.text("The project.", nullable=True, create_only=True)
    domain_id = f.text("The domain, where it is not for a project.", nullable=True, create_only=True)
    resource_limit = f.integer("How much; -1 for any.", least=-1, most=MOST, required=True)
    description = f.text("For people.", nullable=True, most=None)
    links = links("limits")


class NewRegisteredLimits(Schema, history=HISTORY):
    """Several at once."""

    registered_limits = f.array(RegisteredLimit, "The limits to make.", least=1, required=True)


class NewLimits(Schema, history=HISTORY):
    """Several at once."""

    limits = f.array(Limit, "The limits to make.", least=1, required=True)
