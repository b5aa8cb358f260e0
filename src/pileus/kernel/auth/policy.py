"""Rights: named rules in oslo.policy's language, with defaults here and an operator's overrides from a policy file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from oslo_config import cfg
from oslo_policy import _checks, _parser, policy

from pileus.kernel.api.errors import Forbidden
from pileus.kernel.auth.caller import Caller
from pileus.kernel.auth.compiled import Test, compiled
from pileus.kernel.auth.rules import Right, Rule

SCOPES = ("system", "domain", "project")
"""Every kind of scope."""


def _parsed(texts: Mapping[str, str], *, overridden: bool) -> dict[str, Any]:
    """The checks of rules.

    oslo.policy looks through every installed package for further kinds of checks, which costs half a second at a
    start.  Our own defaults use none of them, so that it looks only where an operator's file may.
    """
    found = _checks.extension_checks
    if found is None and not overridden:
        _checks.extension_checks = {}
    try:
        return {name: _parser.parse_rule(text) for name, text in texts.items()}
    finally:
        if not overridden:
            _checks.extension_checks = found


class InvalidPolicy(Exception):
    """The policy file cannot be used; the message names the rule."""


@dataclass(slots=True)
class Policy:
    """The rules of one service: its defaults, overridden by the operator's file.

    Args:
        service: the service's type, for messages.
        file: an oslo.policy file (YAML or JSON); rules that it names replace the defaults.
        scopes: tells the kinds of scope of which a right's caller must have one.  An operator's file does not change
            them.
    """

    service: str
    file: Path | None = None
    scopes: Callable[[str], tuple[str, ...]] = lambda _right: SCOPES
    rights: dict[str, Right] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    _tests: dict[str, Test] | None = None

    def add(self, *items: Rule | Right) -> None:
        """Declare rules and rights; the same name twice must mean the same check."""
        for item in items:
            known: dict[str, Any] = self.rules if isinstance(item, Rule) else self.rights
            old = known.setdefault(item.name, item)
            if old.check != item.check:
                raise InvalidPolicy(f"{item.name} is declared as {old.check!r} and as {item.check!r}")
            if isinstance(item, Right) and item.operations and old is not item:
                merged = tuple(dict.fromkeys((*old.operations, *item.operations)))
                known[item.name] = Right(item.name, item.check, item.doc or old.doc, merged)
        self._tests = None

    def _items(self) -> list[Rule | Right]:
        return [*self.rules.values(), *sorted(self.rights.values(), key=lambda right: right.name)]

    def _load(self) -> dict[str, Test]:
        texts = {item.name: item.check for item in self._items()}
        overrides: Any = {}
        if self.file is not None and self.file.exists():
            overrides = yaml.safe_load(self.file.read_text()) or {}
            if not isinstance(overrides, dict):
                raise InvalidPolicy(f"{self.file}: a policy file maps rule names to check strings")
            for name, text in overrides.items():
                if name not in texts:
                    raise InvalidPolicy(f"{self.file}: there is no rule {name!r} in {self.service}")
                texts[name] = text
        rules = policy.Rules(_parsed(texts, overridden=bool(overrides)))
        enforcer = policy.Enforcer(cfg.ConfigOpts(), use_conf=False)
        enforcer.rules = rules
        return compiled(rules, enforcer)

    def allows(self, name: str, caller: Caller, target: Mapping[str, Any]) -> bool:
        """Whether the caller has the right on the target.

        Raises:
            KeyError: no right of that name was declared: a bug, never an answer.
        """
        if self._tests is None:
            self._tests = self._load()
        if caller.scope not in self.scopes(name):
            return False
        return self._tests[name](target, caller.credentials())

    def require(self, name: str, caller: Caller, target: Mapping[str, Any]) -> None:
        """Raise unless the caller has the right.

        Raises:
            Forbidden: it has not; the message names the right as OpenStack's does.
        """
        if not self.allows(name, caller, target):
            raise Forbidden(f"Policy doesn't allow {name} to be performed.", right=name)

    def sample(self) -> str:
        """The policy file that changes nothing: every rule commented out, with what it guards."""
        lines = []
        for item in self._items():
            lines += [f"# {item.doc}"]
            lines += [f"# {operation}" for operation in getattr(item, "operations", ())]
            if isinstance(item, Right) and self.scopes(item.name) != SCOPES:
                lines += [f"# Scopes: {', '.join(self.scopes(item.name))}"]
            lines += [f'#"{item.name}": "{item.check}"', ""]
        return "\n".join(lines)
