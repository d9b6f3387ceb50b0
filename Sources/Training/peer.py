"""One inference engine on one GRL model, driven line by line by `grl bench --compare`.

    python peer.py ENGINE MODEL.safetensors --size WIDTHxHEIGHT --threads N --input IN.f32 --output OUT.f32
    python peer.py pytorch-training MODEL.safetensors --size SxS --threads N --input BATCH.f32 --batch N

ENGINE: pytorch | pytorch-explicit | onnxruntime | onnxruntime-folded | openvino | openvino-bf16 (explicit: scores are written out,
masked, soft-maxed and multiplied, operator by operator, as the published code does; folded: the export writes the biases of every
window out, which is faster and takes gigabytes). MODEL carries its configuration in the metadata (`config`). IN holds
[C, H, W] float32 values in 0...1, OUT receives the result. Answers on standard output, one JSON object a line: first
{"ready": ...} after loading and one pass that is not timed (its result is OUT), then {"seconds": s} for each line "run" on standard
input, and {"peakBytes": n} at its end.

pytorch-training and pytorch-training-bf16 (autocast) make one step of a training for each "run RATE": Charbonnier's loss (epsilon 1e-3), gradients
cut to norm 1, AdamW (0.9, 0.99). Each of N processes of one thread takes its share of the batch, the fastest way that was found on processors. BATCH holds
inputs [N, S, S, C], then targets, read before each step; the answer is {"seconds": s, "loss": mean}. ONNX models are exported here by `grl_torch.py`, with fixed sizes, in the folder of MODEL.
"""
import argparse
import dataclasses
import json
import os
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
if __name__ == "__main__":
    ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)   # what libraries print is no answer

import numpy as np  # noqa: E402

TRAININGS = ["pytorch-training", "pytorch-training-bf16"]
ENGINES = [*TRAININGS, "pytorch", "pytorch-explicit", "onnxruntime", "onnxruntime-folded", "openvino", "openvino-bf16"]


def network(path):
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file
    from grl_torch import GRL, GRLConfig
    with safe_open(path, "pt") as f:
        config = GRLConfig.from_dict(json.loads(f.metadata()["config"]))
    net = GRL(dataclasses.replace(config, drop_path=0.0))
    net.load_state_dict({k: v.float() for k, v in load_file(path).items()}, strict=True)
    return torch, net.eval()


def exported(path, image, folds):
    """The ONNX file of the model for pictures of this size; made in a process of its own, whose memory is not the engine's."""
    name = f"{os.path.splitext(path)[0]}-{image.shape[3]}x{image.shape[2]}{'-folded' if folds else ''}.onnx"
    if not os.path.exists(name):
        child = os.fork()
        if child == 0:
            torch, net = network(path)
            net.for_export()
            x = torch.from_numpy(image)
            with torch.no_grad():
                net(x)   # fills the cache of geometry
                torch.onnx.export(net, (x,), name, input_names=["image"], output_names=["restored"], opset_version=18,
                                  dynamo=True, optimize=folds, verbose=False)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            raise SystemExit("the export to ONNX failed")
    return name


