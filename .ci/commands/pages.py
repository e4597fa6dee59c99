"""Reads the code blocks of a page and the comments that say how to run them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^(?P<before>\s*(?:(?:[-*+]|\d+[.)])\s+)?)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
QUOTED_FENCE = re.compile(r"^\s*>[>\s]*(?:```|~~~)")
COMMENT = re.compile(r"^\s*<!--\s*(?P<text>.*?)\s*-->\s*$")
# Comments for release-please and for mdBook.
OTHERS = ("x-release-please-", "ANCHOR: ", "ANCHOR_END: ")
MARKER = re.compile(r"(?P<name>not run|not validated|prints|file)(?:\s*:\s*(?P<value>.*))?$")
OTHER_SHELLS = {"bash", "console", "shell", "shell-session", "terminal", "zsh"}
PROMPT = re.compile(r"^\s*\$ ")


@dataclass
class Block:
    page: str
    line: int  # of its first line of text
    language: str
    text: str
    not_run: str = ""  # the reason
    file: str = ""  # the file that it becomes
    prints: bool = False

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_run(self) -> bool:
        return self.language == "sh" and not self.file and not self.not_run


@dataclass
class Page:
    name: str
    blocks: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    def commands(self) -> str:
        """Returns the commands that are run, and the files, which may be scripts that they call."""
        return "\n".join(block.text for block in self.blocks if block.is_run or block.file)


def read(root: Path, name: str) -> Page:
    page = Page(name)
    markers = []  # the comments above the current line
    lines = enumerate((root / name).read_text().splitlines(), 1)
    for number, line in lines:
        if QUOTED_FENCE.match(line):
            page.faults.append(f"{name}:{number}: a code block in a quotation is not run")
        if fence := FENCE.match(line):
            block = _block(page, number, fence, lines)
            _mark(page, block, markers)
            _check(page, block)
            page.blocks.append(block)
            markers = []
        elif comment := COMMENT.match(line):
            markers.append((number, comment["text"]))
        elif line.strip():
            page.faults.extend(f"{name}:{at}: no code block follows this comment" for at, text in markers if MARKER.match(text))
            markers = []
    page.faults.extend(f"{name}:{at}: no code block follows this comment" for at, text in markers if MARKER.match(text))
    return page


def _block(page: Page, number: int, fence: re.Match, lines) -> Block:
    info = re.split(r"[\s,{]", fence["info"].strip())[0].lower()
    indent, text = len(fence["before"]), []
    end = re.compile(rf"^\s*{fence['fence'][0]}{{{len(fence['fence'])},}}\s*$")
    for _, line in lines:
        if end.match(line):
            break
        text.append(line[min(indent, len(line) - len(line.lstrip())):])
    else:
        page.faults.append(f"{page.name}:{number}: the code block does not end")
    return Block(page.name, number + 1, info, "\n".join(text) + "\n")


def _check(page: Page, block: Block) -> None:
    fault = ""
    if block.language in OTHER_SHELLS and not (block.language == "bash" and block.file):
        fault = f"commands are ```sh without prompts, and their output is ```text, not ```{block.language}"
    elif block.language in ("sh", "") and any(map(PROMPT.match, block.text.splitlines())):
        fault = "commands are ```sh without \"$ \", and their output is ```text"
    if fault:
        page.faults.append(f"{page.name}:{block.line - 1}: {fault}")


def _mark(page: Page, block: Block, markers: list) -> None:
    for number, text in markers:
        fault = _apply(page, block, text)
        if fault:
            page.faults.append(f"{page.name}:{number}: {fault}")


def _apply(page: Page, block: Block, text: str) -> str:
    if text.startswith(OTHERS):
        return ""
    marker = MARKER.match(text)
    if not marker:
        return f"unknown marker: {text}"
    value = (marker["value"] or "").strip()
    match marker["name"]:
        case "not run":
            block.not_run = value
            if not value:
                return "\"not run\" needs a reason: <!-- not run: REASON -->"
            return "" if block.language == "sh" else "\"not run\" belongs before an sh block"
        case "not validated":  # for terraform/tests/check-documents
            return "" if value and block.language == "hcl" else "\"not validated\" needs a reason and an hcl block"
        case "file":
            block.file = value
            return "" if value and not value.startswith("/") and ".." not in value else "\"file\" needs a name below the folder"
        case _:
            block.prints = True
            before = page.blocks[-1] if page.blocks else None
            if value or block.language not in ("text", "json"):
                return "\"prints\" belongs before a text or json block"
            return "" if before and before.is_run else "\"prints\" needs an sh block before it that is run"
