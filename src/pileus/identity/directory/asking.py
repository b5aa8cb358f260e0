"""Questions to one directory: its users and groups, who belongs where, and whose password is right."""

from pileus.identity.directory import entries
from pileus.identity.directory.connection import Connection, Found
from pileus.identity.directory.entries import Entry, attributes_of, escaped, filter_of, same_dn


class Directory:
    """One directory."""

    def __init__(self, connection: Connection) -> None:
        self.options = connection.options
        self._connection = connection

    async def users(self, **wanted: str) -> list[Entry]:
        """The users with those attributes (`id`, `name`); all of them for none."""
        kind = self.options.users
        found = await self._connection.search(kind.base, filter_of(kind, **wanted), self._user_attributes())
        return await self._as_users(found)

    def _user_attributes(self) -> list[str]:
        return attributes_of(self.options.users, self.options.enabling.attribute)

    async def _as_users(self, found: Found) -> list[Entry]:
        enabled = await self._enabled() if self.options.enabling.group and found else None
        made = []
        for dn, attributes in found:
            on = None if enabled is None else same_dn(dn) in enabled
            made.append(entries.user(dn, attributes, self.options.users, self.options.enabling, on))
        return [entry for entry in made if entry is not None]

    async def _enabled(self) -> set[str]:
        """The names of the enabled users, where a group says who they are."""
        enabling = self.options.enabling
        found = await self._connection.entry(enabling.group, [enabling.member])
        values = [value for _dn, attributes in found for value in attributes.get(enabling.member.lower(), ())]
        return {same_dn(value.decode("utf-8", "replace")) for value in values}

    async def groups(self, **wanted: str) -> list[Entry]:
        """The groups with those attributes; all of them for none."""
        return await self._groups(filter_of(self.options.groups, **wanted))

    async def _groups(self, filter: str) -> list[Entry]:
        kind = self.options.groups
        found = await self._connection.search(kind.base, filter, attributes_of(kind, self.options.member))
        made = [entries.group(dn, attributes, kind, self.options.member) for dn, attributes in found]
        return [entry for entry in made if entry is not None]

    async def groups_of(self, user: Entry) -> list[Entry]:
        """The groups that a user belongs to."""
        who = user.local_id if self.options.members_are_ids else user.dn
        own = filter_of(self.options.groups)
        return await self._groups(f"(&{own}({self.options.member}={escaped(who)}))")

    async def members(self, group: Entry) -> list[Entry]:
        """The users that belong to a group."""
        made: list[Entry] = []
        for member in group.members:
            if self.options.members_are_ids:
                made += await self.users(id=member)
                continue
            kind = self.options.users
            found = await self._connection.entry(member, self._user_attributes(), filter_of(kind))
            made += await self._as_users(found)
        return made

    async def opens(self, user: Entry, password: str) -> bool:
        """Whether that is a user's password."""
        return await self._connection.opens(user.dn, password)

    def close(self) -> None:
        """Close every connection."""
        self._connection.close()
