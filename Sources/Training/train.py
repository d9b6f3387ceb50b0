"""Train one GRL model for a bounded time; stop cleanly; resume later.

    python train.py --model dn_color_tiny --data photos-48mb.tar --minutes 9 \
                    --total-minutes 27 --resume DIR --out DIR
    python train.py --model dn_color_tiny --data photos-48mb.tar --end-at 17:30 --resume DIR --out DIR

The learning rate follows the fraction of the total training time used so far (over all
sessions), so it always ends near zero, however fast the machine is. What counts as used
is time in the training loop; decoding, compiling and saving do not, nor, on a CPU, time in
which other programs had it. With --end-at the clock on the wall decides instead: the rate is
down at that time whatever else the machine had to do.
"""
from __future__ import annotations

import time

PROCESS_START = time.monotonic()

import argparse
import contextlib
import datetime
import json
import math
import os
import signal
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

import optimiser
import photos
import registry
import statefile
import widen
from grl_torch import GRL, ScoreShaper


CREDIT = "GOPRO data set (Nah, Kim, Lee, CVPR 2017), CC-BY-4.0"      # of what --motion takes


def say(*words):
    print(*words, flush=True)


def centre_bias() -> None:
    """Shift position biases from (0, 16) to (-8, 8) while training: a softmax does not notice
    a constant, and half-precision numbers are finest around zero."""
    if getattr(ScoreShaper, "_centred", False):
        return
    plain = ScoreShaper.bias

    def centred(self, *a, **k):
        return plain(self, *a, **k) - 8.0

    ScoreShaper.bias, ScoreShaper._centred = centred, True


