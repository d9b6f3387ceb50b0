#!/usr/bin/env python3
"""A picture larger than memory: 40,000 x 30,000 pixels restored in less than 2 GiB.

  gigapixel.py GRL [--width 40000] [--height 30000] [--memory 1900M] [--shards N [--compare]] [--keep FOLDER]

Writes a network of one block of 16 channels with generated weights and a colour picture of 8 bits (3.6 GB, BigTIFF in strips), restores it by rows, and
tells time, peak memory (ru_maxrss, as /usr/bin/time -v has it) and whether the result is what it has to be: a BigTIFF of that size in tiles of
256 x 256. With --shards the job is divided, done one shard after the other, and joined; each process is told; with --compare the same is restored by one
process as well, and the results' bytes are compared. Needs 25 GB of room in $TMPDIR, most of it
for tiles that are kept until the result is written, and NumPy.
"""
import argparse, filecmp, json, os, struct, subprocess, sys, tempfile, time

import numpy


def model(path, width=16):
    """A denoiser whose result resembles its input: the layer that makes the picture is quiet."""
    random = numpy.random.default_rng(1)
    half, shapes = width // 2, {}
    for name, channels in (('conv_first', 3), ('conv_after_body', width), ('layers.0.conv', width)):
        shapes[name + '.weight'], shapes[name + '.bias'] = (width, channels, 3, 3), (width,)
    shapes['conv_last.weight'], shapes['conv_last.bias'] = (3, width, 3, 3), (3,)
    block = 'layers.0.blocks.0.'
    linear = {'attn.anchor.body.0.reduction': (half, width), 'attn.proj': (width, width), 'attn.qkv.body': (3 * width, width),
              'mlp.fc1': (2 * width, width), 'mlp.fc2': (width, 2 * width)}
    for name, shape in linear.items():
        shapes[f'{block}{name}.weight'], shapes[f'{block}{name}.bias'] = shape, shape[:1]
    for name in ('stripe_attn.attn_transform1', 'stripe_attn.attn_transform2', 'window_attn.attn_transform'):
        place = f'{block}attn.{name}.'
        shapes |= {place + 'cpb_mlp.0.weight': (512, 2), place + 'cpb_mlp.0.bias': (512,), place + 'cpb_mlp.2.weight': (2, 512),
                   place + 'logit_scale': (2, 1, 1)}
    for name in (block + 'norm1', block + 'norm2', 'norm_start', 'norm_end'):
        shapes[name + '.weight'], shapes[name + '.bias'] = (width,), (width,)
    config = {'in_channels': 3, 'out_channels': None, 'embed_dim': width, 'depths': [1], 'heads_window': 2, 'heads_stripe': 2, 'window': 8,
              'stripe_size': [16, 16], 'stripe_groups': [None, None], 'stripe_shift': True, 'anchor_factor': 4, 'mlp_ratio': 2.0,
              'qkv_bias': True, 'local_connection': False, 'upscale': 1, 'upsampler': '', 'img_range': 1.0, 'drop_path': 0.0,
              'stage_tail': '1conv'}
    header = {'__metadata__': {'format': 'grl', 'task': 'dn', 'variant': 'tiny', 'config': json.dumps(config),
                               'degradation': '{"kind": "noise", "sigma": [0, 55]}'}}
    data = b''
    for name, shape in shapes.items():
        amplitude = 0.002 if name.startswith('conv_last') else 0.1
        values = random.uniform(-amplitude, amplitude, shape)
        if 'norm' in name and name.endswith('weight'):
            values += 1
        values = values.astype('<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(shape), 'data_offsets': [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def picture(path, width, height, rows=16):
    """Shades and noise; blocks of rows come again, shifted."""
    random = numpy.random.default_rng(2)
    x = numpy.arange(width)[None, :, None]
    noise = random.normal(0, 12, (rows, width, 3))
    strips = (height + rows - 1) // rows
    with open(path, 'wb') as file:
        file.write(struct.pack('<2sHHHQ', b'II', 43, 8, 0, 0))
        for strip in range(strips):
            y = numpy.arange(strip * rows, min(height, (strip + 1) * rows))[:, None, None]
            shade = 128 + 60 * numpy.sin(x / 900 + numpy.arange(3)) * numpy.cos(y / 700)
            values = shade + numpy.roll(noise, strip * 97, axis=1)[:len(y)]
            file.write(numpy.clip(values, 0, 255).astype(numpy.uint8).tobytes())
        row = width * 3
        offsets = struct.pack(f'<{strips}Q', *(16 + i * rows * row for i in range(strips)))
        counts = struct.pack(f'<{strips}Q', *(min(rows, height - i * rows) * row for i in range(strips)))
        place = file.tell()
        file.write(offsets + counts)
        entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 8 | 8 << 16 | 8 << 32), (259, 3, 1, 1), (262, 3, 1, 2),
                   (273, 16, strips, place), (277, 3, 1, 3), (278, 4, 1, rows), (279, 16, strips, place + len(offsets))]
        directory = file.tell()
        file.write(struct.pack('<Q', len(entries)) + b''.join(struct.pack('<HHQQ', *entry) for entry in entries) + bytes(8))
        file.seek(8)
        file.write(struct.pack('<Q', directory))


