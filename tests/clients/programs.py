"""The clients' programs (README.md), and how to run them."""
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/harness"))
DEPS = os.path.join(ROOT, "build/deps")
CLIENT_S = 90

PYTHON = os.path.join(DEPS, "venv/bin/python3")
JAVA = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-cp", os.pathsep.join([f"{DEPS}/kafka_driver", f"{DEPS}/kafka/*"])]


class Program:
    """One of ours, which takes VERB BROKER TOPIC [GROUP [COUNT]] [NAME=VALUE…]."""

    def __init__(self, *start):
        self.start = start

    def produce(self, broker, topic, options=()):
        return [*self.start, "produce", broker, topic, *options]

    def consume(self, broker, topic, group, count, options=()):
        return [*self.start, "consume", broker, topic, group, str(count), *options]

    def member(self, broker, topic, group, options=()):
        return [*self.start, "member", broker, topic, group, *options]


class Kcat:
    """librdkafka as Debian has it."""

    NAMES = {"compression": "compression.codec", "idempotent": "enable.idempotence", "assignor": "partition.assignment.strategy",
             "instance": "group.instance.id", "acks": "acks"}

    def settings(self, options):
        words = []
        for name, value in (option.split("=") for option in options):
            words += ["-X", f"{self.NAMES[name]}={ {'yes': 'true', 'no': 'false'}.get(value, value)}"]
        return words

    def produce(self, broker, topic, options=()):
        return ["kcat", "-P", "-b", broker, "-t", topic, "-K", "\t", *self.settings(options)]

    def consume(self, broker, topic, group, count, options=()):
        return ["kcat", "-q", "-b", broker, "-X", "auto.offset.reset=earliest", *self.settings(options), "-c", str(count),
                "-f", "%k\t%s\n", "-G", group, topic]

    def member(self, broker, topic, group, options=()):
        return ["kcat", "-q", "-u", "-b", broker, "-X", "auto.offset.reset=earliest", *self.settings(options),
                "-f", "%p\t%k\t%s\n", "-G", group, topic]


class Java:
    """The console clients of Apache Kafka."""

    ASSIGNORS = {"range": "Range", "roundrobin": "RoundRobin", "sticky": "Sticky", "cooperative-sticky": "CooperativeSticky"}

    def setting(self, name, value):
        if name == "assignor":
            return f"partition.assignment.strategy=org.apache.kafka.clients.consumer.{self.ASSIGNORS[value]}Assignor"
        if name == "idempotent":
            return f"enable.idempotence={'true' if value == 'yes' else 'false'}"
        return {"compression": "compression.type", "instance": "group.instance.id", "acks": "acks"}[name] + "=" + value

    def settings(self, kind, options):
        return [word for option in options for word in (f"--{kind}-property", self.setting(*option.split("=")))]

    def produce(self, broker, topic, options=()):
        return [*JAVA, "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", broker, "--topic", topic,
                "--property", "parse.key=true", *self.settings("producer", options)]

    def consume(self, broker, topic, group, count, options=()):
        return [*self.member(broker, topic, group, options)[:-2], "--max-messages", str(count)]

    def member(self, broker, topic, group, options=()):
        return [*JAVA, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", broker, "--topic", topic,
                "--group", group, "--from-beginning", "--property", "print.key=true", *self.settings("consumer", options),
                "--property", "print.partition=true"]


CLIENTS = {
    "confluent": Program(PYTHON, f"{HERE}/python/confluent.py"),
    "kafka_python": Program(PYTHON, f"{HERE}/python/kafka_python.py"),
    "aiokafka": Program(PYTHON, f"{HERE}/python/aiokafka_client.py"),
    "kafkajs": Program("node", f"{HERE}/node/kafkajs_client.js"),
    "franz": Program(f"{DEPS}/go/franz"),
    "sarama": Program(f"{DEPS}/go/sarama"),
    "kafkago": Program(f"{DEPS}/go/kafkago"),
    "kcat": Kcat(),
    "java": Java(),
}

# Takes: admin BROKER TOPIC [NAME=VALUE…]. Each makes, changes and deletes the topic, its records and a group g-TOPIC.
ADMINS = {
    "java": [*JAVA, "Admin"],
    "kafka_python": [PYTHON, f"{HERE}/python/admin_kafka_python.py"],
    "aiokafka": [PYTHON, f"{HERE}/python/admin_aiokafka.py"],
    "kafkajs": ["node", f"{HERE}/node/kafkajs_admin.js"],
    "franz": [f"{DEPS}/go/franz"],
    "sarama": [f"{DEPS}/go/sarama"],
    "kafkago": [f"{DEPS}/go/kafkago"],
}

ENVIRONMENT = {**os.environ, "KAFKAJS_NO_PARTITIONER_WARNING": "1", "NODE_PATH": f"{DEPS}/node/node_modules", "NODE_NO_WARNINGS": "1"}


def run_client(argv, stdin="", timeout_s=CLIENT_S):
    """Runs a client to its end; what it printed. Fails unless its exit code is 0."""
    result = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout_s, env=ENVIRONMENT)
    if result.returncode != 0:
        raise AssertionError(f"{argv}: exit code {result.returncode}\n{result.stdout[-500:]}\n{result.stderr[-2000:]}")
    return result.stdout


class Member:
    """A consumer in a group that runs until it is told to stop. Each record is a text KEY<tab>VALUE."""

    def __init__(self, argv):
        self.argv = argv
        self.lock = threading.Lock()
        self.records = []        # (when, partition, text)
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env=ENVIRONMENT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            partition, text = line.rstrip("\n").split("\t", 1)
            with self.lock:
                self.records.append((time.monotonic(), int(partition.split(":")[-1]), text))

    def seen(self):
        with self.lock:
            return list(self.records)

    def ask_to_stop(self):
        self.process.terminate()

    def stopped(self, timeout_s=30):
        """Waits for its end after ask_to_stop()."""
        self.process.wait(timeout_s)
        self.reader.join(timeout_s)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def fault(self):
        """What it said when it ended by itself; empty while it runs."""
        if self.process.poll() is None:
            return ""
        self.errors.seek(0)
        return f"{self.argv} ended with {self.process.returncode}: {self.errors.read()[-1500:]}"


def run_cases(cases, at_once):
    """Runs (name, function) pairs, some at a time; prints a line for each. Returns (passed, failed)."""
    failed = 0

    def run(case):
        name, function = case
        started = time.monotonic()
        fault = ""
        try:
            function()
        except (AssertionError, subprocess.SubprocessError, OSError) as error:
            fault = str(error) or repr(error)
        print(f"{'FAILED' if fault else 'ok    '} {name} ({time.monotonic() - started:.1f} s) {fault}", flush=True)
        return fault

    with ThreadPoolExecutor(at_once) as pool:
        failed = sum(1 for fault in pool.map(run, cases) if fault)
    return len(cases) - failed, failed


def finish(freshet, passed, failed):
    """The last line of a test program, and its exit code."""
    if failed:
        print(freshet.log_tail())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
