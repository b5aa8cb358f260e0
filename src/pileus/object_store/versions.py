"""The version of the Object Storage API: there is one, and it is in the path."""

from pileus.kernel.api.versions import History

OBJECT_STORE = History("object-store")
S3 = History("s3")
SWIFT_VERSION = "2.38.3"
"""The release whose behaviour `/info` announces."""
