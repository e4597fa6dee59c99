"""Runs the sh blocks of a page, one after the other, in one bash."""

import os
import re
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .pages import Block, Page

# Each step notes its number, so that the step which ended bash is known.
PREAMBLE = """set -E -euo pipefail
trap 'echo "$LINENO" >{state}/line' ERR
"""
LIMIT = 240  # seconds for a page


@dataclass
class Result:
    run: int = 0
    compared: int = 0
    faults: list = field(default_factory=list)


class Session:
    def __init__(self, page: Page, environment: dict, prepare, skipped: set, limit: float = LIMIT):
        self.page, self.environment, self.prepare, self.skipped, self.limit = page, environment, prepare, skipped, limit

    def run(self) -> Result:
        with tempfile.TemporaryDirectory(prefix="commands-", ignore_cleanup_errors=True) as folder:
            self.state = Path(folder).resolve()
            self.home, self.work = self.state / "home", self.state / "work"
            self.home.mkdir()
            self.work.mkdir()
            self.prepare(self.work)
            return self._results(self._bash(self._script()))

    def _script(self) -> Path:
        steps = [PREAMBLE.format(state=self.state)]
        for number, block in enumerate(self.page.blocks):
            if block.file:
                source = self._write(number, block.text)
                target = shlex.quote(block.file)
                copy = f'mkdir -p "$(dirname {target})"; cp {shlex.quote(str(source))} {target}'
                steps.append(f"echo {number} >{self.state}/step; {copy}")
            elif block.is_run and number not in self.skipped:
                # As many lines above it as in the page, so that bash's messages have the page's numbers.
                source = self._write(number, "\n" * (block.line - 1) + block.text)
                out, err = (self.state / f"{number}.{stream}" for stream in ("out", "err"))
                steps.append(f'echo {number} >{self.state}/step; . {shlex.quote(str(source))} >{out} 2>{err} </dev/null')
        script = self.state / "session"
        script.write_text("\n".join([*steps, f"echo end >{self.state}/step", ""]))
        return script

    def _write(self, number: int, text: str) -> Path:
        path = self.state / str(number) / self.page.name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return path

    def _bash(self, script: Path) -> str:
        """Runs the script. Returns the reason of a failure, or an empty text."""
        with (self.state / "out").open("w") as output:
            bash = subprocess.Popen(
                ["bash", script], cwd=self.work, env={**self.environment, "HOME": str(self.home)},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )
            try:
                status = bash.wait(self.limit)
            except subprocess.TimeoutExpired:
                return f"still running {self.limit:g} s after the page's first command"
            finally:
                # Processes in the background, too.
                try:
                    os.killpg(bash.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                bash.wait()
        return f"exit status {status}" if status else ""

    def _results(self, ending: str) -> Result:
        result = Result()
        step = self._read("step").strip() or "0"
        last = len(self.page.blocks) if step == "end" else int(step)
        if step != "end":
            block = self.page.blocks[last]
            result.faults.append(self._failure(block, ending or "it ends the session", last))
        before = None
        for number, block in enumerate(self.page.blocks[:last]):
            if block.is_run and number not in self.skipped:
                result.run += 1
            if block.prints and before not in self.skipped:
                result.compared += 1
                printed = self._read(f"{before}.out")
                if not matches(block.text, printed):
                    result.faults.append(f"{block.place}: the command above prints something else:\n{indented(printed)}")
            before = number
        return result

    def _failure(self, block: Block, ending: str, number: int) -> str:
        line = self._read("line").strip()
        end = block.line + block.text.count("\n")
        place = f"{block.page}:{line}" if line.isdigit() and block.line <= int(line) < end else block.place
        streams = [self._read(f"{number}.{stream}") for stream in ("out", "err")]
        output = "".join(streams) or self._read("out")
        return f"{place}: {ending}\n{indented(output.replace(f'{self.state}/{number}/', ''))}"

    def _read(self, name: str) -> str:
        path = self.state / name
        return path.read_text(errors="replace") if path.exists() else ""


def matches(expected: str, printed: str) -> bool:
    """Returns whether the text is as expected, where … is any text."""
    parts = [re.escape(part) for part in normal(expected).split("…")]
    return re.fullmatch(".*".join(parts), normal(printed), re.DOTALL) is not None


def normal(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def indented(text: str, lines: int = 60) -> str:
    kept = text.strip("\n").splitlines() or ["(no output)"]
    if len(kept) > lines:
        kept = [f"({len(kept) - lines} lines left out)", *kept[-lines:]]
    return "\n".join(f"    {line}" for line in kept)
