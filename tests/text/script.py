"""Reads a text test into statements, and compares output with what is expected."""
import re
from dataclasses import dataclass, field


class TestFailed(Exception):
    pass


@dataclass
class Statement:
    line: int
    text: str             # the statement's own line
    verb: str             # project, file, up, $, sql …
    rest: str             # what follows the verb
    body: str = None      # between <<END and END
    expected: list = field(default_factory=list)
    exit_code: int = 0
    eventually: bool = False


VERBS = {"project", "file", "append", "replace", "remove", "up", "stop", "kill", "kill-engine", "produce", "sql", "$"}


def parse(text):
    statements = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].rstrip()
        at += 1
        if not line or line.startswith("#"):
            continue
        words = line
        eventually = words.startswith("eventually ")
        if eventually:
            words = words[len("eventually "):]
        verb, _, rest = words.partition(" ")
        if verb not in VERBS:
            raise TestFailed(f"line {at}: '{verb}' is no statement; there are {', '.join(sorted(VERBS))}")
        statement = Statement(at, line, verb, rest.strip(), eventually=eventually)
        if statement.rest.endswith("<<END"):
            statement.rest = statement.rest[:-len("<<END")].strip()
            end = next((i for i in range(at, len(lines)) if lines[i] == "END"), None)
            if end is None:
                raise TestFailed(f"line {at}: <<END without END")
            statement.body = "".join(body + "\n" for body in lines[at:end])
            at = end + 1
        while at < len(lines) and lines[at].strip():
            expected = lines[at].rstrip()
            at += 1
            if re.fullmatch(r"\? \d+", expected):
                statement.exit_code = int(expected[2:])
            elif not expected.startswith("# "):
                statement.expected.append(expected)
        statements.append(statement)
    return statements


def line_matches(expected, line):
    if expected == "<empty>":
        return line == ""
    if len(expected) > 1 and expected.startswith("/") and expected.endswith("/"):
        return re.fullmatch(expected[1:-1], line) is not None
    return expected == line


def matches(expected, lines):
    """Each expected line against one line; `...` stands for any number of lines, none too."""
    if not expected:
        return not lines
    if expected[0] == "...":
        return any(matches(expected[1:], lines[skip:]) for skip in range(len(lines) + 1))
    return bool(lines) and line_matches(expected[0], lines[0]) and matches(expected[1:], lines[1:])


def explain(statement, code, lines):
    out = [] if code == statement.exit_code else [f"  exit code {code}, expected {statement.exit_code}"]
    out += ["  expected:"] + [f"    {line}" for line in statement.expected]
    out += ["  got:"] + [f"    {line}" for line in lines]
    return "\n".join(out)
