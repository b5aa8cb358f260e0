"""Settings of the image service."""

from typing import Annotated, Literal

from pileus.kernel.settings import Settings, doc


class StoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of one store of image data, a table `[[image.stores]]`."""

    id: Annotated[str, doc("Its name, as `stores` shows it.")]
    kind: Annotated[Literal["file"], doc("What it is.")] = "file"
    description: Annotated[str, doc("Shown to users.")] = ""
    weight: Annotated[int, doc("Of several stores that have an image, the heaviest is read first.")] = 0
    folder: Annotated[str, doc("Of a file store; empty for one in the state folder.")] = ""


class ImportSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of imports."""

    methods: Annotated[tuple[str, ...], doc("The methods that are offered.")] = ()


class FormatSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of what images may be."""

    require_match: Annotated[bool, doc("Whether data must be what disk_format says.")] = True
    vmdk_types: Annotated[tuple[str, ...], doc("Kinds of VMDK that are taken.")] = (
        "streamOptimized",
        "monolithicSparse",
    )
    gpt_nonfatal: Annotated[tuple[str, ...], doc("Checks of partition tables that may fail: mbr, gptmbr.")] = ()
    inspection_seconds: Annotated[float, doc("The most time that looking at an image may take.")] = 60.0
    conversion_seconds: Annotated[float, doc("The most time that converting or unpacking an image may take.")] = 3600.0


class ImageSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the image service."""

    most_bytes: Annotated[int, doc("The largest image that may be uploaded, bytes.")] = 1 << 40
    task_hours: Annotated[int, doc("How long a task is kept after its end, hours.")] = 48
    hash_algorithm: Annotated[
        Literal["sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b"],
        doc("The digest of images beside MD5; data are kept under it."),
    ] = "sha512"
    stores: Annotated[tuple[StoreSettings, ...], doc("Where image data lie: tables `[[image.stores]]`.")] = (
        StoreSettings(id="file", description="Files on this machine"),
    )
    default_store: Annotated[str, doc("Where data go that name no store; empty for the first.")] = ""
    show_multiple_locations: Annotated[bool, doc("Whether images show `locations`, and may be patched there.")] = False
    show_image_direct_url: Annotated[bool, doc("Whether images show `direct_url`.")] = False
    certificates: Annotated[str, doc("A folder of certificates, ID.pem each, that signatures are verified with.")] = ""
    imports: ImportSettings = ImportSettings()
    formats: FormatSettings = FormatSettings()
