"""What stands between the wire and a service's routes: layers that requests pass, and claims by other than the path."""

from collections.abc import Awaitable, Callable
from typing import Any

Proceed = Callable[[Any, str], Awaitable[Any]]
"""Goes on with a call for a path below the prefix, and comes back with its `Answer`; errors are answers by then."""
Layer = Callable[[Any, str, Proceed], Awaitable[Any]]
"""(call, path, proceed) to an `Answer`.  It may answer itself, go on with another path or call, or change what comes
back."""
Claim = Callable[[Any], Awaitable[str | None]]
"""Looks at a request: the path below the root that it means, if what it says besides its path (its host) makes it this
service's."""
