"""One inference engine on one GRL model, driven line by line by `grl bench --compare`.

    python peer.py ENGINE MODEL.safetensors --size WIDTHxHEIGHT --threads N --input IN.f32 --output OUT.f32

ENGINE: pytorch | pytorch-explicit | onnxruntime | onnxruntime-folded | openvino | openvino-bf16 (explicit: scores are written out,
masked, soft-maxed and multiplied, operator by operator, as the published code does; folded: the export writes the biases of every
window out, which is faster and takes gigabytes). MODEL carries its configuration in the metadata (`config`). IN holds
[C, H, W] float32 values in 0...1, OUT receives the result. Answers on standard output, one JSON object a line: first
{"ready": ...} after loading and one pass that is not timed (its result is OUT), then {"seconds": s} for each line "run" on standard
input, and {"peakBytes": n} at its end. ONNX models are exported here by `grl_torch.py`, with fixed sizes, in the folder of MODEL.
"""
import argparse
import json
import os
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)   # what libraries print is no answer

import numpy as np  # noqa: E402

ENGINES = ["pytorch", "pytorch-explicit", "onnxruntime", "onnxruntime-folded", "openvino", "openvino-bf16"]


def network(path):
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file
    from grl_torch import GRL, GRLConfig
    with safe_open(path, "pt") as f:
        config = GRLConfig.from_dict(json.loads(f.metadata()["config"]))
    net = GRL(config)
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("model")
    parser.add_argument("--size", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
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
