"""Durable operations: lists of idempotent steps, each beside its undo, journalled in the database.

Words: an *operation kind* is declared once (a class with `kind` and `steps()`); a *run* is one of it, begun in the
same transaction as the resource that it works on.  Whoever holds the run's lease executes it; when a process dies,
another takes the run over where the journal stands.

What must hold of a step: doing it twice is doing it once; its undo also works when the step was never, or only
half, done.  The step that failed (or was cut off) is undone too, then those before it, newest first.
"""

from pileus.kernel.operations.declare import Kind, Retry, Run, Step, StepFailed
from pileus.kernel.operations.engine import Engine, Probe
from pileus.kernel.operations.journal import OPERATION_STEPS, OPERATIONS

__all__ = ["OPERATIONS", "OPERATION_STEPS", "Engine", "Kind", "Probe", "Retry", "Run", "Step", "StepFailed"]
