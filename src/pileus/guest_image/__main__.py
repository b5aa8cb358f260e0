"""The command `python -m pileus.guest_image`: make a disk image and say where it lies."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from pileus.guest_image import packages
from pileus.guest_image.steps import BuildError, Progress


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 1 if the image could not be built.

    Progress goes to standard error; standard output gets one line, the path of the qcow2 image.
    """
    options = _parser().parse_args(argv)
    # A termination request unwinds the build like an interrupt does, so that temporary folders go.
    signal.signal(signal.SIGTERM, _stop)
    try:
        image = _build(options, _printer())
    except BuildError as failure:
        sys.stderr.write(f"guest image: {failure}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"{image}\n")
    return 0


def _build(options: argparse.Namespace, progress: Progress) -> Path:
    """Build the image that was asked for and return its path."""
    if options.image == "debian":
        from pileus.guest_image import debian

        return debian.build(options.output, progress, force=options.force)
    from pileus.guest_image import tiny

    return tiny.build(options.output, options.cache, progress, force=options.force).qcow2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pileus.guest_image", description=__doc__)
    parser.add_argument("image", choices=["tiny", "debian"], help="which image to make")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the image")
    parser.add_argument(
        "--cache",
        type=Path,
        default=packages.default_cache(),
        metavar="DIR",
        help="folder for downloaded packages (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    return parser


def _printer() -> Progress:
    """A progress function that writes each step with the seconds since now."""
    start = time.monotonic()

    def show(step: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - start:6.1f} s] {step}\n")
        sys.stderr.flush()

    return show


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
