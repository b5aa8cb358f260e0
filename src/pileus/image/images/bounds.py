"""How many tags, free properties and members an image may have."""

from collections.abc import Iterable, Sequence

from pileus.kernel.api.errors import TooLarge

MOST_TAGS = 128
MOST_PROPERTIES = 128
MOST_MEMBERS = 128


class TooMany(TooLarge):
    """413: more than an image may have."""

    message = "The limit has been exceeded on the number of allowed image {what}. Attempted: {count}, Maximum: {most}"


def check_tags(tags: Sequence[str]) -> None:
    """Refuse too many tags.

    Raises:
        TooMany: there are.
    """
    if len(tags) > MOST_TAGS:
        raise TooMany(what="tags", count=len(tags), most=MOST_TAGS)


def check_properties(names: Iterable[str]) -> None:
    """Refuse too many free properties; the service's own do not count.

    Raises:
        TooMany: there are.
    """
    count = sum(not name.startswith("os_glance_") for name in names)
    if count > MOST_PROPERTIES:
        raise TooMany(what="properties", count=count, most=MOST_PROPERTIES)
