# right: context manager that restores the mode

from contextlib import contextmanager


@contextmanager
def mode_entrainement(modele):
    """Met chaque module en mode entraînement, puis remet tout comme avant."""
    avant = [(m, m.training) for m in modele.modules()]
    modele.train()
    try:
        yield modele
    finally:
        for m, mode in avant:
            m.training = mode


def train_step(model, optimizer, loss_fn, images, labels):
    with mode_entrainement(model) as reseau:
        reseau.zero_grad()
        perte = loss_fn(reseau(images), labels)
        perte.backward()
        optimizer.step()
    return perte.item()
