"""What a service of the catalog is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class CatalogService(Schema, key="service", history=HISTORY, extra="keep"):
    """A service of the catalog."""

    id = f.text("Identifier.", read_only=True)
    type = f.text('What it is: "compute", "image", ….', least=1, required=True)
    name = f.text("For people.", nullable=True, show=lambda row, _call: row["extra"].get("name", ""))
    description = f.text(
        "For people.", nullable=True, most=None, show=lambda row, _call: row["extra"].get("description", f.UNSET)
    )
    enabled = f.boolean("Whether the catalog shows it.", default=True)
    links = links("services")
