"""What goes wrong with metadata definitions, in Glance's words."""

from pileus.kernel.api.errors import Conflict, Forbidden, NotFound


class NamespaceNotFound(NotFound):
    """404: no such namespace, or none that the caller may see."""

    message = "Metadata definition namespace={name} was not found."


class DuplicateNamespace(Conflict):
    """409: a namespace of that name exists."""

    message = "The metadata definition namespace={name} already exists."


class Protected(Forbidden):
    """403: nothing of a protected namespace is deleted."""

    message = "Metadata definition {kind} {name} is protected and cannot be deleted."


class ItemNotFound(NotFound):
    """404: the namespace has no such object, property or tag."""

    message = "The metadata definition {kind} with name={name} was not found in namespace={namespace}."


class DuplicateItem(Conflict):
    """409: the namespace has an object, property or tag of that name."""

    message = "A metadata definition {kind} with name={name} already exists in namespace={namespace}."


class AssociationNotFound(NotFound):
    """404: the namespace does not apply to that resource type."""

    message = (
        "The metadata definition resource-type association of resource-type={name} to namespace={namespace},"
        " was not found."
    )


class DuplicateAssociation(Conflict):
    """409: the namespace applies to that resource type already."""

    message = (
        "The metadata definition resource-type association of resource-type={name} to namespace={namespace}"
        " already exists."
    )
