"""The exercises, a file each, in rooms by chapter; their answers apart, in ``answers/`` of each chapter."""
