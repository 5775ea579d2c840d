"""Where things are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Everything that the commands create; deleting it is always safe.
STATE = Path(os.environ.get("DEV_DIR") or ROOT / ".dev").absolute()

LOGS = STATE / "logs"
SHARED = Path(os.environ.get("SHARED_DIR") or ROOT.parent / "shared")
