"""The program's entry: `pileus …` and `python -m pileus …`."""

from pileus.cli.program import program


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
