"""Settings of the image service."""

from typing import Annotated, Literal

import msgspec

from pileus.kernel.settings import Settings, Table, doc


class StoreSettings(Table, frozen=True, forbid_unknown_fields=True):
    """Of one store of image data, a table `[[image.stores]]`."""

    id: Annotated[str, doc("Its name, as `stores` shows it.")]
    kind: Annotated[Literal["file", "swift", "s3", "http"], doc("What it is; http stores are only read.")] = "file"
    description: Annotated[str, doc("Shown to users.")] = ""
    weight: Annotated[int, doc("Of several stores that have an image, the heaviest is read first.")] = 0
    folder: Annotated[str, doc("Of a file store; empty for one in the state folder.")] = ""
    url: Annotated[str, doc("Of Keystone for Swift, of the S3 service for S3.")] = ""
    user: Annotated[str, doc("The user for Swift, the access key for S3.")] = ""
    secret: Annotated[str, doc("The password for Swift, the secret key for S3.")] = ""
    project: Annotated[str, doc("The project for Swift.")] = ""
    region: Annotated[str, doc("The region for Swift and S3.")] = "RegionOne"
    container: Annotated[str, doc("The container or bucket; it is made if it is not there.")] = "images"


class DownloadSettings(Table, frozen=True, forbid_unknown_fields=True):
    """Of what the service fetches from elsewhere: imports, and locations by HTTP."""

    allowed_schemes: Annotated[tuple[str, ...], doc("The only schemes; with any here, disallowed ones are moot.")] = (
        "http",
        "https",
    )
    disallowed_schemes: Annotated[tuple[str, ...], doc("Schemes that are refused.")] = ()
    allowed_hosts: Annotated[tuple[str, ...], doc("The only hosts; with any here, disallowed ones are moot.")] = ()
    disallowed_hosts: Annotated[tuple[str, ...], doc("Hosts that are refused.")] = ()
    allowed_ports: Annotated[tuple[int, ...], doc("The only ports; with any here, disallowed ones are moot.")] = (
        80,
        443,
    )
    disallowed_ports: Annotated[tuple[int, ...], doc("Ports that are refused.")] = ()
    allowed_networks: Annotated[
        tuple[str, ...], doc("Networks that may be reached although they are not public, as 10.1.0.0/16.")
    ] = ()


class ImportSettings(Table, frozen=True, forbid_unknown_fields=True):
    """How images are imported."""

    methods: Annotated[tuple[str, ...], doc("The methods that are offered.")] = (
        "glance-direct",
        "web-download",
        "copy-image",
        "glance-download",
    )
    plugins: Annotated[
        tuple[Literal["image_decompression", "image_conversion", "inject_image_metadata"], ...],
        doc("What happens to imported data: image_decompression, image_conversion, inject_image_metadata."),
    ] = ()
    output_format: Annotated[Literal["raw", "qcow2", "vmdk"], doc("What image_conversion makes of them.")] = "raw"
    inject: Annotated[dict[str, str], doc("Properties that inject_image_metadata sets.")] = msgspec.field(
        default_factory=dict
    )
    ignore_user_roles: Annotated[tuple[str, ...], doc("Whose imports inject_image_metadata leaves alone.")] = ("admin",)
    copied_properties: Annotated[
        tuple[str, ...], doc("Properties that glance-download copies, by how their names start.")
    ] = ("hw_", "trait:", "os_distro", "os_secure_boot", "os_type")


class ImageSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the image service."""

    most_bytes: Annotated[int, doc("The largest image that may be uploaded, bytes.")] = 1 << 40
    cache_bytes: Annotated[int, doc("Bytes of images from other places kept here as well; 0 for no cache.")] = 10 << 30
    property_protections: Annotated[
        str, doc("`roles:FILE` or `policies:FILE`: who may set which free properties; empty for no protections.")
    ] = ""
    hash_algorithm: Annotated[
        Literal["sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b"],
        doc("The digest of images beside MD5; data are kept under it."),
    ] = "sha512"
    stores: Annotated[tuple[StoreSettings, ...], doc("Where data lie; the first that keeps them is the default.")] = (
        StoreSettings(id="file", description="Files on this machine"),
    )
    show_locations: Annotated[
        Literal["none", "direct", "all"],
        doc("Whether images tell where data lie: not, by `direct_url`, or by `locations` as well."),
    ] = "none"
    certificates: Annotated[str, doc("A folder of certificates, ID.pem each, that signatures are verified with.")] = ""
    download: Annotated[DownloadSettings, doc("What may be fetched from elsewhere by HTTP.")] = DownloadSettings()
    imports: Annotated[ImportSettings, doc("How images are imported.")] = ImportSettings()
    tolerated: Annotated[
        tuple[Literal["mismatch", "mbr", "gptmbr"], ...],
        doc("What does not refuse an image: a mismatch with disk_format, or these faults of its partition table."),
    ] = ()
