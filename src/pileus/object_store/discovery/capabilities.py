"""What `/info` says: what is on, with limits; every entry is true."""

from collections.abc import Sequence
from typing import Any

from pileus.object_store.access import temporary
from pileus.object_store.bulk import extraction
from pileus.object_store.bulk import logic as bulk
from pileus.object_store.containers.policies import Policies
from pileus.object_store.features.feature import Feature
from pileus.object_store.large import manifest
from pileus.object_store.objects import links
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.sync.realms import Realms
from pileus.object_store.versions import SWIFT_VERSION
from pileus.object_store.wire import lists, metadata, names


def core(settings: ObjectStoreSettings, policies: Policies) -> dict[str, Any]:
    """What the core is."""
    return {
        "version": SWIFT_VERSION,
        "policies": policies.info(),
        "strict_cors_mode": True,
        "max_file_size": settings.most_bytes,
        "max_meta_name_length": metadata.MOST_NAME,
        "max_meta_value_length": metadata.MOST_VALUE,
        "max_meta_count": metadata.MOST_ENTRIES,
        "max_meta_overall_size": metadata.MOST_OVERALL,
        "max_header_size": 8192,
        "max_object_name_length": names.MOST_OBJECT,
        "max_container_name_length": names.MOST_CONTAINER,
        "max_account_name_length": names.MOST_ACCOUNT,
        "container_listing_limit": lists.MOST,
        "account_listing_limit": lists.MOST,
        "account_autocreate": True,
        "allow_account_management": True,
        "allow_open_expired": False,
        "extra_header_count": 0,
        "valid_api_versions": ["v1"],
    }


def capabilities(
    settings: ObjectStoreSettings,
    policies: Policies,
    features: Sequence[Feature],
    realms: Realms,
    hosts: dict[str, Any],
) -> dict[str, Any]:
    """What is on.

    Args:
        hosts: what is on of hosts that mean containers.
    """
    shown: dict[str, Any] = {
        "swift": core(settings, policies),
        "slo": {
            "max_manifest_segments": manifest.MOST_SEGMENTS,
            "max_manifest_size": manifest.MOST_LIST,
            "min_segment_size": 1,
            "yield_frequency": 10,
            "allow_async_delete": True,
        },
        "dlo": {"max_segments": lists.MOST},
        "tempurl": _tempurl(settings),
        "bulk_upload": {"max_containers_per_extraction": bulk.MOST, "max_failed_extractions": extraction.MOST_FAILURES},
        "bulk_delete": {"max_deletes_per_request": bulk.MOST, "max_failed_deletes": bulk.MOST},
        "container_quotas": {},
        "account_quotas": {},
        "symlink": {"symloop_max": links.DEEPEST, "static_links": True},
        "versioned_writes": {"allowed_flags": ["x-versions-location", "x-history-location"]},
        "object_versioning": {},
        "container_sync": {
            "realms": {
                realm.name: {"clusters": {name: {} for name in realm.clusters}} for realm in realms.all().values()
            }
        },
        "crossdomain": {},
        **hosts,
    }
    if any(policies.encrypts(name) for name in policies.names()):
        shown["encryption"] = {"enabled": True}
    for feature in features:
        told = feature.info()
        if feature.name and told is not None:
            shown[feature.name] = told
    return shown


def _tempurl(settings: ObjectStoreSettings) -> dict[str, Any]:
    return {
        "methods": [*temporary.METHODS],
        "incoming_remove_headers": ["x-timestamp", "x-open-expired"],
        "incoming_allow_headers": [],
        "outgoing_remove_headers": ["x-object-meta-*"],
        "outgoing_allow_headers": ["x-object-meta-public-*"],
        "allowed_digests": sorted(settings.features.digests),
        **({"deprecated_digests": ["sha1"]} if "sha1" in settings.features.digests else {}),
    }
