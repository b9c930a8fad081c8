from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Exactness is a claim about arithmetic in one order: on the processor, whatever else the machine has.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
