"""What objects take and give."""

import contextlib
from collections.abc import AsyncIterator, Iterator

from starlette.requests import ClientDisconnect

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    PreconditionFailed,
    TooLarge,
    Unprocessable,
)
from pileus.kernel.api.formats import is_whole
from pileus.object_store.containers.policies import Policies
from pileus.object_store.errors import ClientClosed, DamagedObject, InsufficientStorage, LengthRequired, Outdated
from pileus.object_store.objects import quotas
from pileus.object_store.objects.archive import Archive
from pileus.object_store.storage.protocol import (
    TICKS,
    AlreadyThere,
    ContainerRecord,
    Damaged,
    Deletion,
    Draft,
    Locked,
    Newer,
    NoContainer,
    ObjectRecord,
    Storage,
    StorageFull,
    WrongKey,
)
from pileus.object_store.sync.journal import Journal
from pileus.object_store.wire import answers

Place = tuple[str, str, str]
"""Account, container, object."""


class Objects:
    """The objects of a storage.

    Args:
        most: bytes of an object at the most.
        archive: keeps what is overwritten.
        journal: notes what is to be copied elsewhere.
    """

    def __init__(self, storage: Storage, policies: Policies, archive: Archive, journal: Journal, *, most: int) -> None:
        self.storage = storage
        self.most = most
        self._policies = policies
        self._archive = archive
        self._journal = journal

    async def get(self, call: Call, place: Place, *, content: bool = False, version: str | None = None) -> ObjectRecord:
        """An object whose time has not run out.

        Raises:
            NotFound: there is none.
            Forbidden: its bytes open only with a key of its owner, which this API does not take.
        """
        try:
            record = await self.storage.object(*place, content=content, version=version)
        except Damaged:
            raise DamagedObject from None
        if record is None or 0 < record.delete_at <= answers.now(call.world) // TICKS:
            raise NotFound
        if content and record.locked and call.request.method != "HEAD":
            raise Forbidden
        return record

    def expected(self, call: Call) -> int | None:
        """How long a request's body will be; None when it comes in chunks.

        Raises:
            LengthRequired: it does not say.
            BadRequest: its length is no number.
            TooLarge: it is too long.
        """
        headers = call.request.headers
        length = headers.get("content-length")
        if length is None:
            coding = headers.get("transfer-encoding", "")
            if not coding:
                raise LengthRequired("Missing Content-Length header.")
            if coding.lower() != "chunked":
                raise BadRequest("Invalid Transfer-Encoding header value")
            return None
        if not is_whole(length):
            raise BadRequest("Invalid Content-Length header value")
        if int(length) > self.most:
            raise TooLarge("Your request is too large.")
        return int(length)

    async def put(
        self,
        place: Place,
        container: ContainerRecord,
        body: AsyncIterator[bytes],
        draft: Draft,
        *,
        length: int | None = None,
        etag: str = "",
        absent: bool = False,
        reseller: bool = False,
    ) -> ObjectRecord:
        """Make bytes an object.

        Args:
            container: the object's.
            length: how many bytes there are to be; None when that is open.
            etag: the MD5 that they are to have.
            absent: whether there must be no object of that name.
            reseller: whether the account's quotas do not hold.

        Raises:
            NotFound: there is no container.
            Unprocessable: the bytes have another MD5.
            PreconditionFailed: there is an object, or what it was cannot be kept.
            TooLarge, QuotaExceeded, InsufficientStorage: there is no room.
            ClientClosed: fewer bytes came than were to come.
            Outdated: the object there is newer.
        """
        await quotas.check(self.storage, place[0], container, length or 0, reseller=reseller)
        upload = self.storage.upload(*place, encrypt=self._policies.encrypts(container.policy))
        try:
            with _as_answers():
                async for chunk in body:
                    if upload.size + len(chunk) > self.most:
                        raise TooLarge("Your request is too large.")
                    await upload.add(chunk)
                if length is not None and upload.size != length:
                    raise ClientClosed
                found = await upload.seal()
                if etag and etag.strip('"').lower() != found:
                    raise Unprocessable
                if length is None:
                    await quotas.check(self.storage, place[0], container, upload.size, reseller=reseller)
                await self._before(place, container, absent=absent)
                return await self.storage.put_object(*place, upload, draft, absent=absent)
        except BaseException:
            await upload.abandon()
            raise

    async def copy(
        self, record: ObjectRecord, to: Place, container: ContainerRecord, draft: Draft, *, absent: bool = False
    ) -> ObjectRecord:
        """Make an object of all of another one's bytes, which need not move.

        Raises:
            NotFound, PreconditionFailed, QuotaExceeded, InsufficientStorage: see `put`.
        """
        await quotas.check(self.storage, to[0], container, record.size)
        await self._before(to, container, absent=absent)
        with _as_answers():
            encrypt = self._policies.encrypts(container.policy)
            return await self.storage.copy_object(record, to, draft, encrypt=encrypt, absent=absent)

    async def _before(self, place: Place, container: ContainerRecord, *, absent: bool = False) -> None:
        """What happens to an object's name before the object changes."""
        if not absent:  # what must not be there need not be kept
            await self._archive.keep(place, container)
        await self._journal.note(place[0], container, place[2])

    async def post(
        self, call: Call, place: Place, container: ContainerRecord, draft: Draft, version: str | None = None
    ) -> None:
        """Replace what an object is besides its bytes.

        Raises:
            NotFound: there is none.
        """
        await self._journal.note(place[0], container, place[2])
        if await self.storage.change_object(*place, draft, version=version) is None:
            raise NotFound

    async def delete(
        self, call: Call, place: Place, container: ContainerRecord, *, version: str | None = None, before: int = 0
    ) -> Deletion:
        """Forget an object, or one version of it.

        Args:
            before: if set, the moment that the object must be older than.

        Raises:
            NotFound: there is none.
            Conflict: it is newer.
            PreconditionFailed: what it was cannot be kept.
            Forbidden: a lock keeps it.
        """
        old = await self.storage.object(*place, version=version)
        if before and old is not None and old.stamp >= before:
            raise Conflict
        await self._journal.note(place[0], container, place[2])
        with _as_answers():
            if version is None and await self._archive.take(place, container):
                return Deletion(gone=old)
            done = await self.storage.delete_object(*place, old.stamp if before and old else 0, version=version)
        late = done.gone is not None and 0 < done.gone.delete_at <= answers.now(call.world) // TICKS
        if done.marker is None and (done.gone is None or late):
            raise NotFound
        return done


@contextlib.contextmanager
def _as_answers() -> Iterator[None]:
    try:
        yield
    except StorageFull:
        raise InsufficientStorage from None
    except AlreadyThere:
        raise PreconditionFailed from None
    except NoContainer:
        raise NotFound from None
    except (WrongKey, Locked):
        raise Forbidden from None
    except Newer:
        raise Outdated from None
    except ClientDisconnect:
        raise ClientClosed from None
