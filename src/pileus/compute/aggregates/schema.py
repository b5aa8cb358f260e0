"""Aggregates on the wire."""

from datetime import datetime

from pileus.compute.pages.schema import METADATA_KEY, NAME
from pileus.compute.versions import AGGREGATE_UUID, COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

HOST = r"^[a-zA-Z0-9\-._]*$"


def stamp(moment: datetime) -> str:
    """Moments of the parts of compute that administrators see: with fractions, without zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


class NewAggregate(Schema, key="aggregate", history=COMPUTE):
    """An aggregate as it is made: neither hosts nor metadata are shown."""

    id = f.integer("A number.", read_only=True)
    uuid = f.text("Identifier.", read_only=True, since=AGGREGATE_UUID)
    name = f.text("Unique.", least=1, pattern=NAME, required=True)
    availability_zone = f.text(
        "The zone that its hosts are in.",
        least=1,
        pattern=r"^(?!\s)[^\x00-\x1f\x7f-\x9f:]*(?<!\s)$",
        nullable=True,
        show=lambda row, _call: row["metadata"].get("availability_zone"),
    )
    created_at = f.moment("When it was made.", style=stamp)
    updated_at = f.moment("When it was changed.", style=stamp)
    deleted = f.boolean("Never.", read_only=True, show=lambda _row, _call: False)
    deleted_at = f.anything("Never.", read_only=True, show=lambda _row, _call: None)


class Aggregate(NewAggregate):
    """A set of hosts."""

    name = f.text("Unique.", least=1)
    hosts = f.array(f.text("A host."), "Its hosts.", read_only=True)
    metadata = f.mapping("Texts by key.", read_only=True)


class AddHost(Schema, key="add_host", history=COMPUTE):
    """Put a host into an aggregate."""

    host = f.text("Its name.", least=1, pattern=HOST, required=True)


class RemoveHost(Schema, key="remove_host", history=COMPUTE):
    """Take a host out of an aggregate."""

    host = f.text("Its name.", least=1, pattern=HOST, required=True)


class SetMetadata(Schema, key="set_metadata", history=COMPUTE):
    """Add metadata to an aggregate."""

    metadata = f.mapping(
        "Texts by key; null removes one.",
        keys=METADATA_KEY,
        values={"type": ["string", "null"], "maxLength": 255},
        required=True,
    )
