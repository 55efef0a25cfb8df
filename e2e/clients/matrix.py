#!/usr/bin/env python3
"""Turns the lines that the clients printed into a table, actions down and clients across.

`matrix.py REPORT CLIENT...` fails if an action of a client failed or was not reported at all, as
happens to those after a crash.
"""

import json
import sys
from pathlib import Path


def read_report(path):
    """What each client reported of each action: (status, detail)."""
    found = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
            key = (entry["client"], entry["action"])
            found[key] = (entry["status"], " ".join(entry["detail"].split()))
        except (AttributeError, KeyError, TypeError, ValueError):
            print(f"not a line of a report: {line}", file=sys.stderr)
    return found


def aligned(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        print("  ".join(cells).rstrip())


def main(report, *clients):
    actions = json.loads(Path(__file__).with_name("actions.json").read_text(encoding="utf-8"))
    found = read_report(report)
    unreported = ("FAILED", "not reported")
    cells = {
        (client, action): found.get((client, action), unreported)
        for client in clients
        for action in actions
    }

    rows = [["action", *clients]]
    for action in actions:
        rows.append([action, *(cells[client, action][0] for client in clients)])
    aligned(rows)
    print()
    for (client, action), (status, detail) in cells.items():
        if status != "passed" or action in ("connect", "tool appears"):
            print(f"{client}, {action}: {status}, {detail}")

    unknown = set(found) - set(cells)
    for client, action in sorted(unknown):
        print(f"{client} reported `{action}`, which actions.json does not list", file=sys.stderr)
    passed = all(status in ("passed", "n/a") for status, _ in cells.values())
    return 0 if passed and not unknown else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
