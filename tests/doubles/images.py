"""An image service with the images that a test puts into it."""

from pileus.image.service import ImageRecord
from pileus.kernel.api.errors import NotFound


class DoubleImages:
    """Images by own."""

    def __init__(self, world):
        self.images = {}
        self.data = {}
        self.world = world

    def add(self, **values):
        """Make an active image; its own."""
        own = self.world.ids.uuid()
        self.images[own] = ImageRecord(
            **{
                "id": own,
                "name": "cirros",
                "status": "active",
                "owner": "p1",
                "visibility": "public",
                "size": 1 << 20,
                "virtual_size": 1 << 24,
                "disk_format": "qcow2",
                "container_format": "bare",
                "min_disk": 0,
                "min_ram": 0,
                "os_hash_algo": "sha512",
                "checksum": "00",
                "properties": {},
                **values,
            }
        )
        return own

    async def find(self, tx, who, image_id):
        if image_id not in self.images:
            raise NotFound(f"Image {image_id} could not be found.")
        return self.images[image_id]

    async def path(self, image_id):
        return None

    async def read(self, image_id):
        yield b""

    async def create(self, who, attributes, data):
        own = self.add(**attributes)
        self.data[own] = b"".join([piece async for piece in data])
        return own
