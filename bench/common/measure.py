"""CPU of ours and of strangers, and what a record of a run must say about the machine. Linux only: everything is from /proc."""
import os
import platform
import resource
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
STRANGERS_LIMIT_CORES = 0.3  # above it a run is not valid


def cpu_seconds(pid):
    """User and system time of a process, its threads included; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def _machine_cpu():
    """Seconds of all cores together: (user + nice + system, irq + softirq, steal)."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = (int(field) / TICKS for field in file.readline().split()[1:9])
    return user + nice + system, irq + softirq, steal


def _used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


class Window:
    """What happened to the CPUs from begin() to end(). Processes that may end in between (producers) must be children that were
    waited for; those in `parts` must not."""

    def __init__(self, parts=None):
        self.begin(parts or {})

    def begin(self, parts):
        self._parts = {name: cpu_seconds(pid) or 0 for name, pid in parts.items()}
        self._children = _used(resource.RUSAGE_CHILDREN)
        self._self = _used(resource.RUSAGE_SELF)
        self._machine = _machine_cpu()
        self._started = time.monotonic()

    def end(self, parts):
        """{wall_s, cpu_s: {part, producer, bench}, strangers_cores, steal_cores, irq_cores}. Time of interrupts belongs to nobody and is
        no stranger's; kernel threads that write our data back count as strangers."""
        wall = time.monotonic() - self._started
        cpu = {name: (cpu_seconds(pid) or 0) - self._parts.get(name, 0) for name, pid in parts.items()}
        cpu["producer"] = _used(resource.RUSAGE_CHILDREN) - self._children
        cpu["bench"] = _used(resource.RUSAGE_SELF) - self._self
        busy, irq, steal = (now - before for now, before in zip(_machine_cpu(), self._machine))
        return {"wall_s": wall, "cpu_s": cpu, "strangers_cores": max(0.0, busy - sum(cpu.values())) / wall,
                "steal_cores": steal / wall, "irq_cores": irq / wall}


def is_disturbed(window):
    return window["strangers_cores"] + window["steal_cores"] > STRANGERS_LIMIT_CORES


def _first(path, prefix, separator=":"):
    with open(path) as file:
        return next((line.split(separator, 1)[1].strip() for line in file if line.startswith(prefix)), "?")


def _output(*command, cwd=None):
    result = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    return result.stdout.strip() if result.returncode == 0 else "?"


def record(root, program):
    """What a figure is worth nothing without."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"cpu": _first("/proc/cpuinfo", "model name"), "cores": os.cpu_count(), "memory": _first("/proc/meminfo", "MemTotal"),
                    "kernel": platform.release(), "load_average": os.getloadavg()},
        "commit": _output("git", "rev-parse", "HEAD", cwd=root),
        "changed_files": len(_output("git", "status", "--porcelain", "--untracked-files=no", cwd=root).splitlines()),
        "versions": {"freshet": _output(program, "version"), "librdkafka": _output("pkg-config", "--modversion", "rdkafka")},
    }
