"""A log that has become too large is put aside, and its writer goes on."""

from pileus.cloud.log_keeping import LogKeeping


async def test_a_large_log_is_cut_and_written_on(tmp_path):
    log = tmp_path / "pileus.log"
    (tmp_path / "small.log").write_text("kept")
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 2000)
        assert await LogKeeping(tmp_path, most=1000).converge() == 1
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "pileus.log.1").read_bytes() == b"x" * 2000
    assert (tmp_path / "small.log").read_text() == "kept"
