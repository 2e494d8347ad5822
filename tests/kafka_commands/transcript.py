"""Transcripts of Kafka's command lines (README.md): read, written, and their outputs made comparable."""
import re
import shlex
from dataclasses import dataclass, field

# What differs from run to run, in this order. Tables are padded to such values, so runs of blanks count as one.
VARYING = [
    (re.compile(r"127\.0\.0\.1:\d+"), "BROKER"),
    (re.compile(r"(?<=127\.0\.0\.1 \(id: 1 rack: null\) port: )\d+"), "PORT"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"(?<=TopicId: )[A-Za-z0-9_-]{22}"), "TOPIC_ID"),
    (re.compile(r"(?<=Cluster ID: )[A-Za-z0-9_-]{22}"), "CLUSTER_ID"),
    (re.compile(r'(?<="logDir":")[^"]*'), "FOLDER"),
    (re.compile(r'(?<="timestamp":)\d{13}'), "TIME"),
    (re.compile(r"(?<=CreateTime:)\d{13}"), "TIME"),
    (re.compile(r'(?<="avg_throughput":)[0-9.E]+'), "RATE"),
    (re.compile(r"[ \t]{2,}"), " "),
]
# Where in Kafka's code an error came from, and the causes that its message has named.
TRACE = re.compile(r"^(at \S+\(.*\)|at \S+ \(.*\)|Caused by: .*|Suppressed: .*|\.\.\. \d+ more)$")
CONFIGS = re.compile(r"Configs: (\S+)$")
NUMBER = re.compile(r"\d+(\.\d+)?(E-\d+)?")


@dataclass
class Step:
    """One command: its line, what it reads, what Kafka printed, and what Freshet prints instead where there is a reason."""
    line: str
    about: list = field(default_factory=list)
    stdin: list = field(default_factory=list)
    output: list = field(default_factory=list)
    reason: str = ""
    ours: list = field(default_factory=list)

    def words(self, values):
        """The command, and the filters behind its bars, with {names} replaced."""
        line = re.sub(r"\{(\w+)\}", lambda name: values[name.group(1)], self.line)
        commands = [[]]
        for word in shlex.split(line):
            if word == "|":
                commands.append([])
            else:
                commands[-1].append(word)
        return commands[0], commands[1:]

    def expected(self):
        return self.ours if self.reason else self.output


def read(path):
    steps, about = [], []
    with open(path) as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            mark, rest = line[:2], line[2:]
            if mark == "$ ":
                steps.append(Step(rest, about))
                about = []
            elif mark in ("< ", "<"):
                steps[-1].stdin.append(rest)
            elif mark == "~ ":
                steps[-1].reason = rest
            elif line[:1] == "|":
                (steps[-1].ours if steps[-1].reason else steps[-1].output).append(rest)
            elif line == "" or line[:1] == "#":
                about.append(line)
            else:
                raise ValueError(f"{path}:{number}: a line begins with '$ ', '< ', '| ', '~ ' or '#': {line}")
    return steps, about


def write(path, steps, about):
    lines = []
    for step in steps:
        lines += [*step.about, f"$ {step.line}", *(f"< {line}".rstrip() for line in step.stdin),
                  *(f"| {line}".rstrip() for line in step.output)]
        if step.reason:
            lines += [f"~ {step.reason}", *(f"| {line}".rstrip() for line in step.ours)]
    with open(path, "w") as file:
        file.write("\n".join(lines + about) + "\n")


def comparable(output, filters):
    """A command's output as lines without what varies; filters are those of the transcript's line."""
    for pattern, name in VARYING:
        output = pattern.sub(name, output)
    lines = [line.strip() for line in output.rstrip("\n").split("\n")] if output.strip() else []
    # A topic's settings come in the order of a hash table.
    lines = [CONFIGS.sub(lambda found: "Configs: " + ",".join(sorted(found.group(1).split(","))), line)
             for line in lines if not TRACE.match(line)]
    for name, *words in filters:
        if name == "grep":
            inverse = words[0] == "-v"
            pattern = re.compile(words[-1])
            lines = [line for line in lines if bool(pattern.search(line)) != inverse]
        elif name == "sort":
            lines.sort()
        elif name == "head":
            lines = lines[:int(words[0])]
        elif name == "uniq":
            lines = [line for place, line in enumerate(lines) if place == 0 or line != lines[place - 1]]
        elif name == "numbers":
            lines = [NUMBER.sub("N", line) for line in lines]
        else:
            raise ValueError(f"no such filter: {name}")
    return lines
