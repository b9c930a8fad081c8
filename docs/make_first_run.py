"""Draw docs/images/first_run.png, the README's picture: one run on the digits in each framework."""

from __future__ import annotations

from pathlib import Path

import coursekit as ck

EPOCHS = 10


def main() -> None:
    """Train in both frameworks and draw both runs into one figure."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    data = ck.data.load("digits")
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    looks = {
        "torch": {"color": "#d1495b", "linewidth": 2.5},
        "tensorflow": {"color": "#00798c", "marker": "o", "ls": ""},
    }
    for framework, look in looks.items():
        model = ck.models.mini_vgg(framework, input_shape=data.input_shape, num_classes=data.num_classes)
        trainer = ck.Trainer(model, learning_rate=1e-3)
        history = trainer.fit(data.train, data.validation, epochs=EPOCHS, progress=False)
        name = {"torch": "PyTorch", "tensorflow": "TensorFlow"}[framework]
        print(name, trainer.evaluate(data.test))
        for ax, figure_name in zip(axes, ("loss", "accuracy"), strict=True):
            epochs = range(1, EPOCHS + 1)
            ax.plot(epochs, history[figure_name], **look, label=f"{name}, training")
            pale = (
                {**look, "alpha": 0.45, "markerfacecolor": "none"}
                if framework == "tensorflow"
                else {**look, "alpha": 0.45}
            )
            ax.plot(epochs, history[f"val_{figure_name}"], **pale, label=f"{name}, validation")
    for ax, title in zip(axes, ("loss", "accuracy"), strict=True):
        ax.set_title(title, loc="left")
        ax.set_xlabel("epoch")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    target = Path(__file__).parent / "images" / "first_run.png"
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    main()
