"""The resources of metadata definitions, put together."""

from typing import Any

from pileus.image.metadefs.logic import Definitions
from pileus.image.metadefs.namespaces.api import NamespaceResource
from pileus.image.metadefs.objects.api import ObjectResource
from pileus.image.metadefs.properties.api import PropertyResource
from pileus.image.metadefs.resource_types.api import AssociationResource, ResourceTypeResource
from pileus.image.metadefs.tags.api import TagResource
from pileus.kernel.world import World


def resources(world: World) -> tuple[Any, ...]:
    """Every resource of metadata definitions."""
    definitions = Definitions(world)
    return (
        NamespaceResource(definitions),
        ObjectResource(definitions),
        PropertyResource(definitions),
        TagResource(definitions),
        ResourceTypeResource(),
        AssociationResource(definitions),
    )
