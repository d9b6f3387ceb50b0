#!/usr/bin/env python3
"""Measures the workbench on a pseudo-terminal: the real binary, the real engine, no part of either replaced.

    Tests/Benchmarks/workbench.py [--grl .build/release/grl] [--runs 20]

Prints one table. What is measured:
  first screen   from fork to the last byte of the first frame (header and footer are there), engine not yet reached
  key to screen  from writing a key to the first byte of the frame that answers it, while an engine restores on all cores
  Esc            from writing Esc, which closes the help, to the last byte of the frame without it
  idle           processor time of the workbench, and bytes sent, in ten seconds without a key
  progress       bytes sent while a job runs and screen 3 shows it, divided by the engine's updates
  preview        bytes of a full redraw (Ctrl-L) of screen 1 with a picture, 80x24, 256 colours
"""
import argparse, fcntl, os, pty, select, shutil, signal, statistics, struct, sys, tempfile, termios, time, zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Workbench:
    """The program on a pseudo-terminal of 80x24 that answers the questions of the start by `answers`."""

    def __init__(
            self, grl, arguments=(), home=None, columns=80, rows=24, cell=(0, 0), answers=b"\x1b[?62;22c", variables={}):
        self.answers = answers
        self.home = home or tempfile.mkdtemp(prefix="grl-bench-")
        self.owns_home = home is None
        environment = {
            "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "HOME": self.home,
            "XDG_RUNTIME_DIR": self.home,
        }
        for name in ("CONFIG", "STATE", "CACHE", "DATA"):
            environment[f"XDG_{name}_HOME"] = os.path.join(self.home, name.lower())
        environment.update(variables)
        self.start = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * cell[0], rows * cell[1]))
            os.execve(grl, [grl, *arguments], environment)
        self.received = b""

    def read(self, timeout):
        """What comes within the timeout, as soon as something does; b"" for nothing."""
        if not select.select([self.fd], [], [], max(timeout, 0))[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        self.received += data
        if self.answers and b"\x1b[c" in self.received:
            os.write(self.fd, self.answers)
            self.answers = b""
        return data

    def quiet(self, seconds=0.3, limit=20):
        """Reads until nothing comes for some time; the bytes, and when the last of them came."""
        data, end, last = b"", time.perf_counter() + limit, time.perf_counter()
        while time.perf_counter() < end:
            more = self.read(seconds)
            if not more:
                break
            data += more
            last = time.perf_counter()
        return data, last

    def wait_for(self, text, limit=60):
        """Waits for bytes that the terminal is sent; an error where they do not come."""
        end, place = time.perf_counter() + limit, max(len(self.received) - 200_000, 0)
        while text not in self.received[place:]:
            if time.perf_counter() > end:
                sys.exit(f"workbench.py: no {text!r} within {limit} s; last bytes: {self.received[-400:]!r}")
            self.read(0.1)

    def type(self, keys):
        os.write(self.fd, keys)

    def ticks(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)
        stop_engines(self.home)
        if self.owns_home:
            shutil.rmtree(self.home, ignore_errors=True)


def engines(home):
    """Processes other than the workbench that live in this home: the engine outlives its client."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if f"HOME={home}\0".encode() in file.read():
                        found.append(int(name))
            except OSError:
                pass
    return found


def stop_engines(home):
    for pid in engines(home):
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    end = time.time() + 5
    while engines(home) and time.time() < end:
        time.sleep(0.05)
    for pid in engines(home):
        os.kill(pid, signal.SIGKILL)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def draw_picture(path, width=1600, height=1200):
    """A PNG of gradients and stripes: 3 bytes a pixel, every row without a filter."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, (x ^ y) & 255))
        for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def first_screen(grl, runs):
    times = []
    for _ in range(runs):
        workbench = Workbench(grl)
        end = time.perf_counter() + 20
        # The footer is drawn last; the sequence that hides the cursor ends the frame.
        while b"\x1b[?25l" not in workbench.received and time.perf_counter() < end:
            workbench.read(0.5)
        times.append(time.perf_counter() - workbench.start)
        workbench.close()
    return times


def escape(workbench, runs):
    times = []
    for _ in range(runs):
        workbench.type(b"?")
        workbench.quiet(0.1)
        begin = time.perf_counter()
        workbench.type(b"\x1b")
        data, last = workbench.quiet(0.1)
        if data:
            times.append(last - begin)
    return times


def key_to_screen(workbench, runs):
    """Moves between two screens; every key changes what is shown."""
    times = []
    for number in range(runs):
        key = b"6" if number % 2 == 0 else b"1"
        # News of the engine must not be taken for the answer: begin where nothing is under way.
        workbench.quiet(0.03, limit=0.5)
        begin = time.perf_counter()
        workbench.type(key)
        # The header marks the screen in front, so its row is drawn anew.
        data = b""
        while b"\x1b[1;" not in data and b"\x1b[H" not in data and time.perf_counter() < begin + 5:
            data += workbench.read(1)
        times.append(time.perf_counter() - begin)
        time.sleep(0.02)
    return times


def large_folder(grl, count, runs):
    """Movements in a folder of many entries."""
    home = tempfile.mkdtemp(prefix="grl-bench-")
    folder = os.path.join(home, "many")
    os.mkdir(folder)
    for number in range(count):
        open(os.path.join(folder, f"picture-{number:06}.png"), "w").close()
    workbench = Workbench(grl, [folder], home)
    workbench.wait_for(b"picture-000000")
    workbench.quiet(1.0)
    times = []
    for number in range(runs):
        begin = time.perf_counter()
        workbench.type(b"\x04" if number % 2 == 0 else b"k")
        workbench.read(5)
        times.append(time.perf_counter() - begin)
        workbench.quiet(0.1, limit=1)
    workbench.close()
    shutil.rmtree(home, ignore_errors=True)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build/release/grl"))
    parser.add_argument("--picture", help="default: one drawn here, large enough to keep the engine at work throughout")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    grl = os.path.abspath(options.grl)
    rows = []

    def row(name, figure, goal, passed):
        rows.append((name, figure, goal, "" if passed else "missed"))

    times = [1000 * t for t in first_screen(grl, options.runs)]
    row("first screen, median (worst)", f"{statistics.median(times):.0f} ({max(times):.0f}) ms", "150 ms",
        statistics.median(times) <= 150)

    home = tempfile.mkdtemp(prefix="grl-bench-")
    folder = os.path.join(home, "pictures")
    os.mkdir(folder)
    if options.picture:
        shutil.copy(options.picture, os.path.join(folder, "picture.png"))
    else:
        draw_picture(os.path.join(folder, "picture.png"))
    workbench = Workbench(grl, [folder], home)
    # The name of the picture, and then its preview.
    workbench.wait_for(b"picture")
    workbench.quiet(1.0)
    before, start = workbench.ticks(), time.perf_counter()
    count = len(workbench.received)
    while time.perf_counter() < start + 10:
        workbench.read(0.5)
    share = (workbench.ticks() - before) / (time.perf_counter() - start)
    row("idle, processor time", f"{100 * share:.2f} %", "1 %", share <= 0.01)
    row("idle, bytes in 10 s", f"{len(workbench.received) - count}", "0", len(workbench.received) == count)

    workbench.type(b"\x0c")
    data, _ = workbench.quiet(0.5)
    blocks = data.count("\u2580".encode())
    row(f"full redraw with preview ({blocks} picture cells)", f"{len(data)} bytes", "60 KB",
        blocks > 100 and len(data) <= 60_000)

    times = [1000 * t for t in escape(workbench, options.runs)]
    row("Esc closes the help, median (worst)", f"{statistics.median(times):.0f} ({max(times):.0f}) ms", "50 ms",
        statistics.median(times) <= 50)

    for count in (100, 100_000):
        times = [1000 * t for t in large_folder(grl, count, options.runs)]
        row(f"key in a folder of {count} entries, median (worst)",
            f"{statistics.median(times):.1f} ({max(times):.1f}) ms", "30 ms", statistics.median(times) <= 30)

    # Mark, plan, run: the engine restores on all cores.
    workbench.type(b" ")
    workbench.quiet()
    workbench.type(b"2")
    workbench.quiet(1.0)
    workbench.type(b"r")
    workbench.quiet(0.5, limit=2)
    workbench.type(b"3")
    workbench.quiet(0.3, limit=2)
    pids = [pid for pid in engines(workbench.home) if pid != workbench.pid]
    if not pids:
        sys.exit("workbench.py: no engine runs")

    def engine_seconds():
        with open(f"/proc/{pids[0]}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # Frames of progress: each is one write that follows a pause.
    frames, start, busy = [], time.perf_counter(), engine_seconds()
    while time.perf_counter() < start + 10:
        data = workbench.read(0.2)
        if data:
            more, _ = workbench.quiet(0.01, limit=0.1)
            frames.append(len(data + more))
    cores = (engine_seconds() - busy) / (time.perf_counter() - start)
    if frames:
        row(f"progress, median of {len(frames)} updates (largest)",
            f"{statistics.median(frames):.0f} ({max(frames)}) bytes", "2 KB", statistics.median(frames) <= 2048)
    times = [1000 * t for t in key_to_screen(workbench, 5 * options.runs)]
    p95 = percentile(times, 0.95)
    row(f"key to screen, median / p95, engine on {cores:.1f} cores",
        f"{statistics.median(times):.1f} / {p95:.1f} ms", "30 ms", p95 <= 30)
    workbench.close()
    shutil.rmtree(home, ignore_errors=True)

    widths = [max(len(line[column]) for line in rows) for column in range(4)]
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; 80x24, xterm-256color")
    for line in rows:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    return 1 if any(line[3] for line in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
