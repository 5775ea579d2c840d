"""``python -m tests.simulators SERVICE --port P``"""

import argparse
from contextlib import suppress

from . import SIMULATORS
from .server import Server


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.simulators")
    parser.add_argument("service", choices=SIMULATORS)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    arguments = parser.parse_args()
    simulator = SIMULATORS[arguments.service]()
    server = Server(simulator, arguments.port)
    print(f"{simulator.service}: {simulator.base_url}", flush=True)
    print(
        f"settings: {simulator.settings}; look at {simulator.root}/_state", flush=True
    )
    with suppress(KeyboardInterrupt):
        server.serve()


if __name__ == "__main__":
    main()
