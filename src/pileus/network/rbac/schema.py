"""RBAC policies, as the API shows them."""

from pileus.kernel.api import fields as f
from pileus.network.standard.schema import Owned

_NOT_ALL = "rule:admin_only or (not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*)"


class RbacPolicy(Owned, key="rbac_policy", plural="rbac_policies"):
    """With whom a network is shared."""

    object_type = f.text("What is shared: network.", choices=("network",), required=True, create_only=True)
    object_id = f.ident("Its id.", required=True, create_only=True)
    action = f.text("access_as_shared.", choices=("access_as_shared",), required=True, create_only=True)
    target_tenant = f.text(
        "The project it is shared with; * for all.",
        least=1,
        required=True,
        source="target_project",
        allow_create=_NOT_ALL,
        allow_update=_NOT_ALL,
    )
