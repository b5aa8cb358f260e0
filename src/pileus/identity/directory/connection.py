"""Talking to one directory: searches and logins in threads, over a few connections that are kept.

A directory that does not answer in time is down: what needs it is told so, and nothing else.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pileus.identity.directory.options import DirectoryOptions
from pileus.identity.errors import DirectoryDown, DirectoryMisconfigured
from pileus.kernel import log
from pileus.kernel.clock import Clock

LOG = log.get("identity.directory")
T = TypeVar("T")
Found = list[tuple[str, dict[str, list[bytes]]]]
"""Names of entries, with their attributes in lower case."""


class Connection:
    """The connections to one directory."""

    def __init__(self, options: DirectoryOptions, clock: Clock) -> None:
        self.options = options
        self._clock = clock
        self._room = asyncio.Semaphore(options.connections)
        self._idle: list[tuple[float, Any]] = []

    async def search(self, base: str, filter: str, attributes: list[str], *, subtree: bool | None = None) -> Found:
        """The entries below a name that match; none where there is no such name.

        Args:
            subtree: whether at any depth; None as the options say.

        Raises:
            DirectoryDown: the directory does not answer.
            DirectoryMisconfigured: it does not understand the question.
        """
        return await self._in_thread(
            lambda: self._tried(lambda link: self._search(link, base, filter, attributes, subtree))
        )

    async def entry(self, name: str, attributes: list[str], filter: str = "(objectClass=*)") -> Found:
        """The entry of that name, if it matches.

        Raises:
            DirectoryDown: the directory does not answer.
        """
        return await self._in_thread(lambda: self._tried(lambda link: self._entry(link, name, filter, attributes)))

    async def opens(self, name: str, password: str) -> bool:
        """Whether that is the password of the entry of that name.

        Raises:
            DirectoryDown: the directory does not answer.
        """
        if not password:  # the directory would take it for somebody without a name, and say yes
            return False
        return await self._in_thread(lambda: self._opens(name, password))

    async def _in_thread(self, ask: Callable[[], T]) -> T:
        """Ask in a thread, again where the directory does not answer, as often as the options say."""
        for _ in range(self.options.retries - 1):
            with contextlib.suppress(DirectoryDown):
                async with self._room:
                    return await asyncio.to_thread(ask)
            await self._clock.sleep(min(self.options.retry_delay, 1.0))
        async with self._room:
            return await asyncio.to_thread(ask)

    def _tried(self, ask: Callable[[Any], T]) -> T:
        """Ask over a connection that is kept, and once more over a new one where that had been closed meanwhile."""
        import ldap

        now = self._clock.monotonic()
        while self._idle:
            since, link = self._idle.pop()
            if now - since > self.options.lifetime:
                self._close(link)
                continue
            with contextlib.suppress(DirectoryDown):
                return self._asked(ask, link, since)
        with self._failing(ldap):
            link = self._open(self.options.user, self.options.password)
        return self._asked(ask, link, now)

    def _asked(self, ask: Callable[[Any], T], link: Any, since: float) -> T:
        import ldap

        try:
            with self._failing(ldap):
                found = ask(link)
        except (DirectoryDown, DirectoryMisconfigured):
            self._close(link)
            raise
        self._idle.append((since, link))
        return found

    def _open(self, name: str, password: str) -> Any:
        """A new connection, to the first of the servers that answers."""
        import ldap

        for url in self.options.urls:
            link = ldap.initialize(url, bytes_mode=False)
            try:
                self._prepare(link)
                link.simple_bind_s(name, password)
            except (ldap.SERVER_DOWN, ldap.TIMEOUT, ldap.CONNECT_ERROR, ldap.UNAVAILABLE, ldap.BUSY):
                self._close(link)
                continue
            except ldap.LDAPError:
                self._close(link)
                raise
            return link
        raise ldap.SERVER_DOWN

    def _prepare(self, link: Any) -> None:
        import ldap

        options = self.options
        link.protocol_version = 3
        link.set_option(ldap.OPT_NETWORK_TIMEOUT, options.timeout)
        link.set_option(ldap.OPT_TIMEOUT, options.timeout)
        link.set_option(ldap.OPT_REFERRALS, int(bool(options.referrals)))
        aliases = {"never": 0, "searching": 1, "finding": 2, "always": 3}.get(options.aliases)
        if aliases is not None:
            link.set_option(ldap.OPT_DEREF, aliases)
        if options.start_tls or any(url.startswith("ldaps:") for url in options.urls):
            for option, value in (
                (ldap.OPT_X_TLS_CACERTFILE, options.ca_file),
                (ldap.OPT_X_TLS_CACERTDIR, options.ca_folder),
            ):
                if value:
                    link.set_option(option, value)
            strict = {"demand": ldap.OPT_X_TLS_DEMAND, "allow": ldap.OPT_X_TLS_ALLOW, "never": ldap.OPT_X_TLS_NEVER}
            link.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, strict[options.check_certificate])
            link.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        if options.start_tls:
            link.start_tls_s()

    def _search(self, link: Any, base: str, filter: str, attributes: list[str], subtree: bool | None) -> Found:
        import ldap
        from ldap.controls.libldap import SimplePagedResultsControl

        deep = self.options.subtree if subtree is None else subtree
        scope = ldap.SCOPE_SUBTREE if deep else ldap.SCOPE_ONELEVEL
        found: Found = []
        page = SimplePagedResultsControl(True, size=self.options.page_size, cookie="")
        try:
            while True:
                controls = [page] if self.options.page_size else None
                number = link.search_ext(base, scope, filter, attributes, serverctrls=controls)
                _kind, rows, _id, answered = link.result3(number, timeout=self.options.timeout)
                found += _entries(rows)
                cookies = [c.cookie for c in answered if c.controlType == page.controlType]
                if not self.options.page_size or not cookies or not cookies[0]:
                    return found
                page.cookie = cookies[0]
        except ldap.NO_SUCH_OBJECT:
            return []

    def _entry(self, link: Any, name: str, filter: str, attributes: list[str]) -> Found:
        import ldap

        try:
            return _entries(link.search_ext_s(name, ldap.SCOPE_BASE, filter, attributes))
        except (ldap.NO_SUCH_OBJECT, ldap.INVALID_DN_SYNTAX):
            return []

    def _opens(self, name: str, password: str) -> bool:
        import ldap

        refusals = (
            ldap.INVALID_CREDENTIALS,
            ldap.INAPPROPRIATE_AUTH,
            ldap.UNWILLING_TO_PERFORM,
            ldap.CONSTRAINT_VIOLATION,
            ldap.NO_SUCH_OBJECT,
            ldap.INVALID_DN_SYNTAX,
        )
        with self._failing(ldap):
            try:
                self._close(self._open(name, password))
            except refusals:
                return False
        return True

    @contextlib.contextmanager
    def _failing(self, ldap: Any) -> Iterator[None]:
        """What goes wrong, in our words; the directory's own go to the log."""
        down = (ldap.SERVER_DOWN, ldap.TIMEOUT, ldap.CONNECT_ERROR, ldap.UNAVAILABLE, ldap.BUSY)
        try:
            yield
        except down as error:
            LOG.warning("a directory does not answer", urls=self.options.urls, error=type(error).__name__)
            raise DirectoryDown from error
        except ldap.LDAPError as error:
            LOG.warning("a directory refuses", urls=self.options.urls, error=type(error).__name__)
            raise DirectoryMisconfigured from error
        except (ValueError, TypeError) as error:  # an address or a filter that the library cannot read
            LOG.warning("a directory cannot be asked", urls=self.options.urls, error=str(error))
            raise DirectoryMisconfigured from error

    def _close(self, link: Any) -> None:
        import ldap

        with contextlib.suppress(ldap.LDAPError):
            link.unbind_s()

    def close(self) -> None:
        """Close what is kept open."""
        while self._idle:
            self._close(self._idle.pop()[1])


def _entries(rows: list[Any]) -> Found:
    """The entries of an answer; references to other servers have no name and are left out."""
    return [
        (name, {attribute.lower(): values for attribute, values in attributes.items()})
        for name, attributes, *_ in rows
        if name is not None and isinstance(attributes, dict)
    ]
