"""What a group is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Group(Schema, key="group", history=HISTORY, extra="keep"):
    """A group of users; roles given to it are its members'."""

    id = f.text("Identifier.", read_only=True)
    name = f.text("Unique within the domain.", least=1, most=64, required=True, pattern=r"\S")
    domain_id = f.text("The domain that it lies in.", most=64)
    description = f.text("For people.", nullable=True, most=None, default="")
    links = links("groups")
