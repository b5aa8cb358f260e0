"""Converting imported data to the format that the operator wants, with qemu-img in a limited child process.

Nothing is left for qemu-img to guess: the data are inspected first, and each format is named (OSSA-2024-001).  What
comes out is inspected again, since one format may hide within another.
"""

from pathlib import Path

from pileus.host.storage import inspection, qemu_img
from pileus.host.storage.errors import StorageError
from pileus.image.errors import InvalidFormat
from pileus.image.inspection.logic import Inspector
from pileus.kernel.operations import StepFailed


async def convert(
    inspector: Inspector, source: Path, target: Path, disk_format: str, output: str, *, seconds: float
) -> bool:
    """Convert a file, if it is not what is wanted already; whether it was.

    Args:
        disk_format: what the data are declared as.
        output: raw, qcow2 or vmdk.

    Raises:
        StepFailed: they cannot be converted.
    """
    if disk_format in {"iso", output}:  # ISO images boot and rescue as what they are
        return False
    try:
        report = await inspector.report(source)
    except InvalidFormat as error:
        raise StepFailed("Image format detection failed", code=400) from error
    if inspection.unsafe(report) or report.encrypted:
        raise StepFailed("Image has disallowed configuration", code=400)
    if disk_format not in inspection.CONTENT or inspection.differs(report, disk_format):
        raise StepFailed("Image format mismatch", code=400)
    qemu_format = inspection.QEMU_NAMES.get(disk_format, disk_format)
    if qemu_format == output:
        return False
    size = report.virtual_size
    if size > inspector.most:
        raise StepFailed(f"The image's disk of {size} bytes is over the limit", code=400)
    try:
        await qemu_img.convert(source, qemu_format, target, size=size, target_format=output, seconds=seconds)
        after = await inspection.look(target)
    except StorageError as error:
        raise StepFailed("Image conversion failed", code=400, details=str(error)) from error
    if inspection.unsafe(after) or inspection.differs(after, output):
        raise StepFailed("Converted image in unexpected format", code=400)
    return True
