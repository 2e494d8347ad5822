#!/usr/bin/env python3
"""Holds the rules of HACKING.md that a machine can hold. Usage: tidy.py [ROOT]; prints "file:line: sentence" for each
fault and a last line "N passed, N failed", one a rule."""
import os
import re
import shutil
import subprocess
import sys

MAX_LINES = 600
CORES = ("record", "log", "kafka", "broker/core", "ingest", "views")
ASIO_LAYERS = ("io", "http", "broker/net")
CODE = (".h", ".cc", ".def")
TEXT = CODE + (".py", ".sh", ".md", ".yaml", ".yml", ".cmake", ".txt", ".sql", ".test", ".go", ".js", ".ts", ".json", "")
# A test's lines and a generated list may be long; a header or a program may not.
LONG_FILES = ("package-lock.json", "LICENSE", "CHANGELOG.md", "testdata/")

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
HEAVY = re.compile(r"^(boost/|simdjson|yaml-cpp/|nlohmann/|spdlog/|CLI/|librdkafka/|rapidcheck)")
ASIO = re.compile(r"^boost/(asio|beast)")
# What a core may not touch: it gets time and random numbers as parameters, and others run its threads.
CORE_INCLUDES = re.compile(r"^(thread|random|chrono|future|condition_variable|stop_token|ctime|sys/socket\.h|sys/epoll\.h|unistd\.h|poll\.h|boost/.*)$")
CORE_WORDS = re.compile(
    r"\b(std::j?thread|std::async|std::this_thread|sleep_for|sleep_until|usleep|nanosleep|std::random_device|std::mt19937\w*"
    r"|s?rand\s*\(|std::chrono|clock_gettime|gettimeofday|system_clock\s*\(\)|std::condition_variable|time\s*\(\s*(?:nullptr|NULL|0)\s*\))")
TODO = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
# Paths of somebody's machine. Written apart, so that this file passes its own rule.
MACHINE = re.compile("/" + r"(work|farm|home/\w+)/")


class Tree:
    """The tracked files (or all, outside of git), with their lines read once."""

    def __init__(self, root):
        self.root = root
        self.faults = []
        self._lines = {}
        self.files = self._list()

    def _list(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                    capture_output=True, check=True).stdout.decode().split("\0")
            return sorted(path for path in set(listed) if path and os.path.isfile(os.path.join(self.root, path)))
        found = []
        for folder, _, names in os.walk(self.root):
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return sorted(found)

    def lines(self, path):
        if path not in self._lines:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="surrogateescape") as file:
                self._lines[path] = file.read().split("\n")
        return self._lines[path]

    def text_files(self):
        for path in self.files:
            if os.path.splitext(path)[1] in TEXT and not any(part in path for part in ("corpus/", "testdata/")):
                yield path

    def code_files(self):
        return [path for path in self.files if path.endswith(CODE)]

    def fault(self, path, line, sentence):
        self.faults.append(f"{path}:{line}: {sentence}")


def layers_of(tree):
    graph = {}
    for line in tree.lines("src/layers.txt"):
        found = re.match(r"^([a-z/]+):\s*(.*)$", line)
        if found:
            graph[found.group(1)] = set(found.group(2).split())
    return graph


def layer_of(path, graph):
    """The layer of src/LAYER/file, or of an include path LAYER/file."""
    folder = os.path.dirname(path[4:] if path.startswith("src/") else path)
    while folder:
        if folder in graph:
            return folder
        folder = os.path.dirname(folder)
    return None


def check_layers(tree):
    """Includes follow src/layers.txt."""
    graph = layers_of(tree)
    for path in tree.code_files():
        layer = layer_of(path, graph) if path.startswith("src/") else None
        if path.startswith("src/") and not layer and path != "src/main.cc":
            tree.fault(path, 1, "lies in no layer of src/layers.txt")
        if not layer:
            continue
        for number, line in enumerate(tree.lines(path), 1):
            found = INCLUDE.match(line)
            other = layer_of(found.group(2), graph) if found and found.group(1) == '"' else None
            if other and other != layer and other not in graph[layer]:
                tree.fault(path, number, f"{layer}/ may not include {other}/ (src/layers.txt)")


def check_lengths(tree):
    """No file is longer than 600 lines."""
    for path in tree.text_files():
        if any(part in path for part in LONG_FILES):
            continue
        count = len(tree.lines(path)) - 1
        if count > MAX_LINES:
            tree.fault(path, count, f"{count} lines; {MAX_LINES} is the end: there are two things in it")


