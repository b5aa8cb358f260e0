"""Domains whose users and groups lie in a directory: what was seen there is kept as rows like any others'.

Tokens, assignments and lists read the rows alone.  Whoever asks for users or groups of such a domain, and whoever logs
in, has them read from the directory first; `Watch` reads those that are known again and again.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, delete, select, update

from pileus.identity.directory.asking import Directory
from pileus.identity.directory.connection import Connection
from pileus.identity.directory.entries import Entry, public_id
from pileus.identity.directory.options import DirectoryOptions, read
from pileus.identity.directory.table import DIRECTORY_ENTRIES
from pileus.identity.domain_configs.logic import DomainConfigs
from pileus.identity.errors import NotAllowed
from pileus.identity.groups.table import GROUPS, MEMBERS
from pileus.identity.revisions.logic import Revisions
from pileus.identity.users.table import USERS
from pileus.kernel import log
from pileus.kernel.api.errors import Unavailable
from pileus.kernel.store import DuplicateRow, Row, Store, Tx
from pileus.kernel.store.database import retrying
from pileus.kernel.world import World

LOG = log.get("identity.directory")
TABLES: dict[str, Table] = {"user": USERS, "group": GROUPS}


class Directories:
    """The directories of all domains that have one."""

    def __init__(self, store: Store, world: World, revisions: Revisions, configs: DomainConfigs) -> None:
        self._store = store
        self._world = world
        self._revisions = revisions
        self._configs = configs
        self._open: dict[str, tuple[DirectoryOptions, Directory]] = {}

    async def domains(self, tx: Tx) -> list[str]:
        """The domains that have a directory."""
        return await self._configs.domains_with(tx, "identity", "driver", "ldap")

    async def of(self, domain_id: str) -> Directory | None:
        """The directory of a domain; None where its users lie here.

        Raises:
            DirectoryMisconfigured: it has one that cannot be asked.
        """
        async with self._store.read() as tx:
            if domain_id not in await self.domains(tx):
                return None
            config = await self._configs.whole(tx, domain_id)
        options = read(config)
        known = self._open.get(domain_id)
        if known is not None and known[0] == options:
            return known[1]
        if known is not None:
            known[1].close()
        directory = Directory(Connection(options, self._world.clock))
        self._open[domain_id] = options, directory
        return directory

    async def refuse_write(self, tx: Tx, domain_id: str) -> None:
        """Raise where users and groups of a domain are written elsewhere.

        Raises:
            NotAllowed: they are.
        """
        if domain_id in await self.domains(tx):
            raise NotAllowed(action="LDAP does not support write operations")

    async def see_all(self, kind: str, domain_id: str, name: str = "") -> None:
        """Read a domain's users or groups (those of a name) from its directory, if it has one.

        Raises:
            DirectoryDown: it does not answer.
        """
        directory = await self.of(domain_id)
        if directory is None:
            return
        wanted = {"name": name} if name else {}
        found = await (directory.users(**wanted) if kind == "user" else directory.groups(**wanted))
        await self._keep(kind, domain_id, found, whole=not name)

    async def see(self, kind: str, id: str) -> None:
        """Read a user or group that is known from its directory, if it comes from one.

        Raises:
            DirectoryDown: it does not answer.
        """
        found = await self._found(kind, id)
        if found is not None:
            directory, known, entry = found
            await self._keep(kind, known["domain_id"], [entry] if entry else [], gone=[] if entry else [id])
            if entry is not None and kind == "user":
                await self._keep_groups_of(directory, known["domain_id"], entry)

    async def _found(self, kind: str, id: str) -> tuple[Directory, Row, Entry | None] | None:
        async with self._store.read() as tx:
            where = (DIRECTORY_ENTRIES.c.public_id == id, DIRECTORY_ENTRIES.c.kind == kind)
            known = await tx.first(select(DIRECTORY_ENTRIES).where(*where))
        directory = await self.of(known["domain_id"]) if known else None
        if known is None or directory is None:
            return None
        wanted = {"id": known["local_id"]}
        found = await (directory.users(**wanted) if kind == "user" else directory.groups(**wanted))
        return directory, known, found[0] if len(found) == 1 else None

    async def see_members(self, id: str) -> None:
        """Read the members of a group from its directory, if it comes from one.

        Raises:
            DirectoryDown: it does not answer.
        """
        found = await self._found("group", id)
        if found is None or found[2] is None:
            return
        directory, known, entry = found
        members = await directory.members(entry) if entry else []
        await self._keep("user", known["domain_id"], members)
        ids = [public_id(known["domain_id"], "user", member.local_id) for member in members]

        async def write(tx: Tx) -> None:
            await tx.run(delete(MEMBERS).where(MEMBERS.c.group_id == id))
            await tx.insert(MEMBERS, [{"group_id": id, "user_id": user_id} for user_id in dict.fromkeys(ids)])
            await self._revisions.changed(tx)

        await retrying(self._store, write)

    async def check(self, id: str, password: str) -> bool | None:
        """Whether that is the password of a user of a directory; None for a user of none.

        Raises:
            DirectoryDown: it does not answer.
        """
        found = await self._found("user", id)
        if found is None:
            return None
        directory, _known, entry = found
        return entry is not None and await directory.opens(entry, password)

    async def _keep_groups_of(self, directory: Directory, domain_id: str, user: Entry) -> None:
        groups = await directory.groups_of(user)
        await self._keep("group", domain_id, groups)
        user_id = public_id(domain_id, "user", user.local_id)
        wanted = {public_id(domain_id, "group", group.local_id) for group in groups}

        async def write(tx: Tx) -> None:
            m, e = MEMBERS.c, DIRECTORY_ENTRIES.c
            theirs = select(e.public_id).where(e.domain_id == domain_id, e.kind == "group")
            where = (m.user_id == user_id, m.group_id.in_(theirs))
            present = {row["group_id"] for row in await tx.all(select(m.group_id).where(*where))}
            if present == wanted:
                return
            await tx.run(delete(MEMBERS).where(m.user_id == user_id, m.group_id.in_(present - wanted)))
            await tx.insert(MEMBERS, [{"group_id": group, "user_id": user_id} for group in sorted(wanted - present)])
            await self._revisions.changed(tx)

        await retrying(self._store, write)

    async def _keep(
        self, kind: str, domain_id: str, found: list[Entry], *, whole: bool = False, gone: Iterable[str] = ()
    ) -> None:
        """Make the rows say what was seen.

        Args:
            whole: whether that was all there is, and what is known besides is gone.
        """
        rows = {public_id(domain_id, kind, entry.local_id): self._row(kind, domain_id, entry) for entry in found}
        local = {public_id(domain_id, kind, entry.local_id): entry.local_id for entry in found}

        async def write(tx: Tx) -> None:
            c, table = DIRECTORY_ENTRIES.c, TABLES[kind]
            where = (c.domain_id == domain_id, c.kind == kind)
            known = {row["public_id"] for row in await tx.all(select(c.public_id).where(*where))}
            lost = [*gone, *(known - rows.keys() if whole else ())]
            changed = await self._forget(tx, kind, lost)
            for row_id, row in rows.items():
                changed |= await self._write(tx, table, row_id, row)
                if row_id not in known:
                    entry = {"public_id": row_id, "domain_id": domain_id, "kind": kind, "local_id": local[row_id]}
                    await tx.insert(DIRECTORY_ENTRIES, entry)
            if changed:
                await self._revisions.changed(tx)

        await retrying(self._store, write)

    async def _write(self, tx: Tx, table: Table, id: str, row: Row) -> bool:
        """Write one row where it is another; tells whether it was."""
        present = await tx.first(select(table).where(table.c.id == id))
        if present is not None and all(present[name] == value for name, value in row.items()):
            return False
        try:
            async with tx.savepoint():
                if present is None:
                    fresh = {"options": {}, "failures": 0, "created_at": self._world.clock.now()}
                    await tx.insert(table, {**(fresh if table is USERS else {}), **row, "id": id})
                else:
                    if table is USERS and present["enabled"] and not row["enabled"]:
                        row = {**row, "tokens_since": self._world.clock.now()}
                    await tx.run(update(table).where(table.c.id == id).values(**row))
        except DuplicateRow:
            LOG.warning("two entries of a directory have one name", domain=row["domain_id"], name=row["name"])
            return False
        return True

    async def _forget(self, tx: Tx, kind: str, ids: list[str]) -> bool:
        """Remove what the directory has no more; the roles that it held stay, for when it comes back."""
        if not ids:
            return False
        table = TABLES[kind]
        member = MEMBERS.c.user_id if kind == "user" else MEMBERS.c.group_id
        await tx.run(delete(MEMBERS).where(member.in_(ids)))
        await tx.run(delete(DIRECTORY_ENTRIES).where(DIRECTORY_ENTRIES.c.public_id.in_(ids)))
        return bool(await tx.run(delete(table).where(table.c.id.in_(ids))))

    def _row(self, kind: str, domain_id: str, entry: Entry) -> Row:
        row: dict[str, Any] = {"name": entry.name, "domain_id": domain_id, "extra": entry.extra}
        if kind == "group":
            return {**row, "description": entry.description or ""}
        return {**row, "enabled": entry.enabled, "default_project_id": entry.default_project_id}

    async def see_named(self, name: str, domain_id: str) -> None:
        """Read the user of a name, with their groups, if the domain has a directory.

        Raises:
            DirectoryDown: it does not answer.
        """
        directory = await self.of(domain_id)
        if directory is None:
            return
        for entry in await directory.users(name=name):
            await self._keep("user", domain_id, [entry])
            await self._keep_groups_of(directory, domain_id, entry)

    async def see_known(self, domain_id: str) -> int:
        """Read the users of a domain that are known, and their groups, from its directory again; how many there are.

        Raises:
            DirectoryDown: it does not answer.
        """
        async with self._store.read() as tx:
            c = DIRECTORY_ENTRIES.c
            known = await tx.all(select(c.public_id).where(c.domain_id == domain_id, c.kind == "user"))
        for row in known:
            await self.see("user", row["public_id"])
        return len(known)


class Watch:
    """Reads the users of directories that are known here again: who was turned off there is not let in here."""

    name = "identity.directories"
    topics = ()

    def __init__(self, store: Store, directories: Directories, interval: float) -> None:
        self._store = store
        self._directories = directories
        self.interval = interval

    async def converge(self) -> int:
        """Look at every directory that answers."""
        async with self._store.read() as tx:
            domains = await self._directories.domains(tx)
        for domain_id in domains:
            try:
                await self._directories.see_known(domain_id)
            except Unavailable:
                LOG.warning("users of a directory are as they were last seen", domain=domain_id)
        return 0
