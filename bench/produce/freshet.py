"""The log alone: one librdkafka producer with acks=all into a topic that no stream reads, every answer after fdatasync
(durability: power, the default)."""
from common.measure import Window
from common.project import Project, check

SIZES = (("1 KiB", {"size": 1024}), ("event", {}))  # without a size: the article's events
LATENCY_RATE = 10_000


def log_end(project, topic):
    return next((entry["records"] for entry in project.status()["log_only_topics"] if entry["name"] == topic), 0)


def measure(run):
    with Project(run.load_program) as project:
        project.start()
        for number, (name, size) in enumerate(SIZES):
            topic = f"bench{number}"
            project.run("topics", "create", topic, "--partitions", "4")
            window = Window(project.parts)
            result = project.load("throughput", topic, records=run.options.records, **size)
            cpu = window.end(project.parts)
            check(f"records of {topic}", log_end(project, topic), result["total_records"])
            run.windows.append(cpu)
            run.details.append({"size": name, **result})
            run.figure(f"{name} records_per_s", result["records"] / result["seconds"], "1/s")
            run.figure(f"{name} megabytes_per_s", result["bytes"] / result["seconds"] / 1e6, "MB/s")
            run.figure(f"{name} freshet cpu", cpu["cpu_s"]["freshet"] / result["records"] * 1e6, "us/record")
            run.figure(f"{name} producer cpu", result["cpu_seconds"] / result["records"] * 1e6, "us/record")

            window = Window(project.parts)
            result = project.load("paced", topic, rate=LATENCY_RATE, duration=run.options.seconds, linger=0, **size)
            run.windows.append(window.end(project.parts))
            run.details.append({"size": name, "rate": LATENCY_RATE, **result})
            for share in ("p50", "p95", "p99"):
                run.figure(f"{name} {LATENCY_RATE}/s {share}", result["latency_ms"][share], "ms")
