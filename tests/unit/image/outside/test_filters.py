"""The operator's filters of URLs, as Glance's `import_filtering_opts`."""

import pytest

from pileus.image.outside.filters import refusal
from pileus.image.settings import DownloadSettings

DEFAULT = DownloadSettings()


@pytest.mark.parametrize("url", ["http://x.org/a", "https://x.org/", "http://x.org:80/", "https://x.org:443/a?b=c#d"])
def test_usual_urls_pass(url):
    assert refusal(DEFAULT, url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//x.org/", "http://", "http:///a", "file:///etc/passwd", "gopher://x.org/", "ftp://x.org/", "HTTP//x",
        "dict://x.org:11211/", "http://x.org:22/", "http://x.org:99999/", "http://x.org:0x50/", "http://u:p@x.org/",
        "http://x.org\\@y.org/", "http://x.org /", "http://x.org\r\nHost: y", "http://[::1/", "jar:http://x.org/",
    ],
)  # fmt: skip
def test_odd_ones_do_not(url):
    assert refusal(DEFAULT, url)


def test_what_is_allowed_goes_before_what_is_not():
    some = DownloadSettings(allowed_hosts=("Good.org.",), disallowed_hosts=("good.org",), disallowed_schemes=("http",))
    assert refusal(some, "http://good.org/") == ""
    assert refusal(some, "http://GOOD.org./") == ""
    assert refusal(some, "http://bad.org/")
    other = DownloadSettings(disallowed_hosts=("bad.org",), allowed_ports=(), disallowed_ports=(22,))
    assert refusal(other, "http://bad.org/")
    assert refusal(other, "http://ＢＡＤ.org/")  # compatibility forms are the same name
    assert refusal(other, "http://good.org:22/")
    assert refusal(other, "http://good.org:8080/") == ""
    assert refusal(DownloadSettings(allowed_schemes=("https",)), "http://good.org/")
