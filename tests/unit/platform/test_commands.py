import pytest

from pileus.platform.commands import CommandFailed, attempt, last_words, run


async def test_a_missing_program_is_an_outcome() -> None:
    outcome = await attempt("no-such-program-anywhere")
    assert (outcome.ok, outcome.status) == (False, 127)


async def test_a_hanging_program_is_given_up_on() -> None:
    outcome = await attempt("sleep", "30", timeout=0.2)
    assert outcome.status == 124
    assert "no answer within 0.2 s" in outcome.errors


async def test_a_failure_says_the_command_and_its_last_words() -> None:
    with pytest.raises(CommandFailed, match=r"^ls /not/there: .*No such file or directory \(2\)$"):
        await run("ls", "/not/there")


async def test_input_and_environment_reach_the_program() -> None:
    assert await run("cat", given="a line") == "a line"
    assert "PILEUS_X=y" in (await run("env", environment={"PILEUS_X": "y"})).splitlines()


def test_last_words_are_one_line() -> None:
    assert last_words("1\n2\n3\n4\n") == "2 / 3 / 4"
    assert last_words("  \n") == "no message"
