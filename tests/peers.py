"""Libraries of others that cannot be in our environment, because of what they ask for: in folders of their own, made once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock


def install(wanted: Path, name: str) -> Path:
    """The folder beside the environment that holds what the file lists; installed there unless it is."""
    folder = Path(sys.prefix) / name
    stamp = folder / "installed.txt"
    with FileLock(f"{folder}.lock"):
        if not (stamp.exists() and stamp.read_bytes() == wanted.read_bytes()):
            _install(wanted, folder)
            stamp.write_bytes(wanted.read_bytes())
    return folder


def _install(wanted: Path, folder: Path) -> None:
    words = ["install", "-q", "--no-deps", "--no-compile", "--upgrade", "--target", str(folder), "-r", str(wanted)]
    environment = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        reason = (done.stderr.strip() or "no pip").splitlines()[-1]
        pytest.fail(f"what {wanted.name} lists could not be installed with pip: {reason}", pytrace=False)
