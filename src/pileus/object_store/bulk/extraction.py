"""Taking an archive apart: every file in it becomes an object.

What tar kept of a file's extended attributes becomes the object's: `user.mime_type` its media type, `user.meta.*` its
metadata. `X-Object-Meta-…`, `X-Delete-At` and `X-Delete-After` of the request hold for all of them.

The archive is kept in a file while it is read, since a tar is read by seeking.  Links and devices in it are left out; a
name is only a name, whatever dots and slashes it has.
"""

import asyncio
import tarfile
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Literal

from pileus.kernel.api import headers
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import ApiError, BadRequest, Unauthorized
from pileus.object_store.access.entering import Door
from pileus.object_store.containers.logic import Containers
from pileus.object_store.objects import drafting
from pileus.object_store.objects.logic import Objects
from pileus.object_store.objects.schema import ObjectHeaders
from pileus.object_store.storage.protocol import Draft
from pileus.object_store.wire import names
from pileus.object_store.wire.bulk import Outcome

FORMS: dict[str, Literal["r:", "r:gz", "r:bz2"]] = {"tar": "r:", "tar.gz": "r:gz", "tar.bz2": "r:bz2"}
CREATED = "Number Files Created"
MOST_FAILURES = 1000
PIECE = 1 << 20


class Extraction:
    """Makes objects of archives.

    Args:
        folder: where an archive lies while it is read.
    """

    def __init__(self, objects: Objects, containers: Containers, door: Door, folder: Path) -> None:
        self._objects = objects
        self._containers = containers
        self._door = door
        self._folder = folder

    async def extract(self, call: Call, account: str, below: str) -> Outcome:
        """Make objects of the request's body.

        Args:
            below: what the files' names are put behind: container and prefix, or nothing.

        Raises:
            BadRequest: the form is unknown.
            Unauthorized: nobody in particular asks: strangers do not fill our disk.
        """
        if not call.who.user_id:
            raise Unauthorized
        mode = FORMS.get(call.request.query_params["extract-archive"].lower().strip("."))
        if mode is None:
            raise BadRequest("Unsupported archive format")
        names.check(call, account)
        self._objects.expected(call)
        outcome = Outcome({CREATED: 0}, status="201 Created", root="extract")
        with tempfile.TemporaryFile(dir=self._folder) as kept:
            async for chunk in call.chunks(self._objects.most):
                await asyncio.to_thread(kept.write, chunk)
            kept.seek(0)
            try:
                archive = await asyncio.to_thread(lambda: tarfile.open(fileobj=kept, mode=mode))  # noqa: SIM115
                while (member := await asyncio.to_thread(archive.next)) is not None:
                    if member.isfile() and (source := archive.extractfile(member)) is not None:
                        await self._make(call, account, f"{below}/{member.name}", member, source, outcome)
                    if len(outcome.errors) >= MOST_FAILURES:
                        break
            except (tarfile.TarError, EOFError, OSError) as error:
                outcome.status, outcome.body = "400 Bad Request", f"Invalid Tar File: {error}"
        if not outcome.counts[CREATED] and not outcome.errors and not outcome.body:
            outcome.status, outcome.body = "400 Bad Request", "Invalid Tar File: No Valid Files"
        return outcome

    async def _make(
        self, call: Call, account: str, path: str, member: tarfile.TarInfo, source: IO[bytes], outcome: Outcome
    ) -> None:
        path = path.lstrip("/").removeprefix("./")
        container, slash, name = path.partition("/")
        if not slash or not name or "\0" in path:
            return
        place = account, container, name
        try:
            names.check_names(*place)
            await self._containers.make_as(call, account, container)
            target = await self._door.also(call, "PUT", place)
            draft = _draft(call, name, member)
            await self._objects.put(place, target, _pieces(source), draft, length=member.size)
        except ApiError as error:
            outcome.fail(f"/{path}", f"{error.status} {error.title}")
        else:
            outcome.count(CREATED)


def _draft(call: Call, name: str, member: tarfile.TarInfo) -> Draft:
    """What a file's object is to be.

    Raises:
        BadRequest: its metadata are too much.
    """
    said = headers.parse(ObjectHeaders, call.request.headers.raw, call.version)
    given = {key: value for key, value in said.items() if key in {"meta", "delete_at", "delete_after"}}
    meta = dict(given.get("meta", {}))
    for key, value in member.pax_headers.items():
        maker, _, attribute = key.partition(".xattr.user.")
        if maker not in {"SCHILY", "LIBARCHIVE"}:
            continue
        if attribute == "mime_type":
            given["type"] = value
        elif attribute.startswith("meta."):
            meta[attribute.removeprefix("meta.").lower()] = value
    given["meta"] = meta
    if any(ord(letter) < 32 or letter == "\x7f" for text in (*meta, *meta.values()) for letter in text):
        raise BadRequest("Metadata must not contain control characters")
    return Draft(drafting.content_type(given, name), drafting.described(given), drafting.delete_at(call, 0, given))


async def _pieces(source: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(source.read, PIECE):
        yield piece
