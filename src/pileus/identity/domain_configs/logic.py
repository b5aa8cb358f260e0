"""What happens to the configurations of domains."""

from typing import Any

import msgspec
from sqlalchemy import delete, select

from pileus.identity.credentials.logic import Blobs
from pileus.identity.domain_configs.options import DEFAULTS, SECRETS, Options
from pileus.identity.domain_configs.table import DOMAIN_CONFIGS
from pileus.identity.errors import InvalidDomainConfig, Missing
from pileus.identity.revisions.logic import Revisions
from pileus.kernel.store import Row, Tx


def check_names(group: str = "", option: str = "") -> None:
    """Raise where a domain cannot be configured so.

    Raises:
        InvalidDomainConfig: there is no such group or option.
    """
    if group and group not in DEFAULTS:
        raise InvalidDomainConfig(reason=f"Group {group} is not supported for domain specific configurations")
    if option and option not in DEFAULTS[group] and option not in SECRETS[group]:
        raise InvalidDomainConfig(
            reason=f"Option {option} in group {group} is not supported for domain specific configurations"
        )


def check(config: Any) -> Options:
    """The configuration that a body holds.

    Raises:
        InvalidDomainConfig: it holds none, or something that a domain cannot be configured to.
    """
    if not isinstance(config, dict) or not config:
        raise InvalidDomainConfig(reason="No options specified")
    for group, options in config.items():
        if not isinstance(options, dict) or not options:
            raise InvalidDomainConfig(
                reason=f"The value of group {group} specified in the config should be a dictionary of options"
            )
        for option in options:
            check_names(group, option)
    return config


def not_found(domain_id: str, group: str = "", option: str = "") -> Missing:
    """The error of something that is not configured."""
    what = f"option {option} in group {group}" if option else f"group {group}" if group else "any options"
    return Missing(f"Could not find {what} in domain configuration for domain {domain_id}.")


def _filled(options: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Options whose texts have the group's secrets where they refer to them."""

    def fill(value: Any) -> Any:
        for name in secret & options.keys() if isinstance(value, str) else ():
            value = value.replace(f"%({name})s", str(options[name]))
        return value

    return {name: value if name in secret else fill(value) for name, value in options.items()}


class DomainConfigs:
    """Reads and writes the configurations of domains.  Secrets are encrypted where they lie."""

    def __init__(self, blobs: Blobs, revisions: Revisions) -> None:
        self._blobs = blobs
        self._revisions = revisions

    async def _rows(self, tx: Tx, domain_id: str) -> list[Row]:
        return await tx.all(select(DOMAIN_CONFIGS).where(DOMAIN_CONFIGS.c.domain_id == domain_id))

    def _value(self, row: Row) -> Any:
        return msgspec.json.decode(self._blobs.unseal(row["value"]) if row["secret"] else row["value"])

    async def whole(self, tx: Tx, domain_id: str) -> Options:
        """Everything that a domain is configured to, secrets too; `%(password)s` in a value is filled in."""
        found: Options = {}
        rows = await self._rows(tx, domain_id)
        for row in rows:
            found.setdefault(row["group_name"], {})[row["option_name"]] = self._value(row)
        return {group: _filled(options, SECRETS[group]) for group, options in found.items()}

    async def domains_with(self, tx: Tx, group: str, option: str, value: Any) -> list[str]:
        """The ids of the domains that are configured to a value."""
        c = DOMAIN_CONFIGS.c
        text = msgspec.json.encode(value).decode()
        where = (c.group_name == group, c.option_name == option, c.value == text)
        return [row["domain_id"] for row in await tx.all(select(c.domain_id).where(*where))]

    async def shown(self, tx: Tx, domain_id: str) -> Options:
        """What of it may be read."""
        found: Options = {}
        for row in await self._rows(tx, domain_id):
            if not row["secret"]:
                found.setdefault(row["group_name"], {})[row["option_name"]] = self._value(row)
        return found

    async def get(self, tx: Tx, domain_id: str, group: str = "", option: str = "") -> dict[str, Any]:
        """All of it, a group as `{group: {…}}`, or an option as `{option: value}`.

        Raises:
            InvalidDomainConfig: there can be no such thing.
            Missing: it is not configured.
        """
        check_names(group, option)
        found = await self.shown(tx, domain_id)
        if not group:
            chosen: dict[str, Any] = found
        elif not option:
            chosen = {group: found[group]} if group in found else {}
        else:
            chosen = {option: found[group][option]} if option in found.get(group, {}) else {}
        if not chosen:
            raise not_found(domain_id, group, option)
        return chosen

    async def replace(self, tx: Tx, domain_id: str, config: Options) -> bool:
        """Configure a domain to exactly this; tells whether it was configured before."""
        before = await tx.run(delete(DOMAIN_CONFIGS).where(DOMAIN_CONFIGS.c.domain_id == domain_id))
        await self._write(tx, domain_id, config)
        return bool(before)

    async def merge(self, tx: Tx, domain_id: str, config: Options) -> None:
        """Configure a domain to this as well."""
        c = DOMAIN_CONFIGS.c
        for group, options in config.items():
            where = (c.domain_id == domain_id, c.group_name == group, c.option_name.in_(list(options)))
            await tx.run(delete(DOMAIN_CONFIGS).where(*where))
        await self._write(tx, domain_id, config)

    async def _write(self, tx: Tx, domain_id: str, config: Options) -> None:
        rows = []
        for group, options in config.items():
            for option, value in options.items():
                secret = option in SECRETS[group]
                text = msgspec.json.encode(value).decode()
                rows.append(
                    {
                        "domain_id": domain_id,
                        "group_name": group,
                        "option_name": option,
                        "value": self._blobs.seal(text) if secret else text,
                        "secret": secret,
                    }
                )
        await tx.insert(DOMAIN_CONFIGS, rows)
        await self._revisions.changed(tx)

    async def remove(self, tx: Tx, domain_id: str, group: str = "", option: str = "") -> None:
        """Forget all of it, a group or an option.

        Raises:
            InvalidDomainConfig: there can be no such thing.
            Missing: the group or option is not configured.
        """
        check_names(group, option)
        c = DOMAIN_CONFIGS.c
        where = [c.domain_id == domain_id]
        where += [c.group_name == group] if group else []
        where += [c.option_name == option] if option else []
        if not await tx.run(delete(DOMAIN_CONFIGS).where(*where)) and group:
            raise not_found(domain_id, group, option)
        await self._revisions.changed(tx)
