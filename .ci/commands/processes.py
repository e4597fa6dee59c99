"""Starts the stand-ins that are programs, and ends them."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from . import REPOSITORY


class Unavailable(Exception):
    """A stand-in does not start; the text says why."""


class Processes:
    """The programs that were started, each in a process group of its own. Their logs are in the folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.started: list = []

    def start(self, name: str, command: list, environment: dict, ready: str, limit: float) -> str:
        """Starts a server, and returns the URL that it prints within so many seconds, as `ready` captures it."""
        log = self.folder / f"{name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )
        self.started.append(process)
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if found := re.search(ready, log.read_text()):
                return found[1]
            if process.poll() is not None:
                break
            time.sleep(0.1)
        raise Unavailable(f"{name} does not start:\n{log.read_text()}")

    def stop(self) -> None:
        """Ends the programs, and those that they started."""
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
