#!/usr/bin/env python3
"""One wide machine: how well many cores are used, by simulation from measured task times.

  wide.py tile GRL [MODEL]        TILE and SHARE of MODEL (denoise-color-tiny), on a quiet machine of two cores or more
  wide.py beside GRL              SERIAL, READ, WRITE and BEGIN, by processor time; both need NumPy
  wide.py scale TILE SHARE SERIAL READ WRITE [BEGIN]     simulates with them, on 12 megapixels in tiles of 256

TILE     s that one tile takes on one core
SHARE    of it that does not run on two threads at once: 2 * T2 / T1 - 1, from runs in turn
SERIAL   s for one tile beside the network, on the caller's thread: cutting out, checking, blending, keeping
READ     s to read and check a picture of 12 megapixels (PNG), WRITE s to finish and write it; BEGIN s to start a process and load its model

The simulation follows TileLanes: lanes of two threads, 2 * lanes tiles posted, taken in order by the caller, who computes as well; each row of tiles is
encoded by the lane that is free first, one at a time. It knows nothing of memory
bandwidth, caches, clocks that fall with the load, or sockets. Efficiency is the time on one core over cores times the time on all of them.
"""
import heapq, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster, gigapixel

ACROSS, DOWN = 18, 14  # tiles of 256 that overlap by 32 on 4000 x 3000


def seconds(words, environment, crash=None):
    """Processor time: other work on the machine does not count."""
    environment = environment | ({'GRL_CRASH_AT': crash} if crash else {})
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != (-9 if crash else 0):
        sys.exit(f'{words}: {os.waitstatus_to_exitcode(status)}')
    return usage.ru_utime + usage.ru_stime


def write_picture(path, width, height):
    import numpy
    x, y = numpy.arange(width)[None, :, None], numpy.arange(height)[:, None, None]
    noise = numpy.random.default_rng(3).normal(0, 12, (height, width, 3))
    shade = 128 + 60 * numpy.sin(x / 90 + numpy.arange(3)) * numpy.cos(y / 70) + noise
    rows = numpy.clip(shade, 0, 255).astype(numpy.uint8)
    cluster.png(path, width, height, b''.join(b'\0' + row.tobytes() for row in rows))


TILES = ['--tile', '256', '--overlap', '32', '--overwrite', '-q']


