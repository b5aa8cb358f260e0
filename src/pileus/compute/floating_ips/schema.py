"""What requests about floating IPs hold."""

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class NewFloatingIp(Schema, history=COMPUTE, extra="ignore"):
    """Where an address shall come from."""

    pool = f.anything("The network's name or id; none takes any.", {"type": ["string", "null"]})
