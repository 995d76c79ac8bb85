"""What the comparison of two versions says of their measurements."""

import os
import subprocess
import sys
from datetime import date

from bench.beside import comparison_of, render_comparison, replace_comparison
from bench.compare import Cost, Round, render_line, summarise
from bench.served import cpu_seconds, running_seconds

BUSY = "import time\nwhile time.process_time() < 0.3: pass"


def test_a_line_says_the_share_of_then() -> None:
    line = render_line("booking", Cost(0.05, 0.1, 2.0, 2000), Cost(0.02, 0.04, 1.5, 1000))

    assert line == "| booking | 50.0 | 20.0 | **0.40** | 100.0 | 40.0 | **0.40** | 1.50 | 2 | 1 |"


def test_of_rounds_the_median_counts_and_of_requests_all() -> None:
    rounds = [Round(cpu, [cpu] * 9 + [pause], [cpu] * 10, 100) for cpu, pause in ((3, 9), (1, 1), (2, 2))]

    assert summarise(rounds) == Cost(2, 2, 1.5, 100)


def test_what_a_child_has_used_counts_when_it_has_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", BUSY], check=True)

    assert cpu_seconds(os.getpid()) - before > 0.25


def test_what_a_child_uses_counts_while_it_runs() -> None:
    before = running_seconds(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        while running_seconds(os.getpid()) - before < 0.002:
            assert child.poll() is None
        child.communicate(b"\n")


def test_the_report_keeps_the_last_comparison() -> None:
    first, second = (
        render_comparison([line], today=date(2030, 1, 1), command="script/bench --against abc")
        for line in ("| first |", "| second |")
    )
    report = replace_comparison(replace_comparison("# Benchmarks\n", first), second)

    assert report == "# Benchmarks\n" + second
    assert comparison_of(report) == second
    assert "| second |\n" in second
    assert replace_comparison("# Anew\n", comparison_of("# Never compared\n")) == "# Anew\n"
