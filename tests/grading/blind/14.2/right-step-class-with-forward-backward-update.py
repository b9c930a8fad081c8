# right: Step class with forward, backward, update

import tensorflow as tf


class Step:
    def __init__(self, model, optimizer, loss_fn):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.tape = tf.GradientTape()

    def forward(self, x, y):
        with self.tape:
            logits = self.model(x, training=True)
            self.loss = self.loss_fn(y_true=y, y_pred=logits)
            penalties = self.model.losses
            if len(penalties) > 0:
                self.loss += tf.math.add_n(penalties)

    def backward(self):
        self.variables = self.model.trainable_variables
        self.gradients = self.tape.gradient(target=self.loss, sources=self.variables)

    def update(self):
        pairs = []
        for position in range(len(self.variables)):
            pairs.append((self.gradients[position], self.variables[position]))
        self.optimizer.apply_gradients(pairs)

    def run(self, x, y):
        self.forward(x, y)
        self.backward()
        self.update()
        return self.loss.numpy().tolist()


def train_step(model, optimizer, loss_fn, images, labels):
    return Step(model, optimizer, loss_fn).run(images, labels)
