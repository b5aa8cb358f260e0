"""How migrations can be listed."""

from pileus.compute.versions import CHANGES_BEFORE, COMPUTE, MIGRATION_OWNERS, MIGRATION_PAGES
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class MigrationQuery(Schema, history=COMPUTE, extra="ignore", strict_since=MIGRATION_PAGES):
    """How migrations can be listed."""

    hidden = f.text("Whether the hidden ones.")
    host = f.text("From or to this host.")
    instance_uuid = f.text("Of this server.")
    source_compute = f.text("From this host.")
    status = f.text("In this state.")
    migration_type = f.text("Of this kind.")
    limit = f.integer("Entries at the most.", least=0, since=MIGRATION_PAGES)
    marker = f.text("The last entry of the page before.", since=MIGRATION_PAGES)
    changes_since = f.text("Changed since then.", wire="changes-since", format="date-time", since=MIGRATION_PAGES)
    changes_before = f.text("Changed before then.", wire="changes-before", format="date-time", since=CHANGES_BEFORE)
    user_id = f.text("Of this user's servers.", since=MIGRATION_OWNERS)
    project_id = f.text("Of this project's servers.", since=MIGRATION_OWNERS)
