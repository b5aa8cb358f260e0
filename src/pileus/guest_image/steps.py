"""What every build step needs: running a tool, a scratch folder, and the error a build ends with."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

Progress = Callable[[str], None]
"""Called with one short sentence whenever a build reaches its next step."""

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where Debian keeps the tools; a user's own PATH often lacks the sbin folders."""


class BuildError(Exception):
    """An image could not be built; the text says which step failed and what the tool printed."""


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run one tool to its end and return its standard output.

    Args:
        argv: Program and arguments; never passed through a shell.
        cwd: Folder to run in.
        stdin: Text for its standard input, which is empty otherwise.
        env: Variables added to the fixed, small environment.

    Raises:
        BuildError: The program is not installed or ended with an exit code other than 0.
    """
    words = [str(word) for word in argv]
    environment = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **(env or {})}
    try:
        done = subprocess.run(
            words, cwd=cwd, input=stdin or "", env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as missing:
        raise BuildError(f"{words[0]} is not installed on this machine") from missing
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise BuildError(f"{' '.join(words[:6])} ended with code {done.returncode}:\n{tail}")
    return done.stdout


def require_tools(tools: Mapping[str, str]) -> None:
    """Fail before any work is done if a tool is missing.

    Args:
        tools: Name of each program mapped to the Debian package that brings it.

    Raises:
        BuildError: Names every package that has to be installed.
    """
    missing = sorted({package for tool, package in tools.items() if not shutil.which(tool, path=SYSTEM_PATH)})
    if missing:
        raise BuildError(f"install these packages first: apt-get install {' '.join(missing)}")


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Give a temporary folder on the file system of `beside`; it is gone afterwards, whatever happened.

    Results are renamed out of it, so that nobody ever sees a half-written image.
    """
    beside.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".build-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
