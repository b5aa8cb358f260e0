"""How a domain's directory is asked, read from the domain's configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pileus.identity.domain_configs.options import DEFAULTS
from pileus.identity.errors import DirectoryMisconfigured


@dataclass(frozen=True, slots=True)
class Kind:
    """How users, or groups, lie in the directory.

    Attributes:
        base: the name of the entry below which they lie.
        filter: what else they must match; empty for anything.
        attributes: the directory's names of attributes, by ours; `id` and `name` among them.
        more: attributes of the directory that are kept under a name of ours.
    """

    base: str
    filter: str
    object_class: str
    attributes: Mapping[str, str]
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Enabling:
    """How the directory says whether a user is enabled.

    Attributes:
        attribute: where it says so.
        mask: the bits of a number that say the contrary; 0 for a plain truth.
        default: what holds for a user of whom nothing is said.
        group: the entry whose members are enabled, instead of all this; empty for none.
        member: that entry's attribute with its members.
    """

    attribute: str
    mask: int
    invert: bool
    default: str
    group: str
    member: str


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """How a directory is asked."""

    urls: tuple[str, ...]
    user: str
    password: str
    subtree: bool
    page_size: int
    aliases: str
    referrals: bool | None
    users: Kind
    groups: Kind
    enabling: Enabling
    member: str
    members_are_ids: bool
    start_tls: bool
    ca_file: str
    ca_folder: str
    check_certificate: str
    connections: int
    lifetime: float
    timeout: float
    retries: int
    retry_delay: float
    most: int | None


class _Values:
    """The values of the group `ldap`, with defaults, each as its type."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._values = {**DEFAULTS["ldap"], "password": None, **given}

    def text(self, name: str) -> str:
        value = self._values[name]
        return "" if value is None else str(value)

    def truth(self, name: str) -> bool:
        return truth(self._values[name])

    def number(self, name: str) -> float:
        try:
            return float(self._values[name] or 0)
        except (TypeError, ValueError) as error:
            raise DirectoryMisconfigured(f"The option {name} of the domain's directory is not a number.") from error

    def choice(self, name: str, *choices: str) -> str:
        value = self.text(name).lower()
        if value not in choices:
            raise DirectoryMisconfigured(
                f"The option {name} of the domain's directory is none of {', '.join(choices)}."
            )
        return value

    def list(self, name: str) -> list[str]:
        value = self._values[name]
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [str(part).strip() for part in parts if str(part).strip()]

    def kind(self, kind: str, folder: str, names: Mapping[str, str]) -> Kind:
        """What says how users (or groups) lie in the directory; `names` are options by our attributes."""
        ignored = set(self.list(f"{kind}_attribute_ignore"))
        attributes = {ours: self.text(option) for ours, option in names.items() if ours not in ignored}
        pairs = [part.partition(":") for part in self.list(f"{kind}_additional_attribute_mapping")]
        return Kind(
            base=self.text(f"{kind}_tree_dn") or f"{folder},{self.text('suffix')}",
            filter=self.text(f"{kind}_filter"),
            object_class=self.text(f"{kind}_objectclass"),
            attributes={ours: theirs for ours, theirs in attributes.items() if theirs},
            more=tuple((ours, theirs) for theirs, _, ours in pairs if ours),
        )


def truth(value: Any) -> bool:
    """A truth, however a directory or a configuration spells it."""
    return value if isinstance(value, bool) else str(value).strip().lower() in {"true", "1", "yes", "on"}


_USER = {
    "id": "user_id_attribute",
    "name": "user_name_attribute",
    "email": "user_mail_attribute",
    "description": "user_description_attribute",
    "default_project_id": "user_default_project_id_attribute",
}
_GROUP = {"id": "group_id_attribute", "name": "group_name_attribute", "description": "group_desc_attribute"}


def read(config: Mapping[str, Mapping[str, Any]]) -> DirectoryOptions:
    """The options of a domain's configuration.

    Raises:
        DirectoryMisconfigured: one makes no sense.
    """
    values = _Values(config.get("ldap", {}))
    users = values.kind("user", "ou=Users", _USER)
    own = values.truth("user_enabled_emulation_use_group_config")
    emulated = values.truth("user_enabled_emulation")
    limit = config.get("identity", {}).get("list_limit")
    timeout = values.number("pool_connection_timeout")
    return DirectoryOptions(
        urls=tuple(values.list("url")),
        user=values.text("user"),
        password=values.text("password"),
        subtree=values.choice("query_scope", "one", "sub") == "sub",
        page_size=int(values.number("page_size")),
        aliases=values.choice("alias_dereferencing", "never", "searching", "always", "finding", "default"),
        referrals=None if not values.text("chase_referrals") else values.truth("chase_referrals"),
        users=users,
        groups=values.kind("group", "ou=UserGroups", _GROUP),
        enabling=Enabling(
            attribute=values.text("user_enabled_attribute"),
            mask=int(values.number("user_enabled_mask")),
            invert=values.truth("user_enabled_invert"),
            default=values.text("user_enabled_default"),
            group=(values.text("user_enabled_emulation_dn") or f"cn=enabled_users,{users.base}") if emulated else "",
            member=values.text("group_member_attribute") if own else "member",
        ),
        member=values.text("group_member_attribute"),
        members_are_ids=values.truth("group_members_are_ids"),
        start_tls=values.truth("use_tls"),
        ca_file=values.text("tls_cacertfile"),
        ca_folder=values.text("tls_cacertdir"),
        check_certificate=values.choice("tls_req_cert", "demand", "never", "allow"),
        connections=max(1, int(values.number("pool_size"))) if values.truth("use_pool") else 1,
        lifetime=values.number("pool_connection_lifetime") if values.truth("use_pool") else 0.0,
        timeout=timeout if timeout > 0 else 10.0,
        retries=max(1, int(values.number("pool_retry_max"))),
        retry_delay=values.number("pool_retry_delay"),
        most=limit if isinstance(limit, int) and limit > 0 else None,
    )
