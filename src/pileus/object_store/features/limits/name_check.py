r"""Names that clients of other systems trip over are refused.

Off unless the setting `names` (of `object_store.features`) gives characters or a pattern.  Swift's own choice is the
characters ``'"`<>``, at most 255 characters in a path, and ``/\./|/\.\./|/\.$|/\.\.$`` as the pattern of what may not
be in it.
"""

import re
from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.settings import NameRules


class NameCheck:
    """Refuses names."""

    name = "name_check"

    def __init__(self, settings: NameRules) -> None:
        self._characters = settings.characters
        self._most = settings.most
        self._pattern = re.compile(settings.pattern) if settings.pattern else None

    def info(self) -> dict[str, Any] | None:
        """What is refused."""
        return {
            "forbidden_chars": self._characters,
            "maximum_length": self._most,
            "forbidden_regexp": self._pattern.pattern if self._pattern else "",
        }

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Refuse or go on.

        Raises:
            BadRequest: the path has what it may not have.
        """
        about = "Object/Container/Account name"
        if any(character in path for character in self._characters):
            raise BadRequest(f"{about} contains forbidden chars from {self._characters}")
        if self._most and len(path) > self._most:
            raise BadRequest(f"{about} longer than the allowed maximum {self._most}")
        if self._pattern and self._pattern.search(path):
            raise BadRequest(f"{about} contains a forbidden substring from regular expression {self._pattern.pattern}")
        answer: Answer = await proceed(call, path)
        return answer