def run(words, environment, name):
    began = time.monotonic()
    process = subprocess.Popen(words, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f'{name}: status {os.waitstatus_to_exitcode(status)}')
    print(f'{name}: {time.monotonic() - began:.0f} s, peak {usage.ru_maxrss / 1024:.0f} MiB', flush=True)
    return usage.ru_maxrss / 1024


def check(path, width, height):
    if width * height * 3 <= 3_500_000_000:
        return print(f'{path}: {os.path.getsize(path) / 1e9:.2f} GB, small enough for a plain TIFF')
    with open(path, 'rb') as file:
        order, version, _, _, directory = struct.unpack('<2sHHHQ', file.read(16))
        if (order, version) != (b'II', 43):
            sys.exit(f'{path}: no BigTIFF')
        file.seek(directory)
        count, = struct.unpack('<Q', file.read(8))
        tags = {tag: value for tag, _, _, value in struct.iter_unpack('<HHQQ', file.read(20 * count))}
    if (tags[256], tags[257], tags[322], tags[323]) != (width, height, 256, 256):
        sys.exit(f'{path}: {tags}')
    print(f'{path}: BigTIFF, {width} x {height} in tiles of 256 x 256, {os.path.getsize(path) / 1e9:.2f} GB')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('grl')
    parser.add_argument('--width', type=int, default=40_000)
    parser.add_argument('--height', type=int, default=30_000)
    parser.add_argument('--memory', default='1900M')
    parser.add_argument('--shards', type=int)
    parser.add_argument('--compare', action='store_true')
    parser.add_argument('--keep')
    options = parser.parse_args()
    grl = os.path.abspath(options.grl)
    with tempfile.TemporaryDirectory() as made:
        place = options.keep or made
        os.makedirs(f'{place}/models', exist_ok=True)
        model(f'{place}/models/denoise-one-block.safetensors')
        source, result = f'{place}/large.tif', f'{place}/result.tif'
        if not os.path.exists(source):
            picture(source, options.width, options.height)
        environment = os.environ | {'GRL_MODELS': f'{place}/models', 'XDG_STATE_HOME': f'{place}/state', 'HOME': place}
        common = ['--task', 'denoise', '--model', 'denoise-one-block', '--tile', '256', '--overlap', '16', '--memory', options.memory,
                  '--max-pixels', str(options.width * options.height), '--compression', 'none', '-o', result, '--overwrite', source]
        if options.shards:
            job = f'{place}/job'
            peaks = [run([grl, 'plan', '--job-dir', job, '--shards', str(options.shards)] + common, environment, 'plan')]
            for shard in range(1, options.shards + 1):
                peaks.append(run([grl, 'work', '--job-dir', job, '--shard', f'{shard}/{options.shards}'], environment, f'shard {shard}'))
            peaks.append(run([grl, 'finish', '--job-dir', job], environment, 'finish'))
            if options.compare:
                os.rename(result, f'{place}/joined.tif')
                run([grl, 'restore'] + common, environment, 'restore')
                if not filecmp.cmp(result, f'{place}/joined.tif', shallow=False):
                    sys.exit('the joined result has other bytes than that of one process')
                print('the joined result has the bytes of one process')
        else:
            peaks = [run([grl, 'restore'] + common, environment, 'restore')]
        check(result, options.width, options.height)
        print(f'highest peak {max(peaks):.0f} MiB')
