"""An account's headers."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.headers import family
from pileus.kernel.api.schema import Schema

META = "x-account-meta-"
QUOTA = "x-account-quota-count"
QUOTA_BYTES = "x-account-quota-bytes"


class AccountHeaders(Schema, extra="ignore"):
    """An account."""

    meta = family("X-Account-Meta-", "Free metadata; an empty value takes an entry away.")
    remove = family("X-Remove-Account-Meta-", "Metadata to take away, whatever the value.", write_only=True)
    quota = family("X-Account-Quota-", "Bytes, Count: the most of it, …-Policy-<name> of a policy; set by resellers.")
    remove_quota = family("X-Remove-Account-Quota-", "No such limit.", write_only=True)
    access = f.text("Whom the account is open to: JSON.", wire="X-Account-Access-Control", most=None)
    quoted = f.text("Whether ETags are in quotes.", wire="X-Account-Rfc-Compliant-Etags", most=None)
    remove_quoted = f.text("As elsewhere.", wire="X-Remove-Account-Rfc-Compliant-Etags", most=None, write_only=True)
    read_only = f.text("Whether it may only be read; set by resellers.", wire="X-Account-Read-Only", most=None)
    write_rate = f.text(
        "Writes a second, WHITELIST or BLACKLIST; set by resellers.",
        wire="X-Account-Global-Write-Ratelimit",
        most=None,
    )
    containers = f.integer("Containers.", wire="X-Account-Container-Count", read_only=True)
    objects = f.integer("Objects in all containers.", wire="X-Account-Object-Count", read_only=True)
    bytes = f.integer("Bytes of all objects.", wire="X-Account-Bytes-Used", read_only=True)
    policies = family("X-Account-Storage-Policy-", "The same for each storage policy.", read_only=True)
    stamp = f.text("When the account was made, seconds since 1970.", wire="X-Timestamp", read_only=True)
    ranges = f.text("Always `bytes`.", wire="Accept-Ranges", read_only=True)
