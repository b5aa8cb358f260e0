"""An account's headers."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.headers import family
from pileus.kernel.api.schema import Schema

META = "x-account-meta-"
QUOTA = "x-account-quota-count"


class AccountHeaders(Schema, extra="ignore"):
    """An account."""

    meta = family("X-Account-Meta-", "Free metadata; an empty value takes an entry away.")
    remove = family("X-Remove-Account-Meta-", "Metadata to take away, whatever the value.", write_only=True)
    quota = f.text("Objects at the most; set by resellers.", wire="X-Account-Quota-Count", most=None)
    remove_quota = f.text("No such limit.", wire="X-Remove-Account-Quota-Count", most=None, write_only=True)
    containers = f.integer("Containers.", wire="X-Account-Container-Count", read_only=True)
    objects = f.integer("Objects in all containers.", wire="X-Account-Object-Count", read_only=True)
    bytes = f.integer("Bytes of all objects.", wire="X-Account-Bytes-Used", read_only=True)
    policies = family("X-Account-Storage-Policy-", "The same for each storage policy.", read_only=True)
    stamp = f.text("When the account was made, seconds since 1970.", wire="X-Timestamp", read_only=True)
    ranges = f.text("Always `bytes`.", wire="Accept-Ranges", read_only=True)
