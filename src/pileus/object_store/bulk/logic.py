"""Deleting many things in one request."""

from urllib.parse import unquote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import ApiError, BadRequest, NotFound, TooLarge, Unauthorized
from pileus.object_store.containers.logic import Containers
from pileus.object_store.objects.entering import Door, Place
from pileus.object_store.objects.logic import Objects
from pileus.object_store.wire import names
from pileus.object_store.wire.bulk import Outcome

MOST = 10_000
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
        body = b"".join([chunk async for chunk in call.chunks(MOST_BODY)])
        try:
            lines = [line.strip() for line in body.decode().split("\n")]
        except UnicodeDecodeError:
            raise BadRequest("Invalid bulk delete.") from None
        found = [unquote(line) for line in lines if line]
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

    async def delete_one(self, call: Call, target: Place, outcome: Outcome) -> None:
        """Delete an object, or a container where the object's name is empty."""
        try:
            if not target[1] or "\0" in target[1] + target[2]:
                raise BadRequest
            if target[2]:
                await self._door.also(call, "DELETE", target)
                await self._objects.delete(call, target)
            else:
                await self._containers.delete_as(call, *target[:2])
        except NotFound:
            outcome.counts["Number Not Found"] += 1
        except ApiError as error:
            outcome.fail("/".join(("", *target[1:])).rstrip("/"), f"{error.status} {error.title}")
        else:
            outcome.counts["Number Deleted"] += 1
