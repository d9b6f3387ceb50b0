#!/usr/bin/env python3
"""Measures the compare screen on a pseudo-terminal: the real binary and engine, two PNG files of 24 megapixels, 160x50.

    Tests/Benchmarks/compare.py [--grl .build/release/grl] [--runs 10]

Prints one table. Each key is timed from writing it to the last byte of what answers it:
  open   from the key that opens the pair to the frame that shows both pictures; nothing is decoded yet, files are in the page cache
  flip, wipe, difference   made of what the workbench has
  pan, zoom   the engine scales another part
  memory of the engine when all was looked at and measured
"""
import argparse, os, random, shutil, statistics, struct, sys, tempfile, time, zlib

from workbench import ROOT, Workbench, engines


def draw(path, seed, width=6000, height=4000):
    """A PNG of bars with noise of four bits; other bars for another seed, so that every cell changes."""
    random.seed(seed)
    mask = int.from_bytes(b"\x0f" * width * 3, "little")
    bars = int.from_bytes(bytes(16 * ((x // 97 + n + 5 * seed) % 15) for x in range(width) for n in range(3)), "little")
    compress, parts = zlib.compressobj(1), []
    for _ in range(height):
        noise = int.from_bytes(random.randbytes(width * 3), "little") & mask
        parts.append(compress.compress(b"\0" + (bars + noise).to_bytes(width * 3, "little")))
    parts.append(compress.flush())

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", b"".join(parts)) + chunk(b"IEND", b""))


def opening(grl, folder, runs):
    """A fresh engine for each run."""
    times = []
    for _ in range(runs):
        home = tempfile.mkdtemp(prefix="grl-bench-")
        workbench = Workbench(grl, [os.path.join(folder, name) for name in ("a.png", "b.png")], home, 160, 50)
        workbench.wait_for(b"6000 x 4000")
        workbench.quiet(1.0)
        begin = time.perf_counter()
        workbench.type(b"B")
        workbench.wait_for(b"zoom")
        workbench.quiet(0.1, limit=0.3)
        times.append(time.perf_counter() - begin - 0.1)
        workbench.close()
        shutil.rmtree(home, ignore_errors=True)
    return times


def key(workbench, keys):
    """Milliseconds to the last byte that answers a key, with nothing else under way."""
    workbench.quiet(0.6, limit=20)
    begin = time.perf_counter()
    workbench.type(keys)
    # However long it takes: what is not answered is no quick answer.
    if not workbench.read(5):
        sys.exit(f"compare.py: no answer to {keys!r} within 5 s")
    first = time.perf_counter()
    more, last = workbench.quiet(0.1, limit=2)
    return 1000 * ((last if more else first) - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build/release/grl"))
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    grl = os.path.abspath(options.grl)
    home = tempfile.mkdtemp(prefix="grl-bench-")
    folder = os.path.join(home, "pictures")
    os.mkdir(folder)
    for seed, name in enumerate(("a.png", "b.png")):
        draw(os.path.join(folder, name), seed)
    rows = []

    times = opening(grl, folder, max(3, options.runs // 3))
    rows.append(("open", f"{statistics.median(times):.2f} s", f"{max(times):.2f} s", "1.5 s",
                 statistics.median(times) <= 1.5))

    workbench = Workbench(grl, [os.path.join(folder, name) for name in ("a.png", "b.png")], home, 160, 50)
    workbench.wait_for(b"6000 x 4000")
    workbench.quiet(1.0)
    workbench.type(b"B")
    workbench.wait_for(b"zoom")
    workbench.wait_for(b"MAE", limit=120)
    for name, before, keys in (
            ("flip, all in sight", b"b", (b"b",)), ("wipe, edge moved", b"x", (b"<", b">")),
            ("difference, gain", b"d", (b">", b"<")), ("zoom", b"d", (b"+", b"-")), ("pan at 1:1", b"=", (b"l", b"h")),
            ("flip at 1:1", b"b", (b"b",)), ("pan at 8:1", b"++++", (b"j", b"k"))):
        workbench.type(before)
        workbench.quiet(1.0, limit=20)
        times = [key(workbench, keys[run % len(keys)]) for run in range(options.runs)]
        rows.append((name, f"{statistics.median(times):.0f} ms", f"{max(times):.0f} ms", "50 ms",
                     statistics.median(times) <= 50))
    peak = 0
    for pid in engines(home):
        if pid != workbench.pid:
            with open(f"/proc/{pid}/status") as file:
                peak = max(peak, *(int(line.split()[1]) for line in file if line.startswith("VmHWM")))
    rows.append(("memory of the engine, peak", f"{peak / 1024:.0f} MiB", "", "", True))
    workbench.close()
    shutil.rmtree(home, ignore_errors=True)

    rows.insert(0, ("", "median", "worst", "goal", True))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; 160x50, xterm-256color, two of 6000 x 4000 pixels")
    for *texts, passed in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(texts, widths)).rstrip()
        print(line + ("" if passed else "  missed"))
    return 0 if all(row[4] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
