"""`python3 -m dev COMMAND`: what the Makefile's targets run."""

import sys

from .interpreter import use_supported_python

if __name__ == "__main__":
    use_supported_python()

    from .commands import main

    sys.exit(main(sys.argv[1:]))
