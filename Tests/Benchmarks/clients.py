#!/usr/bin/env python3
"""How soon the engine answers one client while others ask for everything heavy at once.

    Tests/Benchmarks/clients.py [--grl .build/release/grl] [--seconds 60]

An engine of its own, in a folder that is thrown away. A job runs; five clients keep twelve large previews, three comparisons, three plans of
a tree of 2,000 pictures, a trial and a query of attention in flight, each asked anew when it is answered. One more client asks for a
header, a folder and a small preview in turn. Prints median, 95th percentile and worst in ms, alone and in company, and the time of a plan.
"""
import argparse
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from attention import draw

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOAL = 200


class Client:
    """A connection to the engine's socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.number = 0
        self.ask({"hello": {"client": "benchmark", "version": 1}})

    def send(self, request):
        self.number += 1
        head = json.dumps({"id": self.number, "request": request}).encode()
        self.socket.sendall(struct.pack("<II", len(head), 0) + head)
        return self.number

    def read(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(min(count - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def receive(self):
        head, body = struct.unpack("<II", self.read(8))
        answer = json.loads(self.read(head))
        self.read(body)
        return answer

    def ask(self, request):
        number = self.send(request)
        while True:
            answer = self.receive()
            if answer["id"] == number:
                if "failure" in answer["reply"]:
                    sys.exit(f"clients.py: {answer['reply']['failure']}")
                return answer["reply"]


def job(*inputs, **changes):
    return {"inputs": list(inputs), "task": "denoise", "variant": "tiny", "filters": "rggb", "isRecursive": True, "metadata": "keep",
            "depth": "keep", "existing": "rename", "name": "{stem}_{task}.{ext}", "tile": {"automatic": {}},
            "usesSelfEnsemble": False, **changes}


def keep_asking(path, requests, counts, kind):
    """Keeps the requests in flight on a connection of their own until the engine ends; counts answers and failures."""
    client = Client(path)
    waiting = {client.send(request): request for request in requests}

    def loop():
        try:
            while True:
                answer = client.receive()
                request = waiting.pop(answer["id"], None)
                if request is not None:
                    failed = "failure" in answer["reply"]
                    counts[kind + (" failed" if failed else "")] = counts.get(kind + (" failed" if failed else ""), 0) + 1
                    if failed:
                        counts["message"] = answer["reply"]["failure"]
                    waiting[client.send(request)] = request
        except (EOFError, OSError):
            pass

    threading.Thread(target=loop, daemon=True).start()


def measure(path, folder, seconds):
    client = Client(path)
    requests = {
        "header": {"inspect": {"path": f"{folder}/small.png"}},
        "folder": {"listFolder": {"path": folder}},
        "small preview": {"preview": {"path": f"{folder}/small.png", "width": 120, "height": 80}},
    }
    times = {name: [] for name in requests}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, request in requests.items():
            if name == "small preview":
                os.utime(f"{folder}/small.png")  # not from memory
            start = time.perf_counter()
            client.ask(request)
            times[name].append(1000 * (time.perf_counter() - start))
            time.sleep(0.05)
    return times


def show(title, times):
    worst = 0.0
    print(title)
    for name, values in times.items():
        values.sort()
        p95 = values[min(len(values) - 1, int(0.95 * len(values)))]
        worst = max(worst, p95)
        print(f"  {name:14} {len(values):5} asked  median {statistics.median(values):6.1f}  p95 {p95:6.1f}  "
              f"worst {values[-1]:6.1f} ms", flush=True)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build/release/grl"))
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    grl = os.path.abspath(options.grl)
    with tempfile.TemporaryDirectory(prefix="grl-bench-") as home:
        os.chmod(home, 0o700)
        pictures, tree = os.path.join(home, "pictures"), os.path.join(home, "tree")
        os.makedirs(pictures)
        draw(f"{pictures}/small.png", 512)
        draw(f"{pictures}/job.png", 1024)
        draw(f"{pictures}/large.png", 3000)
        for number in range(6):
            shutil.copy(f"{pictures}/large.png", f"{pictures}/large-{number}.png")
        for number in range(2000):
            folder = os.path.join(tree, str(number // 100))
            os.makedirs(folder, exist_ok=True)
            os.link(f"{pictures}/small.png", f"{folder}/{number}.png")
        environment = {**os.environ, "XDG_STATE_HOME": home, "XDG_RUNTIME_DIR": home, "XDG_CONFIG_HOME": home}
        path = os.path.join(home, "grl/engine.sock")
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        engine = subprocess.Popen([grl, "engine", "--listen", path], env=environment, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                if os.path.exists(path):
                    break
                time.sleep(0.05)
            time.sleep(0.5)
            print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before")
            start = time.perf_counter()
            Client(path).ask({"plan": {"_0": job(tree)}})
            print(f"plan of 2,000 pictures, nothing else asked: {time.perf_counter() - start:.1f} s")
            show("alone", measure(path, pictures, min(10, options.seconds)))

            Client(path).ask({"submit": {"_0": job(f"{pictures}/job.png", usesSelfEnsemble=True)}})
            counts = {}
            region = [0, 0, 512, 512]
            # More than are remembered.
            large = [f"{pictures}/large-{number}.png" for number in range(6)]
            keep_asking(path, [{"preview": {"path": large[place % 6], "width": 300, "height": 200 + place}} for place in range(12)],
                        counts, "large preview")
            # Each pair drops the one before from memory.
            questions = [{"open": {}}, {"measure": {"convention": "grl", "shave": 0}}, {"crops": {"side": 64, "count": 12}}]
            keep_asking(path, [
                {"compare": {"_0": {"paths": large[2 * place:2 * place + 2], "reference": 0, "question": question}}}
                for place, question in enumerate(questions)], counts, "comparison")
            keep_asking(path, [{"plan": {"_0": job(tree, tile={"side": {"_0": 64 + 16 * place}})}} for place in range(3)], counts, "plan")
            trial = job(usesSelfEnsemble=True)
            keep_asking(path, [{"tryRegion": {"_0": trial, "path": f"{pictures}/job.png", "region": region, "width": 80, "height": 80}}],
                        counts, "trial")
            order = {"x": 100, "y": 100, "stage": 0, "block": 0, "kind": "stripe", "hasBias": True, "hasTemperature": True,
                     "isHalfScale": False}
            keep_asking(path, [{"attentionOverview": {"_0": job(), "path": f"{pictures}/job.png", "_2": order}}], counts, "attention")
            time.sleep(3)
            worst = show("while all of it is in flight", measure(path, pictures, options.seconds))
            print(f"answered meanwhile: {counts}")
            print(f"worst p95 {worst:.0f} ms (goal {GOAL}); load {os.getloadavg()[0]:.1f} after")
        finally:
            engine.terminate()
            engine.wait()
    return 1 if worst > GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
