"""What ./run-tests does, in order. A step is a list of groups of commands; a program that is missing fails its step."""
import glob
import os
import re
from dataclasses import dataclass
from typing import Callable

from processes import Command

PYTHON = "build/deps/venv/bin/python3"
# Where the programs lie that are tested; another folder than build is for trying steps by hand.
BUILD = os.environ.get("FRESHET_BUILD", "build")
# Commands that prepare; they count only when they fail.
NOT_TESTS = {"configure", "compile"}


@dataclass
class Context:
    root: str
    long: bool
    jobs: int


@dataclass
class Group:
    commands: list
    jobs: int = 1
    needed: bool = False  # what follows in the step cannot work when it fails


@dataclass
class Step:
    name: str
    about: str
    commands: Callable
    long_only: bool = False


def unit_test_names():
    """Every layer with a *_test.cc has a program, as cmake/layers.cmake names it."""
    names = set()
    for path in glob.glob("src/**/*_test.cc", recursive=True):
        names.add(os.path.relpath(os.path.dirname(path), "src").replace("/", "_") + "_test")
    return sorted(names)


def fuzz_names():
    return sorted(os.path.basename(path)[:-3] for path in glob.glob("fuzz/*_fuzz.cc"))


def gtest(name, program, timeout_s, build="build", env=None):
    results = os.path.abspath(f"build/test-results/{build.replace('/', '_')}-{name}.json")
    if os.path.exists(results):
        os.remove(results)
    return Command(name, [os.path.abspath(program), "--gtest_brief=1", f"--gtest_output=json:{results}"], timeout_s,
                   env=env or {}, results_file=results)


def build(context):
    yield Group([Command("configure", ["cmake", "--preset", "release"], 300)], needed=True)
    yield Group([Command("compile", ["cmake", "--build", "build", "-j", str(context.jobs)], 2400)], needed=True)


def unit(context):
    yield Group([gtest(name, f"{BUILD}/tests/{name}", 300) for name in unit_test_names()], jobs=2)


def tidy(_):
    yield Group([Command("tidy", ["python3", "tests/tidy/tidy.py"], 120),
                 Command("tidy's own test", ["python3", "tests/tidy/tidy_test.py"], 120)])


def fuzz(context):
    rounds = "2000000" if context.long else "20000"
    yield Group([Command(name, [f"{BUILD}/fuzz/{name}", rounds], 1800 if context.long else 240) for name in fuzz_names()],
                jobs=2)


def folder(name, timeout_s, jobs=1):
    """The programs of tests/NAME: its `run` script, its *_test.py, and the gtest programs of its CMakeLists.txt."""

    def commands(context):
        env = {"FRESHET": os.path.abspath(f"{BUILD}/freshet"), "FRESHET_BUILD": BUILD,
               "FRESHET_LONG": "1" if context.long else ""}
        found = []
        if os.access(f"tests/{name}/run", os.X_OK):
            found.append(Command(f"{name}/run", [f"tests/{name}/run"], timeout_s, env))
        for script in sorted(glob.glob(f"tests/{name}/*_test.py")):
            found.append(Command(script, [PYTHON, script], timeout_s, env))
        for script in sorted(glob.glob(f"tests/{name}/*_test.sh")):
            found.append(Command(script, [script], timeout_s, env))
        if os.path.exists(f"tests/{name}/CMakeLists.txt"):
            with open(f"tests/{name}/CMakeLists.txt") as file:
                for program in re.findall(r"add_executable\((\w+_test)\b", file.read()):
                    places = [f"{BUILD}/tests/{program}", f"{BUILD}/tests/{name}/{program}"]
                    place = next((p for p in places if os.path.exists(p)), places[0])
                    found.append(gtest(program, place, timeout_s, env=env))
        if not found:
            found.append(Command(f"tests/{name}", [f"tests/{name}/run"], 1))  # reported as missing
        yield Group(found, jobs=jobs)

    return commands


def simulation(context):
    seeds = "2000" if context.long else "50"
    yield Group([Command("simulation", [f"{BUILD}/sim/freshet_sim", "--seeds", seeds], 14400 if context.long else 900),
                 Command("simulation-mutants", [f"{BUILD}/sim/freshet_sim", "--mutants"], 900)])


def sanitizer(preset, timeout_s):
    def commands(context):
        names = unit_test_names()
        yield Group([Command("configure", ["cmake", "--preset", preset], 300)], needed=True)
        yield Group([Command("compile", ["cmake", "--build", f"build/{preset}", "-j", str(context.jobs), "--target", *names],
                             2400)], needed=True)
        env = {"UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=1", "TSAN_OPTIONS": "halt_on_error=1"}
        # The engine's own tests start ClickHouse, whose memory maps no sanitizer likes; they run in the release build.
        names = [name for name in names if name != "engine_test"]
        yield Group([gtest(name, f"build/{preset}/tests/{name}", timeout_s, f"build/{preset}", env) for name in names], jobs=2)

    return commands


def libfuzzer(_):
    yield Group([Command("configure", ["cmake", "--preset", "fuzz"], 300)], needed=True)
    yield Group([Command("compile", ["cmake", "--build", "build/fuzz-clang"], 2400)], needed=True)
    yield Group([Command(name, [f"build/fuzz-clang/fuzz/{name}", "-max_total_time=600", f"fuzz/corpus/{name[:-5]}"], 700)
                 for name in fuzz_names()], jobs=2)


def clang_tidy(context):
    files = sorted(path for path in glob.glob("src/**/*.cc", recursive=True))
    yield Group([Command(path, ["clang-tidy-19", "-p", "build", "--quiet", path], 600) for path in files], jobs=context.jobs)


STEPS = [
    Step("build", "cmake --preset release, everything in it", build),
    Step("unit", "the unit tests of every layer", unit),
    Step("tidy", "layers, file lengths, format, the list of errors", tidy),
    Step("fuzz", "every parser on its corpus and 20,000 mutations", fuzz),
    Step("simulation", "logs, groups and ingester on a simulated machine, from seeds", simulation),
    Step("native", "blocks against ClickHouse itself", folder("native", 300)),
    Step("engine_contract", "what Freshet relies on in ClickHouse", folder("engine_contract", 600)),
    Step("kafka_tools", "Apache Kafka's tools read our segments", folder("kafka_tools", 300)),
    Step("text", "commands, events and answers as text", folder("text", 900)),
    Step("help", "--help, man page and completions know the same, and can be read", folder("help", 120)),
    Step("infer", "a messy topic becomes a stream with views", folder("infer", 300)),
    Step("kafka_commands", "Apache Kafka's command lines print what they print with Kafka", folder("kafka_commands", 300)),
    Step("clients", "every client, from its producer to the views", folder("clients", 600)),
    Step("recipe", "docs/recipe.md, statement by statement, and every query of queries/", folder("recipe", 300)),
    Step("producers", "the producers of init --producer: built, tested, stopped, without a broker", folder("producers", 240)),
    Step("crash", "kill -9 of anything at any moment", folder("crash", 900, jobs=2)),
    Step("asan", "unit tests with address and undefined-behaviour sanitizers", sanitizer("asan", 600)),
    Step("thread", "unit tests with the thread sanitizer", sanitizer("thread", 1200), long_only=True),
    Step("libfuzzer", "ten minutes of libFuzzer for every parser", libfuzzer, long_only=True),
    Step("clang-tidy", "clang-tidy on every file", clang_tidy, long_only=True),
]
