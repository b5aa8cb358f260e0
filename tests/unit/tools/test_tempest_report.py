"""A Tempest run is summed up so that nothing that was asked for can go missing unseen."""

import argparse
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve()


@pytest.fixture(scope="module")
def report() -> ModuleType:
    """The runner's report module, which is a script beside ``run.sh`` and no package."""
    spec = importlib.util.spec_from_file_location("report", HERE.parents[2] / "tempest" / "report.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["report"] = module
    spec.loader.exec_module(module)
    return module


def options(**given: object) -> argparse.Namespace:
    usual = {"services": "identity,compute", "smoke": False, "no_scenario": False, "regex": "", "exclude": ""}
    return argparse.Namespace(**usual | given)


@pytest.mark.parametrize(
    ("test", "given", "is_chosen"),
    [
        ("tempest.api.compute.a.T.t[id-1]", {}, True),
        ("tempest.api.volume.a.T.t[id-1]", {}, False),
        ("tempest.api.compute.a.T.t[id-1]", {"smoke": True}, False),
        ("tempest.api.compute.a.T.t[id-1,smoke]", {"smoke": True}, True),
        ("tempest.scenario.a.T.t[compute,id-1]", {}, True),
        ("tempest.scenario.a.T.t[compute,id-1,volume]", {}, False),
        ("tempest.scenario.a.T.t[compute,id-1]", {"no_scenario": True}, False),
        ("tempest.scenario.a.T.t[compute,id-1]", {"services": "identity"}, False),
        ("tempest.api.compute.a.T.t[id-1]", {"regex": "Nothing"}, False),
        ("tempest.api.compute.a.T.t[id-1]", {"exclude": r"\.T\."}, False),
        ("other.api.compute.a.T.t[id-1]", {}, False),
    ],
)
def test_choice(report: ModuleType, test: str, given: dict[str, object], is_chosen: bool) -> None:
    assert report.chosen(test, options(**given)) is is_chosen


SEEN = {
    "tempest.api.compute.a.T.good[id-1]": ("success", "", 1.0),
    "tempest.api.compute.a.T.bad[id-2]": ("fail", "Traceback\nBoom: it broke", 2.0),
    "setUpClass (tempest.api.image.b.U)": ("skip", "no image service", 0.0),
    "setUpClass (tempest.api.image.b.V)": ("fail", "Traceback\nNo token", 0.0),
    "tearDownClass (tempest.api.compute.a.T)": ("fail", "left a server", 0.0),
}
WANTED = {
    "tempest.api.compute.a.T.good[id-1]": "pass",
    "tempest.api.compute.a.T.bad[id-2]": "fail",
    "tempest.api.image.b.U.x[id-3]": "skip",
    "tempest.api.image.b.V.x[id-4]": "fail",
    "tempest.api.network.c.W.x[id-5]": "missing",
}


def test_each_wanted_test_has_one_status_and_late_failures_count(report: ModuleType) -> None:
    results = report.settle(SEEN, list(WANTED))
    assert [result.status for result in results] == [*WANTED.values(), "fail"]
    assert results[1].last_line == "Boom: it broke"
    assert report.table(results).splitlines()[-1].split() == ["total", "1", "3", "1", "1"]


def test_junit_counts_what_is_missing_as_failed(report: ModuleType) -> None:
    suite = report.junit(report.settle(SEEN, list(WANTED)), 3.0)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "4", "1")
    assert len(suite.findall("testcase/failure")) == 4
