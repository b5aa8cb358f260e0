"""Each rule of the shape lint finds what it is for and leaves the rest alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tools.lint.__main__ import RULES, check
from tools.lint.findings import Finding

HOME = "/" + "home/somebody/notes"
REGISTRY = "https://pypi" + ".org/simple"
DOC = '"""Says what it is."""\n'
WALK = {"src/pileus/compute/README.md": "the walk"}

# rule: (a tree that breaks it, one like it that does not)
SAMPLES: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "file-lines": ({"tests/a.py": "x = 1\n" * 401}, {"tests/a.py": "x = 1\n" * 400}),
    "class-lines": (
        {"tests/a.py": "class A:\n" + "    x = 1\n" * 300},
        {"tests/a.py": "class A:\n" + "    x = 1\n" * 299},
    ),
    "function-lines": (
        {"tests/a.py": "@cache\ndef a():\n" + "    x = 1\n" * 59},
        {"tests/a.py": "@cache\ndef a():\n" + "    x = 1\n" * 58},
    ),
    "folder-files": (
        {f"tests/x/t{n}.py": "" for n in range(13)},
        {f"tests/x/t{n}.py": "" for n in range(12)} | {"tests/x/__init__.py": ""},
    ),
    "inheritance-depth": (
        {
            "src/pileus/kernel/tree.py": DOC + "class _A: ...\nclass _B(_A): ...\nclass _C(_B): ...\n",
            "src/pileus/kernel/leaf.py": DOC + "from .tree import _C\nclass _D(_C): ...\n",
        },
        {"src/pileus/kernel/tree.py": DOC + "class _A(Exception): ...\nclass _B(_A): ...\nclass _C(_B): ...\n"},
    ),
    "banned-name": (
        {
            "tests/helpers/x.py": "",
            "src/pileus/kernel/utils.py": DOC,
            "src/pileus/host/api.py": DOC,
        },
        WALK | {"src/pileus/kernel/api/x.py": DOC, "src/pileus/compute/servers/api.py": DOC},
    ),
    "docstring": (
        {
            "src/pileus/a.py": DOC + 'class A:\n    """A."""\n    def b(self): ...\n',
            "src/pileus/__init__.py": "",
        },
        {"src/pileus/a.py": DOC + "class _A:\n    def b(self): ...\n@override\ndef c(): ...\n"},
    ),
    "rooms": (
        WALK
        | {
            "src/pileus/compute/servers/logic.py": DOC + "from sqlalchemy import Table\nT = Table('t')\n",
            "src/pileus/compute/servers/glue.py": DOC
            + 'from pileus.kernel.api.declare import resource\n@resource(\'/x\')\nclass X:\n    """X."""\n',
        },
        WALK
        | {
            "src/pileus/compute/service.py": DOC,
            "src/pileus/compute/servers/table.py": DOC + "from sqlalchemy import Table\nT = Table('t')\n",
            "src/pileus/compute/servers/operations/create.py": DOC,
            "src/pileus/compute/scheduling/weights.py": DOC,
            "src/pileus/kernel/anything.py": DOC,
        },
    ),
    "room-order": (
        WALK | {"src/pileus/compute/servers/table.py": DOC + "from .logic import x\n"},
        WALK | {"src/pileus/compute/servers/logic.py": DOC + "from .table import x\nfrom ..flavors.api import y\n"},
    ),
    "service-door": (
        WALK
        | {
            "src/pileus/network/__init__.py": DOC,
            "src/pileus/compute/service.py": DOC + "from pileus.network.ports.logic import Ports\n",
        },
        WALK
        | {
            "src/pileus/network/__init__.py": DOC,
            "src/pileus/compute/service.py": DOC + "from pileus.network.service import N\nimport pileus.kernel\n",
        },
    ),
    "commit": (
        WALK | {"src/pileus/compute/servers/logic.py": DOC + "async def _a(db):\n    await db.commit()\n"},
        WALK
        | {
            "src/pileus/compute/servers/logic.py": DOC + 'def _a(states, row):\n    states.begin(row, "stop")\n',
            "src/pileus/kernel/store/sqlite.py": DOC + "def _a(db):\n    db.commit()\n",
        },
    ),
    "real-world": (
        {"src/pileus/simulated/a.py": DOC + "from datetime import datetime as dt\n_x = dt.now()\n"},
        {
            "src/pileus/simulated/a.py": DOC + "def _a(clock, time):\n    return clock.now() + time.time()\n",
            "src/pileus/host/a.py": DOC + "import time\n_x = time.time()\n",
            "src/pileus/network/backend/ovn.py": DOC + "import time\n_x = time.time()\n",
        },
    ),
    "machine-path": (
        {"docs/a.md": f"see {HOME}\n"},
        {"docs/a.md": "see /var/lib/pileus and $root/home/x/y\n"},
    ),
    "registry-host": ({"deploy/a.sh": f"pip install -i {REGISTRY}\n"}, {"deploy/a.sh": "pip install\n"}),
    "fragment": (
        {"changes/1-x.md": "kind: added\n\nWords.\n", "changes/002-cli-x.md": "Added words.\n"},
        {"changes/002-cli-stop.md": "kind: fixed\n\nWords.\n", "changes/README.md": "anything"},
    ),
    "decision": (
        {"docs/decisions/0001-a.md": "x", "docs/decisions/0001-b.md": "x"},
        {"docs/decisions/0001-a.md": "x", "docs/decisions/0002-b.md": "x", "docs/decisions/README.md": "x"},
    ),
}

MORE_BREACHES = {
    "import time\n_x = time.sleep": "time.sleep",
    "import random as r\n_x = r.choice([1])": "random.choice",
    "from uuid import uuid4\n_x = uuid4()": "uuid.uuid4",
    "import asyncio\nasync def _a():\n    await asyncio.sleep(1)": "asyncio.sleep",
}


def lint(root: Path, files: Mapping[str, str]) -> list[Finding]:
    """What the lint finds in a project of just these files."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return check(root)


