"""Metadata and tags of servers."""

from pileus.compute.servers.making import forms
from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class Metadata(Schema, history=COMPUTE):
    """All metadata."""

    metadata = f.mapping("Free keys and values.", keys=forms.METADATA_KEY, values=forms.METADATA_VALUE, required=True)


class MetadataItem(Schema, history=COMPUTE):
    """One item of metadata."""

    meta = f.anything(
        "One key with its value.",
        {
            "type": "object",
            "patternProperties": {forms.METADATA_KEY: forms.METADATA_VALUE},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
        required=True,
    )


class Tags(Schema, history=COMPUTE):
    """All tags."""

    tags = f.anything("Tags.", {"type": "array", "items": forms.TAG, "maxItems": forms.MOST_TAGS}, required=True)
