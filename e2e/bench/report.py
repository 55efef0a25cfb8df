#!/usr/bin/env python3
"""Turns the measurements of a benchmark into one table: medians, their spread, ratios to nginx.

`report.py FILE` reads one JSON object a line: subject, connections, round, requests, duration_us,
p50_us, p99_us, cpu_us (of the subject's own processes).
"""

import json
import sys
from pathlib import Path
from statistics import median

HEADER = ["conns", "subject", "calls/s", "min-max", "x nginx", "min-max", "p50 ms", "p99 ms", "CPU us/call"]


def calls_per_second(run):
    return run["requests"] / run["duration_us"] * 1e6


def spread(values, form):
    return f"{form(min(values))}-{form(max(values))}"


def thousands(value):
    return f"{value / 1000:.1f}k"


def ratio(value):
    return f"{value:.2f}"


def row(connections, subject, runs, base):
    """One line of the table. Ratios are taken within a round, so that what slows the machine for
    a while slows both."""
    rates = [calls_per_second(run) for run in runs]
    ratios = [
        calls_per_second(run) / base[run["round"]] for run in runs if run["round"] in base
    ]
    return [
        str(connections),
        subject,
        thousands(median(rates)),
        spread(rates, thousands),
        ratio(median(ratios)) if ratios else "-",
        spread(ratios, ratio) if ratios else "-",
        f"{median(run['p50_us'] for run in runs) / 1000:.2f}",
        f"{median(run['p99_us'] for run in runs) / 1000:.2f}",
        f"{median(run['cpu_us'] / run['requests'] for run in runs):.1f}",
    ]


def table(runs):
    rows = [HEADER]
    for connections in sorted({run["connections"] for run in runs}):
        group = {}
        for run in runs:
            if run["connections"] == connections:
                group.setdefault(run["subject"], []).append(run)
        base = {run["round"]: calls_per_second(run) for run in group.get("nginx", [])}
        rows += [row(connections, subject, runs, base) for subject, runs in group.items()]
    return rows


def main(path):
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    rows = table([json.loads(line) for line in lines])
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    for cells in rows:
        # Names to the left, numbers to the right.
        print("  ".join(
            cell.ljust(width) if column == 1 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        ))


if __name__ == "__main__":
    main(sys.argv[1])
