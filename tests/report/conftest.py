"""Lets the tests of this folder import the record factory that lies in it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
