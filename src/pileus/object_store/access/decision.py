"""May this caller do this?  The rules of Swift's keystoneauth, and of its tempauth for callers from there."""

from collections.abc import Collection

from pileus.kernel.api.errors import Forbidden, Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.object_store.access import lists
from pileus.object_store.access.grants import Grants
from pileus.object_store.settings import ObjectStoreSettings

READS = frozenset({"GET", "HEAD"})
GROUPS = "groups"
"""What tempauth keeps of a caller: its groups."""


class Access:
    """Decides by the caller's roles, its account's grants and a container's access list."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        self._operators = _lower(settings.operator_roles)
        self._readers = _lower(settings.reader_roles)
        self._system_readers = _lower(settings.features.system_reader_roles)
        self._reseller = settings.reseller_role.lower()
        self._prefixes = {prefix.name: _lower(prefix.service_roles) for prefix in settings.accounts}

    def reseller(self, who: Caller) -> bool:
        """Whether the caller may do everything everywhere."""
        return ".reseller_admin" in who.extra[GROUPS] if GROUPS in who.extra else self._reseller in _lower(who.roles)

    def at_home(self, who: Caller, account: str) -> bool:
        """Whether an account is one of the caller's own project."""
        return bool(who.project_id) and any(account == prefix + who.project_id for prefix in self._prefixes)

    def owner(self, who: Caller, account: str) -> bool:
        """Whether the caller may see and set what is not for guests, by its roles."""
        if self.reseller(who):
            return True
        if GROUPS in who.extra:
            return account in who.extra[GROUPS]
        if not self.at_home(who, account) or self._operators.isdisjoint(_lower(who.roles)):
            return False
        service = self._prefixes[account.removesuffix(who.project_id)]
        return not service or not service.isdisjoint(_lower(who.service_roles))

    def reader(self, who: Caller, account: str) -> bool:
        """Whether the caller may see everything in an account by its roles alone."""
        reads = not self._readers.isdisjoint(_lower(who.roles))
        return self.owner(who, account) or (self.at_home(who, account) and reads)

    def require(
        self,
        who: Caller,
        method: str,
        account: str,
        *,
        grants: str = "",
        acl: str = "",
        referrer: str = "",
        container: bool = False,
        object: bool = False,
    ) -> bool:
        """Raise unless the caller may; whether it may do everything in the account.

        Args:
            grants: the account's own (`X-Account-Access-Control`).
            acl: the container's list for this kind of access.
            referrer: the page that the request came from.
            container, object: what is asked for; neither for the account itself.

        Raises:
            Unauthorized: nobody in particular asks, and strangers may not.
            Forbidden: the caller may not.
        """
        if account.startswith(tuple(self._prefixes)):
            if self.owner(who, account):
                return True
            if method in READS and self._reads_all(who):
                return False
            right = Grants.read(grants).right(names(who)) if grants and who.user_id else ""
            if right == "admin":
                return True
            if (right == "read-write" and (method in READS or container)) or (right and method in READS):
                return False
            if self._listed(who, method, account, acl, referrer, object=object):
                return False
        raise Forbidden if who.user_id else Unauthorized

    def _reads_all(self, who: Caller) -> bool:
        if GROUPS in who.extra:
            return ".reseller_reader" in who.extra[GROUPS]
        return not self._system_readers.isdisjoint(_lower(who.roles))

    def _listed(self, who: Caller, method: str, account: str, acl: str, referrer: str, *, object: bool) -> bool:
        found = lists.read(acl)
        if who.user_id and self._invited(who, found.groups):
            return True
        if method in READS and found.refers(referrer):
            if object or found.listings:
                return True
            if self.at_home(who, account) and GROUPS not in who.extra:
                return not self._readers.isdisjoint(_lower(who.roles))
            return False
        if GROUPS in who.extra or not self.at_home(who, account):
            return False
        roles = _lower(who.roles)
        if method in READS and not self._readers.isdisjoint(roles):
            return True
        return not roles.isdisjoint(group.lower() for group in found.groups)

    def _invited(self, who: Caller, groups: Collection[str]) -> bool:
        if GROUPS in who.extra:
            return not set(groups).isdisjoint(group for group in who.extra[GROUPS] if not group.startswith("."))
        users = {"*", who.user_id}
        projects = {"*", who.project_id} - {""}
        if who.user_domain_id == who.project_domain_id == "default":
            users.add(who.user_name)  # names are only good where they cannot be chosen by another domain
            projects.add(who.project_name)
        return any(f"{project}:{user}" in groups for project in projects - {""} for user in users - {""})


def names(who: Caller) -> frozenset[str]:
    """What an account's grants may call a caller: its id, its project's, both; a user of tempauth its groups."""
    if GROUPS in who.extra:
        return frozenset(who.extra[GROUPS])
    return frozenset({who.user_id, who.project_id, f"{who.project_id}:{who.user_id}"} - {""})


def _lower(roles: Collection[str]) -> frozenset[str]:
    return frozenset(role.lower() for role in roles)
