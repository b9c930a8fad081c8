"""Optional packages: found without being imported, imported on demand, named when they are missing."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from coursekit import _frameworks
from coursekit.errors import MissingExtraError, ModelError

# As if the packages were not installed: the path finder does not find them, and nothing raises.
_HIDE = """
import sys
from importlib.machinery import PathFinder
class Hidden(PathFinder):
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname.partition(".")[0] in {names!r}:
            return None
        return PathFinder.find_spec(fullname, path, target)
sys.meta_path[:] = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
"""


def _without(*names: str, code: str) -> str:
    script = _HIDE.format(names=set(names)) + code
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_without_tensorflow_the_torch_half_works_and_the_other_names_its_extra() -> None:
    said = _without(
        "tensorflow",
        "keras",
        code="""
import coursekit
from coursekit._frameworks import framework_of, installed, require
torch = require("torch")
print(framework_of(torch.nn.Linear(1, 1)), installed("tensorflow"))
for name in ("tensorflow", "keras"):
    try:
        require(name)
    except coursekit.errors.MissingExtraError as error:
        print(error)
""",
    )
    lines = said.splitlines()
    assert lines[0] == "torch False"
    assert all('pip install "coursekit[tensorflow]"' in line for line in lines[1:])
    assert lines[1].startswith("tensorflow is not installed")
    assert lines[2].startswith("keras is not installed")


def test_without_torch_the_tensorflow_half_works_and_the_other_names_its_extra() -> None:
    said = _without(
        "torch",
        "torchvision",
        code="""
import coursekit
from coursekit._frameworks import framework_of, installed, require
keras = require("keras")
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
print(framework_of(model), installed("torch"))
try:
    require("torch.nn")
except ImportError as error:
    print(type(error).__name__, error)
""",
    )
    first, second = said.splitlines()
    assert first == "tensorflow False"
    assert second.startswith("MissingExtraError torch is not installed")
    assert 'pip install "coursekit[torch]"' in second


@pytest.mark.parametrize(("here", "absent"), [("torch", "tensorflow"), ("tensorflow", "torch")])
def test_one_framework_trains_without_the_other(here: str, absent: str) -> None:
    said = _without(
        *({"torch", "torchvision"} if absent == "torch" else {"tensorflow", "keras"}),
        code=f"""
import coursekit as ck
data = ck.data.load("digits")
model = ck.models.tiny_cnn({here!r}, input_shape=data.input_shape, num_classes=10)
trainer = ck.Trainer(model, learning_rate=1e-2)
history = trainer.fit(data.train, data.validation, epochs=2, progress=False)
print(history["loss"][1] < history["loss"][0], sorted(trainer.evaluate(data.test)))
try:
    ck.models.tiny_cnn({absent!r}, input_shape=data.input_shape, num_classes=10)
except ck.errors.MissingExtraError as error:
    print(error)
""",
    )
    trained, refused = said.strip().splitlines()
    assert trained == "True ['accuracy', 'loss']"
    assert f'pip install "coursekit[{absent}]"' in refused


def test_keras_without_tensorflow_names_what_is_missing() -> None:
    said = _without(
        "tensorflow",
        code="""
from coursekit._frameworks import require
try:
    require("keras")
except ImportError as error:
    print(error)
""",
    )
    assert said.startswith("tensorflow, which keras needs, is not installed")


def test_every_extra_that_an_error_names_exists() -> None:
    from importlib import metadata

    provided = set(metadata.metadata("coursekit").get_all("Provides-Extra") or [])
    assert set(_frameworks.EXTRAS.values()) <= provided


def test_a_broken_package_raises_its_own_error(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ipywidgets.py").write_text("import a_module_that_is_nowhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ipywidgets", raising=False)
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_nowhere") as caught:
        _frameworks.require("ipywidgets")
    assert not isinstance(caught.value, MissingExtraError)


def test_installed_imports_nothing() -> None:
    code = "import sys; from coursekit._frameworks import installed as i; "
    code += "print(i('torch'), i('nowhere'), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]


def test_framework_of_both_in_one_process() -> None:
    torch = _frameworks.require("torch")
    keras = _frameworks.require("keras")
    assert _frameworks.framework_of(torch.nn.Sequential()) == "torch"
    assert _frameworks.framework_of(keras.Sequential([keras.layers.Dense(1)])) == "tensorflow"


@pytest.mark.parametrize("model", [None, "lenet5", lambda images: images, SimpleNamespace(forward=1)])
def test_a_model_of_neither_framework(model: object) -> None:
    with pytest.raises(ModelError, match=r"torch\.nn\.Module or a keras\.Model"):
        _frameworks.framework_of(model)


def test_a_class_instead_of_a_model() -> None:
    torch = _frameworks.require("torch")
    with pytest.raises(ModelError, match=r"make one: Linear\(\.\.\.\)"):
        _frameworks.framework_of(torch.nn.Linear)


def test_keras_on_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    keras = _frameworks.require("keras")
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ModelError, match="KERAS_BACKEND=tensorflow"):
        _frameworks.framework_of(keras.Sequential())
