"""Named rules of the network service's policy, as upstream names them, and its `field:` check.

Source: the defaults of Neutron 2026.2.
"""

import re
from collections.abc import Mapping
from typing import Any

from oslo_policy import _checks as checks
from oslo_policy import policy

from pileus.kernel.auth.rules import Rule


class FieldCheck(checks.Check):
    """`field:RESOURCE:ATTRIBUTE=VALUE`: whether the target's attribute has a value (`~` starts a pattern)."""

    def __init__(self, kind: str, match: str) -> None:
        super().__init__(kind, match)
        _resource, _, rest = match.partition(":")
        self._name, _, value = rest.rpartition("=")
        self._pattern = re.compile(value[1:]) if value.startswith("~") else None
        self._value = value

    def __call__(self, target: Mapping[str, Any], creds: Any, enforcer: Any, current_rule: Any = None) -> bool:
        """Whether it holds."""
        value = target.get(self._name)
        if value is None:
            return False
        if self._pattern is not None:
            return self._pattern.match(str(value)) is not None
        return str(value) == self._value


policy.register("field", FieldCheck)

ADMIN_ONLY = Rule("admin_only", "rule:context_is_admin", "Administrators.")
NETWORK_OWNER = Rule("network_owner", "project_id:%(network:project_id)s", "The owner of the network.")
SG_OWNER = Rule("sg_owner", "project_id:%(security_group:project_id)s", "The owner of the security group.")

RULES = (
    Rule("context_is_admin", "role:admin", "Who counts as an administrator."),
    Rule("context_is_advsvc", "role:advsvc", "Services that manage ports for others."),
    Rule("service_api", "role:service", "Other services."),
    Rule("owner", "project_id:%(project_id)s", "The owner of the resource."),
    Rule("admin_or_owner", "rule:context_is_admin or rule:owner", "Administrators and the owner."),
    ADMIN_ONLY,
    NETWORK_OWNER,
    SG_OWNER,
    Rule("regular_user", "", "Anybody with a token."),
    Rule("default", "rule:admin_or_owner", "What holds where nothing else is said."),
    Rule("shared", "field:networks:shared=True", "The network is shared with the caller."),
    Rule("external", "field:networks:router:external=True", "The network is external."),
    Rule("external_network", "field:subnets:router:external=True", "The subnet is on an external network."),
    Rule("network_device", "field:port:device_owner=~^network:", "The port is said to belong to the network itself."),
    Rule("shared_subnetpools", "field:subnetpools:shared=True", "The subnet pool is shared."),
    Rule("shared_address_scopes", "field:address_scopes:shared=True", "The address scope is shared."),
    Rule("shared_security_group", "field:security_groups:shared=True", "The security group is shared."),
)

_MEMBER = "(role:member and project_id:%(project_id)s)"
_READER = "(role:reader and project_id:%(project_id)s)"
_NET_MEMBER = "(role:member and rule:network_owner)"
_NET_READER = "(role:reader and rule:network_owner)"

ADMIN = "rule:admin_only"
ADMIN_OR_SERVICE = "rule:admin_only or rule:service_api"
SERVICE = "rule:service_api"
ADMIN_OR_MEMBER = f"rule:admin_only or {_MEMBER}"
ADMIN_OR_READER = f"rule:admin_only or {_READER}"
ADMIN_OR_MANAGER = "rule:admin_only or (role:manager and project_id:%(project_id)s)"
MEMBER_OR_SERVICE = f"{ADMIN_OR_MEMBER} or rule:service_api"
ADMIN_OR_NET_MEMBER = f"rule:admin_only or {_NET_MEMBER}"
NET_MEMBER_OR_SERVICE = f"{ADMIN_OR_SERVICE} or {_NET_MEMBER}"
NET_MEMBER_OR_SHARED = f"{NET_MEMBER_OR_SERVICE} or rule:shared"
NET_MANAGER_OR_SERVICE = f"{ADMIN_OR_SERVICE} or (role:manager and rule:network_owner)"
MEMBER_OR_NET_MEMBER = f"{ADMIN_OR_MEMBER} or {_NET_MEMBER}"
DEVICE_OWNER = f"not rule:network_device or {NET_MEMBER_OR_SERVICE}"
ADMIN_OR_SG_MEMBER = "rule:admin_only or (role:member and rule:sg_owner)"
ADMIN_OR_SG_READER = "rule:admin_only or (role:reader and rule:sg_owner)"
NETWORK_READER = f"{ADMIN_OR_READER} or rule:service_api or rule:shared or rule:external or rule:context_is_advsvc"
SUBNET_READER = f"{ADMIN_OR_READER} or {_NET_READER} or rule:service_api or rule:shared or rule:external_network"
PORT_READER = f"{ADMIN_OR_READER} or {_NET_READER} or rule:service_api"
