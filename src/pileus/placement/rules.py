"""Named rules of placement, as Placement 2026.2 names them.

Every right has the scope type `project`: tokens for a domain or the whole system have none of them.
"""

from pileus.kernel.auth.rules import Rule

ADMIN = Rule("admin_api", "role:admin", "An administrator.")
SERVICE = Rule("service_api", "role:service", "Another service.")
ADMIN_OR_SERVICE = Rule(
    "admin_or_service_api",
    "role:admin or role:service",
    "An administrator or another service, in a project.",
)
PROJECT_READER = Rule(
    "project_reader_api", "role:reader and project_id:%(project_id)s", "A reader of the project that is asked about."
)
ADMIN_OR_PROJECT_READER_OR_SERVICE = Rule(
    "admin_or_project_reader_or_service_api",
    "role:admin or rule:project_reader_api or role:service",
    "An administrator, another service, or a reader of the project that is asked about.",
)

RULES = (ADMIN, SERVICE, ADMIN_OR_SERVICE, PROJECT_READER, ADMIN_OR_PROJECT_READER_OR_SERVICE)
"""Every named rule."""
