"""Named rules of the image service, as Glance 2026.2 names them."""

from pileus.kernel.auth.rules import Rule

ADMIN = Rule("context_is_admin", "role:admin", "An administrator.")
DEFAULT = Rule("default", "rule:context_is_admin", "What no rule is named for.")
MEMBER_WRITE = Rule(
    "project_member_write",
    "rule:context_is_admin or (role:member and project_id:%(project_id)s)",
    "An administrator, or a member of the image's project.",
)
READER_LIST = Rule(
    "project_reader_list",
    "rule:context_is_admin or (role:reader and project_id:%(project_id)s)",
    "An administrator, or a reader in its own project.",
)
READER_SEE = Rule(
    "project_reader_see",
    "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s"
    ' or "community":%(visibility)s or "public":%(visibility)s or "shared":%(visibility)s))',
    "An administrator, or a reader who may see the image.",
)

MEMBER_SEE = Rule(
    "project_member_see",
    "rule:context_is_admin or (role:member and (project_id:%(project_id)s or project_id:%(member_id)s"
    ' or "community":%(visibility)s or "public":%(visibility)s or "shared":%(visibility)s))',
    "An administrator, or a member who may see the image.",
)
MEMBER_OWNS = Rule(
    "project_member_owns",
    "rule:context_is_admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)",
    "An administrator, or a member who makes the image its own project's.",
)

RULES = (ADMIN, DEFAULT, MEMBER_WRITE, READER_LIST, READER_SEE, MEMBER_SEE, MEMBER_OWNS)
"""Every named rule."""
