import re
from pathlib import Path

import pytest

from pileus.platform import packages

LISTS = Path(packages.__file__).parent
BOOTSTRAP = Path(__file__).parents[3] / "deploy" / "bootstrap.sh"


def test_every_list_is_a_purpose_and_the_script_installs_all_of_them() -> None:
    assert {path.stem for path in LISTS.glob("*.txt")} == set(packages.PURPOSES)
    script = BOOTSTRAP.read_text()
    [always] = re.findall(r"^purposes='(.*)'$", script, re.MULTILINE)
    [dev] = re.findall(r'^    dev\) purposes="\$purposes (.*)" ;;$', script, re.MULTILINE)
    assert {*always.split(), *dev.split()} == set(packages.PURPOSES)


@pytest.mark.parametrize("purpose", packages.PURPOSES)
def test_names_are_plain_debian_names(purpose: str) -> None:
    found = packages.names(purpose)
    assert found
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in found)


def test_an_unknown_purpose_is_refused() -> None:
    with pytest.raises(ValueError, match="no package list"):
        packages.names("../host")
