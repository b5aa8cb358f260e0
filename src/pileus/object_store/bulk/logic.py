"""Deleting many things in one request."""

from urllib.parse import unquote_to_bytes

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import ApiError, BadRequest, NotFound, TooLarge, Unauthorized
from pileus.object_store.access.entering import Door, Place
from pileus.object_store.containers.logic import Containers
from pileus.object_store.objects.logic import Objects
from pileus.object_store.wire import names
from pileus.object_store.wire.bulk import Outcome

MOST = 10_000
MOST_LINE = 6 * (names.MOST_CONTAINER + names.MOST_OBJECT + 2)
MOST_BODY = MOST * 2 * (names.MOST_CONTAINER + names.MOST_OBJECT)
"""Bytes of a request that names so many."""


class Deletions:
    """Deletes one after another, each with the caller's own rights."""

    def __init__(self, objects: Objects, containers: Containers, door: Door) -> None:
        self._objects = objects
        self._containers = containers
        self._door = door

    async def read(self, call: Call) -> list[str]:
        """The names in a request's body, one a line.

        Raises:
            BadRequest: it names nothing.
            TooLarge: it names too many.
            Unauthorized: nobody in particular asks.
        """
        if not call.who.user_id:
            raise Unauthorized
        self._objects.expected(call)
        body = b"".join([chunk async for chunk in call.chunks(MOST_BODY)])
        if any(len(line) > MOST_LINE for line in body.split(b"\n")):
            raise BadRequest("Invalid File Name")
        try:
            found = [unquote_to_bytes(line.strip()).decode() for line in body.split(b"\n") if line.strip()]
        except UnicodeDecodeError:
            raise BadRequest("Invalid bulk delete.") from None
        if not found:
            raise BadRequest("Invalid bulk delete.")
        if len(found) > MOST:
            raise TooLarge(f"Maximum Bulk Deletes: {MOST} per request")
        return found

    async def delete(self, call: Call, account: str, wanted: list[str]) -> Outcome:
        """Delete objects (`/container/object`) and empty containers (`/container`)."""
        outcome = Outcome({"Number Deleted": 0, "Number Not Found": 0})
        for path in wanted:
            container, _, name = path.removeprefix("/").partition("/")
            await self.delete_one(call, (account, container, name), outcome)
        return outcome

    async def delete_one(self, call: Call, target: Place, outcome: Outcome, *, version: str | None = None) -> None:
        """Delete an object (or one version of it), or a container where the object's name is empty."""
        try:
            if not target[1] or "\0" in target[1] + target[2]:
                raise BadRequest
            if target[2]:
                container = await self._door.also(call, "DELETE", target)
                await self._objects.delete(call, target, container, version=version)
            else:
                await self._containers.delete_as(call, *target[:2])
        except NotFound:
            outcome.count("Number Not Found")
        except ApiError as error:
            outcome.fail("/".join(("", *target[1:])).rstrip("/"), f"{error.status} {error.title}")
        else:
            outcome.count("Number Deleted")
