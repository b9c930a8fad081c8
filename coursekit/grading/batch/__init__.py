"""Grading a class: every exercise of every submission, in sandboxes, interrupted at any moment and resumed.

    from coursekit.grading.batch.running import grade

    summary = grade(Path("submitted"), Path("graded"), released=Path("exercises"), workers=4)

What is handed in becomes jobs (`planning`); one function (`job.grade_job`) turns a job into a result, here in threads
(`executors`) or on a Dask cluster (`cluster`); results go to the ledger first (`ledger`), then to the gradebook.
"""
