"""The highest rate of article-sized events at which lag does not grow: producer → log → raw and three views, all on this machine."""
import json
import subprocess
import time

from common.measure import Window, is_disturbed
from common.project import Project, Wrong

STEP = 1.25
CLOSE_ENOUGH = 1.05
SEARCH_S = 10
SAMPLE_EVERY_S = 0.25


def trial(run, rate, seconds):
    """One fresh project under a steady rate; what happened, with "holds"."""
    with Project(run.load_program) as project:
        project.start()
        producers = run.options.producers
        window = Window(project.parts)
        processes = [subprocess.Popen([project.program, "--json", "-C", project.folder, "produce", "events", "--generate",
                                       "--rate", str(rate / producers), "--duration", f"{seconds:g}s"],
                                      stdout=subprocess.PIPE, text=True) for _ in range(producers)]
        started = time.monotonic()
        lags = []
        while any(process.poll() is None for process in processes):
            lags.append((time.monotonic() - started, project.stream()["lag_records"]))
            time.sleep(SAMPLE_EVERY_S)
        ended_s = time.monotonic() - started
        outputs = [process.communicate()[0] for process in processes]
        if any(process.returncode != 0 for process in processes):
            raise Wrong("a producer failed: its last lines are above")
        results = [json.loads(output) for output in outputs]
        delivered = sum(result["delivered"] for result in results)
        project.wait_visible(delivered)
        visible_s = time.monotonic() - started
        cpu = window.end(project.parts)
        project.check_exact(delivered)
    outcome = {"rate": rate, "seconds": seconds, "delivered": delivered,
               "sent_s": max(result["seconds"] for result in results), "visible_after_last_s": visible_s - ended_s,
               **lag_line([lag for lag in lags if lag[0] < seconds]), "window": cpu}
    # Lag is a saw-tooth of one batch: what grows by less than a quarter of a second's events over the whole time does not grow.
    outcome["holds"] = (delivered >= 0.98 * rate * seconds and ended_s < 1.05 * seconds + 1
                        and outcome["lag_slope"] < max(0.01, 0.25 / seconds) * rate and outcome["lag_end"] < 2 * rate)
    run.say(f"{rate:,.0f}/s for {seconds:g} s: {delivered:,} delivered, lag at the end {outcome['lag_end']:,.0f}, "
            f"growing by {outcome['lag_slope']:,.0f}/s: {'holds' if outcome['holds'] else 'does not hold'}"
            + (" (disturbed)" if is_disturbed(cpu) else ""))
    return outcome


def lag_line(lags):
    """Lag at the start and at the end, each the mean of a tenth of the samples, and its least-squares slope in records a second.
    The first fifth of the time is the start's own."""
    if len(lags) < 5:
        raise Wrong("too short to see whether lag grows: give more --seconds")
    settled = lags[len(lags) // 5:]
    few = max(1, len(settled) // 10)
    mean = lambda values: sum(values) / len(values)
    middle, level = mean([at for at, _ in settled]), mean([lag for _, lag in settled])
    spread = sum((at - middle) ** 2 for at, _ in settled)
    return {"lag_start": mean([lag for _, lag in settled[:few]]), "lag_end": mean([lag for _, lag in settled[-few:]]),
            "lag_slope": sum((at - middle) * (lag - level) for at, lag in settled) / spread}


def search(run):
    """By steps of a quarter to a rate that holds and one that does not, then by halves to 5 %."""
    seconds = min(SEARCH_S, run.options.seconds)
    low, high, rate = None, None, run.options.start_rate
    while low is None or high is None or high / low > CLOSE_ENOUGH:
        if trial(run, rate, seconds)["holds"]:
            low = rate
        else:
            high = rate
        rate = high / STEP if low is None else low * STEP if high is None else (low * high) ** 0.5
        if rate < 1000:
            raise Wrong("not even 1,000 events a second hold")
    return low


def measure(run):
    if "rate" not in run.memory:
        run.memory["rate"] = search(run)
    while True:
        outcome = trial(run, run.memory["rate"], run.options.seconds)
        run.details.append(outcome)
        # A rate that did not hold while strangers used the machine says nothing: such a run does not count and is made again.
        if outcome["holds"] or (is_disturbed(outcome["window"]) and not run.options.keep_disturbed):
            break
        run.memory["rate"] *= 0.95
        if run.memory["rate"] < 1000:
            raise Wrong("no rate holds for the whole time")
    run.windows.append(outcome["window"])
    run.figure("events_per_s", outcome["delivered"] / outcome["sent_s"], "1/s")
    run.figure("lag_start", outcome["lag_start"], "records")
    run.figure("lag_end", outcome["lag_end"], "records")
    run.figure("visible_after_last", outcome["visible_after_last_s"], "s")
    run.cpu_figures(outcome["window"], outcome["delivered"])
