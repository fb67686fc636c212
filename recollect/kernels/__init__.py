"""Fused kernels, each tested against the readable reference it names, in values and gradients.

They are written in Numba and imported where one is used, so that `import recollect` stays light.
"""

from pathlib import Path

from recollect.kernels.stale import forget_stale

forget_stale(Path(__file__).parent)
