"""What objects take and give."""

import contextlib
from collections.abc import AsyncIterator, Iterator

from starlette.requests import ClientDisconnect

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest, NotFound, PreconditionFailed, TooLarge, Unprocessable
from pileus.kernel.api.formats import is_whole
from pileus.object_store.accounts.schema import QUOTA as ACCOUNT_QUOTA
from pileus.object_store.containers.schema import META as CONTAINER_META
from pileus.object_store.errors import ClientClosed, InsufficientStorage, LengthRequired, QuotaExceeded
from pileus.object_store.storage.protocol import (
    TICKS,
    AlreadyThere,
    ContainerRecord,
    Draft,
    NoContainer,
    ObjectRecord,
    Storage,
    StorageFull,
)
from pileus.object_store.wire import answers

Place = tuple[str, str, str]
"""Account, container, object."""


class Objects:
    """The objects of a storage.

    Args:
        most: bytes of an object at the most.
    """

    def __init__(self, storage: Storage, *, most: int) -> None:
        self.storage = storage
        self.most = most

    async def get(self, call: Call, place: Place, *, content: bool = False) -> ObjectRecord:
        """An object whose time has not run out.

        Raises:
            NotFound: there is none.
        """
        record = await self.storage.object(*place, content=content)
        if record is None or 0 < record.delete_at <= answers.now(call.world) // TICKS:
            raise NotFound
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

    async def check_quota(self, account: str, container: ContainerRecord, more: int) -> None:
        """Refuse bytes that the account or container has no room for.

        Raises:
            QuotaExceeded: it has none.
        """
        most_bytes = container.metadata.get(CONTAINER_META + "quota-bytes")
        most_count = container.metadata.get(CONTAINER_META + "quota-count")
        if most_bytes is not None and container.usage.bytes + more > int(most_bytes):
            raise QuotaExceeded
        if most_count is not None and container.usage.objects + 1 > int(most_count):
            raise QuotaExceeded
        record = await self.storage.account(account)
        count = record.metadata.get(ACCOUNT_QUOTA) if record is not None else None
        if record is not None and count is not None and record.usage.objects + 1 > int(count):
            raise QuotaExceeded
        quota = record.metadata.get("x-account-meta-quota-bytes", "") if record is not None else ""
        if record is not None and quota.isdecimal() and record.usage.bytes + more > int(quota):
            raise QuotaExceeded

    async def put(
        self,
        place: Place,
        body: AsyncIterator[bytes],
        draft: Draft,
        *,
        length: int | None = None,
        etag: str = "",
        absent: bool = False,
    ) -> ObjectRecord:
        """Make bytes an object.

        Args:
            length: how many bytes there are to be; None when that is open.
            etag: the MD5 that they are to have.
            absent: whether there must be no object of that name.

        Raises:
            NotFound: there is no container.
            Unprocessable: the bytes have another MD5.
            PreconditionFailed: there is an object.
            TooLarge, InsufficientStorage: there is no room.
            ClientClosed: fewer bytes came than were to come.
        """
        upload = self.storage.upload(*place)
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
                return await self.storage.put_object(*place, upload, draft, absent=absent)
        except BaseException:
            await upload.abandon()
            raise

    async def post(self, call: Call, place: Place, draft: Draft) -> None:
        """Replace what an object is besides its bytes.

        Raises:
            NotFound: there is none.
        """
        if await self.storage.change_object(*place, draft) is None:
            raise NotFound

    async def delete(self, call: Call, place: Place) -> None:
        """Forget an object.

        Raises:
            NotFound: there is none.
        """
        old = (await self.storage.delete_object(*place)).gone
        if old is None or 0 < old.delete_at <= answers.now(call.world) // TICKS:
            raise NotFound


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
    except ClientDisconnect:
        raise ClientClosed from None
