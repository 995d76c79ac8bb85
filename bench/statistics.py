import time
from collections.abc import Callable, Sequence


def percentile(ordered: Sequence[float], share: int) -> float:
    """The value below which ``share`` percent of the sorted values lie."""
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)]


def timed(function: Callable[[], object], repeat: int) -> list[float]:
    """Sorted seconds of ``repeat`` calls, after one that warms the caches."""
    function()
    seconds = []
    for _ in range(repeat):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)
