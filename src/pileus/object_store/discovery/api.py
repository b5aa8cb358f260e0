"""`/info`: what is on, and the limits; and whether the service is well."""

from typing import Any

import msgspec

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource
from pileus.object_store.bulk import extraction
from pileus.object_store.bulk import logic as bulk
from pileus.object_store.containers.logic import POLICY
from pileus.object_store.large import static
from pileus.object_store.objects import temporary
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.versions import SWIFT_VERSION
from pileus.object_store.wire import lists, metadata, names


@resource("!")
class Discovery:
    """What is on."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        self._body = msgspec.json.encode(capabilities(settings))

    @get("/info", public=True, transaction="none", many=False)
    async def info(self, call: Call) -> Answer:
        """Show capabilities and limits."""
        return Answer(200, {"Content-Type": "application/json; charset=UTF-8"}, self._body)

    @get("/healthcheck", public=True, transaction="none", many=False)
    async def health(self, call: Call) -> Answer:
        """Answer `OK`."""
        return Answer(200, {"Content-Type": "text/plain; charset=UTF-8"}, b"OK")


def capabilities(settings: ObjectStoreSettings) -> dict[str, Any]:
    """What is on, with limits; every entry is true."""
    return {
        "swift": {
            "version": SWIFT_VERSION,
            "policies": [{"name": POLICY, "default": True, "aliases": POLICY}],
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
            "allow_account_management": False,
            "extra_header_count": 0,
            "valid_api_versions": ["v1"],
        },
        "slo": {
            "max_manifest_segments": static.MOST_SEGMENTS,
            "max_manifest_size": static.MOST_LIST,
            "min_segment_size": 1,
        },
        "dlo": {"max_segments": lists.MOST},
        "tempurl": {
            "methods": [*temporary.METHODS],
            "incoming_remove_headers": [],
            "incoming_allow_headers": [],
            "outgoing_remove_headers": [],
            "outgoing_allow_headers": [],
            "allowed_digests": [*temporary.DIGESTS],
        },
        "bulk_upload": {"max_containers_per_extraction": bulk.MOST, "max_failed_extractions": extraction.MOST_FAILURES},
        "bulk_delete": {"max_deletes_per_request": bulk.MOST, "max_failed_deletes": bulk.MOST},
        "container_quotas": {},
        "account_quotas": {},
    }