def engine(name, path, image, threads):
    if name.startswith("pytorch"):
        torch, net = network(path)
        net.run.explicit_attention = name == "pytorch-explicit"
        torch.set_num_threads(threads)
        x = torch.from_numpy(image)

        def call():
            with torch.inference_mode():
                return net(x).numpy()
        return call, torch.__version__
    model = exported(path, image, name == "onnxruntime-folded")
    if name.startswith("onnxruntime"):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return (lambda: session.run(None, {"image": image})[0]), onnxruntime.__version__
    import openvino
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {
        "INFERENCE_PRECISION_HINT": "bf16" if name == "openvino-bf16" else "f32", "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    return (lambda: request.infer([image])[compiled.output(0)]), openvino.__version__


def train(rank, world, meeting, options):
    """One process of a training: rank 0 is driven by the lines, the others by rank 0."""
    import contextlib
    import torch.distributed as dist
    os.environ["OMP_NUM_THREADS"] = "1"
    torch, net = network(options.model)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    net.train()
    params = list(net.parameters())
    adamw = torch.optim.AdamW(params, lr=0.0, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0, fused=True)
    share = options.batch // world
    (height, width), cfg = (int(n) for n in options.size.split("x")), net.cfg
    inputs = options.batch * height * width * cfg.in_channels

    def step(rate):
        adamw.param_groups[0]["lr"] = rate
        values = np.fromfile(options.input, dtype=np.float32)
        mine = slice(rank * share, (rank + 1) * share)
        x = values[:inputs].reshape(options.batch, height, width, -1)[mine].transpose(0, 3, 1, 2)
        y = values[inputs:].reshape(options.batch, height * cfg.upscale, width * cfg.upscale, -1)[mine].transpose(0, 3, 1, 2)
        x, y = (torch.from_numpy(np.ascontiguousarray(v)) for v in (x, y))
        if world > 1:
            dist.barrier()
        start = time.perf_counter()
        adamw.zero_grad(set_to_none=True)
        halves = options.engine.endswith("bf16")
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False) if halves else contextlib.nullcontext():
            out = net(x)
        loss = ((out.float() - y).square() + 1e-6).sqrt().mean()
        loss.backward()
        flat = torch.cat([p.grad.reshape(-1) for p in params] + [loss.detach().reshape(1)])
        if world > 1:
            dist.all_reduce(flat)
            at = 0
            for p in params:
                p.grad.copy_(flat[at:at + p.numel()].view_as(p.grad)).div_(world)
                at += p.numel()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        adamw.step()
        return {"seconds": time.perf_counter() - start, "loss": flat[-1].item() / world}

    def told(rate):
        """What rank 0 says: the next step's rate, or 0 for the end."""
        said = torch.tensor([rate], dtype=torch.float64)
        if world > 1:
            dist.broadcast(said, 0)
        return said.item()

    if rank:
        while rate := told(0.0):
            step(rate)
        return
    print(json.dumps({"ready": f"{options.engine} {torch.__version__}"}), file=ANSWERS)
    for line in sys.stdin:
        words = line.split()
        if words[:1] != ["run"]:
            break
        told(float(words[1]))
        print(json.dumps(step(float(words[1]))), file=ANSWERS)
    told(0.0)


def start_training(options):
    import tempfile
    import multiprocessing
    context = multiprocessing.get_context("spawn")
    world = max(n for n in range(1, options.threads + 1) if options.batch % n == 0)
    with tempfile.TemporaryDirectory() as folder:
        meeting = os.path.join(folder, "meeting")
        others = [context.Process(target=train, args=(rank, world, meeting, options), daemon=True) for rank in range(1, world)]
        for process in others:
            process.start()
        train(0, world, meeting, options)
        for process in others:
            process.join()
    own, theirs = (resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"peakBytes": own + theirs * len(others)}), file=ANSWERS)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("model")
    parser.add_argument("--size", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--output")
    parser.add_argument("--batch", type=int)
    options = parser.parse_args()
    if options.engine in TRAININGS:
        return start_training(options)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    width, height = (int(n) for n in options.size.split("x"))
    image = np.fromfile(options.input, dtype=np.float32).reshape(1, -1, height, width)
    call, version = engine(options.engine, options.model, image, options.threads)
    np.ascontiguousarray(call(), dtype=np.float32).tofile(options.output)
    print(json.dumps({"ready": f"{options.engine} {version}"}), file=ANSWERS)
    for line in sys.stdin:
        if line.strip() != "run":
            break
        start = time.perf_counter()
        call()
        print(json.dumps({"seconds": time.perf_counter() - start}), file=ANSWERS)
    print(json.dumps({"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), file=ANSWERS)


if __name__ == "__main__":
    main()
