#!/usr/bin/env python3
"""Sums up one run of the conformance suite.

`report.py TITLE RESULTS LOG STATUS`: RESULTS is the folder that the suite wrote its checks into, LOG
what it printed and STATUS what it exited with. Prints the counts of scored checks, each scored
check that failed, warned or was skipped, and every scenario that is not scored. Fails if a scored
check failed, if none passed, or if the suite's status says otherwise than its checks.
"""

import json
import re
import sys
from pathlib import Path

# `server-SCENARIO-TIME` is how the suite names the folder of a scenario.
FOLDER = re.compile(r"^server-(?P<scenario>.+?)-\d{4}-\d\d-\d\dT[\d-]+Z$")
# `  ✓ SCENARIO (REASON)` follows the headline `Not scored for REVISION: …`.
NOT_SCORED_HEADLINE = re.compile(r"^Not scored for \S+: (?P<count>\d+) scenario")
NOT_SCORED = re.compile(r"^  [✓✗] (?P<scenario>\S+) \((?P<reason>[^)]+)\)$")


def read_checks(results):
    """The checks of each scenario."""
    checks = {}
    for path in sorted(Path(results).glob("*/checks.json")):
        folder = FOLDER.match(path.parent.name)
        if not folder:
            sys.exit(f"{path.parent}: not named as the suite names its folders")
        checks[folder["scenario"]] = json.loads(path.read_text(encoding="utf-8"))
    return checks


def read_not_scored(log):
    """Why scenarios are not scored, for those that are not."""
    _, headline, lines = log.partition("\nNot scored for ")
    if not headline:
        return {}
    expected = int(NOT_SCORED_HEADLINE.match("Not scored for " + lines)["count"])
    found = [NOT_SCORED.match(line) for line in lines.splitlines()]
    reasons = {line["scenario"]: line["reason"] for line in found if line}
    if len(reasons) != expected:
        sys.exit(f"the suite says that it does not score {expected} scenarios, and names {len(reasons)}")
    return reasons


def count(checks, status):
    return sum(check["status"] == status for check in checks)


def counts(checks):
    names = {"SUCCESS": "passed", "FAILURE": "failed", "WARNING": "warned", "SKIPPED": "skipped"}
    return ", ".join(f"{count(checks, status)} {name}" for status, name in names.items())


def print_troubles(scenario, checks):
    for check in checks:
        if check["status"] in ("FAILURE", "WARNING", "SKIPPED"):
            message = " ".join((check.get("errorMessage") or check["description"]).split())
            print(f"  {check['status']} {scenario}, {check['id']}: {message}")


def main(title, results, log, suite_status):
    log = Path(log).read_text(encoding="utf-8")
    every_check = read_checks(results)
    reasons = read_not_scored(log)
    scored = {name: checks for name, checks in every_check.items() if name not in reasons}
    scored_checks = [check for checks in scored.values() for check in checks]

    print(f"{title}: {len(scored)} scored scenarios, {counts(scored_checks)}")
    for scenario, checks in scored.items():
        print_troubles(scenario, checks)
    if reasons:
        print(f"{title}: {len(reasons)} scenarios that are not scored")
        for scenario, reason in reasons.items():
            checks = every_check[scenario]
            tried = "passed" if count(checks, "SUCCESS") else "untried"
            result = "FAILED" if count(checks, "FAILURE") else tried
            print(f"  {result} {scenario} ({reason}): {counts(checks)}")
    print(flush=True)

    failed = count(scored_checks, "FAILURE") > 0
    if failed != (suite_status != "0") or not count(scored_checks, "SUCCESS"):
        print(f"{log}\n{title}: the suite exited with {suite_status}; its output is above", file=sys.stderr)
        return 1
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
