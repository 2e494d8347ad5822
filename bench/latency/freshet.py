"""From the producer's call until a query of a view shows the event, measured from outside, at several rates."""
from common.measure import Window
from common.project import Project, quantile_ms

VIEW = "events_minute"
WARM_UP_S = 3


def measure_rate(run, rate):
    with Project(run.load_program) as project:
        project.start()
        before = dict(project.latency_buckets(VIEW))
        window = Window(project.parts)
        result = project.load("visible", "events", {"BENCH_PASSWORD": project.query_password()}, rate=rate,
                              duration=run.options.seconds, warmup=WARM_UP_S, every=5, linger=run.options.linger,
                              clickhouse=project.addresses["clickhouse_http"].split("//")[-1],
                              database="shop", user="freshet_query", query=project.sum_query(VIEW))
        cpu = window.end(project.parts)
        own = [(bound, count - before.get(bound, 0)) for bound, count in project.latency_buckets(VIEW)]
        project.wait_visible(result["total_records"])
        project.check_exact(result["total_records"])
    run.windows.append(cpu)
    run.details.append({"rate": rate, **result})
    for name in ("p50", "p95", "p99"):
        run.figure(f"{rate}/s {name}", result["visible_ms"][name], "ms")
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        run.figure(f"{rate}/s freshet_latency_seconds {name}", quantile_ms(own, share), "ms")
    run.figure(f"{rate}/s query p50", result["query_ms"]["p50"], "ms")
    run.figure(f"{rate}/s sent", result["total_records"] / result["sending_seconds"], "1/s")
    for part, seconds in cpu["cpu_s"].items():
        run.figure(f"{rate}/s {part} cores", seconds / cpu["wall_s"], "cores")


def measure(run):
    for rate in run.options.rates:
        measure_rate(run, rate)
