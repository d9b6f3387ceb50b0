import CBase

/// Lets all threads share one heap. By default the C library reserves 64 MiB of addresses for the heap of each, which a limit on
/// addresses (`ulimit -v`) counts as if they were used.
package func shareOneHeap() { grl_share_one_heap() }
