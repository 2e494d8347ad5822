"""What a test of one of the article's statements works with: its part of docs/recipe.md, a database of its own in the engine of
a running project, and a note of every error that it saw, so that document and tests cannot drift apart."""
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/harness"))

from confluent_kafka import Producer  # noqa: E402

from freshet import eventually  # noqa: E402, F401

DOCUMENT = os.path.join(ROOT, "docs/recipe.md")
STATEMENTS = {}  # number: function
# Kafka tables of these tests hand over what they have after 0.2 s; a default one after 7.5 s.
QUICK = {"kafka_flush_interval_ms": 200, "kafka_poll_timeout_ms": 50}


def says(number):
    """Marks the test of a numbered statement of docs/recipe.md."""
    def mark(function):
        assert number not in STATEMENTS, f"statement {number} has two tests"
        STATEMENTS[number] = function
        return function
    return mark


class Section:
    """A numbered statement of the document: `### 7. Title`, or `### 7. Title (advice)` where nothing can be executed."""

    def __init__(self, number, title, text):
        self.number = number
        self.title = title
        self.advice = title.endswith("(advice)")
        self.errors = set(re.findall(r"\berror\s+(\d+)\b", text)) | set(re.findall(r"\bFR\d{4}\b", text))
        self.blocks = [block.strip() for block in re.findall(r"```sql\n(.*?)```", text, re.S)]


def read_document():
    with open(DOCUMENT) as file:
        parts = re.split(r"^### (\d+)\. (.*)$", file.read(), flags=re.M)
    # A section of the article (`## …`) ends the statement before it.
    return [Section(int(number), title.strip(), re.split(r"^## ", text, flags=re.M)[0])
            for number, title, text in zip(parts[1::3], parts[2::3], parts[3::3])]


class ClickHouseError(Exception):
    def __init__(self, text):
        super().__init__(text[:600])
        found = re.match(r"Code: (\d+)\.", text)
        self.code = int(found.group(1)) if found else 0
        self.text = text


class Statement:
    def __init__(self, section, freshet):
        self.section = section
        self.freshet = freshet
        self.database = f"fr_scratch_recipe_{section.number}"
        self.errors = set()
        self.used_blocks = 0
        self.made = False
        self.producers = {}

    # --- ClickHouse ----------------------------------------------------------------------------------------------------

    def _send(self, sql, database, user, settings):
        with open(os.path.join(self.freshet.folder, "data/users.json")) as file:
            password = json.load(file)[user]
        url = self.freshet.addresses["clickhouse_http"] + "/?" + urllib.parse.urlencode({"database": database, **settings})
        request = urllib.request.Request(url, data=sql.encode(), headers={"X-ClickHouse-User": user, "X-ClickHouse-Key": password})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise ClickHouseError(error.read().decode(errors="replace")) from None

    def run(self, sql, user="freshet_ingest", **settings):
        """Rows as lists of texts, from this statement's own database. An INSERT is one of its own: never merged with others by
        async_insert, never taken for a repeat of another one."""
        if not self.made:
            self._send(f"CREATE DATABASE IF NOT EXISTS {self.database}", "system", "freshet_ingest", {})
            self.made = True
        if sql.startswith("INSERT"):
            settings = {"async_insert": 0, "insert_deduplication_token": os.urandom(8).hex(), **settings}
        return [line.split("\t") for line in self._send(sql, self.database, user, settings).splitlines()]

    def value(self, sql, **settings):
        return self.run(sql, **settings)[0][0]

    def text(self, sql, **settings):
        return "\n".join("\t".join(row) for row in self.run(sql, **settings))

    def refused(self, sql, code, fragment, **settings):
        """The statement must be answered with this error, which the document must name as well."""
        try:
            answer = self.run(sql, **settings)
        except ClickHouseError as error:
            assert error.code == code and fragment in error.text, f"expected error {code} with '{fragment}', got: {error.text[:500]}"
            self.errors.add(str(code))
            return
        raise AssertionError(f"expected error {code}, but it was answered: {answer} to {sql}")

    def saw(self, code, text):
        """Notes an error that was seen elsewhere, and that the document names."""
        assert f"{code}" in text, f"expected {code} in: {text[:1000]}"
        self.errors.add(f"{code}".removeprefix("Code: "))

    def block(self):
        """The next ```sql block of this statement in the document: what it shows is what is tested."""
        assert self.used_blocks < len(self.section.blocks), f"statement {self.section.number} has no further ```sql block"
        self.used_blocks += 1
        return self.section.blocks[self.used_blocks - 1].replace("127.0.0.1:9092", self.freshet.kafka)

    def run_block(self, count=1):
        """Runs the next blocks, each with one or more statements that end with `;`; the last one's rows."""
        rows = []
        for _ in range(count):
            for sql in self.block().split(";"):
                if sql.strip():
                    rows = self.run(sql.strip())
        return rows

    # --- Kafka ---------------------------------------------------------------------------------------------------------

    def kafka_engine(self, topic, form="JSONEachRow", **settings):
        words = {"kafka_broker_list": self.freshet.kafka, "kafka_topic_list": topic, "kafka_format": form,
                 "kafka_group_name": f"{self.database}.{topic}.{form}", **settings}
        quoted = ", ".join(f"{name} = {value}" if isinstance(value, int) else f"{name} = '{value}'" for name, value in words.items())
        return f"ENGINE = Kafka SETTINGS {quoted}"

    def topic(self, name, partitions=4):
        name = f"{name}-{self.section.number}"
        self.freshet.run("topics", "create", name, "--partitions", str(partitions))
        return name

    def produce(self, topic, records, **settings):
        """Sends (key, value) pairs; objects as JSON. All must be acknowledged."""
        producer = Producer({"bootstrap.servers": self.freshet.kafka, "enable.idempotence": True, **settings})
        failed = []
        for key, value in records:
            producer.produce(topic, key=key, value=value if isinstance(value, str) else json.dumps(value),
                             on_delivery=lambda error, _: error and failed.append(error))
        assert producer.flush(30) == 0 and not failed, failed

    # --- Freshet -------------------------------------------------------------------------------------------------------

    def command(self, *arguments):
        """(exit code, everything printed) of a verb."""
        done = subprocess.run([self.freshet.program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.returncode, done.stdout

    def clean(self):
        if not self.made:
            return
        for order in ("MaterializedView", "Kafka", ""):
            for name, engine in self.run(f"SELECT name, engine FROM system.tables WHERE database = '{self.database}'"):
                if engine == order or not order:
                    self.run(f"DROP TABLE IF EXISTS `{name}` SYNC")
        self._send(f"DROP DATABASE {self.database}", "system", "freshet_ingest", {})


def event(number=0, **fields):
    """The article's event."""
    return {"event_id": f"uuid-{number}", "ts": "2026-01-18T12:34:56Z", "user_id": "u-1000", "project": "billing",
            "action": "checkout", "amount": 29.99, **fields}
