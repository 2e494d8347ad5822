#!/usr/bin/env python3
"""Freshet's JSON decoding and Native encoding against ClickHouse itself.

native_test.py [BUILD_FOLDER] [LIBCHDB]: feeds the same JSON to both, and compares
1. what ClickHouse reads from our Native bytes with what it reads by its own JSONEachRow, type by type;
2. our Native bytes with those that ClickHouse writes for the same values, byte by byte.
With --golden it also writes the engine's bytes to src/columns/testdata/golden.tsv, which the unit tests read.
"""
import os
import subprocess
import sys
import tempfile

import types_of_cases as cases

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBCHDB = os.path.join(ROOT, "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so")
GOLDEN = os.path.join(ROOT, "src/columns/testdata/golden.tsv")
SETTINGS = ["--max_block_size=1000000", "--session_timezone=UTC", "--date_time_input_format=best_effort", "--input_format_null_as_default=0", "--output_format_json_quote_64bit_integers=1"]


class Engine:
    """ClickHouse as a command; each query is a process of its own."""

    def __init__(self, build, library):
        self.command = [os.path.join(build, "tests/chdb_local"), library, *SETTINGS]

    def query(self, sql):
        done = subprocess.run([*self.command, "--query", sql], capture_output=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{done.stderr.decode(errors='replace').strip()}\nin: {sql[:500]}")
        return done.stdout


def encode(build, columns, lines):
    arguments = [word for column in columns for word in column]
    done = subprocess.run([os.path.join(build, "tests/native_encode"), *arguments], input="\n".join(lines).encode(), capture_output=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def structure(columns):
    return quoted(", ".join(f"{name} {type_}" for name, type_ in columns))


def compare_type(engine, build, folder, index, type_, values):
    columns = [("v", type_)]
    lines = [f'{{"v": {value}}}' for value in values]
    ours = os.path.join(folder, f"{index}.native")
    source = os.path.join(folder, f"{index}.json")
    encoded = encode(build, columns, lines)
    with open(ours, "wb") as file:
        file.write(encoded)
    with open(source, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    theirs_from = f"SELECT * FROM file({quoted(source)}, 'JSONEachRow', {structure(columns)}) ORDER BY rowNumberInAllBlocks()"
    read_back = engine.query(f"SELECT v, toTypeName(v) FROM file({quoted(ours)}, 'Native') FORMAT JSONCompactEachRow")
    expected = engine.query(f"SELECT v, toTypeName(v) FROM ({theirs_from}) FORMAT JSONCompactEachRow")
    problems = []
    if read_back != expected:
        problems.append(f"read back:\n{read_back.decode()}expected:\n{expected.decode()}")
    native = engine.query(f"{theirs_from} FORMAT Native")
    if native != encoded and type_ not in cases.OTHER_BYTES:
        problems.append(f"bytes differ:\n  ours   {encoded.hex(' ')[:600]}\n  theirs {native.hex(' ')[:600]}")
    return problems, native


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--golden"]
    golden = "--golden" in sys.argv
    build = os.path.abspath(arguments[0] if arguments else os.path.join(ROOT, os.environ.get("FRESHET_BUILD", "build")))
    library = arguments[1] if len(arguments) > 1 else LIBCHDB
    if not os.path.exists(library):
        print(f"no engine: {library} does not exist", file=sys.stderr)
        return 1
    engine = Engine(build, library)
    every_case = cases.CASES + cases.LARGE
    failed = 0
    golden_lines = []
    with tempfile.TemporaryDirectory() as folder:
        for index, (type_, values) in enumerate(every_case):
            try:
                problems, native = compare_type(engine, build, folder, index, type_, values)
            except RuntimeError as error:
                problems, native = [str(error)], b""
            for problem in problems:
                print(f"{type_}: {problem}")
            failed += bool(problems)
            if index < len(cases.CASES) and type_ not in cases.OTHER_BYTES:
                golden_lines.append("\t".join([type_, native.hex(), *values]))
    if golden:
        with open(GOLDEN, "w", encoding="utf-8") as file:
            file.write("# Written by ClickHouse 26.7.3 (tests/native/native_test.py --golden): type, FORMAT Native in hex, JSON values; tabs between\n")
            file.write("\n".join(golden_lines) + "\n")
    print(f"{len(every_case) - failed} of {len(every_case)} types agree with ClickHouse")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
