"""Named optimizers in TensorFlow that follow PyTorch's formulas.

Keras's own differ: momentum keeps the rate inside the velocity, Adam adds epsilon before the bias correction, RMSprop
has it inside the root, and weight decay is decoupled everywhere. These are Keras optimizers all the same, so that
saving, distribution and ``apply`` work as a Keras user expects. Where TensorFlow has a fused kernel with the right
formula, that is used: one operation per variable, in place of about ten.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from coursekit import optimizers
from coursekit.errors import ConfigurationError, ModelError


class _PyTorchConvention(keras.optimizers.Optimizer):  # type: ignore[misc]  # Keras has no types
    """Base of the named optimizers: what they share is how weight decay enters."""

    slot_names: tuple[str, ...] = ()

    def __init__(self, spec: optimizers.Optimizer, learning_rate: float) -> None:
        super().__init__(learning_rate=float(learning_rate), name=spec.name)
        self.spec = spec

    def build(self, variables: Any) -> None:
        """Make the slots: zeros like every variable."""
        if self.built:
            return
        super().build(variables)
        self.slots = [self.add_optimizer_variables(variables, name) for name in self.slot_names]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable, in the variable's own dtype."""
        dtype = variable.dtype
        rate = tf.cast(learning_rate, dtype)
        gradient = tf.cast(tf.convert_to_tensor(gradient), dtype)
        decay = self.spec.weight_decay
        if decay and isinstance(self.spec, optimizers.AdamW):
            variable.assign_sub(variable * (rate * decay))
        elif decay:
            gradient += decay * tf.convert_to_tensor(variable)
        index = self._get_variable_index(variable)
        self._update(gradient, variable, rate, [slot[index].value for slot in self.slots])

    def _update(self, gradient: Any, variable: Any, rate: Any, slots: list[Any]) -> None:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the spec's arguments."""
        return {"spec": self.spec, "learning_rate": float(self.learning_rate)}


class TorchSGD(_PyTorchConvention):
    """b = m b + g; w -= rate b (Nesterov: w -= rate (g + m b))."""

    def __init__(self, spec: optimizers.SGD, learning_rate: float) -> None:
        super().__init__(spec, learning_rate)
        self.momentum, self.nesterov = spec.momentum, spec.nesterov
        self.slot_names = ("momentum",) if spec.momentum else ()

    def _update(self, gradient: Any, variable: Any, rate: Any, slots: list[Any]) -> None:
        if not slots:
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=gradient)
            return
        tf.raw_ops.ResourceApplyMomentum(
            var=variable.handle,
            accum=slots[0].handle,
            lr=rate,
            grad=gradient,
            momentum=tf.cast(self.momentum, rate.dtype),
            use_nesterov=self.nesterov,
        )


class TorchRMSprop(_PyTorchConvention):
    """s = a s + (1 - a) g^2; w -= rate g / (sqrt(s) + eps), the latter through a velocity if there is momentum."""

    def __init__(self, spec: optimizers.RMSprop, learning_rate: float) -> None:
        super().__init__(spec, learning_rate)
        self.alpha, self.eps, self.momentum = spec.alpha, spec.eps, spec.momentum
        self.slot_names = ("square_average", "momentum") if spec.momentum else ("square_average",)

    def _update(self, gradient: Any, variable: Any, rate: Any, slots: list[Any]) -> None:
        square = slots[0].assign(self.alpha * slots[0] + (1 - self.alpha) * tf.square(gradient))
        step = gradient / (tf.sqrt(square) + self.eps)
        if self.momentum:
            step = slots[1].assign(self.momentum * slots[1] + step)
        variable.assign_sub(rate * step)


