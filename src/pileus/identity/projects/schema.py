"""What a project is on the wire."""

from pileus.identity.listing import links
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

TAG = f.text("A tag.", least=1, pattern=r"^[^,/]*$")


class Options(Schema, history=HISTORY):
    """What a resource may be marked with."""

    immutable = f.boolean("Whether it must not change or go.", nullable=True)


class Project(Schema, key="project", history=HISTORY, extra="keep"):
    """A project: what resources belong to."""

    id = f.text("Identifier.", read_only=True)
    name = f.text("Unique within the domain.", least=1, most=64, required=True, pattern=r"\S")
    domain_id = f.text(
        "The domain that it lies in.", nullable=True, most=64, show=lambda row, _call: row["domain_id"] or None
    )
    parent_id = f.text("The project above it, or its domain.", nullable=True, most=64)
    is_domain = f.boolean("Whether it acts as a domain.", default=False)
    enabled = f.boolean("Whether its tokens are good.", default=True)
    description = f.text("For people.", nullable=True, most=None, default="")
    tags = f.array(TAG, "Words to find it by.", most=80, unique=True)
    options = f.anything(
        "Marks.",
        {"type": "object", "properties": {"immutable": {"type": ["boolean", "null"]}}, "additionalProperties": False},
        default={},
    )
    links = links("projects")


class Domain(Schema, key="domain", history=HISTORY, extra="keep"):
    """A domain: what names of users and projects are unique in."""

    id = f.text("Identifier.", read_only=True)
    explicit_domain_id = f.text(
        "The identifier to give it.", write_only=True, create_only=True, pattern=r"^[a-zA-Z0-9]{32}$"
    )
    name = f.text("Unique.", least=1, most=64, required=True, pattern=r"\S")
    enabled = f.boolean("Whether its users can log in.", default=True)
    description = f.text("For people.", nullable=True, most=None, default="")
    tags = f.array(TAG, "Words to find it by.", most=80, unique=True)
    options = f.anything(
        "Marks.",
        {"type": "object", "properties": {"immutable": {"type": ["boolean", "null"]}}, "additionalProperties": False},
        default={},
    )
    links = links("domains")


class Tags(Schema, history=HISTORY):
    """Every tag of a project."""

    tags = f.array(TAG, "All of them.", most=80, unique=True, required=True)
