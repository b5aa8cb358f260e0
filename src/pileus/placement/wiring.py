"""The placement service, put together."""

from pileus.kernel.api.declare import Service
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.parts import Parts
from pileus.kernel.store import Tx
from pileus.placement import errors
from pileus.placement.aggregates.api import AggregateResource
from pileus.placement.aggregates.logic import Aggregates
from pileus.placement.allocations.api import AllocationResource, ProviderAllocations
from pileus.placement.allocations.logic import Allocations, Claim
from pileus.placement.candidates.api import CandidateResource
from pileus.placement.candidates.logic import Candidates
from pileus.placement.discovery.api import VersionDocument
from pileus.placement.inventories.api import InventoryResource
from pileus.placement.inventories.logic import Inventories
from pileus.placement.providers.api import ProviderResource
from pileus.placement.providers.keeping import Keeping
from pileus.placement.providers.listing import Listing
from pileus.placement.providers.logic import Providers
from pileus.placement.reshaper.api import ReshaperResource
from pileus.placement.resource_classes.api import ResourceClassResource
from pileus.placement.resource_classes.logic import ResourceClasses
from pileus.placement.rules import RULES
from pileus.placement.scheduling.keeper import Keeper
from pileus.placement.service import DoesNotFit, Inventory, Provider
from pileus.placement.settings import PlacementSettings
from pileus.placement.traits.api import ProviderTraitResource, TraitResource
from pileus.placement.traits.logic import Traits
from pileus.placement.usages.api import ProjectUsages, ProviderUsages
from pileus.placement.versions import PLACEMENT


class PlacementService:
    """The placement service of one node; other services see it as `service.Placement`."""

    def __init__(self, parts: Parts, settings: PlacementSettings) -> None:
        providers = Providers(parts.world)
        classes = ResourceClasses(parts.world, providers)
        traits = Traits(parts.world, providers)
        inventories = Inventories(parts.world, providers, classes)
        self._allocations = Allocations(parts.world, parts.store, providers, classes)
        self._keeping = Keeping(providers, inventories, traits)
        self._keeper = Keeper()
        self.api = Service(
            type="placement",
            name="placement",
            prefix="/placement",
            root="",
            history=PLACEMENT,
            fault=errors.fault,
            invalid=errors.invalid,
            wrong_media=errors.wrong_media,
            rights_first=True,
            rules=RULES,
            scopes=lambda _right: ("project",),
            policy_file=parts.policy_file("placement"),
        )
        self.api.add(
            VersionDocument(),
            ProviderResource(providers, Listing(classes, traits)),
            InventoryResource(providers, inventories),
            ProviderUsages(providers, inventories),
            AggregateResource(providers, Aggregates(providers)),
            ProviderTraitResource(providers, traits),
            ProviderAllocations(providers, self._allocations),
            ResourceClassResource(classes),
            TraitResource(traits),
            AllocationResource(self._allocations, settings),
            CandidateResource(Candidates(parts.world, self._keeper, classes, traits, settings)),
            ProjectUsages(),
            ReshaperResource(providers, inventories, self._allocations),
        )

    async def snapshot(self, tx: Tx) -> list[Provider]:
        """Every root provider with what is used of it."""
        snapshot = await self._keeper.current(tx)
        roots = [node.facts for node in snapshot.nodes.values() if node.parent is None]
        return sorted(roots, key=lambda provider: provider.name)

    async def keep_provider(
        self, tx: Tx, id: str, name: str, inventories: dict[str, Inventory], traits: frozenset[str]
    ) -> None:
        """Make a root provider or bring it up to date; nothing is written when nothing changed."""
        await self._keeping.keep(tx, id, name, inventories, traits)

    async def remove_provider(self, tx: Tx, id: str) -> None:
        """Remove a provider that nothing is allocated on; no error if there is none.

        Raises:
            MissingReference: something is.
        """
        await self._keeping.remove(tx, id)

    async def claim(
        self, tx: Tx, consumer: str, allocations: dict[str, dict[str, int]], *, project_id: str, user_id: str
    ) -> None:
        """Replace a consumer's allocations, all or nothing.

        Raises:
            DoesNotFit: a provider has not enough left, or the amounts break its inventory's rules.
        """
        claim = Claim(consumer, project_id, user_id, allocations, type="INSTANCE")
        try:
            await self._allocations.replace(tx, [claim])
        except (errors.CannotAllocate, BadRequest) as error:
            raise DoesNotFit(error.text) from error

    async def release(self, tx: Tx, consumer: str) -> None:
        """Drop a consumer's allocations, if there are any."""
        await self._allocations.release(tx, consumer)

    async def consumers(self, tx: Tx) -> dict[str, dict[str, dict[str, int]]]:
        """Every consumer's allocations by provider and class; for audits."""
        return await self._allocations.consumers(tx)


def wire(parts: Parts, settings: PlacementSettings | None = None) -> PlacementService:
    """Build the placement service from the kernel's parts."""
    return PlacementService(parts, settings or PlacementSettings())
