"""CPU and resident memory of a project that does nothing, after a first burst of events has been ingested."""
import time

from common.measure import Window, resident_mb
from common.project import Project

SETTLE_S = 5
BURST = 10_000


def measure(run):
    with Project(run.load_program) as project:
        project.start()
        project.run("produce", "events", "--generate", "--count", str(BURST))
        project.wait_visible(BURST)
        project.check_exact(BURST)
        time.sleep(SETTLE_S)
        window = Window(project.parts)
        time.sleep(run.options.seconds)
        cpu = window.end(project.parts)
        for part, pid in project.parts.items():
            run.figure(f"{part} cpu", 100 * cpu["cpu_s"][part] / cpu["wall_s"], "% of a core")
            run.figure(f"{part} resident", resident_mb(pid), "MB")
    run.windows.append(cpu)
