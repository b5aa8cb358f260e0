"""How hosts can be listed."""

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class HostQuery(Schema, history=COMPUTE, extra="ignore"):
    """How hosts can be listed."""

    zone = f.text("Only in this zone.")
    service = f.text("Only with this service.")