@torch.no_grad()
def gentle_start(net: GRL, branch: float, quiet: float) -> None:
    """Begin as a plain interpolator: quiet residual branches (their closing norms), and a path of
    single-pixel kernels that carries the picture through the first and last layers where the
    network has no global skip. Saves a short training its first minutes."""
    cfg = net.cfg
    for stage in net.layers:
        for block in stage.blocks:
            block.norm1.weight.fill_(branch)
            block.norm2.weight.fill_(branch)
    out = cfg.channels_out
    net.conv_after_body.weight[:out].mul_(quiet) if isinstance(net.conv_after_body, torch.nn.Conv2d) else None

    def carry(conv, pairs, bias=0.0):
        """Output o copies input i for every pair (o, i, weights of the 3x3 kernel)."""
        conv.weight.mul_(quiet)
        conv.bias.mul_(quiet)
        for o, i, kernel in pairs:
            conv.weight[o] = 0
            conv.weight[o, i] = kernel
            conv.bias[o] = bias

    dot = torch.zeros(3, 3, device=net.conv_first.weight.device)
    dot[1, 1] = 1.0
    same = [(c, c, dot) for c in range(out)]
    if cfg.upsampler == "" and cfg.in_channels == out:
        net.conv_last.weight.mul_(quiet)                    # the network adds its input itself
        net.conv_last.bias.zero_()
        return
    for c in range(out):                                    # the picture in the first channels
        net.conv_first.weight[c] = 0
        net.conv_first.bias[c] = 0
        for k in range(cfg.in_channels // out):             # mean of the views, if several
            net.conv_first.weight[c, c + k * out] = dot / (cfg.in_channels // out)
    if cfg.upsampler == "":
        carry(net.conv_last, same)
    elif cfg.upsampler == "pixelshuffledirect":
        s, pairs = cfg.upscale, []
        for c in range(out):
            for y in range(s):
                for x in range(s):                          # linear interpolation, one kernel per subpixel
                    fy, fx = ((v + 0.5) / s - 0.5 for v in (y, x))
                    wy, wx = (torch.tensor([max(0.0, -f), 1 - abs(f), max(0.0, f)], device=dot.device) for f in (fy, fx))
                    pairs.append((c * s * s + y * s + x, c, wy[:, None] * wx[None]))
        carry(net.upsample.up[0], pairs)
    elif cfg.upsampler == "nearest+conv":
        carry(net.conv_before_upsample[0], same, bias=1.0)  # kept positive through the rectifiers
        for conv in (net.conv_up1, net.conv_up2, net.conv_hr):
            carry(conv, same)
        carry(net.conv_last, same, bias=-1.0)


class Ema:
    def __init__(self, params, halflife: float):
        self.shadow = [p.detach().clone() for p in params]
        self.params, self.halflife = params, halflife

    @torch.no_grad()
    def update(self, iteration: int):
        decay = min(0.5 ** (1.0 / self.halflife), (1 + iteration) / (10 + iteration))
        torch._foreach_lerp_(self.shadow, [p.detach() for p in self.params], 1.0 - decay)

    @contextlib.contextmanager
    def applied(self):
        with torch.no_grad():
            kept = [p.detach().clone() for p in self.params]
            torch._foreach_copy_([p.data for p in self.params], self.shadow)
            try:
                yield
            finally:
                torch._foreach_copy_([p.data for p in self.params], kept)


def spectral(diff: torch.Tensor) -> torch.Tensor:
    """Mean absolute value of the spectrum of (..., h, w), parts real and imaginary; scaled to what patches of 96 give without norm."""
    return 96 * torch.view_as_real(torch.fft.rfft2(diff, norm="ortho")).abs().mean()


class Step:
    """Forward and backward for one phase: eager, or replayed from a CUDA graph."""

    def __init__(self, net, device, precision, spectrum=0.0, epsilon=1e-3):
        """spectrum: weight of `spectral` in what is minimised; what a step returns is the loss without it, and the mean square error."""
        self.net, self.device, self.precision, self.spectrum, self.epsilon = net, device, precision, spectrum, epsilon
        self.graph = None

    def autocast(self):
        if self.precision == "bf16":
            return torch.autocast(self.device, dtype=torch.bfloat16, cache_enabled=False)
        return contextlib.nullcontext()

    def _run(self, x, y):
        with self.autocast():
            out = self.net(x)
        diff = out.float() - y
        loss = (diff * diff + self.epsilon ** 2).sqrt().mean()
        (loss + self.spectrum * spectral(diff) if self.spectrum else loss).backward()
        return torch.stack([loss.detach(), (diff.detach() ** 2).mean()])

    def clear(self):
        for p in self.net.parameters():
            p.grad = None

    def eager(self, x, y):
        self.clear()
        return self._run(x, y)

    def capture(self, x, y):
        """Record the step for inputs of this shape; the gradients stay in fixed buffers."""
        self.x, self.y = x.clone(), y.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.clear()
                want = self._run(self.x, self.y)
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        self.clear()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.out = self._run(self.x, self.y)
        graph.replay()
        torch.cuda.synchronize()
        if not torch.allclose(self.out, want, rtol=0.05, atol=1e-3):
            raise RuntimeError(f"graph replay gives {self.out.tolist()}, eager {want.tolist()}")
        self.graph = graph
        self.grads = [p.grad for p in self.net.parameters()]

    def __call__(self, x, y):
        if self.graph is None:
            return self.eager(x, y)
        self.x.copy_(x)
        self.y.copy_(y)
        self.graph.replay()
        return self.out.clone()


class Team:
    """Single-threaded worker processes that share the batch (CPU only).

    No barrier per operator, so a busy neighbour does not stall every small operator as it
    does with two threads in one process. The only
    exchange is one sum a step: gradients, plus the clock and decisions of rank 0.
    """

    def __init__(self, rank, world, meeting):
        self.rank, self.world = rank, world
        if world > 1:
            import torch.distributed as dist
            # The others wait as long as it takes: a process may be stopped for hours or get no time on a busy machine.
            dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world, timeout=datetime.timedelta(days=30))
            self.dist = dist

    def told(self, value: float) -> float:
        """What rank 0 says."""
        heard = torch.tensor([value], dtype=torch.float64)
        if self.world > 1:
            self.dist.broadcast(heard, 0)
        return heard.item()

    def share(self, params, values):
        """Average the gradients; return the summed slots."""
        slots = torch.tensor(values, dtype=torch.float32)
        if self.world == 1:
            return slots.tolist()
        flat = torch.cat([p.grad.reshape(-1) for p in params] + [slots])
        self.dist.all_reduce(flat)
        at = 0
        for p in params:
            p.grad.copy_(flat[at:at + p.numel()].view_as(p.grad)).div_(self.world)
            at += p.numel()
        return flat[at:].tolist()


class Trainer:
    def __init__(self, a, team):
        self.a, self.spec, self.team = a, registry.spec_of(a.model), team
        self.lead = team.rank == 0
        self.device = a.device
        self.cuda = a.device == "cuda"
        self.precision = a.precision
        if self.cuda:
            torch.backends.cuda.matmul.allow_tf32 = True
            torch.backends.cudnn.allow_tf32 = True
            torch.backends.cudnn.benchmark = True
        torch.manual_seed(a.seed)                                     # the same first weights in every worker
        centre_bias()
        self.cfg = self.spec.config()
        self.phases = self.spec.phases(a.device)
        for key in ("patch", "batch", "window"):
            if getattr(a, key):
                self.phases = [registry.dataclasses.replace(p, **{key: getattr(a, key)}) for p in self.phases]
        if a.stripe:
            self.phases = [registry.dataclasses.replace(p, stripe=tuple(a.stripe)) for p in self.phases]
        if team.world > 1:
            self.phases = [registry.dataclasses.replace(p, batch=max(1, p.batch // team.world)) for p in self.phases]
        if a.phase:
            self.phases = [registry.dataclasses.replace(self.phases[a.phase - 1], until=1.0)]
        self.net = GRL(self.cfg).to(self.device).train()
        if self.cuda:
            self.net = self.net.to(memory_format=torch.channels_last)
        gentle_start(self.net, a.branch_init, a.quiet_init)
        self.names = [n for n, _ in self.net.named_parameters()]
        self.params = list(self.net.parameters())
        self.peak = a.lr or (self.spec.lr_gpu if self.cuda else self.spec.lr_cpu)
        self.ema = Ema(self.params, a.ema_halflife)
        self.progress = {"model": a.model, "iterations": 0, "seconds": 0.0, "samples": 0, "tokens": 0, "rollbacks": 0,
                         "lr_scale": 1.0, "sessions": []}
        state = statefile.load(a.resume, a.model) if a.resume else None
        # Measured: Muon is ahead from nothing, AdamW where a trained network goes on with another damage.
        kind = a.optimizer or (state["progress"].get("optimiser", "adamw") if state else "adamw" if a.init else "muon")
        self.progress["optimiser"] = kind
        self.opt = optimiser.Mixed(zip(self.names, self.params), kind, a.beta2, a.muon_ratio)
        if state:
            self.resume(state, kind)
        elif a.init:
            self.start_from(a.init)
        self.total = (a.total_minutes or 0.0) * 60.0
        if a.end_at:
            if self.progress.get("wall_end") != a.end_at:                                          # a new schedule; else one goes on
                self.progress.update(wall_start=team.told(time.time()), wall_end=a.end_at)
            self.progress["wall_seconds"] = team.told(time.time()) - self.progress["wall_start"]
        self.pairs = self.spec.pairs()
        self.out = a.out
        os.makedirs(self.out, exist_ok=True)

    # ---- persistence ----------------------------------------------------
    def start_from(self, path):
        """Take every tensor of an exported model whose name agrees (other tasks included) and whose shape does or is half as wide."""
        from safetensors.torch import load_file
        have = load_file(path)
        taken, grown = widen.begin(self.net, have, torch.Generator().manual_seed(self.a.seed))
        with torch.no_grad():
            for s, p in zip(self.ema.shadow, self.params):
                s.copy_(p)
        self.progress["started_from"] = os.path.basename(path)
        say(f"started from {os.path.basename(path)}: {taken} of {len(self.names)} tensors, {grown} of them widened")

    def resume(self, st, kind):
        with torch.no_grad():
            for n, p, s in zip(self.names, self.params, self.ema.shadow):
                p.copy_(st["weights"][n])
                s.copy_(st["ema"][n])
        self.progress.update(st["progress"], optimiser=kind)
        taken = self.opt.load(st["moments"], self.progress["iterations"])
        say(f"resumed {self.a.model} at iteration {self.progress['iterations']}, {self.progress['seconds'] / 60:.1f} training minutes, "
            f"moments of {taken} of {len(self.names)} tensors")

    def save(self, export_too=False):
        weights = dict(zip(self.names, self.params))
        ema = dict(zip(self.names, self.ema.shadow))
        record = {**self.progress, "config": self.phase.network(self.cfg).to_dict(), "total_seconds": self.total,
                  "data": self.summary, "peak_lr": self.peak, "schedule_done": round(self.fraction(), 4)}
        statefile.save(self.out, self.a.model, weights, ema, self.opt.moments(), record, light=self.a.light_state)
        if export_too:
            import export
            export.write(os.path.join(self.out, f"{self.a.model}.safetensors"), self.a.model,
                         {n: t.detach().float().cpu() for n, t in ema.items()}, record, half=not self.a.float_export)

    def snapshot(self):
        with torch.no_grad():
            c = [p.detach().clone() for p in self.params]
            e = [s.clone() for s in self.ema.shadow]
            o = {n: tuple(t.clone() for t in kept) for n, kept in self.opt.moments().items()}
        self.safe = (c, e, o)

    def rollback(self):
        c, e, o = self.safe
        with torch.no_grad():
            for i, p in enumerate(self.params):
                p.copy_(c[i])
                self.ema.shadow[i].copy_(e[i])
        self.opt.restore(o)
        self.progress["rollbacks"] += 1
        self.progress["lr_scale"] *= 0.7
        say(f"rolled back to the last good weights; learning rate scale {self.progress['lr_scale']:.2f}")

    # ---- schedule -------------------------------------------------------
    def fraction(self):
        if self.a.schedule_iterations:
            return min(1.0, self.progress["iterations"] / self.a.schedule_iterations)
        if self.a.end_at:
            start, end = self.progress["wall_start"], self.progress["wall_end"] - self.a.reserve
            return min(1.0, self.progress["wall_seconds"] / (end - start))
        return min(1.0, self.progress["seconds"] / self.total) if self.total else 0.0

    def lr(self):
        f = self.fraction()
        warm = min(1.0, (f + 1e-9) / self.a.warmup)
        it_warm = min(1.0, (self.session_its + 1) / 20)          # also after every resume
        shape = {"cosine": 0.5 * (1 + math.cos(math.pi * f)), "linear": 1.0 - f,
                 "wsd": min(1.0, (1.0 - f) / self.a.decay)}[self.a.schedule]
        return max(1e-7, self.peak * self.progress["lr_scale"] * warm * it_warm * shape)

    # ---- phases ---------------------------------------------------------
    def enter(self, phase):
        self.phase = phase
        self.net.cfg = phase.network(self.cfg)
        self.net._geometry_cache.clear()
        self.net.set_recompute(not self.cuda and phase.patch > 128)   # at 192 a worker still takes about 6 GB
        self.step = Step(self.net, self.device, self.precision, self.spec.spectrum if self.a.spectrum is None else self.a.spectrum)
        x, y = self.draw()
        self.net.geometry(*self.net.padded_size(*x.shape[-2:]), x.device, self.net.conv_first.weight.dtype)
        self.net.run.explicit_attention = self.choose_attention(x, y)
        self.choose_precision(x, y)
        if self.a.compile:
            self.try_compile(x, y)
        if self.cuda and not self.a.no_graph:
            try:
                self.step.capture(x, y)
                say("CUDA graph captured")
            except Exception as e:                                    # noqa: BLE001
                self.step.graph = None
                torch.cuda.synchronize()
                say(f"no CUDA graph ({type(e).__name__}: {str(e)[:160]}); eager steps")
        say(f"phase: input {phase.patch}, batch {phase.batch}, window {phase.window}, stripes {phase.stripe[0]}x{phase.stripe[1]}, "
            f"{'explicit' if self.net.run.explicit_attention else 'fused'} attention")

    def sync(self):
        if self.cuda:
            torch.cuda.synchronize()

    def time_step(self, x, y, n):
        self.step.eager(x, y)
        best = float("inf")
        for _ in range(n):
            self.sync()
            t = self.clock()
            self.step.eager(x, y)
            self.sync()
            best = min(best, self.clock() - t)
        return best

    def choose_precision(self, x, y):
        """The faster of float32 and bfloat16 in two steps of each; rank 0 measures for all. Without AMX or AVX512-BF16 half precision
        takes seven times as long, and with them it is not always ahead."""
        if self.precision != "auto":
            return
        took = {}
        for name in ("fp32", "bf16") if self.lead else ():
            self.step.precision = name
            took[name] = self.time_step(x, y, 2)
        self.step.clear()
        self.step.precision = self.precision = "bf16" if self.team.told(took.get("bf16", 0) < took.get("fp32", 0)) else "fp32"
        say("".join(f"{name} {seconds:.2f} s a step; " for name, seconds in took.items()) + f"training in {self.precision}")

    def choose_attention(self, x, y):
        if self.a.attention != "auto" or not self.cuda:               # CPU: plain form (faster in bf16, a little slower in fp32)
            return self.a.attention != "fused"
        best, choice = None, False
        for explicit in (False, True):
            self.net.run.explicit_attention = explicit
            try:
                t = self.time_step(x, y, 3)
            except torch.cuda.OutOfMemoryError:
                t = None
            if self.cuda:
                self.step.clear()
                torch.cuda.empty_cache()
            say(f"  {'explicit' if explicit else 'fused'} attention: {'out of memory' if t is None else f'{t * 1e3:.1f} ms a step'}")
            if t is not None and (best is None or t < best):
                best, choice = t, explicit
        return choice

    def try_compile(self, x, y):
        blocks = [b for s in self.net.layers for b in s.blocks]
        try:
            import torch._dynamo
            torch._dynamo.reset()
            for key in ("recompile_limit", "cache_size_limit"):
                if hasattr(torch._dynamo.config, key):
                    setattr(torch._dynamo.config, key, 64)
            t0 = time.monotonic()
            before = self.time_step(x, y, 3)
            for b in blocks:
                b.compile(dynamic=False)
            after = self.time_step(x, y, 3)
            say(f"compiled blocks in {time.monotonic() - t0:.0f} s: {before * 1e3:.1f} -> {after * 1e3:.1f} ms a step")
            if after > before:
                raise RuntimeError("not faster")
        except Exception as e:                                        # noqa: BLE001
            for b in blocks:
                b._compiled_call_impl = None
            say(f"not compiled ({type(e).__name__}: {str(e)[:160]})")

    def draw(self):
        """(input, target) of one step; of a training with frames, each pair is from them or synthetic by a toss."""
        batch, patch = self.phase.batch, self.phase.patch
        real = int((torch.rand(batch) < self.a.motion_share).sum()) if self.bursts else 0
        with torch.no_grad():
            parts = [self.pairs(self.data.crops(batch - real, self.pairs.crop(patch), 2 if self.spec.spectrum else 1))] if batch > real else []
            if real:
                parts.append(self.bursts.crops(real, patch))
        return tuple(torch.cat(side).contiguous() for side in zip(*parts))

    # ---- validation -----------------------------------------------------
    def fixed_pairs(self, count, patch):
        state = torch.get_rng_state(), (torch.cuda.get_rng_state() if self.cuda else None)
        torch.manual_seed(20230300)
        with torch.no_grad():
            hr = self.held.crops(count, self.pairs.crop(patch))
            pairs = self.spec.validation_pairs()
            out = [pairs(h) for h in hr.split(4)]
            kinds = {"synthetic": out}
            if self.spec.kind in ("motion", "defocus"):               # what is not damaged has no PSNR to gain: measured apart
                views = self.cfg.in_channels // self.cfg.channels_out
                whole = [(x == y.repeat(1, views, 1, 1)).flatten(1).all(1) for x, y in out]
                kinds = {"synthetic": [(x[~w], y[~w]) for (x, y), w in zip(out, whole) if not w.all()],
                         "clean": [(torch.cat([y] * views, 1), y) for _, y in out[-1:]]}
            if self.held_bursts:
                kinds["frames"] = [self.held_bursts.crops(4, patch) for _ in range(2)]
        torch.set_rng_state(state[0])
        if self.cuda:
            torch.cuda.set_rng_state(state[1])
        return kinds

    def mend_start(self):
        """No training starts below its input: a network that adds its input to what it finds begins by finding half of
        it, a quarter or nothing, where another model's tensors do harm; one that still loses more than interpolation does is refused."""
        before, after = self.validate()
        say(f"held-out PSNR at the start: input {before:.2f}, output {after:.2f} dB")
        if self.progress["iterations"] or not self.a.init:
            return
        skip = self.cfg.upsampler == "" and self.cfg.in_channels == self.cfg.channels_out
        for factor in (0.5, 0.25, 0.0) if skip else ():
            if after >= before - 0.05:
                break
            with torch.no_grad():
                for p, s, name in zip(self.params, self.ema.shadow, self.names):
                    if name.startswith("conv_last."):
                        p.mul_(0.5 if factor else 0.0)
                        s.copy_(p)
            before, after = self.validate()
            say(f"its last layer begins at {factor:g} of what it was: {after:.2f} dB")
        if after < before - (1.0 if self.spec.scale > 1 else 0.05) and not self.a.allow_bad_start:
            raise SystemExit(f"the start ({after:.2f} dB) is worse than the input ({before:.2f} dB); --allow-bad-start trains all the same")

    def share_start(self):
        """Every worker begins with rank 0's weights."""
        if self.team.world > 1:
            for t in (*self.params, *self.ema.shadow):
                self.team.dist.broadcast(t.detach(), 0)

    @torch.no_grad()
    def validate(self):
        """Mean PSNR over fixed held-out crops: what goes in and what comes out (EMA weights). Clean ones do not count; what stays of them,
        and each kind of several, is told."""
        def psnr(a, b):
            a, b = a.clamp(0, 1), b.clamp(0, 1)
            return (-10 * torch.log10((a - b).square().mean((1, 2, 3)).clamp_min(1e-10))).tolist()
        ins, outs, kinds = [], [], []
        blocks = [b for s in self.net.layers for b in s.blocks]
        compiled = [b._compiled_call_impl for b in blocks]
        for b in blocks:                                              # other shapes: not worth compiling again
            b._compiled_call_impl = None
        self.net.eval()
        with self.ema.applied():
            for kind, pairs in self.val.items():
                for x, y in pairs:
                    with self.step.autocast():
                        z = self.net(x).float()
                    outs += psnr(z, y)
                    seen = sum(x.split(y.shape[1], 1)) * (y.shape[1] / x.shape[1])      # of several views the mean, the simplest remedy
                    if self.spec.scale > 1:
                        seen = F.interpolate(seen, size=y.shape[-2:], mode="bicubic", align_corners=False)
                    ins += psnr(seen, y)
                    kinds += [kind] * len(y)
        self.net.train()
        for b, c in zip(blocks, compiled):
            b._compiled_call_impl = c
        mean = lambda values, *wanted: sum(v for v, k in zip(values, kinds) if k in wanted) / max(1, sum(k in wanted for k in kinds))
        if len(self.val) > 1:
            say("held out: " + ", ".join(f"{k} {mean(outs, k):.2f} dB of itself" if k == "clean" else
                                         f"{k} {mean(ins, k):.2f} -> {mean(outs, k):.2f} dB" for k in self.val))
        counted = [k for k in self.val if k != "clean"]
        return mean(ins, *counted), mean(outs, *counted)

    # ---- the loop -------------------------------------------------------
    def seconds_left(self):
        left = self.a.minutes * 60.0 - (time.monotonic() - PROCESS_START)
        return (min(left, self.a.end_at - time.time()) if self.a.end_at else left) - self.a.reserve

    def clock(self):
        """Training time in seconds. On a CPU only time that was spent computing counts, so that a run in the background keeps its
        schedule however busy the machine is, and while it is stopped."""
        return time.monotonic() if self.cuda else time.process_time() / torch.get_num_threads()

    def current_phase(self):
        f = self.fraction()
        return next((p for p in self.phases if f < p.until), self.phases[-1])

    def run(self):
        a = self.a
        t0 = time.monotonic()
        self.data, self.held, self.summary = photos.load(a.data, self.spec.colour, self.device, a.max_photos)
        self.bursts = self.held_bursts = None
        if a.motion:
            if self.spec.kind != "motion":
                raise SystemExit(f"--motion is for motion deblurring, not for {a.model}")
            self.bursts, self.held_bursts, found = photos.load_bursts(a.motion, self.device)
            self.summary.update(found, credit=CREDIT)
            say(f"{found['frames']} frames, {found['pairs']} pairs and {found['held_out_pairs']} held out")
        say(f"{a.model}: {sum(p.numel() for p in self.params) / 1e6:.2f} M parameters, {self.precision} on {self.device}; "
            f"{len(self.data)} photos ({self.data.megapixels:.0f} MP) in {time.monotonic() - t0:.1f} s")
        self.session_its = 0
        if self.lead:
            side = int(min(self.held.height.min(), self.held.width.min())) // self.pairs.scale - 2 * self.pairs.margin
            self.val = self.fixed_pairs(a.val_crops, min(side // 16 * 16, 2 * self.phases[-1].patch if self.cuda else 96 if self.spec.spectrum else 64))
        torch.manual_seed(a.seed + self.progress["iterations"] + 1000003 * self.team.rank)
        self.enter(self.current_phase())
        self.snapshot()
        if a.bench:
            return self.bench()
        if a.validate_first:
            if self.lead:
                self.mend_start()
            self.share_start()
            self.snapshot()
        if a.finish or not (a.total_minutes or a.end_at):                         # end the schedule in this session
            self.total = self.progress["seconds"] + max(1.0, self.seconds_left())
        self.status = self.last_save = last_check = time.monotonic()
        mark = self.clock()
        self.its_mark, self.good = self.progress["iterations"], None
        start_seconds, start_its = self.progress["seconds"], self.progress["iterations"]
        acc, acc_n, stop = torch.zeros(2, device=self.device), 0, False
        while not stop:
            want = self.current_phase()
            if want is not self.phase:
                if self.lead:
                    self.save()
                self.enter(want)
                mark = self.clock()
            self.opt.set_rate(self.lr())
            x, y = self.draw()
            result = self.step(x, y)
            now, tick = time.monotonic(), self.clock()
            seconds = self.progress["seconds"] + tick - mark
            mark = tick
            stop = STOPPING or self.seconds_left() <= 0 or self.fraction() >= 1.0 or (self.total and seconds >= self.total) or \
                (a.iterations is not None and self.session_its + 1 >= a.iterations)
            check = now - last_check > a.check_seconds or stop
            wall = time.time() - self.progress.get("wall_start", 0.0)
            if self.team.world > 1:                               # one sum; rank 0 decides for all
                lead, n = float(self.lead), self.team.world
                loss, mse = result.tolist()
                *result, seconds, wall, stop, check = self.team.share(
                    self.params, [loss / n, mse / n, lead * seconds, lead * wall if a.end_at else 0.0, lead * stop, lead * check])
                result, stop, check = torch.tensor(result), stop > 0.5, check > 0.5
            self.progress["seconds"] = seconds
            if a.end_at:
                self.progress["wall_seconds"] = wall
            acc += result
            acc_n += 1
            torch.nn.utils.clip_grad_norm_(self.params, a.clip, foreach=True)
            self.opt.step()
            self.session_its += 1
            self.progress["iterations"] += 1
            self.progress["samples"] += x.shape[0] * self.team.world
            self.progress["tokens"] += x.shape[0] * x.shape[-1] * x.shape[-2] * self.team.world
            self.ema.update(self.progress["iterations"])
            if self.cuda and self.session_its % 8 == 0:
                torch.cuda.current_stream().synchronize()         # keeps the clock honest
            if check:
                self.inspect(*(acc / acc_n).tolist())
                acc.zero_()
                acc_n = 0
                last_check = time.monotonic()
        if STOPPING:
            say("asked to stop: saving")
        if not self.lead:
            return
        for p in self.params:
            if not torch.isfinite(p).all():
                self.rollback()
                break
        before, after = self.validate()
        p = self.progress
        p["held_out_psnr"] = [round(before, 3), round(after, 3)]
        p["sessions"].append({"device": torch.cuda.get_device_name() if self.cuda else "cpu", "precision": self.precision,
                              "seconds": round(p["seconds"] - start_seconds, 1), "iterations": p["iterations"] - start_its,
                              "phases": [[q.until, q.patch, q.batch, q.window, list(q.stripe)] for q in self.phases]})
        say(f"held-out PSNR: input {before:.2f}, output {after:.2f} dB after {p['iterations']} iterations, "
            f"{p['seconds'] / 60:.2f} training minutes, {self.fraction() * 100:.0f} % of the schedule")
        self.save(export_too=True)
        say(f"saved in {time.monotonic() - PROCESS_START:.1f} s of {a.minutes * 60:.0f}")

    def inspect(self, loss, mse):
        """Every few seconds: guard against divergence, report, save."""
        now, p = time.monotonic(), self.progress
        broken = not math.isfinite(loss) or (self.good is not None and loss > 4 * self.good + 0.05)
        if broken:
            say(f"loss {loss}: not usable")
            self.rollback()
        else:
            self.good = loss if self.good is None else 0.8 * self.good + 0.2 * loss
            self.snapshot()
        if not self.lead:
            return
        if now - self.status >= 9.5 or broken:
            say(f"it {p['iterations']:6d} | {(p['iterations'] - self.its_mark) / max(now - self.status, 1e-9):6.2f} it/s | loss {loss:.5f} | "
                f"psnr {-10 * math.log10(mse) if mse > 0 else float('nan'):5.2f} | lr {self.lr():.2e} | "
                f"{self.fraction() * 100:5.1f} % | {self.seconds_left() / 60:.1f} min left")
            self.status, self.its_mark = now, p["iterations"]
        if now - self.last_save > self.a.save_seconds:
            self.save()
            self.last_save = time.monotonic()

    def bench(self):
        """Steps per second of every phase, optimiser and data included; nothing is saved."""
        for phase in self.phases:
            if phase is not self.phase:
                self.enter(phase)
            for timed in (False, True):
                t, n = time.monotonic(), 0
                while time.monotonic() - t < (self.a.bench if timed else self.a.bench / 3):
                    self.step(*self.draw())
                    torch.nn.utils.clip_grad_norm_(self.params, self.a.clip, foreach=True)
                    self.opt.step()
                    self.ema.update(1)
                    n += 1
                    if n % 8 == 0:
                        self.sync()
                self.sync()
                dt = time.monotonic() - t
            peak = f", {torch.cuda.max_memory_allocated() / 2 ** 30:.1f} GiB" if self.cuda else ""
            say(f"BENCH {self.a.model} input {phase.patch} batch {phase.batch}: {n / dt:.2f} it/s, "
                f"{n * phase.batch / dt:.1f} samples/s, {n * phase.batch * phase.patch ** 2 / dt / 1e6:.3f} Mtoken/s{peak}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True, help=", ".join(registry.MODELS))
    ap.add_argument("--data", required=True, help="folder, tar or zip of photographs")
    ap.add_argument("--motion", metavar="FOLDER", help="motion deblurring: folder with frames/ (NAME0001.jpg ...) of a fast camera and pairs/ (NAME_blur, NAME_sharp)")
    ap.add_argument("--motion-share", type=float, default=0.5, help="share of the pairs that comes from there")
    ap.add_argument("--minutes", type=float, help="bound of this process, start-up and saving included (default: 9, or what --end-at says)")
    ap.add_argument("--end-at", type=clock_time, metavar="HH:MM", help="end schedule and session at this time of day, by the clock on the wall")
    ap.add_argument("--total-minutes", type=float, help="training minutes over all sessions (default: this session ends the schedule)")
    ap.add_argument("--finish", action="store_true", help="end the schedule in this session, whatever the total was")
    ap.add_argument("--resume", help="folder (or file) holding the state; starts fresh when there is none")
    ap.add_argument("--init", help="exported model whose fitting tensors to start from")
    ap.add_argument("--out", required=True)
    ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=["cpu", "cuda"])
    ap.add_argument("--threads", type=int, help="CPU threads")
    ap.add_argument("--precision", choices=["auto", "fp32", "bf16"], help="default: bf16 on a GPU, else auto, the faster of the two")
    ap.add_argument("--compile", action="store_true", help="torch.compile the blocks if that turns out faster")
    ap.add_argument("--no-graph", action="store_true", help="no CUDA graphs")
    ap.add_argument("--attention", choices=["auto", "fused", "explicit"], default="auto")
    ap.add_argument("--phase", type=int, help="only this phase of the preset (1-based)")
    for key in ("patch", "batch", "window"):
        ap.add_argument(f"--{key}", type=int, help="override the preset")
    ap.add_argument("--stripe", type=int, nargs=2)
    ap.add_argument("--lr", type=float)
    ap.add_argument("--optimizer", choices=["muon", "adamw"], help="muon: for the matrices of the body, AdamW for the rest; "
                    "default: the state's, else muon for a training from nothing and adamw for one that starts from another model")
    ap.add_argument("--muon-ratio", type=float, default=2.0, help="Muon's learning rate over AdamW's")
    ap.add_argument("--beta2", type=float, default=0.99)
    ap.add_argument("--warmup", type=float, default=0.02, help="fraction of the schedule")
    ap.add_argument("--schedule", choices=["cosine", "linear", "wsd"], default="cosine",
                    help="wsd: warm up, stay, and come down in the last part; for an end that may move")
    ap.add_argument("--decay", type=float, default=0.2, help="share of the schedule in which wsd comes down")
    ap.add_argument("--schedule-iterations", type=int, help="schedule by iterations instead of time (comparisons)")
    ap.add_argument("--spectrum", type=float, help="weight of the difference of spectra in the loss (default: 0.05 for deblurring, else 0)")
    ap.add_argument("--clip", type=float, default=1.0)
    ap.add_argument("--branch-init", type=float, default=0.2, help="initial weight of the norms that close the residual branches")
    ap.add_argument("--quiet-init", type=float, default=0.05, help="factor on the random part of the initial last layers")
    ap.add_argument("--ema-halflife", type=float, default=600.0, help="iterations, at most; the average spans a tenth of the run")
    ap.add_argument("--iterations", type=int, help="stop after this many (tests)")
    ap.add_argument("--reserve", type=float, default=8.0, help="seconds kept for validation and saving")
    ap.add_argument("--save-seconds", type=float, default=120.0)
    ap.add_argument("--check-seconds", type=float, default=5.0)
    ap.add_argument("--val-crops", type=int, default=16)
    ap.add_argument("--validate-first", action=argparse.BooleanOptionalAction, default=True)
    ap.add_argument("--allow-bad-start", action="store_true", help="train though another model's tensors leave the start below the input")
    ap.add_argument("--max-photos", type=int)
    ap.add_argument("--light-state", action="store_true", help="leave Adam's moments out of the state file (5 instead of 9 MB)")
    ap.add_argument("--float-export", action="store_true", help="export float32 instead of float16")
    ap.add_argument("--bench", type=float, metavar="SECONDS", help="measure steps per second and leave")
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--workers", type=int, help="CPU: single-threaded processes sharing the batch (default: one per core)")
    a = ap.parse_args()
    a.minutes = a.minutes or (1e6 if a.end_at else 9.0)
    a.precision = a.precision or ("bf16" if a.device == "cuda" else "auto")
    if a.device == "cpu":
        avoid_trapping_instructions()
    workers = (a.workers or (1 if a.threads else os.cpu_count() or 1)) if a.device == "cpu" else 1
    if workers == 1:
        return work(0, 1, None, a)
    with tempfile.TemporaryDirectory() as d:
        team = torch.multiprocessing.spawn(worker, (workers, os.path.join(d, "meet"), a, PROCESS_START), nprocs=workers, join=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)                      # a terminal sends Ctrl-C to all of us
        signal.signal(signal.SIGTERM, lambda *_: [p.terminate() for p in team.processes])
        while not team.join():
            pass


def clock_time(text: str) -> float:
    """"17:30" as seconds since 1970: today's, or tomorrow's where that passed more than an hour ago. A time that has only just passed is
    refused: a call that began late on a busy machine was meant to be over."""
    hour, minute = (int(v) for v in text.split(":"))
    now = datetime.datetime.now()
    at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if now - datetime.timedelta(hours=1) < at <= now:
        raise argparse.ArgumentTypeError(f"{text} has passed")
    return (at if at > now else at + datetime.timedelta(days=1)).timestamp()


def avoid_trapping_instructions():
    """Some virtual machines announce matrix instructions (AMX) on which PyTorch's kernels then die with SIGILL. Tries half precision
    in a process of its own, and where that is killed keeps oneDNN to AVX-512 in this process and its children."""
    probe = ("import torch; x = torch.ones(64, 64, dtype=torch.bfloat16); torch.nn.functional.linear(x, x); "
             "c = torch.ones(8, 8, 3, 3, dtype=torch.bfloat16); "
             "torch.nn.functional.conv2d(torch.ones(1, 8, 16, 16, dtype=torch.bfloat16), c)")
    if "ONEDNN_MAX_CPU_ISA" in os.environ:
        return
    if subprocess.run([sys.executable, "-c", probe], stderr=subprocess.DEVNULL).returncode < 0:
        os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX512_CORE_BF16"
        say("half precision traps on this machine; keeping to AVX-512")


def worker(rank, world, meeting, a, start):
    global PROCESS_START
    PROCESS_START = start                        # the time bound counts from the parent's start
    work(rank, world, meeting, a)


STOPPING = False


def ask_to_stop(*_):
    """Ctrl-C, SIGTERM, or the parent's death (of which PyTorch tells by SIGINT): the lead ends the session after this step and saves."""
    global STOPPING
    STOPPING = True


def work(rank, world, meeting, a):
    for number in (signal.SIGINT, signal.SIGTERM):                        # also where a shell had them ignored
        signal.signal(number, ask_to_stop)
    if a.device == "cpu":
        torch.set_flush_denormal(True)
        if world > 1 or a.threads:
            torch.set_num_threads(a.threads or 1)
    if rank:
        globals()["say"] = lambda *words: None
    Trainer(a, Team(rank, world, meeting)).run()


if __name__ == "__main__":
    main()
