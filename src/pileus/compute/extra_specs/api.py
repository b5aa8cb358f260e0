"""The operations on the extra specs of a flavor."""

import re
from typing import Any

from pileus.compute.extra_specs.logic import validate
from pileus.compute.extra_specs.schema import ExtraSpec, ExtraSpecs
from pileus.compute.flavors import logic
from pileus.compute.pages.schema import METADATA_KEY
from pileus.compute.rules import ADMIN, READER_OR_ADMIN
from pileus.compute.versions import SPECS_VALIDATED
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import delete, get, post, put, resource
from pileus.kernel.api.errors import BadRequest, NotFound
from pileus.kernel.store import Row


def _texts(call: Call, specs: dict[str, Any]) -> dict[str, str]:
    """Values as text, and checked by versions that check."""
    texts = {key: str(value) for key, value in specs.items()}
    for key, value in texts.items():
        if len(value) > 255:
            raise BadRequest("extra_specs value has more than 255 characters.")
        if call.applies(SPECS_VALIDATED):
            validate(key, value)
    return texts


def _held(flavor: Row, key: str) -> str:
    try:
        text: str = flavor["extra_specs"][key]
    except KeyError as error:
        raise NotFound(f"Flavor {flavor['flavorid']} has no extra specs with key {key}.") from error
    return text


@resource("/flavors/{id}/os-extra_specs", policy="os_compute_api:os-flavor-extra-specs:%s")
class FlavorExtraSpecs:
    """What is said of a flavor beyond its size."""

    async def load(self, call: Call, id: str) -> Row:
        """The flavor, if the caller may use it."""
        return await logic.find(call.tx, call.who, id)

    def target(self, call: Call, _loaded: Row | None) -> dict[str, Any]:
        """Flavors have no owner: who may read them may read these."""
        return call.own()

    @get(rule="index", allow=READER_OR_ADMIN)
    async def index(self, call: Call, flavor: Row) -> dict[str, Any]:
        """List the extra specs of a flavor."""
        return {"extra_specs": flavor["extra_specs"]}

    @get("/{key}", rule="show", allow=READER_OR_ADMIN)
    async def show(self, call: Call, flavor: Row, key: str) -> dict[str, Any]:
        """Show an extra spec."""
        return {key: _held(flavor, key)}

    @post(rule="create", allow=ADMIN, status=200, body=ExtraSpecs)
    async def create(self, call: Call, flavor: Row, body: dict[str, Any]) -> dict[str, Any]:
        """Add extra specs, or change their values."""
        specs = _texts(call, body["extra_specs"])
        await logic.respecify(call.tx, call.world, flavor, {**flavor["extra_specs"], **specs})
        return {"extra_specs": specs}

    @put("/{key}", rule="update", allow=ADMIN, body=ExtraSpec)
    async def update(self, call: Call, flavor: Row, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change the value of one extra spec."""
        if len(body) != 1 or not re.match(METADATA_KEY, next(iter(body))):
            raise BadRequest("Invalid input: one extra spec is expected")
        if key not in body:
            raise BadRequest("Request body and URI mismatch")
        specs = _texts(call, body)
        await logic.respecify(call.tx, call.world, flavor, {**flavor["extra_specs"], **specs})
        return dict(specs)

    @delete("/{key}", rule="delete", allow=ADMIN, status=200)
    async def delete(self, call: Call, flavor: Row, key: str) -> None:
        """Remove an extra spec."""
        _held(flavor, key)
        left = {name: value for name, value in flavor["extra_specs"].items() if name != key}
        await logic.respecify(call.tx, call.world, flavor, left)
