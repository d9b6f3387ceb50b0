#!/usr/bin/env python3
"""How soon the engine and `grl restore` answer while all processors compute: the time limits that tests do not hold.

    Tests/Benchmarks/engine.py [--grl .build/release/grl] [--runs 20]

An engine of its own, in a folder that is thrown away, restores a large picture as one tile; it is asked, paused, left by one client and
joined by another, and stopped. Then `grl restore` is interrupted at random moments. Prints median, 95th percentile and worst in ms.
"""
import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from attention import Engine, draw

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
rows = []


def row(name, seconds, goal):
    times = sorted(1000 * value for value in seconds)
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    rows.append((name, f"{statistics.median(times):.0f}", f"{p95:.0f}", f"{times[-1]:.0f}", f"{goal}",
                 "" if p95 <= goal else "missed"))


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def job(path, **changes):
    return {"inputs": [path], "task": "denoise", "variant": "tiny", "filters": "rggb", "isRecursive": False, "metadata": "keep",
            "depth": "keep", "existing": "rename", "name": "{stem}_{task}.{ext}", "tile": {"whole": {}},
            "usesSelfEnsemble": False, **changes}


def engine(grl, folder, runs):
    large, other = os.path.join(folder, "large.png"), os.path.join(folder, "other.png")
    draw(large, 1024)
    draw(other, 512)
    engine = Engine(grl, folder)
    name = engine.ask({"submit": {"_0": job(large, usesSelfEnsemble=True)}})["submitted"]["job"]
    time.sleep(2)

    def ask(request):
        return timed(lambda: engine.ask(request))

    row("header of a picture", [ask({"inspect": {"path": other}}) for _ in range(runs)], 50)
    row("models", [ask({"listModels": {}}) for _ in range(runs)], 50)
    row("plan", [ask({"plan": {"_0": job(other)}}) for _ in range(runs)], 50)
    row("preview", [ask({"preview": {"path": other, "width": 120, "height": 80}}) for _ in range(runs)], 50)
    pauses = []
    for _ in range(runs):
        pauses.append(ask({"pause": {"job": name}}))
        engine.ask({"resume": {"job": name}})
        time.sleep(random.uniform(0.02, 0.2))
    row("pause", pauses, 50)

    def join():
        client = Engine(grl, folder)
        client.ask({"watch": {}})
        return client

    joins = []
    for _ in range(runs):
        start = time.perf_counter()
        client = join()
        joins.append(time.perf_counter() - start)
        client.child.stdin.close()
        client.child.wait()
    row("a new client, a process of its own, to the list of jobs", joins, 1000)
    row("the engine is stopped", [timed(engine.stop)], 1000)
    engine.child.wait()


def interrupted(grl, folder, runs):
    path = os.path.join(folder, "large.png")
    environment = {**os.environ, "HOME": folder, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": folder}
    ends = []
    for number in range(runs):
        child = subprocess.Popen(
            [grl, "restore", "--task", "denoise", "--variant", "tiny", "--ensemble", "--events", "ndjson", "-o",
             os.path.join(folder, f"out-{number}.png"), path],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        for line in child.stdout:
            if json.loads(line)["event"] == "progress":
                break
        time.sleep(random.uniform(0, 0.5))
        child.send_signal(signal.SIGINT)
        start = time.perf_counter()
        child.stdout.read()
        if child.wait() != 130:
            sys.exit(f"engine.py: grl restore ended with {child.returncode}")
        ends.append(time.perf_counter() - start)
    row("Ctrl-C of grl restore to its exit", ends, 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build/release/grl"))
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    random.seed(1)
    grl = os.path.abspath(options.grl)
    with tempfile.TemporaryDirectory(prefix="grl-bench-") as folder:
        os.chmod(folder, 0o700)
        engine(grl, folder, options.runs)
        interrupted(grl, folder, options.runs)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; median, p95, worst and goal in ms")
    widths = [max(len(line[column]) for line in rows) for column in range(6)]
    for line in rows:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


if __name__ == "__main__":
    main()
