"""The fields of a resource type, and of a namespace's application to one."""

from pileus.image.metadefs.namespaces.schema import at, given
from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Association(Schema, key="", plural="resource_type_associations", history=IMAGE):
    """A resource type that a namespace applies to."""

    name = f.text("The resource type, named as Heat names it.", least=1, most=80, required=True)
    prefix = f.text("What stands before the namespace's properties there.", most=80, show=given("prefix"))
    properties_target = f.text(
        "Which of the resource's sets of properties is meant.", most=80, show=given("properties_target")
    )
    created_at = f.text("When it was made.", format="date-time", read_only=True, show=at("created_at"))
    updated_at = f.text("When it last changed.", format="date-time", read_only=True, show=at("updated_at"))


class ResourceType(Schema, key="", plural="resource_types", history=IMAGE):
    """A kind of resource that has properties."""

    name = f.text("Its name, as Heat names it.", read_only=True)
    created_at = f.text("When it was made.", format="date-time", read_only=True, show=at("created_at"))
    updated_at = f.text("When it last changed.", format="date-time", read_only=True, show=at("updated_at"))
