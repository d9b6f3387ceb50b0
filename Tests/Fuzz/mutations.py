#!/usr/bin/env python3
"""Seeded mutations of sound files, and of conversations, against the program as it is installed: what a fuzzer inside one reader cannot see.

    Tests/Fuzz/mutations.py raw 2000 FILE.dng ...            each mutant through `grl restore --task demosaic`
    Tests/Fuzz/mutations.py weights 1000 FILE.safetensors ... each through `grl models verify`
    Tests/Fuzz/mutations.py metadata 1000 FILE.safetensors ... the same, with the texts of the header changed
    Tests/Fuzz/mutations.py wire 500                          scripts of three clients at once against one engine
        [--grl .build/release/grl] [--seed 1] [--keep FOLDER] [--seconds 30] [--memory 1G] [--workers 2]

Mutant N of a run depends on the seed and on N alone; `--only N` runs that one. A mutant passes where the program ends by itself in time with an exit status
that it documents, within the memory, says why in lines without control characters, and leaves no result behind that it did not announce. For raw files
a result is also compared with that of the sound file: one that came without a word and is far from it is listed as `silent`.
Needs numpy and Pillow for that comparison only.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STATUSES = {0: "done", 2: "usage", 3: "bad input", 4: "model", 5: "over memory", 6: "suspicious"}
EXTREMES = [0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0]


# Mutations of bytes

def mutated(data, rng, header):
    """`data` with one to four changes, most of them in its first `header` bytes."""
    b = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        end = min(len(b), header if rng.random() < 0.7 else len(b))
        if end < 8:
            break
        at = rng.randrange(end - 4)
        kind = rng.randrange(8)
        if kind == 0:
            b[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            b[at] = rng.randrange(256)
        elif kind == 2:
            b[at:at + 2] = struct.pack(rng.choice("<>") + "H", rng.choice(EXTREMES) & 0xFFFF)
        elif kind == 3:
            b[at:at + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(EXTREMES))
        elif kind == 4:  # an entry of twelve bytes twice, as in directories of TIFF
            b[at:at + 12] = b[at + 12:at + 24] or b[at:at + 12]
        elif kind == 5:
            length = rng.choice([4, 16, 64, 512, 4096])
            b[at:at + length] = bytes(min(length, len(b) - at))
        elif kind == 6:
            other = rng.randrange(len(b) - 4)
            length = rng.choice([2, 4, 12, 64])
            b[at:at + length] = b[other:other + length]
        else:
            del b[rng.randrange(len(b)):]
    return bytes(b)


def safetensors(data):
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + length]), data[8 + length:]


def file_of(header, tensors):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def mutated_weights(data, rng):
    """Values that no training leaves, tensors that change places, shapes that lie, or plain damage."""
    header, tensors = safetensors(data)
    tensors = bytearray(tensors)
    names = [n for n in header if n != "__metadata__"]
    name = rng.choice(names)
    begin, end = header[name]["data_offsets"]
    kind = rng.randrange(8)
    if kind == 0:
        tensors[begin:end] = bytes(end - begin)
    elif kind == 1:
        tensors[begin:end] = rng.randbytes(end - begin)
    elif kind == 2:  # one value: infinite, not a number, or the largest there is
        at = begin + 2 * rng.randrange((end - begin) // 2)
        tensors[at:at + 2] = rng.choice([b"\x00\x7c", b"\x00\xfc", b"\x01\x7e", b"\xff\x7b"])
    elif kind == 3:
        same = [n for n in names if header[n]["shape"] == header[name]["shape"] and n != name]
        if same:
            other = rng.choice(same)
            header[name]["data_offsets"], header[other]["data_offsets"] = header[other]["data_offsets"], header[name]["data_offsets"]
    elif kind == 4:  # signs turned
        for at in range(begin + 1, end, 2):
            tensors[at] ^= 0x80
    elif kind == 5:
        header[name]["shape"] = [rng.choice(EXTREMES) for _ in header[name]["shape"]]
    elif kind == 6:
        header[rng.choice([name + "x", "", "\u001b[2J", "layers.99.conv.weight"])] = header.pop(name)
    else:
        return mutated(data, rng, 8 + len(json.dumps(header)))
    return file_of(header, bytes(tensors))


def mutated_metadata(data, rng):
    """One or two texts of the header, or values inside those that hold JSON, changed to what they cannot be, or taken out."""
    header, tensors = safetensors(data)
    texts = header["__metadata__"]
    for _ in range(rng.choice([1, 1, 2])):
        key = rng.choice(sorted(texts))
        try:
            value = json.loads(texts[key])
        except ValueError:
            value = None
        if isinstance(value, dict) and value and rng.random() < 0.8:
            inner = rng.choice(sorted(value))
            if rng.random() < 0.2:
                del value[inner]
            else:
                value[inner] = junk(rng)
            texts[key] = json.dumps(value)
        elif rng.random() < 0.2:
            del texts[key]
        else:
            texts[key] = rng.choice([json.dumps(junk(rng)), "\u001b[31m" + "x" * rng.choice([0, 80, 100_000]), "{", "sr", "denoise", "nan"])
    return file_of(header, tensors)


def junk(rng):
    return rng.choice([0, -1, 1, 3, 7, 64, 10 ** 9, 10 ** 30, 1e308, -0.5, None, True, "", "x", "\u001b[2J\n", [], [1, -2], [[]], {}, {"a": {}},
                       [3] * 50, "pixelshuffle", "stripe", [0, 1e9]])


# Running one

def run(command, seconds, environment):
    """(exit status or minus the signal, standard error, seconds, peak MiB); None for the status where it had to be killed."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, env=environment)
        killed = False
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - start > seconds and not killed:
                os.kill(child.pid, signal.SIGKILL)
                killed = True
            time.sleep(0.005)
        child.returncode = 0
        told.seek(0)
        text = told.read()
    code = None if killed else os.waitstatus_to_exitcode(status)
    return code, text, time.monotonic() - start, usage.ru_maxrss / 1024


