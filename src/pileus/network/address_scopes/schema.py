"""Address scopes, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.network.rules import ADMIN
from pileus.network.standard.schema import Owned


class AddressScope(Owned, key="address_scope"):
    """Where addresses do not overlap."""

    name = f.text("Shown to users; need not be unique.", default="")
    shared = f.boolean(
        "Whether every project may use it.", loose=True, default=False, allow_create=ADMIN, allow_update=ADMIN
    )
    ip_version = f.anything(
        "4 or 6.",
        {"enum": [4, 6, "4", "6"], "type": ["integer", "string"]},
        convert=int,
        create_only=True,
        required=True,
    )
