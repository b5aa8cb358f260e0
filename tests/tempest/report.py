"""Choose Tempest's tests by service, and sum up a run.

``choose`` reads every discovered id and writes those that were asked for; ``summary`` reads the subunit
stream of a run and writes ``results.json``, ``junit.xml`` and ``failures.txt``. Statuses are pass, fail,
skip, and missing for a chosen test of which the run says nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

STATUSES = ("pass", "fail", "skip", "missing")
TAGS = {"volume", "object_storage", "dashboard", "image", "compute", "network", "identity"}
Seen = dict[str, tuple[str, str, float]]
"""What a stream says: id to status in subunit's words, reason, seconds."""


@dataclass(frozen=True)
class Result:
    """What became of one test: its id without tags, its status, why, and how long it took in seconds."""

    test: str
    status: str
    reason: str
    seconds: float

    @property
    def service(self) -> str:
        """``compute`` for ``tempest.api.compute…``, ``scenario`` for ``tempest.scenario…``."""
        parts = self.test.split(".")
        return parts[2] if parts[1] == "api" else parts[1]

    @property
    def last_line(self) -> str:
        """The line of the reason that says the most."""
        return self.reason.strip().splitlines()[-1] if self.reason.strip() else ""


def bare(test: str) -> str:
    """An id without its tags."""
    return test.partition("[")[0]


def tags(test: str) -> set[str]:
    """The tags of an id: ``a.b.c[id-1,smoke]`` has ``{'id-1', 'smoke'}``."""
    return set(test.partition("[")[2].rstrip("]").split(",")) - {""}


def chosen(test: str, options: argparse.Namespace) -> bool:
    """Whether a test was asked for."""
    services = set(options.services.split(","))
    parts = test.split(".")
    if parts[:2] == ["tempest", "api"]:
        belongs = parts[2].replace("_", "-") in {s.replace("_", "-") for s in services}
    else:
        beyond = (tags(test) & TAGS) - {s.replace("-", "_") for s in services}
        belongs = parts[0] == "tempest" and "compute" in services and not options.no_scenario and not beyond
    if options.smoke and "smoke" not in tags(test):
        return False
    if options.exclude and re.search(options.exclude, test):
        return False
    return belongs and (not options.regex or re.search(options.regex, test) is not None)


def choose(options: argparse.Namespace) -> int:
    """Write the chosen ids. 2 when there are none."""
    lines = [line.strip() for line in options.all.read_text().splitlines()]
    wanted = sorted(line for line in lines if line.startswith("tempest.") and chosen(line, options))
    options.out.write_text("".join(f"{line}\n" for line in wanted))
    print(f"tempest: {len(wanted)} tests of {len(lines)}", file=sys.stderr)
    return 0 if wanted else 2


def read(stream: Path) -> Seen:
    """Every id that the stream ends with a status for; ids that it only announces are left out."""
    import subunit
    import testtools

    seen: Seen = {}

    def note(test: dict[str, Any]) -> None:
        if test["status"] in {"exists", "inprogress"}:
            return
        texts = [d.as_text() for name, d in test["details"].items() if name.startswith(("traceback", "reason"))]
        began, ended = test["timestamps"]
        seconds = (ended - began).total_seconds() if began and ended else 0.0
        seen[test["id"]] = (test["status"], "\n".join(texts), seconds)

    result = testtools.StreamToDict(note)
    result.startTestRun()
    with stream.open("rb") as file:
        subunit.ByteStreamToStreamResult(file, non_subunit_name="stdout").run(result)
    result.stopTestRun()
    return seen


def settle(seen: Seen, wanted: list[str]) -> list[Result]:
    """The result of each wanted test. One whose class could not be set up has the status of that set-up."""
    words = {"success": "pass", "xfail": "pass", "skip": "skip"}
    results = []
    for test in wanted:
        fixture = f"setUpClass ({bare(test).rpartition('.')[0]})"
        found = seen.get(test) or seen.get(fixture)
        if found is None:
            results.append(Result(bare(test), "missing", "the run says nothing of it", 0.0))
        else:
            results.append(Result(bare(test), words.get(found[0], "fail"), found[1], round(found[2], 3)))
    for name, found in seen.items():
        if name.startswith("tearDownClass (") and found[0] == "fail":
            owner = name.removeprefix("tearDownClass (").removesuffix(")")
            results.append(Result(f"{owner}.tearDownClass", "fail", found[1], 0.0))
    return results


def table(results: list[Result]) -> str:
    """Counts by service, one line each, and a total."""
    counts: dict[str, Counter[str]] = {}
    for result in results:
        counts.setdefault(result.service, Counter())[result.status] += 1
    counts["total"] = Counter(result.status for result in results)
    rows = [f"{'service':<14}" + "".join(f"{status:>9}" for status in STATUSES)]
    names = [*sorted(set(counts) - {"total"}), "total"]
    rows += [f"{name:<14}" + "".join(f"{counts[name][status]:>9}" for status in STATUSES) for name in names]
    return "\n".join(rows)


def junit(results: list[Result], seconds: float) -> ET.Element:
    """The same results in the form that continuous integration reads."""
    count = Counter(result.status for result in results)
    attributes = {"name": "tempest", "tests": len(results), "failures": count["fail"] + count["missing"]}
    attributes |= {"skipped": count["skip"], "time": seconds}
    suite = ET.Element("testsuite", {key: str(value) for key, value in attributes.items()})
    for result in results:
        owner, _, name = result.test.rpartition(".")
        case = ET.SubElement(suite, "testcase", classname=owner, name=name, time=str(result.seconds))
        if result.status != "pass":
            tag = "skipped" if result.status == "skip" else "failure"
            legible = re.sub(r"[^\t\n\x20-\uFFFD]", "?", result.reason)
            ET.SubElement(case, tag, message=legible.strip()[-200:]).text = legible
    return suite


def summary(options: argparse.Namespace) -> int:
    """Print and write the outcome. 1 when anything failed or is missing."""
    results = settle(read(options.stream), options.chosen.read_text().split())
    bad = [result for result in results if result.status in {"fail", "missing"}]
    out: Path = options.out
    (out / "results.json").write_text(
        json.dumps({"seconds": options.seconds, "results": [asdict(result) for result in results]}, indent=1)
    )
    ET.ElementTree(junit(results, options.seconds)).write(out / "junit.xml", encoding="utf-8")
    (out / "failures.txt").write_text("".join(f"{r.test}\n{r.reason}\n\n" for r in bad))
    print(table(results))
    for result in bad:
        print(f"{result.status.upper()} {result.test}\n     {result.last_line[:200]}")
    print(f"{options.seconds:.0f} s; results.json, junit.xml and failures.txt are in {out}")
    return 1 if bad else 0


def main() -> int:
    """See the module's words."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("choose")
    one.add_argument("all", type=Path)
    one.add_argument("out", type=Path)
    one.add_argument("--services", default="identity,image,compute,network")
    one.add_argument("--smoke", action="store_true")
    one.add_argument("--no-scenario", action="store_true")
    one.add_argument("--regex", default="")
    one.add_argument("--exclude", default="")
    two = verbs.add_parser("summary")
    two.add_argument("stream", type=Path)
    two.add_argument("chosen", type=Path)
    two.add_argument("out", type=Path)
    two.add_argument("--seconds", type=float, default=0.0)
    options = parser.parse_args()
    return choose(options) if options.verb == "choose" else summary(options)


if __name__ == "__main__":
    sys.exit(main())
