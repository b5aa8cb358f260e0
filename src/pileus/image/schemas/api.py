"""Glance's documents about itself: version list, JSON schemas."""

import msgspec

from pileus.image.schemas.documents import document
from pileus.image.versions import announced
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import NotFound


@resource("!")
class VersionList:
    """Which versions there are.

    Args:
        cache: whether there is an image cache, which some versions brought.
    """

    def __init__(self, *, cache: bool) -> None:
        self._announced = announced(cache=cache)

    @get("/", public=True, transaction="none", many=False)
    async def root(self, call: Call) -> Answer:
        """List versions."""
        return self._answer(call, 300)

    @get("/versions", public=True, transaction="none")
    async def versions(self, call: Call) -> Answer:
        """List versions, as a success."""
        return self._answer(call, 200)

    def _answer(self, call: Call, status: int) -> Answer:
        links = [{"rel": "self", "href": call.bookmark("v2", "")}]
        entries = [{"id": name, "status": word, "links": links} for name, word in self._announced]
        return Answer(status, {"Content-Type": "application/json"}, msgspec.json.encode({"versions": entries}))


@resource("/schemas")
class SchemaResource:
    """JSON schemas of what this API has."""

    @get("/{name}", transaction="none", many=False)
    async def show(self, call: Call, name: str) -> Answer:
        """Show the schema of images, members or tasks."""
        return _document(name)

    @get("/metadefs/{name}", transaction="none", many=False)
    async def show_metadefs(self, call: Call, name: str) -> Answer:
        """Show the schema of metadata definitions."""
        return _document(f"metadefs/{name}")


def _document(name: str) -> Answer:
    found = document(name)
    if found is None:
        raise NotFound(f"No schema named {name}")
    return Answer(200, {"Content-Type": "application/json"}, msgspec.json.encode(found))
