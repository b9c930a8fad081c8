"""Replace the grader's own functions in this process: json, os, the worker's code.

ends: observed, exited, garbled, broken
"""

import json
import os
import sys

worker = sys.modules["coursekit.grading.sandbox.worker"]
worker.RETURNED = b"R"
worker.memoryview = memoryview
json.dumps = lambda *a, **k: "gained"
os._exit = lambda status: None
answer = "refused"
