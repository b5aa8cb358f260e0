"""How usage can be asked for."""

from pileus.compute.versions import COMPUTE, STRICT_FORMS, USAGE_PAGES
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class UsageQuery(Schema, history=COMPUTE, extra="ignore", strict_since=STRICT_FORMS):
    """Of which period, in which pages of servers."""

    start = f.text("From then.")
    end = f.text("Until then.")
    limit = f.integer("Servers at the most.", least=0, since=USAGE_PAGES)
    marker = f.text("The last server of the page before.", since=USAGE_PAGES)


class UsagesQuery(UsageQuery):
    """The same for all projects."""

    detailed = f.text("Whether each server is shown; 1 for yes.")
