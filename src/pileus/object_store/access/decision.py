"""May this caller do this?  The rules of Swift's keystoneauth."""

from collections.abc import Collection

from pileus.kernel.api.errors import Forbidden, Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.object_store.access import lists
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.wire.names import RESELLER

READS = frozenset({"GET", "HEAD"})


class Access:
    """Decides by the caller's roles and a container's access list."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        self._operators = frozenset(role.lower() for role in settings.operator_roles)
        self._readers = frozenset(role.lower() for role in settings.reader_roles)
        self._reseller = settings.reseller_role.lower()

    def reseller(self, who: Caller) -> bool:
        """Whether the caller may do everything everywhere."""
        return self._reseller in _roles(who)

    def owner(self, who: Caller, account: str) -> bool:
        """Whether the caller is at home in an account: may see and set what is not for guests."""
        at_home = bool(who.project_id) and account == RESELLER + who.project_id
        return self.reseller(who) or (at_home and not self._operators.isdisjoint(_roles(who)))

    def reader(self, who: Caller, account: str) -> bool:
        """Whether the caller may see everything in an account by its roles alone."""
        at_home = bool(who.project_id) and account == RESELLER + who.project_id
        return self.owner(who, account) or (at_home and not self._readers.isdisjoint(_roles(who)))

    def require(
        self, who: Caller, method: str, account: str, *, acl: str = "", referrer: str = "", object: bool = False
    ) -> bool:
        """Raise unless the caller may; whether it is at home.

        Args:
            acl: the container's list for this kind of access.
            referrer: the page that the request came from.
            object: whether an object is asked for.

        Raises:
            Unauthorized: nobody in particular asks, and strangers may not.
            Forbidden: the caller may not.
        """
        if account.startswith(RESELLER):
            if self.owner(who, account):
                return True
            found = lists.read(acl)
            if method in READS and found.refers(referrer) and (object or found.listings):
                return False
            if who.user_id and self._invited(who, method, account, found.groups):
                return False
        raise Forbidden if who.user_id else Unauthorized

    def _invited(self, who: Caller, method: str, account: str, groups: Collection[str]) -> bool:
        users = {"*", who.user_id}
        projects = {"*", who.project_id} - {""}
        if who.user_domain_id == who.project_domain_id == "default":
            users.add(who.user_name)  # names are only good where they cannot be chosen by another domain
            projects.add(who.project_name)
        if any(f"{project}:{user}" in groups for project in projects - {""} for user in users - {""}):
            return True
        if not who.project_id or account != RESELLER + who.project_id:
            return False
        roles = _roles(who)
        if method in READS and not self._readers.isdisjoint(roles):
            return True
        return not roles.isdisjoint(group.lower() for group in groups)


def _roles(who: Caller) -> frozenset[str]:
    return frozenset(role.lower() for role in who.roles)
