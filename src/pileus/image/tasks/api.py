"""Tasks on the wire."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from pileus.image.images.api import image_target
from pileus.image.images.logic import Images
from pileus.image.rules import ADMIN, READER_SEE
from pileus.image.tasks.logic import STATUSES, Tasks
from pileus.image.tasks.schema import ImageTask, Task, TaskStub
from pileus.image.tasks.table import TASKS
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, resource
from pileus.kernel.api.errors import BadRequest, MethodNotAllowed, NotFound
from pileus.kernel.api.formats import FORMATS, is_whole
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.store import Row

FILTERS = ("id", "type", "status", "owner", "image_id", "user_id", "request_id")
SORT_KEYS = (*FILTERS, "expires_at", "created_at", "updated_at")
MOST = 1000
DEFAULT = 25


@resource("/tasks", schema=Task, policy="%s")
class TaskResource:
    """Tasks, for administrators."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    async def _find(self, call: Call, id: str) -> Row:
        row = await self._tasks.get(call.tx, id)
        if row is None:
            raise NotFound(f"No task found with ID {id}")
        return row

    @get(rule="tasks_api_access", allow=ADMIN, returns=TaskStub)
    async def list(self, call: Call) -> Page:
        """List tasks."""
        last = dict(call.params)
        statement = select(TASKS).where(self._tasks.kept())
        for name in FILTERS:
            if last.get(name):
                statement = statement.where(TASKS.c[name] == _filter(name, last[name]))
        key, direction = last.get("sort_key", "created_at"), last.get("sort_dir", "desc")
        if direction not in {"asc", "desc"}:
            raise BadRequest(f"Invalid sort direction: {direction}")
        if key not in SORT_KEYS:
            raise BadRequest(f"Sort key supplied is invalid: {key}")
        marker = last.get("marker")
        if marker and not FORMATS["uuid-like"](marker):
            raise BadRequest("Invalid marker format")
        try:
            found = await page(
                call.tx, statement, TASKS, sort=[(key, direction)], limit=_limit(last.get("limit")), marker=marker
            )
        except UnknownMarker:
            raise BadRequest(f"No task found with ID {marker}") from None
        query = [(name, value) for name, value in call.params if name != "marker"]
        found.extra = {"first": _address(query), "schema": "/v2/schemas/tasks"}
        if found.next is not None:
            found.extra["next"] = _address([*query, ("marker", found.next)])
        found.next = found.previous = None
        return found

    @get("/{id}", rule="tasks_api_access", allow=ADMIN)
    async def show(self, call: Call, id: str) -> Row:
        """Show a task."""
        return await self._find(call, id)

    @post(rule="tasks_api_access", allow=ADMIN)
    async def create(self, call: Call, body: dict[str, Any]) -> Row:
        """Start a task."""
        given = body["input"] or {}
        image_id = given.get("image_id")
        if image_id is not None and not (isinstance(image_id, str) and FORMATS["uuid-like"](image_id)):
            raise BadRequest("The image_id of a task's input must be an image's identifier.")
        row = await self._tasks.create(call.tx, call.who, body["type"], given, image_id=image_id)
        call.headers["Location"] = call.url("tasks", row["id"])
        return await self._tasks.start(call.tx, call.who, row)

    @delete("/{id}", rule="tasks_api_access", allow=ADMIN, raises=(MethodNotAllowed,))
    async def remove(self, call: Call, id: str) -> None:
        """Tasks are not deleted by hand: they go when they expire."""
        error = MethodNotAllowed("Tasks cannot be deleted: each is removed at the time in its expires_at.")
        error.headers["Allow"] = "GET"
        raise error


@resource("/images/{id}/tasks", schema=ImageTask, policy="%s")
class ImageTaskResource:
    """The tasks of one image, for those who may see both."""

    def __init__(self, images: Images, tasks: Tasks) -> None:
        self._images = images
        self._tasks = tasks

    def target(self, call: Call, image: Row | None) -> dict[str, Any]:
        """What policies see: the image."""
        return image_target(call, image)

    async def load(self, call: Call, id: str) -> Row:
        """An image that the caller may see."""
        return await self._images.get(call.tx, call.who, id)

    @get(rule="get_image", allow=READER_SEE)
    async def list(self, call: Call, image: Row) -> Page:
        """List an image's tasks."""
        return Page(await self._tasks.of_image(call.tx, call.who, image["id"]))


def _filter(name: str, value: str) -> str:
    if name == "status" and value not in STATUSES:
        raise BadRequest(f"Invalid status value: {value}")
    if name == "type" and value != "import":
        raise BadRequest(f"Invalid type value: {value}")
    return value


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT
    if not is_whole(value):
        raise BadRequest("limit param must be positive" if value.startswith("-") else "limit param must be an integer")
    return min(int(value), MOST)


def _address(query: list[tuple[str, str]]) -> str:
    return "/v2/tasks" + (f"?{urlencode(query)}" if query else "")
