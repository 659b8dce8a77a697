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


def refusal(program, folder, *arguments):
    """(exit status, standard error) of `cnn` with these arguments, which it has to refuse with one line."""
    command = [str(argument) for argument in (program, *arguments)]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    lines = result.stderr.strip().splitlines()
    assert result.returncode > 1 and len(lines) == 1, f"{' '.join(command)}: exit status {result.returncode}\n{result.stderr}"
    return result.returncode, lines[0]
