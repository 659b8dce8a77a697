"""Measures training beside other programs: images per second for each number of threads and of busy processes, in turns.

A busy process is an endless loop of a shell, as nice as the training and not bound to a core. The shares are of the undisturbed
speed with as many threads; programs of another build may be named to be compared in the same turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmark_common import busy_processes, cpu_name

ROOT = Path(__file__).resolve().parents[2]


def images_per_second(program, options, threads, folder):
    command = [program, "train", options.config, "--data", options.data, "--threads", str(threads), "--json", "--force",
               "--epochs", str(options.epochs), "--output", f"{folder}/run"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    events = [json.loads(line) for line in output.splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    return len(epochs) * events[0]["train_images"] / sum(epoch["seconds"] for epoch in epochs)


def main():
    parser = argparse.ArgumentParser(prog="scripts/busy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", type=Path, default=[ROOT / ".build/release/cnn"], metavar="PROGRAM")
    parser.add_argument("--config", default="torch-lenet")
    parser.add_argument("--data", default=os.environ.get("CNN_DATA_DIR", ROOT / "data/mnist"), metavar="DIR")
    parser.add_argument("--threads", default="1,2,4", help="numbers of threads (default: %(default)s)")
    parser.add_argument("--busy", default="0,1,2", help="numbers of busy processes (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--epochs", type=int, default=2, help="of each run (default: %(default)s)")
    options = parser.parse_args()
    threads, busy = ([int(number) for number in text.split(",")] for text in (options.threads, options.busy))
    found = {(program, count, number): [] for program in options.programs for count in threads for number in busy}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.rounds):
            for number in busy:
                print(f"round {turn + 1} of {options.rounds}, {number} busy ...", file=sys.stderr)
                # In the other direction every other time, so that a drift of the machine favours nobody.
                for program, count in [(p, c) for p in options.programs for c in threads][:: -1 if turn % 2 else 1]:
                    with busy_processes(number):
                        found[program, count, number].append(images_per_second(program, options, count, folder))
    print(f"{cpu_name()}, {os.cpu_count()} cores: {options.config}, medians (and ranges) of {options.rounds} runs\n")
    print("| program | threads | busy processes | images/s | of undisturbed |\n|---|---:|---:|---:|---:|")
    for (program, count, number), speeds in found.items():
        median, undisturbed = statistics.median(speeds), statistics.median(found[program, count, busy[0]])
        print(f"| {program.name} | {count} | {number} | {median:,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f}) "
              f"| {median / undisturbed:.0%} |")


if __name__ == "__main__":
    main()