def tile(grl, model='denoise-color-tiny', turns=3):
    with tempfile.TemporaryDirectory() as place:
        write_picture(f'{place}/small.png', 480, 480)  # four tiles
        times = {1: [], 2: []}
        for _ in range(turns):
            for threads in times:
                words = [grl, 'restore', '--task', 'denoise', '--model', model, '--threads', str(threads), *TILES,
                         '-o', f'{place}/out.png', f'{place}/small.png', '--events', 'ndjson']
                environment = os.environ | {'XDG_STATE_HOME': f'{place}/state'}
                events = subprocess.run(words, env=environment, capture_output=True, check=True).stdout.decode().splitlines()
                times[threads].append(max(event['seconds'] for event in map(json.loads, events) if 'seconds' in event))
        one, two = (sorted(times[threads])[turns // 2] / 4 for threads in (1, 2))
        print(f'{model}, medians of {turns}: a tile takes {one:.3f} s on one thread and {two:.3f} s on two: {100 * max(0, 2 * two / one - 1):.1f} % is not shared')


def beside(grl, turns=3):
    """What is not the network is the same for a network of one block, whose tiles are all there in the runs that are timed."""
    with tempfile.TemporaryDirectory() as place:
        write_picture(f'{place}/large.png', 4000, 3000)
        os.makedirs(f'{place}/models')
        gigapixel.model(f'{place}/models/denoise-one-block.safetensors')
        environment = os.environ | {'XDG_STATE_HOME': f'{place}/state', 'GRL_MODELS': f'{place}/models'}
        words = [grl, 'restore', '--task', 'denoise', '--model', 'denoise-one-block', '--threads', '1', *TILES, f'{place}/large.png', '-o']
        raw, packed = words + [f'{place}/out.tif', '--compression', 'none'], words + [f'{place}/out.png']
        begin = min(seconds([grl, '--version'], environment) for _ in range(turns))
        read, kept, whole = [], [], []
        for _ in range(turns):
            read.append(seconds(raw, environment, 'picture-begun'))
            for times, result in ((kept, raw), (whole, packed)):
                seconds(result, environment, 'result-announced')
                times.append(seconds(result + ['--resume'], environment))
        read, kept, whole = (sorted(values)[turns // 2] for values in (read, kept, whole))
        print(f'medians of {turns}, processor time: {1000 * (kept - read) / (ACROSS * DOWN):.1f} ms a tile beside the network; 12 megapixels are read in '
              f'{read - begin:.2f} s, and encoded in {whole - kept:.2f} s; start {begin:.2f} s')


def picture(cores, tile, share, serial, read, write, tiles=ACROSS * DOWN):
    """Seconds for one picture on so many cores."""
    lanes = max(1, min(cores // 2, tiles))
    threads = cores / lanes
    compute = tile * (share + (1 - share) / threads)
    now = read
    if lanes == 1:
        return now + tiles * (compute + serial) + write
    window, waiting, posted, done = 2 * lanes, [], 0, {}
    free = [read] * (lanes - 1)  # when the other lanes are free
    heapq.heapify(free)
    encoded = read

    def lanes_take():
        """The other lanes take what is posted as they become free."""
        while waiting and free[0] <= now:
            number, since = waiting.pop(0)
            end = max(heapq.heappop(free), since) + compute
            done[number] = end
            heapq.heappush(free, end)

    for index in range(tiles):
        while posted < tiles and posted - index < window:
            waiting.append((posted, now))
            posted += 1
        while index not in done or done[index] > now:
            lanes_take()
            if index in done and done[index] <= now:
                break
            if waiting:
                number, _ = waiting.pop(0)
                done[number] = now = now + compute
            else:
                now = max(now, done[index])
        now += serial
        if write > 0 and (index + 1) % ACROSS == 0:
            lanes_take()
            encoded = max(heapq.heappop(free), now, encoded) + write / DOWN
            heapq.heappush(free, encoded)
    return max(now, encoded)


def scale(tile, share, serial, read, write, begin=0.1):
    tiles = ACROSS * DOWN
    alone = read + tiles * (tile + serial) + write
    print(f'one picture of 12 megapixels, {tiles} tiles, {alone:.0f} s on one core')
    for cores in (8, 16, 64, 128):
        time = picture(cores, tile, share, serial, read, write)
        bare = picture(cores, tile, share, serial, 0, 0)
        print(f'  {cores:4} cores, one process: {time:6.2f} s, efficiency {100 * alone / cores / time:5.1f} %; '
              f'without reading and writing {100 * tiles * (tile + serial) / cores / bare:5.1f} %')
    pictures = 10_000
    print(f'{pictures} such pictures, {pictures * alone / 3600:.0f} hours on one core')
    for cores in (16, 64, 128):
        for each in sorted({cores, 16, 8, 2}, reverse=True):
            shards = cores // each
            end = begin + max(pictures // shards + (shard < pictures % shards) for shard in range(shards)) * picture(
                each, tile, share, serial, read, write)
            print(f'  {cores:4} cores, {shards:3} shards of {each:3} threads: efficiency {100 * pictures * alone / cores / end:5.1f} %, '
                  f'{end / 3600:.1f} h')


if __name__ == '__main__':
    verbs = {'tile': tile, 'beside': beside, 'scale': scale}
    if len(sys.argv) < 3 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    if sys.argv[1] == 'scale':
        scale(*map(float, sys.argv[2:]))
    else:
        verbs[sys.argv[1]](os.path.abspath(sys.argv[2]), *sys.argv[3:])
