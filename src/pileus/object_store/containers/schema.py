"""A container's headers."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.headers import family
from pileus.kernel.api.schema import Schema

META = "x-container-meta-"
READ = "x-container-read"
WRITE = "x-container-write"
SYNC_TO = "x-container-sync-to"
SYNC_KEY = "x-container-sync-key"
STACK = "sysmeta-versions-location"
HISTORY = "sysmeta-history-location"


class ContainerHeaders(Schema, extra="ignore"):
    """A container."""

    meta = family("X-Container-Meta-", "Free metadata; an empty value takes an entry away.")
    remove = family("X-Remove-Container-Meta-", "Metadata to take away, whatever the value.", write_only=True)
    read = f.text("Who may read: referrers, `project:user`, roles.", wire="X-Container-Read", most=None)
    write = f.text("Who may write: `project:user`, roles.", wire="X-Container-Write", most=None)
    remove_read = f.text("Take the read list away.", wire="X-Remove-Container-Read", most=None, write_only=True)
    remove_write = f.text("Take the write list away.", wire="X-Remove-Container-Write", most=None, write_only=True)
    policy = f.text("How objects are stored; not changed later.", wire="X-Storage-Policy", most=None)
    versions = f.text("Whether older versions of objects are kept.", wire="X-Versions-Enabled", most=None)
    stack = f.text("Where what is overwritten goes; a deletion brings it back.", wire="X-Versions-Location", most=None)
    remove_stack = f.text("Nowhere.", wire="X-Remove-Versions-Location", most=None, write_only=True)
    push = f.text("Where what is overwritten or deleted goes.", wire="X-History-Location", most=None)
    remove_push = f.text("Nowhere.", wire="X-Remove-History-Location", most=None, write_only=True)
    sync_to = f.text("The container that this one is copied to.", wire="X-Container-Sync-To", most=None)
    sync_key = f.text("The secret that both have.", wire="X-Container-Sync-Key", most=None)
    quoted = f.text("Whether ETags are in quotes.", wire="X-Container-Rfc-Compliant-Etags", most=None)
    remove_quoted = f.text(
        "As in the account.", wire="X-Remove-Container-Rfc-Compliant-Etags", most=None, write_only=True
    )
    objects = f.integer("Objects.", wire="X-Container-Object-Count", read_only=True)
    bytes = f.integer("Bytes of all objects.", wire="X-Container-Bytes-Used", read_only=True)
    stamp = f.text("When the container was made, seconds since 1970.", wire="X-Timestamp", read_only=True)
    modified = f.text("When it was last changed itself.", wire="Last-Modified", read_only=True)
    ranges = f.text("Always `bytes`.", wire="Accept-Ranges", read_only=True)
