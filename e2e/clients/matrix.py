#!/usr/bin/env python3
"""Turns the lines that the clients printed into a table, actions down and clients across.

`matrix.py --actions` prints the actions of this run: those of actions.json that are done by
default, or with ACTIONS=all in the environment every one.

`matrix.py REPORT CLIENT...` fails if an action of a client failed or was not reported at all, as
happens to those after a crash.
"""

import json
import os
import sys
from pathlib import Path

CLIENTS_ACROSS = 8


def wanted_actions():
    groups = json.loads(Path(__file__).with_name("actions.json").read_text(encoding="utf-8"))
    which = os.environ.get("ACTIONS", "default")
    if which not in ("default", "all"):
        sys.exit(f"ACTIONS is {which}; it can be `all` or `default`")
    return [
        action
        for group in groups
        if which == "all" or group["byDefault"]
        for action in group["actions"]
    ]


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


def print_table(cells, actions, clients):
    rows = [["action", *clients]]
    for action in actions:
        rows.append([action, *(cells[client, action][0] for client in clients)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths))
        print("  ".join(padded).rstrip())
    print()


def print_details(cells, actions):
    """What was said of an action, once, with the clients that said it."""
    for action in actions:
        said = {}
        for (client, of_action), (status, detail) in cells.items():
            if of_action == action and (detail or status != "passed"):
                said.setdefault((status, detail), []).append(client)
        for (status, detail), clients in said.items():
            print(f"{action}: {status}, {detail} ({', '.join(clients)})")


def main(report, *clients):
    actions = wanted_actions()
    found = read_report(report)
    unreported = ("FAILED", "not reported")
    cells = {
        (client, action): found.get((client, action), unreported)
        for client in clients
        for action in actions
    }
    for first in range(0, len(clients), CLIENTS_ACROSS):
        print_table(cells, actions, clients[first : first + CLIENTS_ACROSS])
    print_details(cells, actions)

    counts = {"passed": 0, "n/a": 0, "FAILED": 0}
    for status, _ in cells.values():
        counts[status] += 1
    print()
    print(", ".join(f"{count} {status}" for status, count in counts.items()))

    unknown = set(found) - set(cells)
    for client, action in sorted(unknown):
        print(f"{client} reported `{action}`, which nobody asked for", file=sys.stderr)
    return 0 if counts["FAILED"] == 0 and not unknown else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--actions"]:
        print("\n".join(wanted_actions()))
    else:
        sys.exit(main(*sys.argv[1:]))
