"""Runs the program under test."""

import subprocess
import sys


def run_cnn(program, folder, *arguments):
    """The standard output of `cnn` with these arguments, run in `folder`; ends this program if it fails."""
    command = [str(argument) for argument in (program, *arguments)]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {result.returncode}\n{result.stderr}")
    return result.stdout
