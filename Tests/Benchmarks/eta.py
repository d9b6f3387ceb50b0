#!/usr/bin/env python3
"""How good the time left is that `grl restore` tells: after a tenth of the tiles, against what it really took; and of a job of several pictures
after a tenth of the job.

    Tests/Benchmarks/eta.py [--grl .build/release/grl] [--runs 3] [--job] [PICTURE...]

Each run restores a picture in tiles of 64, 96 and 128 pixels, or with --job all pictures one after the other, without knowledge of earlier runs. Prints
one line a run.
"""
import argparse, json, os, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def measure(grl, picture, tile):
    with tempfile.TemporaryDirectory(prefix="grl-eta-") as home:
        environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "XDG_CACHE_HOME": home}
        process = subprocess.Popen(
            [grl, "restore", "--task", "denoise", "--variant", "tiny", "--tile", str(tile), "--events", "ndjson", "-o",
             os.path.join(home, "out.png"), picture], stdout=subprocess.PIPE, text=True, env=environment)
        told, tiles = None, 0
        for line in process.stdout:
            event, now = json.loads(line), time.perf_counter()
            if event["event"] == "picture":
                tiles = event["tiles"]
            elif event["event"] == "progress" and told is None and event["fraction"] >= 0.1:
                told = (now, event.get("secondsRemaining"))
            elif event["event"] == "done":
                done = now
        if process.wait() != 0 or not told or told[1] is None:
            sys.exit("eta.py: the run failed or told no time left")
    return tiles, told[1], done - told[0]


def measure_job(grl, pictures):
    with tempfile.TemporaryDirectory(prefix="grl-eta-") as home:
        environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "XDG_CACHE_HOME": home}
        process = subprocess.Popen(
            [grl, "restore", "--task", "denoise", "--variant", "tiny", "--events", "ndjson", "--output-dir",
             os.path.join(home, "out"), *pictures], stdout=subprocess.PIPE, text=True, env=environment)
        told = None
        for line in process.stdout:
            event, now = json.loads(line), time.perf_counter()
            if event["event"] == "progress" and told is None and event["jobFraction"] >= 0.1:
                told = (now, event.get("jobSecondsRemaining"))
            elif event["event"] == "end":
                done = now
        if process.wait() != 0 or not told or told[1] is None:
            sys.exit("eta.py: the run failed or told no time left")
    return told[1], done - told[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build/release/grl"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--job", action="store_true")
    parser.add_argument("pictures", nargs="*", default=[os.path.join(ROOT, "Samples/kitten.png")])
    options = parser.parse_args()
    worst = 0.0
    if options.job:
        pictures = [os.path.abspath(picture) for picture in options.pictures]
        for _ in range(options.runs):
            told, real = measure_job(os.path.abspath(options.grl), pictures)
            worst = max(worst, abs(told / real - 1))
            print(f"{len(pictures)} pictures: told {told:.1f} s, took {real:.1f} s, off by {100 * (told / real - 1):+.0f} %", flush=True)
    for picture in options.pictures if not options.job else []:
        for tile in (64, 96, 128):
            for _ in range(options.runs):
                tiles, told, real = measure(os.path.abspath(options.grl), picture, tile)
                error = told / real - 1
                worst = max(worst, abs(error))
                print(f"{os.path.basename(picture)}, {tiles} tiles of {tile}: told {told:.1f} s, took {real:.1f} s, "
                      f"off by {100 * error:+.0f} %", flush=True)
    print(f"worst {100 * worst:.0f} % (goal 20 %); load {os.getloadavg()[0]:.1f}")
    return 1 if worst > 0.2 else 0


if __name__ == "__main__":
    sys.exit(main())
