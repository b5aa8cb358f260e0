"""The fields of a metadata definition tag."""

from pileus.image.metadefs.namespaces.schema import TAG_JSON, at
from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class MetadefTag(Schema, key="", plural="tags", history=IMAGE):
    """A word of a namespace."""

    name = f.text("The word.", least=1, most=80, required=True)
    created_at = f.text("When it was made.", format="date-time", read_only=True, show=at("created_at"))
    updated_at = f.text("When it last changed.", format="date-time", read_only=True, show=at("updated_at"))


class TagName(Schema, key="", plural="tags", history=IMAGE):
    """A tag as lists show it."""

    name = f.text("The word.", read_only=True)


class NewTags(Schema, key="", plural="", history=IMAGE):
    """Several tags at once."""

    tags = f.anything("The tags.", {"type": "array", "items": TAG_JSON})
