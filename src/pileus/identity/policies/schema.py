"""What a policy document is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class PolicyDocument(Schema, key="policy", plural="policies", history=HISTORY, extra="keep"):
    """A policy document; nothing here reads it."""

    id = f.text("Identifier.", read_only=True)
    type = f.text("The MIME type of the document.", required=True)
    blob = f.text("The document.", most=None, required=True)
    links = links("policies")
