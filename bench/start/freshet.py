"""From exec until Metadata, Produce and a query answer: an empty log, then a full one after an orderly stop and after kill -9."""
import signal
import threading
import time

from common import kafka_wire
from common.measure import Window
from common.project import Project, check

RECORD_BYTES = 1024
GIVE_UP_S = 120
PROBE_EVERY_S = 0.005  # oftener would take the cores from what is to start


def first_answer(question, started):
    """Seconds from `started` until the question neither fails nor is false."""
    while time.monotonic() - started < GIVE_UP_S:
        try:
            if question():
                return time.monotonic() - started
        except (OSError, IndexError, KeyError):
            pass
        time.sleep(PROBE_EVERY_S)
    raise TimeoutError(f"no answer in {GIVE_UP_S} s")


def timed_start(run, project, name):
    questions = {
        "metadata": lambda: kafka_wire.exchange(project.kafka, kafka_wire.metadata_request()),
        "produce": lambda: kafka_wire.produce_error(kafka_wire.exchange(project.kafka, kafka_wire.produce_request("probe")), "probe") == 0,
        "sql": lambda: project.query("SELECT count() FROM events"),
    }
    seconds = {}
    started = time.monotonic()
    threads = [threading.Thread(target=lambda kind=kind, ask=ask: seconds.__setitem__(kind, first_answer(ask, started)))
               for kind, ask in questions.items()]
    window = Window()
    for thread in threads:
        thread.start()
    seconds["ready_file"] = project.start()
    for thread in threads:
        thread.join()
    run.windows.append(window.end(project.parts))
    check("probes that were answered", len(seconds), len(questions) + 1)
    for kind, value in seconds.items():
        run.figure(f"{name} {kind}", value, "s")


def measure(run):
    with Project(run.load_program) as project:
        project.start()
        project.run("topics", "create", "probe", "--partitions", "1")
        project.stop()
        timed_start(run, project, "empty")
        records = int(run.options.log_gb * 1e9 / RECORD_BYTES)
        result = project.load("throughput", "ballast", records=records, size=RECORD_BYTES)
        project.stop()
        timed_start(run, project, "full")
        project.kill(signal.SIGKILL)
        timed_start(run, project, "full after kill -9")
        stored = {topic["name"]: topic["records"] for topic in project.status()["log_only_topics"]}
        check("records of the full log", stored["ballast"], result["total_records"])
