"""Objects that stand for others: symbolic links.

    PUT /v1/AUTH_p/c/link            X-Symlink-Target: container/object, no body
    X-Symlink-Target-Account: AUTH_q       in another account
    X-Symlink-Target-Etag: …               static: only while the target has this ETag

GET and HEAD follow a link, with the reader's own rights on each container on the way, and say where they came
(`Content-Location`); `?symlink=get` shows the link itself.  DELETE takes the link away.  POST changes the link and
says so with 307.  More than two links one behind another, or a static one whose target has changed, are a 409.
"""

from urllib.parse import quote

import msgspec

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import ApiError, BadRequest, Conflict, NotFound, PreconditionFailed
from pileus.object_store.access.entering import Door, Entry, Place
from pileus.object_store.large import static
from pileus.object_store.objects import marks
from pileus.object_store.objects.logic import Objects
from pileus.object_store.storage.protocol import ObjectRecord
from pileus.object_store.wire import names

DEEPEST = 2
KIND = "application/symlink"
WRONG_FORM = "X-Symlink-Target header must be of the form <container name>/<object name>"


class Found(msgspec.Struct, frozen=True):
    """Where following links came to.

    Attributes:
        location: the path of what was found, empty where nothing was followed.
    """

    place: Place
    record: ObjectRecord
    location: str = ""


class Links:
    """Makes and follows links."""

    def __init__(self, objects: Objects, door: Door) -> None:
        self._objects = objects
        self._door = door

    async def follow(
        self,
        call: Call,
        entry: Entry | None,
        place: Place,
        record: ObjectRecord,
        *,
        static_only: bool = False,
        want: str = "",
    ) -> Found:
        """What an object stands for, in the end; itself, if it is no link.

        Args:
            entry: how the caller got in, for those with a signed address.
            static_only: whether a link without an ETag is what is meant.
            want: the ETag that it must have.

        Raises:
            Conflict: there are too many links one behind another, or a target is not what it should be.
            Unauthorized, Forbidden, NotFound: the caller may not read what it stands for, or it is not there.
        """
        location = ""
        for depth in range(DEEPEST + 1):
            if marks.LINK not in record.metadata or (static_only and marks.LINK_ETAG not in record.metadata):
                break
            target = marks.target(record, place[0])
            if want and want != (target.etag or record.etag):
                raise _at(Conflict("X-Symlink-Target-Etag headers do not match"), location)
            if depth == DEEPEST:
                raise _at(Conflict(f"Too many levels of symbolic links, maximum allowed is {DEEPEST}"), location)
            place, want, location = target.place, target.etag, path_of(target.place)
            try:
                await self._door.also(call, "GET", place, entry)
                record = await self._objects.get(call, place, content=True)
            except ApiError as error:
                raise _at(error, location) from None
        etag = static.made_of(record)[0]
        if want and want != etag:
            words = f"Object Etag {etag!r} does not match X-Symlink-Target-Etag header {want!r}"
            raise _at(Conflict(words), location)
        return Found(place, record, location)

    async def asked(self, call: Call, place: Place) -> tuple[marks.Target, str]:
        """What a request wants to make a link to, and the media type that it has if the request names none.

        Raises:
            BadRequest, PreconditionFailed: the request is not as it must be.
            Conflict: a static link's target is not there, or is another one.
        """
        given = call.given
        wanted = names.unquoted(given["link"], WRONG_FORM)
        if wanted.startswith("/"):
            raise PreconditionFailed(WRONG_FORM)
        container, name = names.split(given["link"], "X-Symlink-Target")
        to = names.account(given.get("link_account", "")) or place[0], container, name
        if to == place:
            raise BadRequest("Symlink cannot target itself")
        etag = given.get("link_etag", "").strip('"')
        if any(letter in etag for letter in ';"\\'):
            raise BadRequest("Bad X-Symlink-Target-Etag format")
        if not etag:
            return marks.Target(to), KIND
        await self._door.also(call, "GET", to)
        try:
            record = await self._objects.get(call, to, content=True)
        except NotFound:
            raise _at(Conflict("X-Symlink-Target does not exist"), path_of(to)) from None
        found = await self.follow(call, None, to, record, static_only=True, want=etag)
        return marks.Target(to, etag, static.made_of(found.record)[1]), found.record.content_type

    def redirected(self, place: Place, record: ObjectRecord) -> "Redirected":
        """What a POST to a link says: that it was the link that changed."""
        target = marks.target(record, place[0])
        error = Redirected()
        error.headers["Location"] = path_of(target.place)
        if target.etag:
            error.headers["X-Symlink-Target-Etag"] = target.etag
        return error


class Redirected(ApiError):
    """307: a POST went to a link."""

    status = 307
    title = "Temporary Redirect"
    message = "The requested POST was applied to a symlink. POST directly to the target to apply requested metadata."


def path_of(place: Place) -> str:
    """An object's path."""
    return "/v1/" + quote("/".join(place))


def shown(record: ObjectRecord, account: str) -> dict[str, str | None]:
    """A link as its headers show it."""
    target = marks.target(record, account)
    return {
        "link": record.metadata[marks.LINK],
        "link_account": record.metadata.get(marks.LINK_ACCOUNT),
        "link_etag": target.etag or None,
        "link_bytes": str(target.size) if target.etag else None,
    }


def _at(error: ApiError, location: str) -> ApiError:
    if location:
        error.headers["Content-Location"] = location
    return error
