"""The fields of a new location.

Source: Glance's API reference, "Add location".
"""

from pileus.image.versions import IMAGE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

ALGORITHMS = ("sha1", "sha256", "sha512", "md5")


class Validation(Schema, key="", history=IMAGE):
    """What the data at a location are said to be."""

    os_hash_algo = f.text("The algorithm of the digest.", choices=ALGORITHMS)
    os_hash_value = f.text("The digest, hexadecimal.", most=128)


class NewLocation(Schema, key="", history=IMAGE, extra="ignore"):
    """A place where an image's data lie already."""

    url = f.text("Its address.", most=2000, required=True)
    validation_data = f.nested(Validation, "What the data are said to be; checked.", nullable=True)
