"""`/v3/domains/{domain_id}/config`: where a domain's users come from, and how."""

from typing import Any

from pileus.identity.bootstrap import DEFAULT_DOMAIN
from pileus.identity.domain_configs.logic import DomainConfigs, check, check_names, not_found
from pileus.identity.domain_configs.options import DEFAULTS
from pileus.identity.errors import InvalidDomainConfig
from pileus.identity.lookup import fetch
from pileus.identity.projects.table import PROJECTS
from pileus.identity.rules import ADMIN, ADMIN_OR_SYSTEM_READER, ANYBODY
from pileus.identity.settings import IdentitySettings
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import JsonBody, delete, get, patch, put, resource
from pileus.kernel.api.errors import NotFound

Json = dict[str, Any]
_REFUSES = (InvalidDomainConfig, NotFound)


async def _domain(call: Call, domain_id: str) -> None:
    await fetch(call, PROJECTS, domain_id, "domain", PROJECTS.c.is_domain.is_(True))


@resource(
    "/domains/{domain_id}/config",
    policy="identity:%s",
    rights={
        "get_domain_config": (ADMIN_OR_SYSTEM_READER, "Show the configuration of a domain."),
        "get_security_compliance_domain_config": (ANYBODY, "Show what passwords must look like."),
    },
)
class DomainConfig:
    """The configuration of a domain."""

    def __init__(self, configs: DomainConfigs, settings: IdentitySettings) -> None:
        self._configs = configs
        self._readable = {
            "password_regex": settings.passwords.regex or None,
            "password_regex_description": settings.passwords.regex_description or None,
        }

    @get(returns=None, many=False, raises=_REFUSES)
    async def show(self, call: Call, domain_id: str) -> Json:
        """Show the configuration of a domain, without its secrets."""
        call.must("get_domain_config")
        await _domain(call, domain_id)
        return {"config": await self._configs.get(call.tx, domain_id)}

    @get("/{group}", returns=None, raises=_REFUSES)
    async def show_group(self, call: Call, domain_id: str, group: str) -> Json:
        """Show a group of a domain's configuration."""
        if group == "security_compliance":
            return {"config": {group: await self._compliance(call, domain_id)}}
        call.must("get_domain_config")
        await _domain(call, domain_id)
        return {"config": await self._configs.get(call.tx, domain_id, group)}

    @get("/{group}/{option}", returns=None, raises=_REFUSES)
    async def show_option(self, call: Call, domain_id: str, group: str, option: str) -> Json:
        """Show an option of a domain's configuration."""
        if group == "security_compliance":
            readable = await self._compliance(call, domain_id)
            if option not in readable:
                raise InvalidDomainConfig(
                    reason="Reading security compliance values other than password_regex and "
                    "password_regex_description is not allowed"
                )
            return {"config": {option: readable[option]}}
        call.must("get_domain_config")
        await _domain(call, domain_id)
        return {"config": await self._configs.get(call.tx, domain_id, group, option)}

    async def _compliance(self, call: Call, domain_id: str) -> Json:
        call.must("get_security_compliance_domain_config")
        await _domain(call, domain_id)
        if domain_id != DEFAULT_DOMAIN:
            raise InvalidDomainConfig(
                reason="Reading security compliance information for any domain other than the default domain is not "
                "allowed or supported"
            )
        return self._readable

    @put(
        rule="create_domain_config", allow=ADMIN, body=JsonBody, returns=None, status=201, also=(200,), raises=_REFUSES
    )
    async def create(self, call: Call, domain_id: str, body: Json) -> Json:
        """Configure a domain, to nothing but this."""
        await _domain(call, domain_id)
        if await self._configs.replace(call.tx, domain_id, check(body.get("config"))):
            call.status = 200
        return {"config": await self._configs.shown(call.tx, domain_id)}

    async def _merge(self, call: Call, domain_id: str, config: Any, group: str = "", option: str = "") -> Json:
        await _domain(call, domain_id)
        wanted = check(config)
        check_names(group, option)
        if group and (list(wanted) != [group] or (option and list(wanted[group]) != [option])):
            what = f"option {option} in group {group}" if option else f"group {group}"
            raise InvalidDomainConfig(
                reason=f"Trying to update {what}, so that, and only that, must be specified in the config"
            )
        if group:
            known = (await self._configs.whole(call.tx, domain_id)).get(group, {})
            if not known or (option and option not in known):
                raise not_found(domain_id, group, option)
        await self._configs.merge(call.tx, domain_id, wanted)
        return {"config": await self._configs.shown(call.tx, domain_id)}

    @patch(rule="update_domain_config", allow=ADMIN, body=JsonBody, returns=None, raises=_REFUSES)
    async def update(self, call: Call, domain_id: str, body: Json) -> Json:
        """Configure a domain to this as well."""
        return await self._merge(call, domain_id, body.get("config"))

    @patch("/{group}", rule="update_domain_config", allow=ADMIN, body=JsonBody, returns=None, raises=_REFUSES)
    async def update_group(self, call: Call, domain_id: str, group: str, body: Json) -> Json:
        """Change a group of a domain's configuration."""
        return await self._merge(call, domain_id, body.get("config"), group)

    @patch("/{group}/{option}", rule="update_domain_config", allow=ADMIN, body=JsonBody, returns=None, raises=_REFUSES)
    async def update_option(self, call: Call, domain_id: str, group: str, option: str, body: Json) -> Json:
        """Change an option of a domain's configuration."""
        return await self._merge(call, domain_id, {group: body.get("config")}, group, option)

    @delete(rule="delete_domain_config", allow=ADMIN)
    async def remove(self, call: Call, domain_id: str) -> None:
        """Forget the configuration of a domain."""
        await _domain(call, domain_id)
        await self._configs.remove(call.tx, domain_id)

    @delete("/{group}", rule="delete_domain_config", allow=ADMIN, raises=_REFUSES)
    async def remove_group(self, call: Call, domain_id: str, group: str) -> None:
        """Forget a group of a domain's configuration."""
        await _domain(call, domain_id)
        await self._configs.remove(call.tx, domain_id, group)

    @delete("/{group}/{option}", rule="delete_domain_config", allow=ADMIN, raises=_REFUSES)
    async def remove_option(self, call: Call, domain_id: str, group: str, option: str) -> None:
        """Forget an option of a domain's configuration."""
        await _domain(call, domain_id)
        await self._configs.remove(call.tx, domain_id, group, option)


@resource("/domains/config", policy="identity:%s")
class DefaultConfig:
    """What holds for domains that are not configured."""

    @get("/default", rule="get_domain_config_default", allow=ADMIN_OR_SYSTEM_READER, returns=None)
    async def show(self, _call: Call) -> Json:
        """Show the defaults of domains' configurations."""
        return {"config": DEFAULTS}

    @get(
        "/{group}/default",
        rule="get_domain_config_default",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=None,
        raises=_REFUSES,
    )
    async def show_group(self, _call: Call, group: str) -> Json:
        """Show the defaults of a group."""
        check_names(group)
        return {"config": {group: DEFAULTS[group]}}

    @get(
        "/{group}/{option}/default",
        rule="get_domain_config_default",
        allow=ADMIN_OR_SYSTEM_READER,
        returns=None,
        raises=_REFUSES,
    )
    async def show_option(self, _call: Call, group: str, option: str) -> Json:
        """Show the default of an option."""
        check_names(group, option)
        if option not in DEFAULTS[group]:
            raise InvalidDomainConfig(
                reason=f"Reading the default for option {option} in group {group} is not supported"
            )
        return {"config": {option: DEFAULTS[group][option]}}
