"""Identity's named rules and the checks that its rights are made of, named as upstream names them.

A right's target is flat: `target.user.domain_id` is one key, as Keystone flattens it.
"""

from pileus.kernel.auth.policy import SCOPES
from pileus.kernel.auth.rules import Rule

ADMIN = Rule("admin_required", "role:admin or is_admin:1", "Whoever holds the role admin, in whatever scope.")
SERVICE_ROLE = Rule("service_role", "role:service", "OpenStack's own services.")
SERVICE_OR_ADMIN = Rule(
    "service_or_admin", "rule:admin_required or rule:service_role", "A service or an administrator."
)
OWNER = Rule("owner", "user_id:%(user_id)s", "The user that the resource belongs to.")
ADMIN_OR_OWNER = Rule("admin_or_owner", "rule:admin_required or rule:owner", "An administrator or the owner.")
TOKEN_SUBJECT = Rule("token_subject", "user_id:%(target.token.user_id)s", "The user that the token is about.")
DOMAIN_MANAGED_ROLE = Rule(
    "domain_managed_target_role",
    "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
    "The roles that a domain's manager may hand out.",
)

RULES = (ADMIN, SERVICE_ROLE, SERVICE_OR_ADMIN, OWNER, ADMIN_OR_OWNER, TOKEN_SUBJECT, DOMAIN_MANAGED_ROLE)

ANYBODY = "@"
SYSTEM_READER = "(role:reader and system_scope:all)"
ADMIN_OR_SYSTEM_READER = f"{ADMIN} or {SYSTEM_READER}"


def reader_of(domain: str) -> str:
    """Administrators, readers of the system, and readers of the domain that the target names."""
    return f"{ADMIN_OR_SYSTEM_READER} or (role:reader and domain_id:%({domain})s and not None:%({domain})s)"


def manager_of(domain: str) -> str:
    """Administrators and managers of the domain that the target names."""
    return f"{ADMIN} or (role:manager and domain_id:%({domain})s and not None:%({domain})s)"


def reader_or_self(user: str) -> str:
    """Administrators, readers of the system, and the user that the target names."""
    return f"{ADMIN_OR_SYSTEM_READER} or user_id:%({user})s"


def _pairs(role: str) -> str:
    actors, targets = ("user", "group"), ("project", "domain")
    ids = {"project": "target.project.domain_id", "domain": "target.domain.id"}
    return " or ".join(
        f"(role:{role} and domain_id:%(target.{actor}.domain_id)s and domain_id:%({ids[target]})s)"
        for actor in actors
        for target in targets
    )


_ROLE_IN_REACH = "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"

LIST_GRANTS = f"{ADMIN_OR_SYSTEM_READER} or {_pairs('reader')}"
CHECK_GRANT = f"{ADMIN_OR_SYSTEM_READER} or (({_pairs('reader')}) and {_ROLE_IN_REACH})"
CHANGE_GRANT = (
    f"{ADMIN} or (({_pairs('admin')}) and {_ROLE_IN_REACH}) or (({_pairs('manager')}) and {DOMAIN_MANAGED_ROLE})"
)


_PROJECT_ONLY = frozenset(
    [
        "authorize_request_token",
        "get_access_token",
        "get_access_token_role",
        "list_access_tokens",
        "list_access_token_roles",
        "delete_access_token",
        "create_application_credential",
        "create_trust",
    ]
)
_ANY_SCOPE = frozenset(
    [
        "get_credential",
        "list_credentials",
        "create_credential",
        "update_credential",
        "delete_credential",
        "get_domain",
        "list_domains",
        "get_security_compliance_domain_config",
        "check_grant",
        "list_grants",
        "create_grant",
        "revoke_grant",
        "get_group",
        "list_groups",
        "list_groups_for_user",
        "create_group",
        "update_group",
        "delete_group",
        "list_users_in_group",
        "remove_user_from_group",
        "check_user_in_group",
        "add_user_to_group",
        "get_limit_model",
        "get_limit",
        "list_limits",
        "get_project",
        "list_projects",
        "list_user_projects",
        "create_project",
        "update_project",
        "delete_project",
        "list_project_tags",
        "get_project_tag",
        "update_project_tags",
        "create_project_tag",
        "delete_project_tags",
        "delete_project_tag",
        "get_region",
        "list_regions",
        "get_registered_limit",
        "list_registered_limits",
        "get_role",
        "list_roles",
        "list_role_assignments",
        "list_role_assignments_for_tree",
        "s3tokens_validate",
        "ec2tokens_validate",
        "check_token",
        "validate_token",
        "revoke_token",
        "get_user",
        "list_users",
        "create_user",
        "update_user",
        "delete_user",
        "revoke_tokens_for_user",
        "get_auth_catalog",
        "get_auth_projects",
        "get_auth_domains",
        "get_auth_system",
        "list_projects_for_user",
        "list_domains_for_user",
    ]
)


def scopes_of(right: str) -> tuple[str, ...]:
    """The kinds of scope that a right needs, as upstream's rules have them: mostly any but a domain's."""
    rule = right.removeprefix("identity:")
    if rule in _PROJECT_ONLY:
        return ("project",)
    return SCOPES if rule in _ANY_SCOPE else ("system", "project")
