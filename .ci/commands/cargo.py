"""Copies cargo's target folder for the builds of the pages."""

import os
import shutil
from pathlib import Path

from . import REPOSITORY


def copy_target() -> Path:
    """Returns a new target folder with the usual one's dependencies, so that builds do not change the usual one. Cargo replaces
    artifacts, which can be hard links, and writes fingerprints in place."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target").resolve()
    folder = target / f"commands-{os.getpid()}"
    for name, copy in (("build", os.link), ("deps", os.link), (".fingerprint", shutil.copy2)):
        if (target / "debug" / name).exists():
            shutil.copytree(target / "debug" / name, folder / "debug" / name, copy_function=copy)
    return folder
