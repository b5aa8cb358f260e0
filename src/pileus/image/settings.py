"""Settings of the image service."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class ImageSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the image service."""

    most_bytes: Annotated[int, doc("The largest image that may be uploaded, bytes.")] = 1 << 40
    task_hours: Annotated[int, doc("How long a task is kept after its end, hours.")] = 48
    inspection_seconds: Annotated[float, doc("The most time that inspecting an image's format may take.")] = 60.0
