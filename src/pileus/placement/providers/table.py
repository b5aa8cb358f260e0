"""The tables of resource providers and of what they have."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table

from pileus.kernel.store import METADATA, UtcDateTime

PROVIDERS = Table(
    "placement_providers",
    METADATA,
    Column("uuid", String(36), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("generation", Integer, nullable=False, default=0, doc="Grows with every change; writers must name it."),
    Column("root", String(36), nullable=False, doc="The provider at the top of its tree; itself for a root."),
    Column("parent", String(36), ForeignKey("placement_providers.uuid"), doc="The provider above; null for a root."),
    Column("stamp", BigInteger, nullable=False, doc="Chance, drawn anew with every change of whatever it has."),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "root"),
    Index(None, "parent"),
    Index(None, "stamp"),
    Index(None, "updated_at"),
)
"""One row a provider.

The sum of all stamps tells whether anything has changed since a snapshot was taken (`scheduling/snapshot.py`).  Unlike
the generation, which is the API's and grows only where the API says so, the stamp changes with everything.
"""

INVENTORIES = Table(
    "placement_inventories",
    METADATA,
    Column("provider", String(36), ForeignKey("placement_providers.uuid", ondelete="CASCADE"), primary_key=True),
    Column("resource_class", String(255), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("reserved", Integer, nullable=False, default=0),
    Column("min_unit", Integer, nullable=False, default=1),
    Column("max_unit", Integer, nullable=False, default=2147483647),
    Column("step_size", Integer, nullable=False, default=1),
    Column("allocation_ratio", Float, nullable=False, default=1.0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "resource_class"),
)
"""How much of a resource class a provider has."""

PROVIDER_TRAITS = Table(
    "placement_provider_traits",
    METADATA,
    Column("provider", String(36), ForeignKey("placement_providers.uuid", ondelete="CASCADE"), primary_key=True),
    Column("trait", String(255), primary_key=True),
    Index(None, "trait"),
)
"""The traits of providers."""

PROVIDER_AGGREGATES = Table(
    "placement_provider_aggregates",
    METADATA,
    Column("provider", String(36), ForeignKey("placement_providers.uuid", ondelete="CASCADE"), primary_key=True),
    Column("aggregate", String(36), primary_key=True),
    Index(None, "aggregate"),
)
"""The aggregates that providers belong to."""
