"""What can go wrong with local disks.

::

    StorageError
    ├── ImageRefused      the image is not what it says, or reaches beyond itself; it never will be used
    ├── ImageDamaged      the bytes that arrived are not those that were promised; try again
    ├── DiskTooSmall      the flavor's disk cannot hold the image
    ├── NotEnoughSpace    the file system is full, or would be
    ├── ToolTimedOut      a tool took too long and was ended
    └── ToolFailed        a tool failed; its words are in the message
"""


class StorageError(Exception):
    """Something about local disks failed; the message is fit for an operator."""


class ImageRefused(StorageError):
    """The image must not be used on this host; the message says what is wrong with it, fit for its owner."""


class ImageDamaged(StorageError):
    """Size or hash of what arrived differ from what the image service promised."""


class DiskTooSmall(StorageError):
    """The image's virtual size is larger than the disk that it shall be put on."""


class NotEnoughSpace(StorageError):
    """There is not enough room left."""


class ToolTimedOut(StorageError):
    """The tool was ended after its time limit."""


class ToolFailed(StorageError):
    """The tool said no."""