def fault(code, text):
    """What is wrong with the way a run ended; nothing where nothing is."""
    if code is None:
        return "hangs"
    if code < 0 or code > 128:
        return f"signal {-code if code < 0 else code - 128}"
    if code not in STATUSES:
        return f"status {code}"
    if any(byte < 32 and byte not in (10,) or byte == 127 for byte in text):
        return "control characters"
    if code and not text.strip():
        return "no word"
    return ""


def distance(a, b):
    import numpy as np
    from PIL import Image
    x, y = (np.asarray(Image.open(p).convert("RGB"), dtype=float) for p in (a, b))
    if x.shape != y.shape:
        return 0.0
    return float(10 * np.log10(255 ** 2 / max(1e-9, ((x - y) ** 2).mean())))


def one(options, folder, number):
    """The verdict on mutant `number`: (fault, status, seconds, MiB, the program's words)."""
    rng = random.Random(f"{options.seed} {options.kind} {number}")
    source = options.files[number % len(options.files)]
    with open(source, "rb") as f:
        data = f.read()
    own = os.path.join(folder, str(number))
    os.makedirs(own)
    path = os.path.join(own, "mutant" + os.path.splitext(source)[1])
    mutant = {"raw": lambda: mutated(data, rng, options.header), "weights": lambda: mutated_weights(data, rng),
              "metadata": lambda: mutated_metadata(data, rng)}[options.kind]()
    with open(path, "wb") as f:
        f.write(mutant)
    result = os.path.join(own, "result.png")
    if options.kind == "raw":
        command = [options.grl, "restore", "--task", "demosaic", "--threads", "1", "--memory", options.memory, path, "-o", result]
    else:
        command = [options.grl, "models", "verify", "--threads", "1", path]
    code, text, seconds, peak = run(command, options.seconds, dict(os.environ, HOME=own))
    wrong = fault(code, text)
    if not wrong and peak > options.mebibytes:
        wrong = "memory"
    left = sorted(set(os.listdir(own)) - {os.path.basename(path), "result.png", ".cache", ".local"})
    if not wrong and (left or (code != 0 and os.path.exists(result))):
        wrong = f"left behind: {left or 'a result'}"
    if not wrong and options.kind == "raw" and code == 0 and b"note" not in text and b"warn" not in text:
        if os.path.exists(options.sound[source]) and distance(result, options.sound[source]) < 25:
            wrong = "silent"
    if options.keep and wrong:
        os.makedirs(options.keep, exist_ok=True)
        shutil.copy(path, os.path.join(options.keep, f"{options.kind}-{options.seed}-{number}-{wrong.split(':')[0].replace(' ', '_')}" + os.path.splitext(source)[1]))
    shutil.rmtree(own)
    return wrong, code, seconds, peak, text.decode(errors="replace").strip()


