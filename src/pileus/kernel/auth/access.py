"""Access rules of application credentials: which requests a restricted token is good for.

Source: Keystone's application credential access rules; the path patterns know `*`, `**` and `{name}`.
"""

import re
from functools import lru_cache

from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller


@lru_cache(maxsize=1024)
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\{[^}]*\})", path)
    known = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(known.get(p) or ("[^/]+" if p.startswith("{") else re.escape(p)) for p in parts))


def within_access_rules(caller: Caller, service: str, method: str, path: str) -> None:
    """Raise unless one of the caller's access rules covers the request.

    Raises:
        Unauthorized: none does.
    """
    for rule in caller.access_rules or ():
        if (
            rule.get("service") == service
            and rule.get("method") == method
            and _pattern(rule.get("path", "")).fullmatch(path)
        ):
            return
    raise Unauthorized
