"""An object's headers."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.headers import family
from pileus.kernel.api.schema import Schema

META = "x-object-meta-"
KEPT = ("content-encoding", "content-disposition", "content-language", "cache-control", "expires", "x-object-manifest")
"""Headers that are kept with an object and sent with it."""


class ObjectHeaders(Schema, extra="ignore"):
    """An object."""

    meta = family("X-Object-Meta-", "Free metadata.")
    type = f.text("The media type; guessed from the name when missing.", wire="Content-Type", most=None)
    detect = f.text("Whether to guess the media type all the same.", wire="X-Detect-Content-Type", most=None)
    etag = f.text("The MD5 that the bytes must have.", wire="ETag", most=None)
    delete_at = f.text("The second since 1970 from which on it is gone.", wire="X-Delete-At", most=None)
    delete_after = f.text("Seconds until it is gone.", wire="X-Delete-After", most=None, write_only=True)
    remove_delete_at = f.text("It stays.", wire="X-Remove-Delete-At", most=None, write_only=True)
    copy_from = f.text("Container and object to copy.", wire="X-Copy-From", most=None, write_only=True)
    copy_from_account = f.text("The account to copy from.", wire="X-Copy-From-Account", most=None, write_only=True)
    destination = f.text("Container and object to copy to.", wire="Destination", most=None, write_only=True)
    destination_account = f.text("The account to copy to.", wire="Destination-Account", most=None, write_only=True)
    fresh = f.text("Whether a copy leaves the old metadata behind.", wire="X-Fresh-Metadata", write_only=True)
    if_none_match = f.text("`*`: only if there is none.", wire="If-None-Match", most=None, write_only=True)
    encoding = f.text("How the bytes are encoded.", wire="Content-Encoding", most=None)
    disposition = f.text("What a browser does with it.", wire="Content-Disposition", most=None)
    language = f.text("The language of the content.", wire="Content-Language", most=None)
    cache = f.text("How long it may be cached.", wire="Cache-Control", most=None)
    expires = f.text("Until when it may be cached.", wire="Expires", most=None)
    manifest = f.text("Container and prefix of the segments it is made of.", wire="X-Object-Manifest", most=None)
    link = f.text("Container and object that it stands for.", wire="X-Symlink-Target", most=None)
    link_account = f.text("The account of that, if another.", wire="X-Symlink-Target-Account", most=None)
    link_etag = f.text("The ETag that that must have.", wire="X-Symlink-Target-Etag", most=None)
    link_bytes = f.text("Its size.", wire="X-Symlink-Target-Bytes", read_only=True)
    slo = f.text("Not for clients to set.", wire="X-Static-Large-Object", most=None, write_only=True)
    version = f.text("Which version it is.", wire="X-Object-Version-Id", read_only=True)
    manifest_etag = f.text("The ETag of the list that it is made of.", wire="X-Manifest-Etag", read_only=True)
    parts = f.text("Segments, where one was asked for by number.", wire="X-Parts-Count", read_only=True)
    stamp = f.text("When the object was made, seconds since 1970.", wire="X-Timestamp", read_only=True)
    modified = f.text("The same as a date.", wire="Last-Modified", read_only=True)
    ranges = f.text("Always `bytes`.", wire="Accept-Ranges", read_only=True)
    static = f.text("Whether it is made of listed segments.", wire="X-Static-Large-Object", read_only=True)
    location = f.text("Where following links led to.", wire="Content-Location", read_only=True)