def files(options):
    folder = tempfile.mkdtemp(prefix="grl-mutations-")
    options.sound = {}
    if options.kind == "raw":
        for number, source in enumerate(options.files):
            options.sound[source] = os.path.join(folder, f"sound{number}.png")
            subprocess.run([options.grl, "restore", "-q", "--task", "demosaic", source, "-o", options.sound[source]],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    numbers = [options.only] if options.only is not None else range(options.count)
    counts, times, peaks, wrong = collections.Counter(), [], [], []
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        for number, verdict in zip(numbers, pool.map(lambda n: one(options, folder, n), numbers)):
            fault, code, seconds, peak, text = verdict
            counts[STATUSES.get(code, str(code))] += 1
            times.append(seconds)
            peaks.append(peak)
            if fault or options.only is not None:
                wrong.append((number, fault))
                print(f"{options.kind} {number}: {fault or 'passes'}, status {code}, {seconds:.1f} s, {peak:.0f} MiB: {text[:300]!r}", flush=True)
    shutil.rmtree(folder)
    times.sort()
    told = ", ".join(f"{n} {name}" for name, n in counts.most_common())
    kinds = collections.Counter(f.split(":")[0] for _, f in wrong if f)
    print(f"{options.kind}: {len(times)} mutants of {len(options.files)} files, seed {options.seed}: {told}; median {times[len(times) // 2]:.2f} s, "
          f"longest {times[-1]:.1f} s; most memory {max(peaks):.0f} MiB; " + (", ".join(f"{n} {k}" for k, n in kinds.items()) or "no fault"))
    return 1 if sum(n for k, n in kinds.items() if k != "silent") else 0


# Conversations

def frame(head, body=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<II", len(text), len(body)) + text + body


def requests(rng, pictures, folder):
    """One question, sound or not."""
    path = rng.choice(pictures + ["/nowhere.png", "/dev/zero", folder, "", "\x1b[2J", "/" + "x" * 5000])
    job = {"inputs": [path], "task": rng.choice(["denoise", "sr", "jpeg", "demosaic", "dance"]), "variant": "tiny", "filters": "rggb",
           "isRecursive": rng.random() < 0.3, "metadata": "keep", "depth": "keep", "existing": "rename", "name": "{stem}_{task}.{ext}",
           "tile": {"side": {"_0": rng.choice([0, 48, 64, 10 ** 9])}}, "usesSelfEnsemble": False, "outputFolder": folder + "/out"}
    name = rng.choice(["20261122-215301-1", "", "../..", "j"])
    region = [rng.choice([-1, 0, 5, 10 ** 12]), 0, rng.choice([0, 16, 40, 2 ** 62]), 16]
    attention = {"x": rng.choice([-5, 3, 9999]), "y": 3, "stage": rng.choice([0, 1, 99]), "block": 0, "kind": rng.choice(["window", "anchors", "nothing"]),
                 "hasBias": True, "hasTemperature": True, "isHalfScale": rng.random() < 0.5}
    return rng.choice([
        {"ping": {}}, {"listFolder": {"path": path}}, {"inspect": {"path": path}}, {"listModels": {}}, {"plan": {"_0": job}},
        {"preview": {"path": path, "width": rng.choice([0, 8, 120, 10 ** 9]), "height": 20}},
        {"preview": {"path": path, "region": region, "width": 20, "height": 20}}, {"watch": {}}, {"submit": {"_0": job}},
        {"pause": {"job": name}}, {"cancel": {"job": name}}, {"remove": {"job": name}}, {"retry": {"job": name}}, {"stopTrying": {}},
        {"tryRegion": {"_0": job, "path": path, "region": region, "width": 20, "height": 20}},
        {"compare": {"_0": {"paths": [path, rng.choice(pictures)], "reference": rng.choice([0, 1, 7]), "question": rng.choice(
            [{"open": {}}, {"view": {"region": region, "width": 20, "height": 20, "x": 3, "y": 3}}, {"crops": {"side": rng.choice([0, 8, 10 ** 9]), "count": 3}}])}}},
        {"attention": {"_0": job, "path": path, "_2": attention}}, {"attentionOverview": {"_0": job, "path": path, "_2": attention}},
        {"dance": {}}, {"preview": {}}, [], None, 7])


def client(socket_path, rng, pictures, folder, script):
    """Says hello (mostly), then sends what the seed says, whole or cut, reads some answers, and leaves, politely or not."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(socket_path)
    try:
        if rng.random() < 0.95:
            s.sendall(frame({"id": 1, "request": {"hello": {"client": "mutations", "version": 1}}}))
        for number in range(2, 2 + rng.randrange(1, 25)):
            kind = rng.random()
            if kind < 0.85:
                s.sendall(frame({"id": number if rng.random() < 0.98 else 2, "request": requests(rng, pictures, folder)}))
            elif kind < 0.9:
                s.sendall(mutated(frame({"id": number, "request": requests(rng, pictures, folder)}), rng, 64))
            elif kind < 0.93:
                s.sendall(struct.pack("<II", rng.choice(EXTREMES), rng.choice(EXTREMES)))
            elif kind < 0.96:
                s.sendall(rng.randbytes(rng.randrange(1, 400)))
            else:
                time.sleep(rng.random() / 20)
            if rng.random() < 0.4 and select.select([s], [], [], 0.02)[0]:
                s.recv(1 << 16)
        if rng.random() < 0.3:
            s.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + 0.5
            while time.monotonic() < deadline and s.recv(1 << 16):
                pass
    except (BrokenPipeError, ConnectionResetError, socket.timeout):
        pass
    finally:
        s.close()


def answers(socket_path, pictures, seconds):
    """Whether a new client gets its three answers in time."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(seconds)
    try:
        s.connect(socket_path)
        s.sendall(frame({"id": 1, "request": {"hello": {"client": "judge", "version": 1}}}) + frame({"id": 2, "request": {"ping": {}}})
                  + frame({"id": 3, "request": {"inspect": {"path": pictures[0]}}}))
        wanted, data = {1, 2, 3}, b""
        while wanted:
            more = s.recv(1 << 16)
            if not more:
                return False
            data += more
            while len(data) >= 8:
                head, body = struct.unpack("<II", data[:8])
                if len(data) < 8 + head + body:
                    break
                wanted.discard(json.loads(data[8:8 + head])["id"])
                data = data[8 + head + body:]
        return True
    except (OSError, ValueError):
        return False
    finally:
        s.close()


def wire(options):
    folder = tempfile.mkdtemp(prefix="grl-wire-")
    pictures = []
    for number in range(3):
        pictures.append(os.path.join(folder, f"picture{number}.png"))
        shutil.copy(os.path.join(ROOT, "Tests/Fixtures/protocol", ["gates.png", "facade.png"][number % 2]), pictures[-1])
    environment = dict(os.environ, HOME=folder, XDG_RUNTIME_DIR=folder, XDG_STATE_HOME=folder, GRL_THREADS="2")
    path = os.path.join(folder, "engine.sock")
    starts, wrong, peak = 0, 0, 0.0
    log = open(os.path.join(folder, "log"), "wb")

    def start():
        engine = subprocess.Popen([options.grl, "engine", "--listen", path], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(500):
            if os.path.exists(path) and answers(path, pictures, 5):
                return engine
            time.sleep(0.02)
        raise SystemExit("the engine does not start: " + open(log.name, errors="replace").read()[-500:])

    engine = start()
    scripts = [options.only] if options.only is not None else range(options.count)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for script in scripts:
            rngs = [random.Random(f"{options.seed} wire {script} {n}") for n in range(3)]
            tasks = [pool.submit(client, path, rng, pictures, folder, script) for rng in rngs]
            for task in tasks:
                try:
                    task.result()
                except OSError as error:
                    print(f"wire {script}: a client could not connect: {error}", flush=True)
            died, silent = engine.poll() is not None, not answers(path, pictures, options.seconds)
            if died or silent:
                wrong += 1
                print(f"wire {script}: " + (f"the engine ended with {engine.returncode}" if died else "no answer")
                      + ": " + open(log.name, errors="replace").read()[-6000:], flush=True)
                engine.kill()
                engine.wait()
                if os.path.exists(path):
                    os.unlink(path)
                engine = start()
                starts += 1
            with open(f"/proc/{engine.pid}/status") as f:
                peak = max(peak, max(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM")))
    descriptors = len(os.listdir(f"/proc/{engine.pid}/fd"))
    engine.terminate()
    try:
        engine.wait(20)
    except subprocess.TimeoutExpired:
        wrong += 1
        print("the engine does not end on SIGTERM")
        engine.kill()
    left = [n for n in os.listdir(folder) if n.endswith(".part")]
    if left:
        wrong += 1
        print(f"left behind: {left}")
    shutil.rmtree(folder)
    print(f"wire: {len(list(scripts))} scripts of three clients, seed {options.seed}, {time.monotonic() - began:.0f} s: {wrong} faults, "
          f"{starts} restarts; most memory {peak:.0f} MiB, {descriptors} descriptors open at the end")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["raw", "weights", "metadata", "wire"])
    parser.add_argument("count", type=int)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build/release/grl"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--memory", default="1G")
    parser.add_argument("--mebibytes", type=float, default=1100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--header", type=int, default=2048, help="bytes that most changes of raw files are made in")
    options = parser.parse_args()
    if options.kind != "wire" and not options.files:
        parser.error("no files")
    sys.exit(wire(options) if options.kind == "wire" else files(options))


main()
