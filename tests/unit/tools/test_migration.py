"""A migration is what the tables have beyond the migrations that are there."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tools import migration

import pileus.cloud.assembly  # noqa: F401 - declares every table
from pileus.kernel.store.schema import migrate


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the migrations."""
    for folder in migration.folders(migration.HOUSE):
        shutil.copytree(folder, tmp_path / folder.relative_to(migration.HOUSE))
    return tmp_path


def test_nothing_is_written_when_nothing_changed(house: Path) -> None:
    assert migration.write(house, "network", "nothing") == []


def test_a_new_column_is_a_migration_that_keeps_the_rows(house: Path) -> None:
    first = next(file for file in (house / "compute/migrations").iterdir() if '"compute_keypairs"' in file.read_text())
    whole = first.read_text()
    column = '        sa.Column("fingerprint", sa.String(length=255), nullable=False),\n'
    first.write_text(whole.replace(column, "", 1))
    assert first.read_text() != whole
    [written] = migration.write(house, "compute", "keypairs_have_fingerprints")
    number = int(first.name[:4]) + 1
    assert written.name == f"{number:04}_keypairs_have_fingerprints.py"
    draft = written.read_text()
    assert f'down_revision = "compute_{number - 1:04}"' in draft
    assert 'with op.batch_alter_table("compute_keypairs", schema=None) as batch_op:' in draft
    # the draft is for people to finish: rows that exist need a value
    written.write_text(draft.replace("nullable=False", 'server_default="", nullable=False'))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        migrate(connection, migration.folders(house))
        connection.execute(text("SELECT fingerprint FROM compute_keypairs"))
    assert migration.write(house, "compute", "again") != []  # the default is a difference too


def test_what_is_too_long_for_one_file_becomes_several(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(house / "identity")
    (house / "identity").mkdir()
    monkeypatch.setattr(migration, "MOST_LINES", 100)
    files = migration.write(house, "identity", "initial")
    assert len(files) > 2
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert max(file.read_text().count("\n") for file in files) <= 100
    assert migration.write(house, "identity", "again") == []


def test_truth_is_a_default_that_both_databases_understand(house: Path) -> None:
    text_of_all = "".join(file.read_text() for file in house.glob("*/migrations/*.py"))
    assert "server_default=sa.false()" in text_of_all
    assert "server_default=sa.text(" not in text_of_all


def test_what_another_service_has_to_have_made_before(house: Path) -> None:
    draft = migration.source("compute", 2, "x", {"compute_x": "op.drop_table('x')"}, ["network_0003"])
    assert "depends_on = ('network_0003',)" in draft


def test_there_is_no_squashing_after_a_release(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n")
    with pytest.raises(SystemExit, match="there has been a release"):
        migration.initial(tmp_path / "src" / "pileus")


def test_whose_a_table_is() -> None:
    assert migration.owner("operation_steps") == "kernel"
    assert migration.owner("compute_servers") == "compute"
    assert migration.owner("test_boxes") == ""
