"""Extra specs on the wire."""

from pileus.compute.pages.schema import METADATA_KEY
from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

VALUE = {"type": ["string", "number"], "maxLength": 255}


class ExtraSpecs(Schema, history=COMPUTE):
    """Several extra specs."""

    extra_specs = f.mapping("Texts by key.", keys=METADATA_KEY, values=VALUE, required=True)


class ExtraSpec(Schema, history=COMPUTE, extra="keep", extra_json=VALUE):
    """One extra spec: its key is the only attribute."""
