"""Read by every IPython kernel of this environment: TensorFlow and triton in the order that works."""

c = get_config()  # noqa: F821  # IPython puts it into this file's namespace
c.InteractiveShellApp.extensions = ["coursekit._startup"]
