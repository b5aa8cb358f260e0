"""The `pileus` command: runs the cloud.  What is in the cloud is the `openstack` command's business."""

from pathlib import Path
from typing import Annotated

import typer

program = typer.Typer(
    help="Pileus: the OpenStack cloud as one Python program.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

State = Annotated[Path | None, typer.Option("--state", help="The cloud's state folder.", metavar="DIR")]
"""Which cloud a command is about."""


@program.command()
def up(
    state: State = None,
    listen: Annotated[str, typer.Option(help="Where the APIs answer.", metavar="ADDR:PORT")] = "",
    simulated: Annotated[bool, typer.Option("--simulated", help="Simulated hosts: no root, no hypervisor.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return when all APIs answer.")] = False,
    report: Annotated[int, typer.Option(hidden=True, help="Progress goes to this descriptor.")] = -1,
) -> None:
    """Start the cloud; safe to repeat."""
    from pileus.cli import up as command

    raise typer.Exit(command.up(state, listen, simulated=simulated, detach=detach, descriptor=report))


@program.command()
def down(state: State = None) -> None:
    """Stop the cloud and leave nothing of it running; its state stays."""
    from pileus.cli import down as command

    raise typer.Exit(command.down(state))


@program.command()
def clean(
    state: State = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop the cloud and remove its state: every server, image and network of it."""
    from pileus.cli import down as command

    if not yes:
        typer.confirm("This removes the whole cloud with everything in it. Go on?", abort=True)
    raise typer.Exit(command.clean(state))


@program.command()
def status(state: State = None) -> None:
    """Show how the cloud and its machine do."""
    from pileus.cli import status as command

    raise typer.Exit(command.status(state))


@program.command()
def doctor(
    state: State = None,
    audit: Annotated[bool, typer.Option("--audit", help="Compare database, hypervisor, network and disk.")] = False,
) -> None:
    """Say what is missing on this machine, what that costs, and how to mend it."""
    from pileus.cli import doctor as command

    raise typer.Exit(command.doctor(state, audit=audit))


@program.command()
def logs(
    name: Annotated[str, typer.Argument(help="Whose log; all names without.")] = "",
    state: State = None,
    lines: Annotated[int, typer.Option("-n", help="How many lines of its end.")] = 50,
) -> None:
    """Show the log of Pileus or of a daemon."""
    from pileus.cli import logs as command

    raise typer.Exit(command.logs(state, name, lines))


@program.command()
def trace(
    request: Annotated[str, typer.Argument(help="A request id, req-…")],
    state: State = None,
) -> None:
    """Show everything that a request caused."""
    from pileus.cli import trace as command

    raise typer.Exit(command.trace(state, request))


@program.command("rotate-keys")
def rotate_keys(state: State = None) -> None:
    """Make tokens with new keys from now on; tokens that were given out stay good."""
    from pileus.cli import rotate as command

    raise typer.Exit(command.rotate_keys(state))


@program.command("first-server")
def first_server(state: State = None) -> None:
    """Boot a first server and log in to it, through the public APIs alone."""
    from pileus.cli.first import command

    raise typer.Exit(command.first_server(state))


@program.command()
def docs(
    output: Annotated[Path, typer.Option("--output", help="The folder.", metavar="DIR")],
) -> None:
    """Write the reference derived from the declarations: pages, OpenAPI, policy samples, settings."""
    from pileus.cli import docs as command

    raise typer.Exit(command.docs(output))


config = typer.Typer(help="Settings.", no_args_is_help=True)
program.add_typer(config, name="config")


@config.command()
def explain() -> None:
    """Show every setting with its meaning and its default."""
    from pileus.cli import docs as command

    raise typer.Exit(command.explain())
