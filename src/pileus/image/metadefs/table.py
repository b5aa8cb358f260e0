"""The tables of metadata definitions."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from pileus.kernel.store import METADATA, Json, UtcDateTime

_OF_NAMESPACE = "image_metadef_namespaces.id"


def _moments() -> tuple[Column[object], ...]:
    return Column("created_at", UtcDateTime, nullable=False), Column("updated_at", UtcDateTime, nullable=False)


def _namespace() -> Column[str]:
    return Column("namespace_id", String(36), ForeignKey(_OF_NAMESPACE, ondelete="CASCADE"), primary_key=True)


NAMESPACES = Table(
    "image_metadef_namespaces",
    METADATA,
    Column("id", String(36), primary_key=True, doc="Never shown; namespaces change their names."),
    Column("namespace", String(80), nullable=False, unique=True),
    Column("display_name", String(80)),
    Column("description", Text),
    Column("visibility", String(12), nullable=False, doc="public, private"),
    Column("protected", Boolean, nullable=False),
    Column("owner", String(255), nullable=False),
    *_moments(),
    Index(None, "owner"),
    Index(None, "created_at"),
)
"""One row a namespace."""

OBJECTS = Table(
    "image_metadef_objects",
    METADATA,
    _namespace(),
    Column("name", String(80), primary_key=True),
    Column("description", Text),
    Column("required", Json, nullable=False, doc="Names of the properties that are required."),
    Column("properties", Json, nullable=False, doc="JSON schemas by property name."),
    *_moments(),
)
"""Groups of properties."""

PROPERTIES = Table(
    "image_metadef_properties",
    METADATA,
    _namespace(),
    Column("name", String(80), primary_key=True),
    Column("schema", Json, nullable=False, doc="Its JSON schema, without its name."),
    *_moments(),
)
"""Properties that stand by themselves."""

TAGS = Table(
    "image_metadef_tags",
    METADATA,
    _namespace(),
    Column("name", String(80), primary_key=True),
    *_moments(),
)
"""Words of a namespace."""

RESOURCE_TYPES = Table(
    "image_metadef_resource_types",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("protected", Boolean, nullable=False, doc="Whether it came with the standard definitions."),
    *_moments(),
)
"""Kinds of resources, named as Heat names them."""

ASSOCIATIONS = Table(
    "image_metadef_associations",
    METADATA,
    _namespace(),
    Column("name", String(80), ForeignKey("image_metadef_resource_types.name"), primary_key=True),
    Column("prefix", String(80)),
    Column("properties_target", String(80)),
    *_moments(),
    Index(None, "name"),
)
"""Which namespaces apply to which resource types."""
