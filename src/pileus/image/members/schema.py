"""The fields of an image's member."""

from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

STATUSES = ("pending", "accepted", "rejected")


class Member(Schema, key="", plural="members", history=IMAGE, extra="ignore"):
    """A project that an image is shared with."""

    member = f.text("The project to share with.", least=1, required=True, write_only=True, create_only=True)
    image_id = f.ident("The image.", read_only=True)
    member_id = f.text("The project.", read_only=True)
    status = f.text("What the project made of the offer.", choices=STATUSES, read_only=True)
    created_at = f.text("When it was offered.", read_only=True, show=lambda row, call: call.stamp(row["created_at"]))
    updated_at = f.text("When it last changed.", read_only=True, show=lambda row, call: call.stamp(row["updated_at"]))
    schema = f.text("Its schema's address.", read_only=True, show=lambda _row, _call: "/v2/schemas/member")


class Response(Schema, key="", history=IMAGE, extra="ignore"):
    """What a project makes of an offer."""

    status = f.text("Whether it takes the image into its lists.", choices=STATUSES, required=True)
