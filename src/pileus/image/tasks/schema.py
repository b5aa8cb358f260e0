"""The fields of a task.

Source: Glance's task schema.
"""

from pileus.image.tasks.logic import STATUSES, TYPES
from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


def micro(moment: object) -> str:
    """A moment to the microsecond without its zone, as an image's tasks have them."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"


def _at(name: str) -> f.Show:
    return lambda row, call: call.stamp(row[name])


def _known(name: str) -> f.Show:
    return lambda row, _call: row[name] or f.UNSET


def _expiry(name: str) -> f.Show:
    return lambda row, call: call.stamp(row[name]) or f.UNSET


class TaskStub(Schema, key="", plural="tasks", history=IMAGE, extra="ignore"):
    """A task as lists show it."""

    id = f.ident("Identifier.", read_only=True)
    type = f.text("What kind of work it is.", choices=TYPES, required=True)
    status = f.text("How far it is.", choices=STATUSES, read_only=True)
    owner = f.text("The project on whose behalf it works.", read_only=True)
    image_id = f.text("The image that it works on.", read_only=True, show=_known("image_id"))
    request_id = f.text("The request that started it.", read_only=True, show=_known("request_id"))
    user_id = f.text("Who started it.", read_only=True, show=_known("user_id"))
    expires_at = f.text(
        "When it will be forgotten; absent while it lasts.", read_only=True, nullable=True, show=_expiry("expires_at")
    )
    created_at = f.text("When it was started.", read_only=True, show=_at("created_at"))
    updated_at = f.text("When it last changed.", read_only=True, show=_at("updated_at"))
    self = f.text("Its address.", read_only=True, show=lambda row, _call: f"/v2/tasks/{row['id']}")
    schema = f.text("Its schema's address.", read_only=True, show=lambda _row, _call: "/v2/schemas/task")


class Task(TaskStub):
    """A piece of work on an image that lasts longer than a request."""

    input = f.anything("What it was given to work with.", {"type": ["object", "null"]}, required=True)
    result = f.anything("What came of it.", {"type": ["object", "null"]}, read_only=True)
    message = f.text("How far it is, or why it failed.", most=None, read_only=True)


class ImageTask(Schema, key="", plural="tasks", history=IMAGE, extra="ignore"):
    """A task as its image shows it."""

    id = f.ident("Identifier.", read_only=True)
    image_id = f.text("The image.", read_only=True)
    request_id = f.text("The request that started it.", read_only=True)
    user_id = f.text("Who started it.", read_only=True)
    type = f.text("What kind of work it is.", choices=TYPES, read_only=True)
    status = f.text("How far it is.", choices=STATUSES, read_only=True)
    owner = f.text("The project on whose behalf it works.", read_only=True)
    input = f.anything("What it was given to work with.", {"type": ["object", "null"]}, read_only=True)
    result = f.anything("What came of it.", {"type": ["object", "null"]}, read_only=True)
    message = f.text("How far it is, or why it failed.", most=None, read_only=True)
    expires_at = f.moment("When it will be forgotten; null while it lasts.", nullable=True, style=micro)
    created_at = f.moment("When it was started.", style=micro)
    updated_at = f.moment("When it last changed.", style=micro)
    deleted_at = f.anything("Always null.", {"type": "null"}, read_only=True, show=lambda _row, _call: None)
    deleted = f.boolean("Always false.", read_only=True, show=lambda _row, _call: False)
