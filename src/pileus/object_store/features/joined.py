"""Every feature between the wire and the core, outermost first: this list is the pipeline."""

from collections.abc import Sequence

from pileus.kernel.world import World
from pileus.object_store.features.etag_quoter import EtagQuoter
from pileus.object_store.features.feature import Feature
from pileus.object_store.features.gatekeeper import Gatekeeper
from pileus.object_store.features.limits.name_check import NameCheck
from pileus.object_store.features.limits.rate_limit import RateLimit
from pileus.object_store.features.limits.read_only import ReadOnly
from pileus.object_store.features.web.cors import Cors
from pileus.object_store.features.web.form_post import FormPost
from pileus.object_store.features.web.static_web import StaticWeb
from pileus.object_store.objects.logic import Objects
from pileus.object_store.settings import NameRules, ObjectStoreSettings
from pileus.object_store.tempauth.layer import TempAuth
from pileus.object_store.tempauth.logic import TemporaryUsers


def joined(objects: Objects, users: TemporaryUsers, settings: ObjectStoreSettings, world: World) -> Sequence[Feature]:
    """The features that are on."""
    storage = objects.storage
    found: list[tuple[bool, Feature]] = [
        (True, Gatekeeper()),
        (settings.features.names != NameRules(), NameCheck(settings.features.names)),
        (True, Cors(storage, settings.features.allow_origins)),
        (True, EtagQuoter(storage, always=settings.features.quoted_etags)),
        (bool(users), TempAuth(users)),
        (True, RateLimit(storage, settings.features.rates, world)),
        (True, ReadOnly(storage, everywhere=settings.features.read_only)),
        (True, FormPost(objects, settings.features.digests)),
        (True, StaticWeb(storage)),
    ]
    return [feature for on, feature in found if on]
