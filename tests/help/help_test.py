#!/usr/bin/env python3
"""Holds --help, the man page and the shells' completions against each other: what one knows, all know, and it can be
read. The verbs and options are those that --help prints, so that nothing can be forgotten. FRESHET names the program."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ.get("FRESHET", os.path.join(os.path.dirname(__file__), "../../build/freshet")))


def output_of(*arguments, stdin=""):
    done = subprocess.run(arguments, input=stdin, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "120"})
    return done.returncode, done.stdout, done.stderr


def help_of(path):
    code, text, errors = output_of(PROGRAM, *path, "--help")
    assert code == 0 and not errors, (path, code, errors)
    return text


def section(text, name):
    """The lines of `name:` up to the next empty one."""
    found = re.search(rf"^{name}:\n(.*?)(?:\n\n|\Z)", text, re.S | re.M)
    return found.group(1).split("\n") if found else []


def verbs_in(text):
    return [line.split()[0] for line in section(text, "Subcommands") if re.match(r"  \S", line)]


def options_in(text):
    """Long names, but --help."""
    names = [re.match(r"  (?:-\w,)?--([a-z-]+)", line) for line in section(text, "Options")]
    return [name.group(1) for name in names if name and name.group(1) != "help"]


def all_paths(path=()):
    """Every verb and verb of a noun: ("topics", "create")."""
    verbs = verbs_in(help_of(path))
    found = []
    for verb in verbs:
        found += [path + (verb,)] + all_paths(path + (verb,))
    return found


PATHS = all_paths()


class Help(unittest.TestCase):
    def test_there_is_something_to_test(self):
        self.assertGreater(len(PATHS), 15)
        self.assertIn(("topics", "create"), PATHS)
        self.assertIn("storage", options_in(help_of(("status",))))

    def test_every_verb_has_an_example_and_explains_its_options(self):
        for path in PATHS:
            text = help_of(path)
            self.assertIn("Example", text, path)
            self.assertIn("Every verb takes -C DIR", text, path)
            lines = section(text, "Options") + section(text, "Positionals")
            for line, following in zip(lines, lines[1:] + [""]):
                # A title that fills its column has its text on the next line.
                explained = re.search(r"\S {2,}\S", line.strip()) or line.startswith(" " * 10) or following.startswith(" " * 10)
                self.assertTrue(explained, f"{path}: {line}")

    def test_hidden_verbs_stay_hidden(self):
        self.assertNotIn("__", help_of(()))
        self.assertNotIn("__man", output_of(PROGRAM, "completion", "fish")[1])


class ManPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        code, cls.source, errors = output_of(PROGRAM, "__man")
        assert code == 0 and not errors, errors
        cls.text = output_of("groff", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=120n", stdin=cls.source)[1]

    def sections(self):
        """Of the rendered page: verb → its lines."""
        found, name = {}, None
        for line in self.text.split("\n"):
            if re.match(r"^   \S", line):
                name = tuple(line.split())
                found[name] = []
            elif re.match(r"^\S", line):
                name = None
            elif name:
                found[name].append(line)
        return {name: "\n".join(lines) for name, lines in found.items()}

    def test_renders_without_warnings(self):
        code, text, warnings = output_of("groff", "-man", "-ww", "-Tutf8", "-z", stdin=self.source)
        self.assertEqual((code, warnings), (0, ""))
        with tempfile.NamedTemporaryFile("w", suffix=".1") as page:
            page.write(self.source)
            page.flush()
            code, text, warnings = output_of("man", "--warnings=w", "-l", page.name)
            self.assertEqual((code, warnings), (0, ""))
            self.assertIn("SYNOPSIS", text)

    def test_has_every_verb_and_option_and_no_other(self):
        sections = self.sections()
        self.assertEqual(sorted(sections), sorted(PATHS))
        for path in PATHS:
            text = help_of(path)
            listed = re.findall(r"^ {7}(?:-\w, )?--([a-z-]+)", sections[path], re.M)
            self.assertEqual(sorted(listed), sorted(options_in(text)), path)
            for line in section(text, "Positionals"):
                if re.match(r"  \S", line):
                    self.assertIn(line.split()[0].split("|")[0], sections[path], path)

    def test_examples_stand_as_in_help(self):
        self.assertIn("freshet sql 'SELECT * FROM events_minute'", self.text)
        self.assertIn("freshet init shop && cd shop && freshet up", self.text)


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = ('eval "$("$0" completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _freshet; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        code, text, errors = output_of("bash", "-c", script, PROGRAM, "freshet", *words)
        self.assertEqual((code, errors), (0, ""))
        return text.split()

    def test_bash_offers_every_verb_and_option(self):
        self.assertEqual(sorted(self.complete("")), sorted([path[0] for path in PATHS if len(path) == 1] +
                                                           ["--help"] + ["--" + name for name in options_in(help_of(()))]))
        for path in PATHS:
            text = help_of(path)
            wanted = verbs_in(text) + ["--" + name for name in options_in(text)] + ["--help", "--folder", "--json"]
            self.assertEqual(sorted(self.complete(*path, "")), sorted(wanted), path)

    def test_zsh_offers_the_same(self):
        code, text, errors = output_of(PROGRAM, "completion", "zsh")
        self.assertEqual((code, errors), (0, ""))
        self.assertTrue(text.startswith("#compdef freshet\n"))
        self.assertIn(output_of(PROGRAM, "completion", "bash")[1], text)
        if shutil.which("zsh"):
            self.assertEqual(output_of("zsh", "-n", "-c", text)[::2], (0, ""))

    def test_fish_offers_every_verb_and_option(self):
        code, text, errors = output_of(PROGRAM, "completion", "fish")
        self.assertEqual((code, errors), (0, ""))
        for path in PATHS:
            parent = ("__fish_use_subcommand" if len(path) == 1 else
                      "; and ".join(f"__fish_seen_subcommand_from {word}" for word in path[:-1]))
            self.assertIn(f"complete -c freshet -f -n '{parent}' -a {path[-1]}\n", text)
            own = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in path)
            for name in options_in(help_of(path)):
                self.assertIn(f"complete -c freshet -n '{own}' -l {name}\n", text)
        if shutil.which("fish"):
            self.assertEqual(output_of("fish", "-n", "-c", text)[::2], (0, ""))


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=1)
    bad = len(program.result.failures) + len(program.result.errors)
    print(f"{program.result.testsRun - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
