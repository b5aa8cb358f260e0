"""The query string of usages."""

from pileus.kernel.api.fields import text
from pileus.kernel.api.schema import Schema
from pileus.placement.versions import CONSUMER_TYPES, PLACEMENT


class UsageQuery(Schema, history=PLACEMENT):
    """Whose usages are asked for."""

    project_id = text("The project.", least=1)
    user_id = text("One user in it.", least=1)
    consumer_type = text(
        "A consumer type, `all` or `unknown`.", least=1, pattern="^[A-Z0-9_]+$|^all|^unknown$", since=CONSUMER_TYPES
    )
