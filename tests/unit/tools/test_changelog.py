"""Fragments become a release, and only then go away."""

from pathlib import Path

import pytest
from tools.changelog import read, release, section


def fragment(root: Path, name: str, text: str) -> None:
    (root / "changes").mkdir(exist_ok=True)
    (root / "changes" / name).write_text(text)


def test_a_release_takes_every_fragment_in_order_of_kind(tmp_path: Path) -> None:
    fragment(tmp_path, "002-cli-stop.md", "kind: fixed\n\nStopping twice is fine.\n")
    fragment(tmp_path, "001-network-mtu.md", "kind: added\n\nNetworks have an MTU.\n\nIt is told to guests.\n")
    fragment(tmp_path, "README.md", "the form")
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 0.0.9 (2026-01-01)\n\nolder\n")
    release(tmp_path, "0.1.0", "2026-12-01")
    assert (tmp_path / "CHANGELOG.md").read_text() == (
        "# Changes\n\n## 0.1.0 (2026-12-01)\n\n### Added\n\n- **network**: Networks have an MTU.\n\n"
        "  It is told to guests.\n\n### Fixed\n\n- **cli**: Stopping twice is fine.\n\n"
        "## 0.0.9 (2026-01-01)\n\nolder\n"
    )
    assert [file.name for file in (tmp_path / "changes").iterdir()] == ["README.md"]


@pytest.mark.parametrize(("name", "text"), [("1-cli.md", "kind: fixed\n\nx"), ("001-cli-x.md", "kind: nice\n\nx")])
def test_a_fragment_of_another_form_stops_the_release(name: str, text: str, tmp_path: Path) -> None:
    fragment(tmp_path, name, text)
    with pytest.raises(ValueError, match=name):
        release(tmp_path, "0.1.0", "2026-12-01")
    assert (tmp_path / "changes" / name).exists()
    assert not (tmp_path / "CHANGELOG.md").exists()


def test_nothing_to_release_is_said(tmp_path: Path) -> None:
    (tmp_path / "changes").mkdir()
    with pytest.raises(ValueError, match="nothing to release"):
        release(tmp_path, "0.1.0", "2026-12-01")


def test_an_empty_section_has_a_title_only(tmp_path: Path) -> None:
    (tmp_path / "changes").mkdir()
    assert section(read(tmp_path / "changes"), "Next release") == "## Next release\n"
