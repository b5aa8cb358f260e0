"""The answer of the token endpoint (RFC 6749)."""

from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class BearerToken(Schema, history=HISTORY):
    """An access token: a token as every other."""

    access_token = f.text("The token.", most=None)
    token_type = f.text("Bearer.")
    expires_in = f.integer("For how long it is good, seconds.")
