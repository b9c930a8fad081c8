"""What learners handed in: found in a folder or an archive, and read without trust (docs/submissions.md)."""
