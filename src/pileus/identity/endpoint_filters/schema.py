"""What an endpoint group is on the wire."""

from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

FILTERS = {
    "type": "object",
    "properties": {
        "interface": {"type": "string", "enum": ["admin", "internal", "public"]},
        "service_id": {"type": "string"},
        "region_id": {"type": ["string", "null"]},
    },
    "minProperties": 1,
    "additionalProperties": False,
}


class EndpointGroup(Schema, key="endpoint_group", history=HISTORY):
    """The endpoints that have certain attributes, as a whole."""

    id = f.text("Identifier.", read_only=True)
    name = f.text("Shown to people.", least=1, required=True, pattern=r"\S")
    description = f.text("For people.", nullable=True, most=None)
    filters = f.anything("The attributes that an endpoint of the group has.", FILTERS, required=True)
    links = f.anything(
        "Where it lies.",
        read_only=True,
        show=lambda row, call: {"self": call.url("OS-EP-FILTER", "endpoint_groups", row["id"])},
    )


class ProjectEndpointGroup(Schema, key="project_endpoint_group", history=HISTORY):
    """A group's being shown in the catalog of a project."""

    endpoint_group_id = f.text("The group.")
    project_id = f.text("The project.")
    links = f.anything(
        "Where it lies.",
        read_only=True,
        show=lambda row, call: {
            "self": call.url("OS-EP-FILTER", "endpoint_groups", row["endpoint_group_id"], "projects", row["project_id"])
        },
    )
