"""Compiled check strings answer what oslo.policy answers."""

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg
from oslo_policy import _parser, policy

from pileus.kernel.auth.caller import Caller
from pileus.kernel.auth.compiled import compiled
from pileus.kernel.auth.policy import Policy
from pileus.kernel.auth.rules import Right

RULES = {
    "admin": "role:admin",
    "owner": "project_id:%(project_id)s",
    "owner_role": "role:%(wanted)s",
    "nested": "token.project.domain.id:%(target.domain.id)s",
    "of_list": "token.roles.name:%(wanted)s",
    "literal": "True:%(enabled)s",
    "quoted": "'member':%(wanted)s",
    "none": "None:%(project_id)s",
    "mixed": "project_id:%(project_id)s%(wanted)s",
    "anybody": "",
    "nobody": "!",
    "everybody": "@",
    "lost": "rule:there_is_none",
    "both": "rule:admin and rule:owner",
    "either": "rule:admin or (rule:owner and not rule:literal)",
    "not_lost": "not rule:lost",
    "flag": "is_admin:True",
}
CREDENTIALS: list[dict[str, Any]] = [
    {},
    {"roles": ["Admin", "member"], "project_id": "p", "is_admin": True},
    {"roles": ["member"], "project_id": "q", "is_admin": False, "token": {"project": {"domain": {"id": "d"}}}},
    {"roles": [], "project_id": None, "token": {"roles": [{"name": "reader"}, {"name": "member"}], "project": {}}},
]
TARGETS: list[dict[str, Any]] = [
    {},
    {"project_id": "p", "enabled": True, "wanted": "member"},
    {"project_id": "q", "enabled": "True", "wanted": "ADMIN", "target.domain.id": "d"},
    {"project_id": None, "enabled": False, "wanted": "reader", "target.domain.id": None},
]


@pytest.mark.parametrize("name", RULES)
def test_same_answers(name: str) -> None:
    """Every rule, for every caller and target."""
    rules = policy.Rules({rule: _parser.parse_rule(text) for rule, text in RULES.items()})
    enforcer = policy.Enforcer(cfg.ConfigOpts(), use_conf=False)
    enforcer.rules = rules
    tests = compiled(rules, enforcer)
    for creds, target in itertools.product(CREDENTIALS, TARGETS):
        expected = bool(rules[name](target, dict(creds), enforcer, name))
        assert tests[name](target, creds) is expected, (creds, target)


def test_registered_checks_are_asked() -> None:
    """A kind of check that only oslo.policy's registry knows."""

    class Longer(policy.Check):  # type: ignore[misc]
        def __call__(self, target: Any, creds: Any, enforcer: Any, current_rule: Any = None) -> bool:
            return len(target[self.match]) > 2

    policy.register("longer", Longer)
    tests = compiled({"long": _parser.parse_rule("longer:name")}, None)
    assert tests["long"]({"name": "abc"}, {})
    assert not tests["long"]({"name": "ab"}, {})


def test_an_operators_file_may_use_further_kinds_of_checks(tmp_path):
    """`http:` asks a server; there is none at that address, and a check of an unknown kind would just be false."""
    file = tmp_path / "policy.yaml"
    file.write_text('"thing:get": "http://127.0.0.1:1/"\n')
    admin = Caller(user_id="u", project_id="p", roles=frozenset({"admin"}))
    for overrides in (None, file):
        made = Policy("things", overrides)
        made.add(Right("thing:get", "role:admin", "Get it."))
        if overrides is None:
            assert made.allows("thing:get", admin, {})
        else:
            with pytest.raises(Exception, match=r"refused|Connection"):
                made.allows("thing:get", admin, {})


def test_a_start_does_not_look_through_installed_packages():
    """Whatever else is installed beside us costs a start nothing."""
    program = (
        "import sys; from pileus.kernel.auth.policy import Policy; from pileus.kernel.auth.rules import Right\n"
        "from pileus.kernel.auth.caller import Caller\n"
        "made = Policy('things'); made.add(Right('thing:get', 'role:admin', 'Get it.'))\n"
        "made.allows('thing:get', Caller(user_id='u', project_id='p', roles=frozenset()), {})\n"
        "assert 'oslo_policy._external' not in sys.modules"
    )
    sources = {"PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}
    subprocess.run([sys.executable, "-c", program], check=True, env=sources)
