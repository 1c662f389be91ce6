#!/usr/bin/env python3
"""Make the Markdown tables of a run of the suite.

  bench/table.py build/release/bench/results.jsonl
  bench/table.py build/release/bench/results.jsonl --into docs/performance.md

A figure is the median of the repetitions, with the least and the most in brackets. A ratio is taken
within each repetition, in which the servers took turns, and then its median: so what the machine did besides
falls on both sides. With --into, what stands between the two marks of that file is replaced.
"""

import argparse
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

import scenarios  # noqa: E402
from scenarios.figures import number, table  # noqa: E402

BEGIN = "<!-- results: made by bench/table.py -->"
END = "<!-- end of results -->"


def head(rows):
    machine = next(row for row in rows if row["scenario"] == "machine")
    ends = [row for row in rows if row["scenario"] == "end"]
    return [f"{machine['processors']} × {machine['processor']}, Linux {machine['kernel']}, "
            f"{machine['system']}; {machine['time']}, commit {machine['commit']}, "
            f"`{machine['command']}`. "
            f"Load average when it began: {machine['load_average']:.1f}"
            + (f", when it ended: {ends[0]['load_average']:.1f} after {ends[0]['seconds']:.0f} s. "
               f"Measurements that failed: {ends[0]['failed']}." if ends else "."), "",
            *(f"* {name} {about['version']}: {about['settings']}"
              for name, about in machine["servers"].items()), ""]


def peak_table(rows):
    lines = [[row["server"], number(row["bytes"] / 1048576)]
             for row in rows if row["scenario"] == "peak"]
    return table("Peak resident memory of each server that ran all the time, MiB", ["server", "MiB"],
                 lines)


def make(rows):
    lines = head(rows)
    for scenario in scenarios.ALL:
        lines += scenario.tables(rows)
    return "\n".join(lines + peak_table(rows))


def put_into(path, text):
    """Replace what is between the marks; whoever reads the file meanwhile sees the old or the new."""
    old = path.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        sys.exit(f"{path}: needs the lines {BEGIN} and {END}, each once")
    new = old[:old.index(BEGIN) + len(BEGIN)] + f"\n\n{text.rstrip()}\n\n" + old[old.index(END):]
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(new, encoding="utf-8")
    os.replace(fresh, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--into", type=pathlib.Path, help="a file with two marks")
    options = parser.parse_args()
    lines = options.results.read_text(encoding="utf-8").splitlines()
    text = make([json.loads(line) for line in lines])
    if options.into:
        put_into(options.into, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
