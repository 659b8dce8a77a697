"""Checks import and export of networks, weights and data sets against other tools; see scripts/check-interop."""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from interop_workspace import Workspace

SUBJECTS = {
    "networks": "interop_networks", "graphs": "interop_graph_checks", "torch": "interop_torch_files",
    "keras": "interop_keras_files", "sources": "interop_sources", "labels": "interop_labelled_sources",
    "recipes": "interop_recipes",
}


def check(subject: str, program: Path, data: Path) -> None:
    """Runs the checks of one subject in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        # The recipes use relative paths.
        os.chdir(folder)
        workspace = Workspace(program, data, Path(folder))
        importlib.import_module(SUBJECTS[subject]).check(workspace)
    if workspace.failures:
        sys.exit(f"{subject}: {workspace.failures} checks failed")


def main() -> None:
    program, data = (Path(argument).resolve() for argument in sys.argv[1:3])
    subjects = sys.argv[3:] or list(SUBJECTS)
    if len(subjects) == 1:
        return check(subjects[0], program, data)
    # The compilers of PyTorch and TensorFlow do not get along in one process.
    failed = [
        subject for subject in subjects
        if subprocess.run([sys.executable, __file__, program, data, subject], check=False).returncode != 0]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