def check_cores(tree):
    """Cores have no clock, thread, sleep, socket or randomness."""
    for path in tree.code_files():
        if not path.startswith(tuple(f"src/{core}/" for core in CORES)) or path.endswith("_test.cc"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            code = line.split("//")[0]
            found = INCLUDE.match(code)
            if found and CORE_INCLUDES.match(found.group(2)):
                tree.fault(path, number, f"a core may not include <{found.group(2)}>: time, threads and chance are parameters")
            word = CORE_WORDS.search(code)
            if word:
                tree.fault(path, number, f"a core may not use {word.group(1).strip()}: time, threads and chance are parameters")


def check_heavy(tree):
    """Heavy headers stay in .cc files, Asio and Beast in their layers."""
    for path in tree.code_files():
        if not path.startswith("src/"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            inside = path.startswith(tuple(f"src/{layer}/" for layer in ASIO_LAYERS)) and ASIO.match(found.group(2))
            if path.endswith(".h") and HEAVY.match(found.group(2)) and not inside:
                tree.fault(path, number, f"<{found.group(2)}> is a heavy header: include it in the .cc file only")
            if ASIO.match(found.group(2)) and not path.startswith(tuple(f"src/{layer}/" for layer in ASIO_LAYERS)):
                tree.fault(path, number, f"Asio and Beast belong to {', '.join(ASIO_LAYERS)} only")


def check_words(tree):
    """No TODO without a number, no path of somebody's machine."""
    for path in tree.text_files():
        if path.startswith("tests/tidy/"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            found = TODO.search(line)
            if found and path.endswith((".h", ".cc", ".py", ".sh", ".go", ".js", ".ts", ".cmake")):
                tree.fault(path, number, f"{found.group(1)} without a number: write {found.group(1)}(#123)")
            if MACHINE.search(line):
                tree.fault(path, number, "names a path of somebody's machine")


def check_headers(tree):
    """Every header begins with #pragma once."""
    for path in tree.code_files():
        if path.endswith(".h") and tree.lines(path)[0] != "#pragma once":
            tree.fault(path, 1, "a header begins with #pragma once")


def check_errors(tree):
    """docs/errors.md explains every code of error_codes.def, and no other."""
    if "src/base/error_codes.def" not in tree.files:
        return
    codes, numbers = {}, set()
    for number, line in enumerate(tree.lines("src/base/error_codes.def"), 1):
        found = re.match(r'^FRESHET_ERROR\((\w+), (\d+), "(.*)"\)$', line)
        if found:
            if int(found.group(2)) in numbers:
                tree.fault("src/base/error_codes.def", number, f"{found.group(2)} is taken")
            numbers.add(int(found.group(2)))
            codes[f"FR{int(found.group(2)):04}"] = number
    documented = {}
    for number, line in enumerate(tree.lines("docs/errors.md") if "docs/errors.md" in tree.files else [], 1):
        found = re.match(r"^\| (FR\d{4}) \|", line)
        if found:
            documented[found.group(1)] = number
            if line.count("|") < 5 or any(not cell.strip() for cell in line.strip("|\n").split("|")):
                tree.fault("docs/errors.md", number, f"{found.group(1)} needs a cause and what to do")
    for code, number in codes.items():
        if code not in documented:
            tree.fault("src/base/error_codes.def", number, f"{code} is not explained in docs/errors.md")
    for code, number in documented.items():
        if code not in codes:
            tree.fault("docs/errors.md", number, f"{code} is no code of src/base/error_codes.def")


LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
PAGE = re.compile(r"(?<![\w/.-])(docs/[\w-]+\.md|tests/text/[a-z_]+\.test)\b")


def anchors_of(tree, path):
    """The anchors that GitHub gives to headings: lower case, no punctuation, hyphens for spaces."""
    anchors, fenced = set(), False
    for line in tree.lines(path):
        fenced ^= line.startswith("```")
        found = None if fenced else re.match(r"^#+ (.*)$", line)
        if found:
            anchors.add(re.sub(r"[^\w\- ]", "", found.group(1).strip().lower()).replace(" ", "-"))
    return anchors


def check_links(tree):
    """Links of every page lead to files and headings that are there; docs/README.md leads to every page of docs/."""
    files, linked = set(tree.files), set()
    folders = {os.path.dirname(path) for path in tree.files}
    for path in tree.text_files():
        fenced = False
        for number, line in enumerate(tree.lines(path), 1):
            if not path.startswith("tests/tidy/"):
                for page in PAGE.findall(line):
                    if page not in files:
                        tree.fault(path, number, f"{page} is not there")
            fenced ^= line.startswith("```")
            if fenced or not path.endswith(".md") or path.startswith("templates/"):
                continue
            for target in ("".join(groups) for groups in LINK.findall(line)):
                if re.match(r"[a-z]+:", target):
                    continue
                place, _, anchor = target.partition("#")
                place = os.path.normpath(os.path.join(os.path.dirname(path), place)) if place else path
                linked.add(place if path == "docs/README.md" else None)
                if place not in files and place not in folders and not any(folder.startswith(place + "/") for folder in folders):
                    tree.fault(path, number, f"{target} leads nowhere")
                elif anchor and place.endswith(".md") and anchor not in anchors_of(tree, place):
                    tree.fault(path, number, f"{place} has no heading '{anchor}'")
    for path in sorted(files) if "docs/README.md" in files else []:
        if re.match(r"docs/[^/]+\.md$", path) and path not in linked and path != "docs/README.md":
            tree.fault("docs/README.md", 1, f"does not lead to {path}")


def check_format(tree):
    """clang-format agrees (tools/format makes it so)."""
    files = [path for path in tree.files if path.endswith((".h", ".cc"))]
    if not files:
        return
    if not shutil.which("clang-format-19"):
        tree.fault(".clang-format", 1, "clang-format-19 is not installed: ./tools/install test")
        return
    result = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], cwd=tree.root, capture_output=True, text=True)
    for path in sorted(set(re.findall(r"^(\S+?):\d+:\d+: (?:error|warning): ", result.stderr, re.M))):
        tree.fault(path, 1, "is not formatted: run tools/format")


RULES = [check_layers, check_lengths, check_cores, check_heavy, check_words, check_headers, check_errors, check_links, check_format]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    tree = Tree(os.path.abspath(root))
    failed = 0
    for rule in RULES:
        before = len(tree.faults)
        rule(tree)
        faults = tree.faults[before:]
        failed += bool(faults)
        print(f"{'FAILED' if faults else 'ok    '} {rule.__doc__}")
        for fault in faults:
            print(f"  {fault}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
