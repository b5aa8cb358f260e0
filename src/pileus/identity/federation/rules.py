"""The language of mappings: what an identity provider says of a user, turned into what we make of it.

    {"remote": [{"type": "OIDC-email"}, {"type": "OIDC-groups", "whitelist": ["ops"]}],
     "local":  [{"user": {"name": "{0}"}, "groups": "{1}", "domain": {"name": "Default"}}]}

Every rule whose remote part holds adds its local part.  A remote part without condition, or with a white or black list,
is kept for `{0}`, `{1}`, … in their order.  Nothing here looks anything up: names are still names.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

HONOURS_DOMAINS, FOLLOWS_PROJECTS = "2.0", "3.0"
VERSIONS = ("1.0", HONOURS_DOMAINS, FOLLOWS_PROJECTS)

_PLACE = re.compile(r"\{(\d+)\}")
_ONE_PLACE = re.compile(r"\{?(\d+)\}?")


class NoMatch(Exception):
    """A mapping makes nobody of an assertion; the message says why."""


@dataclass(slots=True)
class Mapped:
    """What a mapping makes of an assertion.

    Attributes:
        user: its name, id, email, domain and type, as far as the rules say.
        group_ids: of groups that must be there.
        groups: by name and domain; those that are not there do not count.
        projects: to make and to give roles on.
        follows: whether assignments that the projects do not tell of end.
    """

    user: dict[str, Any] = field(default_factory=dict)
    group_ids: list[str] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    projects: list[dict[str, Any]] = field(default_factory=list)
    follows: bool = False

    @property
    def local(self) -> bool:
        """Whether the user is one that must exist, instead of one that is made when first seen."""
        return self.user.get("type") == "local"


Assertion = Mapping[str, list[str]]
"""What an identity provider says of a user: the values of each attribute."""


def processed(rules: list[dict[str, Any]], version: str, told: Assertion) -> Mapped:
    """What rules make of an assertion.

    Raises:
        NoMatch: no rule holds, or one that does cannot be followed.
    """
    locals_: list[dict[str, Any]] = []
    for rule in rules:
        kept = _kept(rule["remote"], told)
        if kept is not None:
            locals_ += [_filled(part, kept) for part in rule["local"]]
    if not locals_:
        raise NoMatch("Could not map any federated user properties to identity values.")
    mapped = Mapped(follows=version == FOLLOWS_PROJECTS)
    for part in locals_:
        _take(mapped, part, version)
    if mapped.user.setdefault("type", "ephemeral") not in {"ephemeral", "local"}:
        raise NoMatch(f"User type {mapped.user['type']} not supported")
    if version != VERSIONS[0] and not mapped.user.get("domain"):
        domain = next((part["domain"] for part in reversed(locals_) if part.get("domain")), None)
        if domain:
            mapped.user["domain"] = domain
    return mapped


def _kept(remote: list[dict[str, Any]], told: Assertion) -> list[list[str]] | None:
    """The values for `{0}`, `{1}`, …; None where a condition does not hold."""
    kept: list[list[str]] = []
    for part in remote:
        values = told.get(part["type"])
        if not values:
            return None
        regex = part.get("regex", False)
        if "any_one_of" in part:
            if not _matching(part["any_one_of"], values, regex):
                return None
        elif "not_any_of" in part:
            if _matching(part["not_any_of"], values, regex):
                return None
        elif "blacklist" in part:
            barred = _matching(part["blacklist"], values, regex)
            kept.append([value for value in values if value not in barred])
        elif "whitelist" in part:
            kept.append(_matching(part["whitelist"], values, regex))
        else:
            kept.append(values)
    return kept


def _matching(wanted: list[Any], values: list[str], regex: bool) -> list[str]:
    if regex:
        return [value for value in values if any(re.search(str(pattern), value) for pattern in wanted)]
    return [value for value in values if value in wanted]


def _filled(part: Any, kept: list[list[str]]) -> Any:
    """A local part with its places filled; a place alone keeps all its values."""
    if isinstance(part, dict):
        return {name: _named(name, value, kept) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(item, kept) for item in part]
    if not isinstance(part, str):
        return part
    alone = _PLACE.fullmatch(part)
    if alone:
        values = _at(kept, alone[1])
        return values[0] if len(values) == 1 else values
    return _PLACE.sub(lambda found: _text(_at(kept, found[1])), part).replace("{{", "{").replace("}}", "}")


def _named(name: str, value: Any, kept: list[list[str]]) -> Any:
    if name in {"projects", "projects_json"} and isinstance(value, str):
        return _parsed_projects(value, kept)
    if name in {"groups", "group_ids"} and isinstance(value, str):
        alone = _PLACE.fullmatch(value)
        # only a rule's own text is read as a list, never what somebody says of themselves
        return _at(kept, alone[1]) if alone else _written(value) if "{" not in value else [_filled(value, kept)]
    return _filled(value, kept)


def _written(value: str) -> list[str]:
    """A list of names that is written as text, or the one name."""
    try:
        read = ast.literal_eval(value) if value.startswith("[") else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        read = None
    return read if isinstance(read, list) and all(isinstance(item, str) for item in read) else [value]


def _at(kept: list[list[str]], number: str) -> list[str]:
    if int(number) >= len(kept):
        raise NoMatch("Local section in mapping refers to a remote match that doesn't exist.")
    return kept[int(number)]


def _text(values: list[str]) -> str:
    return values[0] if len(values) == 1 else str(values)


def _joined(values: list[str]) -> str:
    return values[0] if len(values) == 1 else "[" + ",".join(values) + "]"


def _parsed_projects(template: str, kept: list[list[str]]) -> list[dict[str, Any]]:
    """Projects that the provider itself tells of, as JSON."""
    found = _ONE_PLACE.fullmatch(template)
    if found is None:
        raise NoMatch("The rule for projects_json does not match the expected pattern.")
    try:
        read = msgspec.json.decode(_joined(_at(kept, found[1])), type=list[_Project])
    except msgspec.MsgspecError as error:
        raise NoMatch(f"Invalid projects: {error}") from error
    return [msgspec.to_builtins(project) for project in read]


class _Role(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class _Project(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: str
    roles: list[_Role]
    domain: dict[str, str] | None = None


def _take(mapped: Mapped, part: dict[str, Any], version: str) -> None:
    if "user" in part and not mapped.user:
        mapped.user = {name: value for name, value in part["user"].items() if value != []}
        for name, value in mapped.user.items():
            if isinstance(value, list):
                raise NoMatch(f"There is more than one value for the user's {name}.")
    group = part.get("group")
    if group:
        for value in _listed(group["id"]) if "id" in group else ():
            mapped.group_ids.append(value)
        for value in _listed(group["name"]) if "name" in group else ():
            mapped.groups.append({"name": value, "domain": group.get("domain") or {}})
    if "groups" in part:
        mapped.groups += [_group(value, part.get("domain")) for value in _listed(part["groups"])]
    if "group_ids" in part:
        mapped.group_ids += _listed(part["group_ids"])
    mapped.group_ids = list(dict.fromkeys(mapped.group_ids))
    for project in (*part.get("projects", ()), *part.get("projects_json", ())):
        if isinstance(project.get("name"), list):
            raise NoMatch("There is more than one value for a project's name.")
        inherits = version != VERSIONS[0] and not project.get("domain") and part.get("domain")
        mapped.projects.append({**project, "domain": part["domain"]} if inherits else project)


def _listed(value: Any) -> list[str]:
    """Several values, or the one."""
    return value if isinstance(value, list) else [value]


def _group(value: str, domain: Any) -> dict[str, Any]:
    """A group by name; another cloud of this kind tells names with their domains, as JSON."""
    if value.startswith("JSON:"):
        try:
            read = msgspec.json.decode(value.removeprefix("JSON:"))
        except msgspec.DecodeError as error:
            raise NoMatch("A group is not told as JSON.") from error
        if isinstance(read, dict) and isinstance(read.get("name"), str) and isinstance(read.get("domain"), dict):
            return {"name": read["name"], "domain": read["domain"]}
        raise NoMatch("A group is told without name or domain.")
    if not domain:
        raise NoMatch("Invalid rule: both 'groups' and 'domain' keywords must be specified.")
    return {"name": value, "domain": domain}
