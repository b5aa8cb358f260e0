"""Settings of the object store."""

from typing import Annotated

import msgspec

from pileus.kernel.settings import Settings, doc


class ListenerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A listener with processes of its own.

    Attributes:
        at: address:port; empty for none.
        workers: how many processes there are.
    """

    at: str
    workers: int = 1


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A storage policy: a choice that a container's maker has.

    Attributes:
        name: what `X-Storage-Policy` says.
        aliases: further names.
        default: whether containers have it that name none.
        deprecated: whether no new container may have it.
        encrypted: whether its objects lie encrypted, whatever holds for the others.
    """

    name: str
    aliases: tuple[str, ...] = ()
    default: bool = False
    deprecated: bool = False
    encrypted: bool = False


class Prefix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What accounts of a project start with, and who is at home in them.

    Attributes:
        name: the prefix, with its `_`; the project's id follows.
        service_roles: if set, roles of which a service's token (X-Service-Token) must have one besides.
    """

    name: str
    service_roles: tuple[str, ...] = ()


class TemporaryUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user of tempauth.

    Attributes:
        groups: `.admin` of its account, `.reseller_admin` and `.reseller_reader` of all; others are for access lists.
    """

    account: str
    user: str
    key: str
    groups: tuple[str, ...] = ()


class NameRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What paths may not be.

    Attributes:
        characters: those that none may have.
        most: how many it may have; 0 for any.
        pattern: a regular expression of what may not be in it.
    """

    characters: str = ""
    most: int = 0
    pattern: str = ""


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many requests are taken.

    Attributes:
        account: containers made or deleted in an account, a second; 0 for any.
        container: from how many objects on a container takes how many writes a second.
        listing: the same for lists of its objects.
        most_wait: seconds that a request waits for its turn; longer is refused.
    """

    account: float = 0.0
    container: tuple[tuple[int, float], ...] = ()
    listing: tuple[tuple[int, float], ...] = ()
    most_wait: float = 60.0


class Features(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is beside the core, each described where it is made.

    Attributes:
        digests: those that signed addresses and forms may use; sha1 is for old clients.
        info_key: the key that signs requests for the administrator's /info; empty for none.
        system_reader_roles: roles that may read everything in every account.
        allow_origins: sites whose scripts may use every container (CORS).
        quoted_etags: whether ETags are quoted where account and container do not say.
        read_only: whether nothing may be written, but to accounts that are excepted.
        storage_domains: domains whose hosts mean containers and accounts.
        cname_lookup: whether other hosts are looked up, and followed into those domains.
        sync_realms: the file of container sync's realms; empty for `object_store/container-sync-realms.conf` in the
            state folder.
        tempauth: users for tests, with keys in clear; empty turns it off.
    """

    digests: tuple[str, ...] = ("sha1", "sha256", "sha512")
    info_key: str = ""
    system_reader_roles: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    quoted_etags: bool = False
    read_only: bool = False
    storage_domains: tuple[str, ...] = ()
    cname_lookup: bool = False
    sync_realms: str = ""
    tempauth: tuple[TemporaryUser, ...] = ()
    names: NameRules = NameRules()
    rates: Rates = Rates()


class ObjectStoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the object store."""

    listener: Annotated[
        ListenerSettings | None, doc("Where processes of its own serve objects; by default port 8080 of a real cloud.")
    ] = None
    most_bytes: Annotated[int, doc("The largest object in one piece, bytes; larger ones are made of segments.")] = (
        5 << 30
    ) + 2
    operator_roles: Annotated[tuple[str, ...], doc("Roles that may do everything in their own project's account.")] = (
        "admin",
        "manager",
        "member",
        "swiftoperator",
    )
    reader_roles: Annotated[tuple[str, ...], doc("Roles that may read everything in their own project's account.")] = (
        "reader",
    )
    reseller_role: Annotated[str, doc("The role that may do everything in every account.")] = "ResellerAdmin"
    accounts: Annotated[
        tuple[Prefix, ...],
        doc("What a project's accounts start with: tables of `name` and the `service_roles` they need besides."),
    ] = (Prefix("AUTH_"), Prefix("SERVICE_", ("service",)))
    policies: Annotated[
        tuple[Policy, ...],
        doc("Storage policies: tables of `name`, `aliases`, `default`, `deprecated`, `encrypted`."),
    ] = (Policy("Policy-0", default=True),)
    features: Annotated[Features, doc("What is beside the core: see docs/guide/object-store.md.")] = Features()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What a project's accounts start with, the usual one first."""
        return tuple(prefix.name for prefix in self.accounts)
