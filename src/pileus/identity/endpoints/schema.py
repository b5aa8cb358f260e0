"""What an endpoint is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Endpoint(Schema, key="endpoint", history=HISTORY, extra="keep"):
    """Where a service answers."""

    id = f.text("Identifier.", read_only=True)
    interface = f.text("For whom.", choices=("public", "internal", "admin"), required=True)
    region_id = f.text("The region that it is for.", nullable=True)
    region = f.text(
        "The same, by its old name; it is made if it does not exist.",
        nullable=True,
        show=lambda row, _call: row["region_id"],
    )
    service_id = f.text("The service.", least=1, required=True)
    url = f.text("The address; may hold %(project_id)s.", most=225, required=True, pattern=r"^[a-zA-Z0-9+.-]+:.+")
    enabled = f.boolean("Whether the catalog shows it.", default=True)
    links = links("endpoints")
