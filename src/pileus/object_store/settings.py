"""Settings of the object store."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class PolicySettings(Settings, frozen=True, forbid_unknown_fields=True):
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


class PrefixSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """What accounts of a project start with, and who is at home in them.

    Attributes:
        name: the prefix, with its `_`; the project's id follows.
        service_roles: if set, roles of which a service's token (X-Service-Token) must have one besides.
    """

    name: str
    service_roles: tuple[str, ...] = ()


class TemporaryUser(Settings, frozen=True, forbid_unknown_fields=True):
    """A user of tempauth.

    Attributes:
        groups: `.admin` of its account, `.reseller_admin` and `.reseller_reader` of all; others are for access lists.
    """

    account: str
    user: str
    key: str
    groups: tuple[str, ...] = ()


class NameCheckSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """What names may not be."""

    characters: Annotated[str, doc("Characters that no path may have; Swift's own choice is '\"`<>.")] = ""
    most: Annotated[int, doc("Characters of a path at the most; 0 for any.")] = 0
    pattern: Annotated[str, doc("A regular expression of what may not be in a path.")] = ""


class RateSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How many requests are taken."""

    account: Annotated[float, doc("Containers made or deleted in an account, a second; 0 for any.")] = 0.0
    container: Annotated[
        tuple[tuple[int, float], ...], doc("From how many objects on a container takes how many writes a second.")
    ] = ()
    listing: Annotated[tuple[tuple[int, float], ...], doc("The same for lists of its objects.")] = ()
    most_wait: Annotated[float, doc("Seconds that a request waits for its turn; longer is refused.")] = 60.0


class ObjectStoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the object store."""

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
    system_reader_roles: Annotated[tuple[str, ...], doc("Roles that may read everything in every account.")] = ()
    accounts: Annotated[
        tuple[PrefixSettings, ...], doc("What a project's accounts start with, and the roles of services they need.")
    ] = (PrefixSettings("AUTH_"), PrefixSettings("SERVICE_", ("service",)))
    policies: Annotated[
        tuple[PolicySettings, ...], doc("Storage policies; the first is the default if none says so.")
    ] = (PolicySettings("Policy-0", default=True),)
    digests: Annotated[tuple[str, ...], doc("Digests for signed addresses and forms; sha1 is for old clients.")] = (
        "sha1",
        "sha256",
        "sha512",
    )
    info_key: Annotated[str, doc("The key that signs requests for the administrator's /info; empty for none.")] = ""
    allow_origins: Annotated[tuple[str, ...], doc("Sites whose scripts may use every container (CORS).")] = ()
    quoted_etags: Annotated[bool, doc("Whether ETags are quoted where account and container do not say.")] = False
    read_only: Annotated[bool, doc("Whether nothing may be written, but to accounts that are excepted.")] = False
    storage_domains: Annotated[tuple[str, ...], doc("Domains whose hosts mean containers and accounts.")] = ()
    cname_lookup: Annotated[bool, doc("Whether other hosts are looked up, and followed into those domains.")] = False
    sync_realms: Annotated[str, doc("The file of container sync's realms; empty for none in the state folder.")] = ""
    tempauth: Annotated[tuple[TemporaryUser, ...], doc("Users for tests, with keys in clear; empty turns it off.")] = ()
    name_check: NameCheckSettings = NameCheckSettings()
    rates: RateSettings = RateSettings()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What a project's accounts start with, the usual one first."""
        return tuple(prefix.name for prefix in self.accounts)
