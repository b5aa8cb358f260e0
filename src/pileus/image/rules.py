"""Named rules of the image service: the defaults of Glance 2026.2.

`context_is_admin`, `service_api`, `default`, `metadef_default` and `metadef_admin` are named as Glance names them.  The
others stand for check strings that Glance repeats.  Every right has the scope type `project`: tokens for a domain or
for the whole system have none of them.
"""

from pileus.kernel.auth.rules import Rule

_SEEN = (
    "(project_id:%(project_id)s or project_id:%(member_id)s"
    ' or "community":%(visibility)s or "public":%(visibility)s or "shared":%(visibility)s)'
)

ADMIN = Rule("context_is_admin", "role:admin", "Who is an administrator.")
DEFAULT = Rule("default", "@", "What no rule is named for.")
SERVICE = Rule("service_api", "role:service or role:admin", "Another service.")
METADEF_DEFAULT = Rule("metadef_default", "@", "Reading metadata definitions, where nothing else is said.")
METADEF_WRITE = Rule("metadef_admin", "rule:context_is_admin", "Who changes metadata definitions.")

MEMBER_CREATE = Rule(
    "project_member_create",
    "rule:context_is_admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)",
    "An administrator, or a member who makes what its project will own.",
)
MEMBER_WRITE = Rule(
    "project_member_write",
    "rule:context_is_admin or (role:member and project_id:%(project_id)s)",
    "An administrator, or a member of the image's project.",
)
MEMBER_DOWNLOAD = Rule(
    "project_member_download",
    f"rule:context_is_admin or (role:member and {_SEEN})",
    "An administrator, or a member who may see the image.",
)
READER_LIST = Rule(
    "project_reader_list",
    "rule:context_is_admin or (role:reader and project_id:%(project_id)s)",
    "An administrator, or a reader in its own project.",
)
READER_SEE = Rule(
    "project_reader_see",
    f"rule:context_is_admin or (role:reader and {_SEEN})",
    "An administrator, or a reader who may see the image.",
)
READER_OR_SHARED = Rule(
    "project_reader_or_shared",
    "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))",
    "An administrator, or a reader of the image's project or of one that it is shared with.",
)
SHARED_MEMBER = Rule(
    "shared_member",
    "rule:context_is_admin or (role:member and project_id:%(member_id)s)",
    "An administrator, or a member of the project that the image is offered to.",
)
SERVICE_OR_MEMBER = Rule(
    "service_or_member",
    "rule:service_api or (role:member and project_id:%(project_id)s and project_id:%(owner)s)",
    "Another service, or a member of the image's project.",
)
ADMIN_OR_SERVICE = Rule(
    "admin_or_service",
    "rule:context_is_admin or rule:service_api",
    "An administrator, or another service.",
)
NAMESPACE_READER = Rule(
    "namespace_reader",
    'rule:context_is_admin or (role:reader and (project_id:%(project_id)s or "public":%(visibility)s))',
    "An administrator, or a reader who may see the namespace.",
)

RULES = (
    ADMIN,
    DEFAULT,
    SERVICE,
    METADEF_DEFAULT,
    METADEF_WRITE,
    MEMBER_CREATE,
    MEMBER_WRITE,
    MEMBER_DOWNLOAD,
    READER_LIST,
    READER_SEE,
    READER_OR_SHARED,
    SHARED_MEMBER,
    SERVICE_OR_MEMBER,
    ADMIN_OR_SERVICE,
    NAMESPACE_READER,
)
"""Every named rule."""
