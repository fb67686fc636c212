"""`python -m recollect`, so that `torchrun -m recollect train ...` works."""

import sys

from recollect.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
