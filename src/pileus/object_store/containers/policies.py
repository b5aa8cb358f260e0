"""Storage policies: a name that a container's maker chooses, for good.

They are set with `object_store.policies`.  What differs between them is the operator's to say (which containers lie
encrypted, what they cost); on one machine all objects lie alike.  Names and aliases are found whatever their letters'
case.
"""

from typing import Any

from pileus.object_store.settings import Policy


class Policies:
    """The policies that there are.

    Attributes:
        default: the name of the one that containers have which name none.
    """

    def __init__(self, settings: tuple[Policy, ...]) -> None:
        self._all = settings or (Policy("Policy-0"),)
        chosen = [policy for policy in self._all if policy.default] or [*self._all]
        self.default = chosen[0].name
        self._by_name = {name.lower(): policy for policy in self._all for name in (policy.name, *policy.aliases)}

    def find(self, name: str) -> Policy | None:
        """The policy that a name or alias means."""
        return self._by_name.get(name.strip().lower())

    def encrypts(self, name: str) -> bool:
        """Whether what lies under a policy is to lie encrypted."""
        found = self.find(name)
        return found is not None and found.encrypted

    def names(self) -> list[str]:
        """Every policy's name."""
        return [policy.name for policy in self._all]

    def info(self) -> list[dict[str, Any]]:
        """What `/info` says; those that no new container may have are left out."""
        return [
            {"name": policy.name, "aliases": ", ".join((policy.name, *policy.aliases))}
            | ({"default": True} if policy.name == self.default else {})
            for policy in self._all
            if not policy.deprecated
        ]
