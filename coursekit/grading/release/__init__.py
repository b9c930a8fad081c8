"""From solutions/ to exercises/: what a learner gets is made from what an instructor writes."""
