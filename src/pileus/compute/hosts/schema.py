"""How hosts can be listed."""

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

_SWITCH = ("enable", "disable")


class HostChange(Schema, history=COMPUTE):
    """What a host shall be."""

    status = f.text("Whether servers may be put there.", choices=_SWITCH)
    maintenance_mode = f.text("Whether it is emptied; no hypervisor here can.", choices=_SWITCH)


class HostQuery(Schema, history=COMPUTE, extra="ignore"):
    """How hosts can be listed."""

    zone = f.text("Only in this zone.")
    service = f.text("Only with this service.")
