"""Stored events, ingested from a stopped state: the topic is filled while the project has no stream (then it is only a log), the
program is stopped, stream and views are added, and the program starts again."""
import glob
import os
import shutil
import threading
import time

from common.measure import Window
from common.project import Project

POLL_S = 0.02


class Watch(threading.Thread):
    """Asks for the stream's position from before the program answers until finish(): [(seconds, state, ingested)]."""

    def __init__(self, project):
        super().__init__(daemon=True)
        self.project, self.samples, self._over = project, [], threading.Event()
        self.started = time.monotonic()

    def run(self):
        while not self._over.wait(POLL_S):
            try:
                stream = self.project.stream()
                self.samples.append((time.monotonic() - self.started, stream["state"], stream["ingested"]))
            except (OSError, IndexError, ValueError):
                continue

    def finish(self):
        self._over.set()
        self.join()


def fill(project, events):
    files = glob.glob(os.path.join(project.folder, "streams/*")) + glob.glob(os.path.join(project.folder, "views/*"))
    aside = {path: os.path.join(project.base, os.path.basename(path) + ".aside") for path in files}
    for path, other in aside.items():
        shutil.move(path, other)
    project.start()
    project.run("topics", "create", "events", "--partitions", "4")
    project.load("throughput", "events", records=events - 1)  # its first record warms up
    project.stop()
    for path, other in aside.items():
        shutil.move(other, path)


def measure(run):
    events = run.options.events
    with Project(run.load_program) as project:
        fill(project, events)
        watch = Watch(project)
        window = Window()
        watch.start()
        project.start()
        project.wait_visible(events)
        done = time.monotonic() - watch.started
        cpu = window.end(project.parts)
        watch.finish()
        project.check_exact(events)
    begun = next(at for at, state, ingested in watch.samples if state == "running" or ingested > 0)
    middle = [(at, ingested) for at, _, ingested in watch.samples if 0.1 * events <= ingested <= 0.9 * events]
    run.windows.append(cpu)
    run.details.append({"samples": watch.samples[::10]})
    run.figure("events_per_s", events / (done - begun), "1/s")
    run.figure("events_per_s_from_exec", events / done, "1/s")
    if len(middle) > 1 and middle[-1][1] > middle[0][1]:
        run.figure("events_per_s_middle", (middle[-1][1] - middle[0][1]) / (middle[-1][0] - middle[0][0]), "1/s")
    run.cpu_figures(cpu, events)
