"""What a region is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Region(Schema, key="region", history=HISTORY, extra="keep"):
    """A part of the cloud with endpoints of its own."""

    id = f.text("Identifier; chosen by whoever makes it, or made up.", create_only=True, least=0)
    description = f.text("For people.", nullable=True, most=None, default="")
    parent_region_id = f.text("The region that it is part of.", nullable=True)
    links = links("regions")
