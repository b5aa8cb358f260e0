"""The Debian packages that Pileus needs, one list per purpose in a text file beside this one.

The files are the single place for these names: `deploy/bootstrap.sh` reads them before there is a Python environment.
"""

from importlib import resources

PURPOSES = ("base", "host", "guest-image", "saml", "build", "test")
"""The lists: every cloud; real servers and networks; making the tiny guest image; SAML 2; compiling what comes as
source; running the tests."""


def names(purpose: str) -> tuple[str, ...]:
    """The packages of one purpose, in the file's order.

    Raises:
        ValueError: there is no such purpose.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"no package list for {purpose!r}; there are {', '.join(PURPOSES)}")
    text = resources.files(__name__).joinpath(f"{purpose}.txt").read_text(encoding="utf-8")
    bare = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(name for name in bare if name)
