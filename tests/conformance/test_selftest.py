"""The runner must be able to fail."""

import sys

import run

sys.exit(run.main(["--self-test"]))
