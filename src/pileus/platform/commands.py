"""Runs the machine's own commands: argument lists only, never a shell, never on the event loop."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec


class CommandFailed(Exception):
    """A command of the machine could not be run or ended with an error; the message has its last words."""


class Outcome(msgspec.Struct, frozen=True):
    """How a command ended."""

    status: int
    """Its exit status; 127 if there is no such command, 124 if it was given up on."""
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0


async def attempt(
    *command: str | Path,
    environment: Mapping[str, str] | None = None,
    given: str | None = None,
    timeout: float = 30.0,
) -> Outcome:
    """Run a command and say how it ended; never raises for the command's own failure.

    Args:
        command: the program and its arguments.
        environment: set in addition to this process's environment.
        given: text for its standard input; nothing when left out.
        timeout: seconds after which it is killed.
    """
    words = [str(word) for word in command]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE if given is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PATH": search_path(), "LC_ALL": "C.UTF-8", **(environment or {})},
        )
    except OSError as error:
        return Outcome(127, "", f"{words[0]}: {error.strerror}")
    try:
        output, errors = await asyncio.wait_for(
            process.communicate(given.encode() if given is not None else None), timeout
        )
    except TimeoutError:
        process.kill()
        await process.wait()
        return Outcome(124, "", f"{words[0]}: no answer within {timeout:g} s")
    return Outcome(process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace"))


async def run(
    *command: str | Path,
    environment: Mapping[str, str] | None = None,
    given: str | None = None,
    timeout: float = 30.0,
) -> str:
    """Run a command that must succeed; what it printed.

    Raises:
        CommandFailed: it did not.
    """
    outcome = await attempt(*command, environment=environment, given=given, timeout=timeout)
    if not outcome.ok:
        raise CommandFailed(f"{_spoken(command)}: {last_words(outcome.errors or outcome.output)} ({outcome.status})")
    return outcome.output


def search_path() -> str:
    """Where programs are looked for: a user's own path may lack the sbin folders, where most daemons are."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def last_words(text: str, lines: int = 3) -> str:
    """The last lines of some output on one line."""
    return " / ".join(line.strip() for line in text.strip().splitlines()[-lines:]) or "no message"


def _spoken(command: Sequence[str | Path]) -> str:
    words = " ".join(str(word) for word in command)
    return words if len(words) <= 160 else f"{words[:157]}..."
