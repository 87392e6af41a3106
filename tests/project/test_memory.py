"""Keeping freed memory: said where it works, and nothing but time changes."""

import subprocess
import sys


def test_a_process_that_keeps_memory_computes_the_same() -> None:
    code = (
        "import sys, torch\n"
        "from convscope.memory import keep_freed_memory\n"
        "kept = keep_freed_memory() if sys.argv[1] == 'keep' else None\n"
        "torch.manual_seed(0)\n"
        "sums = [float(torch.randn(1 << 22).sum()) for _ in range(3)]\n"
        "print(sums)\n"
        "print(kept, file=sys.stderr)\n"
    )
    keep, plain = (
        subprocess.run([sys.executable, "-c", code, mode], check=True, capture_output=True, text=True)
        for mode in ("keep", "plain")
    )
    assert keep.stdout == plain.stdout
    assert keep.stderr.strip() == str(sys.platform.startswith("linux"))
