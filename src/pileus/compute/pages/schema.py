"""Parts of requests that several resources take in the same form."""

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

NAME = r"^(?!\s)[^\x00-\x1f\x7f-\x9f]*(?<!\s)$"
"""Names of most things: printable, without blanks at their ends."""

DESCRIPTION = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""Descriptions: printable, line breaks included."""

METADATA_KEY = r"^[a-zA-Z0-9\-_:. ]{1,255}$"
"""Keys of metadata and extra specs."""

MOST_INTEGER = 0x7FFFFFFF
"""The largest number that a column holds."""


class NoQuery(Schema, history=COMPUTE, extra="ignore"):
    """Query strings that mean nothing."""


class PageQuery(Schema, history=COMPUTE, extra="ignore"):
    """Query strings of lists in pages."""

    limit = f.integer("Entries at the most.", least=0)
    marker = f.text("The last entry of the page before.", most=None)
