"""The fields of a metadata definition object.

Source: Glance's metadefs schemas.
"""

from typing import Any

from pileus.image.metadefs.namespaces.schema import at, given
from pileus.image.metadefs.property_types import properties_json, string_array
from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def _self(row: Any, _call: Any) -> str:
    return f"/v2/metadefs/namespaces/{row['namespace']}/objects/{row['name']}"


class MetadefObject(Schema, key="", plural="objects", history=IMAGE):
    """Properties that belong together."""

    name = f.text("Its name within the namespace.", least=1, most=80, required=True)
    description = f.text("What its properties are about.", most=None, show=given("description"))
    required = f.anything("The properties that must be given together.", string_array())
    properties = f.anything("Its properties, by name.", properties_json())
    schema = f.text("Its schema's address.", read_only=True, show=lambda _r, _c: "/v2/schemas/metadefs/object")
    self = f.text("Its address.", most=None, read_only=True, show=_self)
    created_at = f.text("When it was made.", format="date-time", read_only=True, show=at("created_at"))
    updated_at = f.text("When it last changed.", format="date-time", read_only=True, show=at("updated_at"))
