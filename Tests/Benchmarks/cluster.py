#!/usr/bin/env python3
"""What a job in shards costs: planning, showing, overhead, and how it would scale.

  cluster.py plan GRL [COUNT]       plans COUNT (100000) generated headers: seconds and peak memory
  cluster.py show GRL [SHARDS]      'grl jobs show' of so many shards (1000), all begun
  cluster.py overhead GRL [COUNT]   'grl work' on COUNT (1000) pictures of 64 x 64 against 'grl restore' on the same, interleaved, medians of three:
                                    time, and of processors, which other work on the machine does not change
  cluster.py scale [SECONDS]        simulation: 10,000 pictures of 12 megapixels, SECONDS of computing for one on one node (900 by default)

The first three need a GRL built for release. The simulation reads nothing: it schedules by the rule of ShardDivision, with pictures that differ
by 5 % and nodes by 3 % (assumed), 3 s to begin a shard, and 0.5 s of reading and writing for each picture.
"""
import heapq, os, random, resource, struct, subprocess, sys, tempfile, time, zlib


def png(path, width, height, pixels=None):
    """A PNG; without pixels one whose header is sound and whose samples are missing."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))
    samples = zlib.compress(pixels) if pixels else b'\x78\x9c' + bytes(width * height * 3 // 900 + 64)
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
                   + chunk(b'IDAT', samples) + chunk(b'IEND', b''))


def run(words, **options):
    began = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f'{" ".join(words[:4])} ...: {errors.decode()[-500:]}')
    return time.monotonic() - began, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def planned(place, grl, count, shards, sizes):
    os.makedirs(f'{place}/in')
    random.seed(1)
    for number in range(count):
        png(f'{place}/in/p{number:06}.png', *random.choice(sizes))
    words = [grl, 'plan', '--job-dir', f'{place}/job', '--shards', str(shards), '--task', 'denoise', '--sigma', '25', '--output-dir',
             f'{place}/out', f'{place}/in']
    return run(words)


def plan(grl, count=100_000):
    with tempfile.TemporaryDirectory() as place:
        # As large as headers, not as pictures: what hangs on the size of the file is not what is measured.
        sizes = [(random.randrange(64, 320), random.randrange(64, 320)) for _ in range(1000)]
        seconds, megabytes, _ = planned(place, grl, count, 256, sizes)
        print(f'{count} headers of 1000 sizes in 256 shards: {seconds:.1f} s, {megabytes:.0f} MiB')


def show(grl, shards=1000):
    with tempfile.TemporaryDirectory() as place:
        planned(place, grl, shards * 5, shards, [(100, 80)])
        for number in range(1, shards + 1):
            with open(f'{place}/job/shards/{number:04}/worker', 'w') as file:
                file.write('{"process":{"boot":"x","host":"node%d","namespace":"","process":1,"started":"1"},"program":"grl work",'
                           '"progress":{"done":2,"failed":0,"isEnded":false,"pixels":16000,"seconds":3,"share":0.4,"skipped":0}}' % number)
            os.rename(f'{place}/job/shards/{number:04}', f'{place}/job/shards/{number:04}.token')
        seconds, megabytes, _ = run([grl, 'jobs', 'show', f'{place}/job'])
        print(f'jobs show of {shards} shards: {seconds:.2f} s, {megabytes:.0f} MiB')


def overhead(grl, count=1000):
    with tempfile.TemporaryDirectory() as place:
        os.makedirs(f'{place}/in')
        random.seed(2)
        for number in range(count):
            png(f'{place}/in/p{number:04}.png', 64, 64, b''.join(b'\0' + random.randbytes(64 * 3) for _ in range(64)))
        options = ['--task', 'denoise', '--sigma', '25', f'{place}/in', '--output-dir']
        runs = {'restore': [], 'work': []}
        for turn in range(3):
            runs['restore'].append(run([grl, 'restore', '-q'] + options + [f'{place}/plain{turn}']))
            run([grl, 'plan', '-q', '--job-dir', f'{place}/job{turn}', '--shards', '1'] + options + [f'{place}/out{turn}'])
            runs['work'].append(run([grl, 'work', '-q', '--job-dir', f'{place}/job{turn}', '--shard', '1/1']))
        for what, part in (('time', 0), ('of processors', 2)):
            plain, work = (sorted(one[part] for one in runs[name])[1] for name in ('restore', 'work'))
            print(f'{count} pictures of 64 x 64, {what}: restore {plain:.1f} s, work {work:.1f} s, {100 * (work / plain - 1):+.1f} %')


def scale(picture_seconds=900.0, pictures=10_000, begin=3.0, files=0.5):
    print(f'{pictures} pictures, {picture_seconds:.0f} s each on one node; efficiency = computing time / (nodes * time to the end)')
    for nodes in (8, 64, 256):
        for per_node in (1, 4):
            shards = nodes * per_node
            random.seed(nodes)
            # Whole pictures of one size: what ShardDivision makes of them.
            counts = [pictures // shards + (shard < pictures % shards) for shard in range(shards)]
            speed = [random.gauss(1, 0.03) for _ in range(nodes)]
            free = [(0.0, node) for node in range(nodes)]
            heapq.heapify(free)
            end = 0.0
            for count in sorted(counts, reverse=True):
                at, node = heapq.heappop(free)
                work = sum(picture_seconds * random.gauss(1, 0.05) for _ in range(count)) / speed[node]
                at += begin + work + count * files
                end = max(end, at)
                heapq.heappush(free, (at, node))
            print(f'  {nodes:4} nodes, {shards:5} shards: {100 * pictures * picture_seconds / (nodes * end):5.1f} %, '
                  f'{end / 3600:.1f} h')


if __name__ == '__main__':
    verbs = {'plan': plan, 'show': show, 'overhead': overhead, 'scale': scale}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verb, rest = verbs[sys.argv[1]], sys.argv[2:]
    if sys.argv[1] == 'scale':
        verb(*map(float, rest))
    else:
        verb(rest[0], *map(int, rest[1:]))
