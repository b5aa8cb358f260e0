"""Access to flavors on the wire."""

from typing import Any

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Grant(Schema, plural="flavor_access", history=COMPUTE):
    """A project that may use a private flavor."""

    flavor_id = f.text("The flavor.", read_only=True)
    tenant_id = f.text("The project.", source="project_id", read_only=True)


_PROJECT: Any = {"least": 1, "required": True}


class AddAccess(Schema, key="addTenantAccess", history=COMPUTE):
    """Give a project the use of a private flavor."""

    tenant = f.text("The project.", **_PROJECT)


class RemoveAccess(Schema, key="removeTenantAccess", history=COMPUTE):
    """Take it away again."""

    tenant = f.text("The project.", **_PROJECT)
