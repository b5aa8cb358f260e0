"""Compute's named policy rules, as Nova names them, so that operators' policy files carry over."""

from pileus.kernel.auth.rules import Rule

CONTEXT_IS_ADMIN = Rule("context_is_admin", "role:admin", "Who counts as an administrator.")
ADMIN_OR_OWNER = Rule("admin_or_owner", "is_admin:True or project_id:%(project_id)s", "Old default of most operations.")
ADMIN_API = Rule("admin_api", "is_admin:True", "Old default of operations for administrators.")
MANAGER_API = Rule("project_manager_api", "role:manager and project_id:%(project_id)s", "Managers of the project.")
MEMBER_API = Rule("project_member_api", "role:member and project_id:%(project_id)s", "Members of the project.")
READER_API = Rule("project_reader_api", "role:reader and project_id:%(project_id)s", "Readers of the project.")
SERVICE_API = Rule("service_api", "role:service", "Other services.")
MANAGER_OR_ADMIN = Rule(
    "project_manager_or_admin", "rule:project_manager_api or rule:context_is_admin", "Managers and administrators."
)
MEMBER_OR_ADMIN = Rule(
    "project_member_or_admin", "rule:project_member_api or rule:context_is_admin", "Members and administrators."
)
READER_OR_ADMIN = Rule(
    "project_reader_or_admin", "rule:project_reader_api or rule:context_is_admin", "Readers and administrators."
)
SERVICE_OR_ADMIN = Rule(
    "service_or_admin", "rule:service_api or rule:context_is_admin", "Other services and administrators."
)

ADMIN = CONTEXT_IS_ADMIN
"""The default of operations for administrators."""

ANYBODY = "@"
NOBODY = "!"

RULES = (
    CONTEXT_IS_ADMIN,
    ADMIN_OR_OWNER,
    ADMIN_API,
    MANAGER_API,
    MEMBER_API,
    READER_API,
    SERVICE_API,
    MANAGER_OR_ADMIN,
    MEMBER_OR_ADMIN,
    READER_OR_ADMIN,
    SERVICE_OR_ADMIN,
)
"""All of them, for the service's declaration."""
