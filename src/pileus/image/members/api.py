"""Members on the wire: sharing an image with a project, and what the project makes of it."""

from typing import Any

from sqlalchemy import func, select, update

from pileus.image.errors import NotVisible
from pileus.image.images.api import image_target
from pileus.image.images.bounds import MOST_MEMBERS, TooMany
from pileus.image.images.logic import Images
from pileus.image.images.table import MEMBERS
from pileus.image.members.schema import Member, Response
from pileus.image.rules import MEMBER_WRITE, READER_OR_SHARED, SHARED_MEMBER
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import Conflict, Forbidden, NotFound
from pileus.kernel.store import DuplicateRow, Row


class DuplicateMember(Conflict):
    """409: the image is shared with that project already."""

    message = "Member {member} is duplicated for image {image}"


@resource("/images/{image_id}/members", schema=Member, policy="%s")
class MemberResource:
    """Projects that an image is shared with."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def target(self, call: Call, image: Row | None) -> dict[str, Any]:
        """What policies see: the image, and the member that the path names."""
        return {**image_target(call, image), "member_id": call.names.get("member_id", call.who.project_id)}

    async def load(self, call: Call, image_id: str) -> Row:
        """An image that the caller may see."""
        return await self._images.get(call.tx, call.who, image_id)

    def _shared(self, image: Row) -> None:
        if image["visibility"] != "shared":
            raise Forbidden("Only shared images have members.")

    async def _find(self, call: Call, image: Row, member_id: str) -> Row:
        if not call.who.is_admin and call.who.project_id not in {image["owner"], member_id}:
            raise NotFound(f"Image member not found for image {image['id']}")
        c = MEMBERS.c
        row = await call.tx.first(select(MEMBERS).where(c.image_id == image["id"], c.member_id == member_id))
        if row is None:
            raise NotFound(f"{member_id} not found in the member list of the image {image['id']}.")
        return row

    @get(rule="get_members", allow=READER_OR_SHARED)
    async def list(self, call: Call, image: Row) -> Page:
        """List an image's members: all for the owner, itself for a member."""
        self._shared(image)
        statement = select(MEMBERS).where(MEMBERS.c.image_id == image["id"]).order_by(MEMBERS.c.created_at)
        if not call.who.is_admin and call.who.project_id != image["owner"]:
            statement = statement.where(MEMBERS.c.member_id == call.who.project_id)
        return Page(await call.tx.all(statement), extra={"schema": "/v2/schemas/members"})

    @get("/{member_id}", rule="get_member", allow=READER_OR_SHARED)
    async def show(self, call: Call, image: Row, member_id: str) -> Row:
        """Show a member."""
        if image["visibility"] != "shared":
            raise NotFound("Only shared images have members.")
        return await self._find(call, image, member_id)

    @post(rule="add_member", allow=MEMBER_WRITE, status=200, raises=(DuplicateMember, TooMany))
    async def create(self, call: Call, image: Row, body: dict[str, Any]) -> Row:
        """Offer an image to a project."""
        self._shared(image)
        if not call.who.is_admin and call.who.project_id != image["owner"]:
            raise NotVisible(id=image["id"])
        same = select(func.count()).select_from(MEMBERS).where(MEMBERS.c.image_id == image["id"])
        count = int(await call.tx.scalar(same) or 0) + 1
        if count > MOST_MEMBERS:
            raise TooMany(what="members", count=count, most=MOST_MEMBERS)
        now = call.world.clock.now()
        row = {
            "image_id": image["id"],
            "member_id": body["member"],
            "status": "pending",
            "created_at": now,
            "updated_at": now,
        }
        try:
            async with call.tx.savepoint():
                await call.tx.insert(MEMBERS, row)
        except DuplicateRow:
            raise DuplicateMember(member=body["member"], image=image["id"]) from None
        return row

    @put("/{member_id}", kind="create", body=Response, rule="modify_member", allow=SHARED_MEMBER)
    async def update(self, call: Call, image: Row, member_id: str, body: dict[str, Any]) -> Row:
        """Take an offer, or leave it."""
        self._shared(image)
        row = await self._find(call, image, member_id)
        changes = {"status": body["status"], "updated_at": call.world.clock.now()}
        c = MEMBERS.c
        await call.tx.run(update(MEMBERS).where(c.image_id == image["id"], c.member_id == member_id).values(**changes))
        return {**row, **changes}

    @delete("/{member_id}", rule="delete_member", allow=MEMBER_WRITE)
    async def remove(self, call: Call, image: Row, member_id: str) -> None:
        """Withdraw an offer."""
        self._shared(image)
        await self._find(call, image, member_id)
        c = MEMBERS.c
        await call.tx.run(MEMBERS.delete().where(c.image_id == image["id"], c.member_id == member_id))
