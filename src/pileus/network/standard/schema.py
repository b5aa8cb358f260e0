"""The attributes that every network resource shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema
from pileus.network.versions import NETWORK


class ListedOnly(TypedDict):
    """The options of attributes that lists show and cannot be filtered or sorted by."""

    filterable: bool
    sortable: bool


def stamp(moment: datetime) -> str:
    """A moment as Neutron writes it, to the second."""
    return moment.isoformat()[:19] + "Z"  # a fifth of what strftime takes


def split_tags(text: str | None) -> list[str]:
    """The tags in a row's column."""
    return [tag for tag in (text or "").split("\n") if tag]


def join_tags(tags: list[str]) -> str:
    """Tags as their column has them: each between line feeds, sorted, none twice."""
    return "\n" + "\n".join(sorted(set(tags))) + "\n" if tags else ""


def _tags(row: Mapping[str, Any], _call: Any) -> list[str]:
    return split_tags(row.get("tags"))


def _project(row: Mapping[str, Any], _call: Any) -> str:
    return str(row["project_id"])


_ID = f.ident("Identifier.", read_only=True)
_PROJECT_ID = f.text("The project that owns it.", create_only=True)
_TENANT_ID = f.text("The same as project_id.", create_only=True, source="project_id", show=_project)


class Owned(Schema, history=NETWORK):
    """Attributes of what belongs to a project."""

    id = _ID
    project_id = _PROJECT_ID
    tenant_id = _TENANT_ID


class Standard(Schema, history=NETWORK):
    """Attributes of everything that has a name, a description, tags, times and a revision."""

    id = _ID
    project_id = _PROJECT_ID
    tenant_id = _TENANT_ID
    name = f.text("Shown to users; need not be unique.", default="")
    description = f.text("Words for people.", default="")
    tags = f.array(f.text("A tag."), "Words to find it by.", read_only=True, show=_tags, sortable=False)
    created_at = f.moment("When it was made.", source="created_at", style=stamp)
    updated_at = f.moment("When it was changed last.", source="updated_at", style=stamp)
    revision_number = f.integer("Grows with every change.", read_only=True)
