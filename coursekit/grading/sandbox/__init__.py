"""Where students' code runs: apart, limited, and watched from outside. See docs/security_model.md."""

from __future__ import annotations

from .choice import Availability, available, pick
from .limits import Limits, Outcome, Sandbox

__all__ = ["Availability", "Limits", "Outcome", "Sandbox", "available", "pick"]