class TorchAdam(_PyTorchConvention):
    """Adam (Kingma and Ba 2015), epsilon after the bias correction; AdamW by its spec (Loshchilov and Hutter 2019)."""

    slot_names = ("m", "v")

    def __init__(self, spec: optimizers.Adam | optimizers.AdamW, learning_rate: float) -> None:
        super().__init__(spec, learning_rate)
        self.betas, self.eps = spec.betas, spec.eps

    def build(self, variables: Any) -> None:
        """Make the slots, and a count of steps for each variable: one that is unfrozen later starts its own."""
        if not self.built:
            super().build(variables)
            self.counts = self.add_variable(
                (len(variables),), dtype="int64", aggregation="only_first_replica", name="counts"
            )

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Update the variables that have a gradient, and count the step for those."""
        super().apply(grads, trainable_variables)
        variables = self._trainable_variables if trainable_variables is None else trainable_variables
        moved = {self._get_variable_index(v) for g, v in zip(grads, variables, strict=True) if g is not None}
        self.counts.assign_add([int(index in moved) for index in range(self.counts.shape[0])])

    def _update(self, gradient: Any, variable: Any, rate: Any, slots: list[Any]) -> None:
        dtype = rate.dtype
        step = tf.cast(self.counts.value[self._get_variable_index(variable)], dtype) + 1
        powers = [tf.pow(tf.cast(beta, dtype), step) for beta in self.betas]
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=slots[0].handle,
            v=slots[1].handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=rate,
            beta1=tf.cast(self.betas[0], dtype),
            beta2=tf.cast(self.betas[1], dtype),
            # The kernel adds epsilon to sqrt(v), PyTorch to sqrt(v / (1 - b^t)): the same, scaled.
            epsilon=tf.cast(self.eps, dtype) * tf.sqrt(1 - powers[1]),
            grad=gradient,
        )


def tensorflow_optimizer(optimizer: Any, rate: float | None) -> Any:
    """Build or adopt an optimizer.

    Args:
        optimizer: a name, a spec of ``coursekit.optimizers``, or a ``keras.optimizers.Optimizer``.
        rate: learning rate; None for the spec's default or the optimizer's own.

    Raises:
        ConfigurationError: an unknown name or something that is no optimizer.
    """
    if isinstance(optimizer, str | optimizers.Optimizer):
        spec = optimizers.get(optimizer)
        rate = spec.default_learning_rate if rate is None else rate
        if isinstance(spec, optimizers.SGD):
            return TorchSGD(spec, rate)
        if isinstance(spec, optimizers.RMSprop):
            return TorchRMSprop(spec, rate)
        if isinstance(spec, optimizers.Adam | optimizers.AdamW):
            return TorchAdam(spec, rate)
        raise ConfigurationError(
            f"optimizer {spec!r} for the engine",
            expected=f"one of {', '.join(optimizers.NAMES)}, or a keras.optimizers.Optimizer",
            mend="give the Keras optimizer object",
        )
    if isinstance(optimizer, keras.optimizers.Optimizer):
        if optimizer.gradient_accumulation_steps:
            raise ConfigurationError(
                f"a Keras optimizer with gradient_accumulation_steps={optimizer.gradient_accumulation_steps}",
                expected="one way to accumulate",
                mend="leave it out, and give Trainer(accumulate=...)",
            )
        return optimizer
    raise ConfigurationError(
        f"an optimizer of type {type(optimizer).__name__}",
        expected="a name, a coursekit.optimizers object or a keras.optimizers.Optimizer",
        mend="try optimizer='adam'",
    )


def build_for(optimizer: Any, variables: list[Any], trainable: list[Any]) -> None:
    """Make the optimizer's slots for all variables that may ever learn, so that unfreezing needs no new optimizer.

    Raises:
        ModelError: the optimizer was built for another model's variables.
    """
    if not optimizer.built:
        optimizer.build(variables)
        return
    known = {id(variable) for variable in getattr(optimizer, "_trainable_variables", variables)}
    if trainable and not any(id(variable) in known for variable in trainable):
        raise ModelError(
            "an optimizer that holds none of the model's trainable variables",
            expected="an optimizer that has not been used for another model",
            mend="make a new one: keras.optimizers.Adam()",
        )
