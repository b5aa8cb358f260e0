"""`python -m tests.fuzz.rights` writes the matrix of rights anew."""

import sys
import tempfile
from pathlib import Path

from tests.fuzz import seeds
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import populate
from tests.fuzz.rights.matrix import TABLE, asked, text


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = FuzzCloud(Path(folder))
        populate(cloud)
        seeds.make(cloud)
        TABLE.write_text(text(asked(cloud)))
        cloud.close()
    sys.stdout.write(f"{TABLE}\n")


if __name__ == "__main__":
    main()
