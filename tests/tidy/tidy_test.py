#!/usr/bin/env python3
"""The tidy test finds what it is there for: each case writes a small tree with one fault."""
import os
import subprocess
import sys
import tempfile

TIDY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tidy.py")
LAYERS = "# who may include whom\nbase:\nio: base\nrecord: base\nbroker/core: base record\n"
HEADER = "#pragma once\n"

# name, files, the sentence that must be printed (None: all is well)
CASES = [
    ("a clean tree", {"src/record/a.h": HEADER + '\n#include "base/b.h"\n', "src/base/b.h": HEADER}, None),
    ("an include against the layers", {"src/base/a.h": HEADER + '#include "record/b.h"\n', "src/record/b.h": HEADER},
     "src/base/a.h:2: base/ may not include record/"),
    ("a nested layer is told from its parent", {"src/broker/core/a.h": HEADER + '#include "io/b.h"\n', "src/io/b.h": HEADER},
     "src/broker/core/a.h:2: broker/core/ may not include io/"),
    ("a file outside of every layer", {"src/strange/a.cc": ""}, "lies in no layer"),
    ("a long file", {"src/base/a.cc": "\n" * 601}, "601 lines"),
    ("a thread in a core", {"src/record/a.cc": "\nvoid f() { std::thread t; }\n"}, "src/record/a.cc:2: a core may not use std::thread"),
    ("a clock header in a core", {"src/broker/core/a.cc": "#include <chrono>\n"}, "may not include <chrono>"),
    ("a thread in a core's test is fine", {"src/record/a_test.cc": "#include <thread>\n"}, None),
    ("a heavy header in a header", {"src/base/a.h": HEADER + "#include <nlohmann/json.hpp>\n"}, "heavy header"),
    ("Asio outside of its layers", {"src/base/a.cc": "#include <boost/asio.hpp>\n"}, "Asio and Beast belong to"),
    ("Asio in io", {"src/io/a.cc": "#include <boost/asio.hpp>\n"}, None),
    ("a TODO without a number", {"src/base/a.cc": "// TO" + "DO: later\n"}, "without a number"),
    ("a machine's path", {"docs/a.md": "see /wo" + "rk/x\n"}, "somebody's machine"),
    ("a header without its guard", {"src/base/a.h": "int f();\n"}, "#pragma once"),
    ("an error without a page", {"src/base/error_codes.def": 'FRESHET_ERROR(kA, 1, "a")\n', "docs/errors.md": "| FR0002 | b | c | d |\n"},
     "FR0001 is not explained"),
    ("an error without advice", {"src/base/error_codes.def": 'FRESHET_ERROR(kA, 1, "a")\n', "docs/errors.md": "| FR0001 | a | c |  |\n"},
     "FR0001 needs a cause"),
    ("links that lead somewhere", {"docs/README.md": "[a](a.md#two-words-x) [up](../README.md) [web](https://example.org/x)\n",
                                   "docs/a.md": "# Two words: `x`\n[here](#two-words-x)\n```\n[no link](nowhere.md)\n```\n",
                                   "README.md": "[docs](docs/) ![picture](docs/a.md)\n"}, None),
    ("a link to nowhere", {"README.md": "[a](docs/b.md)\n", "docs/a.md": "\n"}, "README.md:1: docs/b.md leads nowhere"),
    ("a picture that is not there", {"README.md": "![a](docs/b.svg)\n"}, "README.md:1: docs/b.svg leads nowhere"),
    ("a heading that is not there", {"README.md": "# One\n[a](#two)\n"}, "README.md has no heading 'two'"),
    ("a page that the program names", {"src/base/a.cc": "// see docs/" + "gone.md\n"}, "src/base/a.cc:1: docs/" + "gone.md is not there"),
    ("a page that the index forgets", {"docs/README.md": "[a](a.md)\n", "docs/a.md": "\n", "docs/b.md": "\n"}, "does not lead to docs/b.md"),
    ("an unformatted file", {"src/base/a.cc": "int  f( ) ;\n", ".clang-format": "BasedOnStyle: Google\n"}, "is not formatted"),
]


def fault_of(files, expected):
    with tempfile.TemporaryDirectory() as root:
        for path, content in {"src/layers.txt": LAYERS, **files}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w") as file:
                file.write(content)
        result = subprocess.run([sys.executable, TIDY, root], capture_output=True, text=True, timeout=60)
    if expected is None:
        return "" if result.returncode == 0 else result.stdout
    return "" if result.returncode == 1 and expected in result.stdout else f"expected '{expected}' in:\n{result.stdout}{result.stderr}"


def main():
    failed = 0
    for name, files, expected in CASES:
        fault = fault_of(files, expected)
        failed += bool(fault)
        print(f"{'FAILED' if fault else 'ok    '} {name}")
        if fault:
            print(fault)
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