def test_every_rule_has_samples() -> None:
    assert set(SAMPLES) == {name for names in RULES for name in names}


@pytest.mark.parametrize("rule", SAMPLES)
def test_breach_is_found(rule: str, tmp_path: Path) -> None:
    assert rule in {finding.rule for finding in lint(tmp_path, SAMPLES[rule][0])}


@pytest.mark.parametrize("rule", SAMPLES)
def test_what_is_right_is_left_alone(rule: str, tmp_path: Path) -> None:
    assert [finding for finding in lint(tmp_path, SAMPLES[rule][1]) if finding.rule == rule] == []


def test_each_breach_of_a_sample_is_found(tmp_path: Path) -> None:
    found = {finding.path for finding in lint(tmp_path, SAMPLES["banned-name"][0]) if finding.rule == "banned-name"}
    assert found == {"tests/helpers", "src/pileus/kernel/utils.py", "src/pileus/host/api.py"}


@pytest.mark.parametrize("code", MORE_BREACHES)
def test_the_real_world_has_many_doors(code: str, tmp_path: Path) -> None:
    findings = lint(tmp_path, {"src/pileus/kernel/a.py": DOC + f"{code}\n"})
    assert [f.message.partition(":")[0] for f in findings if f.rule == "real-world"] == [MORE_BREACHES[code]]


EXEMPT = '[[exempt]]\nrule = "file-lines"\npath = "tests/a.py"\nmost = {most}\nreason = "{reason}"\n'
REASON = "a table of words that reads best whole"


def exempted(root: Path, lines: int, most: int, reason: str = REASON) -> list[str]:
    """The messages for one file of so many lines under one exemption."""
    toml = EXEMPT.format(most=most, reason=reason)
    return [str(f) for f in lint(root, {"tests/a.py": "x = 1\n" * lines, "tools/lint/exemptions.toml": toml})]


def test_an_exemption_covers_what_it_names(tmp_path: Path) -> None:
    assert exempted(tmp_path, lines=450, most=450) == []


@pytest.mark.parametrize(("lines", "most", "word"), [(300, 450, "no longer needed"), (420, 450, "come down to 420")])
def test_an_exemption_only_shrinks(lines: int, most: int, word: str, tmp_path: Path) -> None:
    (message,) = exempted(tmp_path, lines, most)
    assert word in message


def test_an_exempted_file_may_not_grow(tmp_path: Path) -> None:
    assert any("file-lines: 451 lines" in message for message in exempted(tmp_path, lines=451, most=450))


def test_an_exemption_needs_a_reason(tmp_path: Path) -> None:
    (message,) = exempted(tmp_path, lines=450, most=450, reason="later")
    assert "give a reason" in message
