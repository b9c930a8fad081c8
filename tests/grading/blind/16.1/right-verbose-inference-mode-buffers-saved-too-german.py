# right: verbose, inference_mode, buffers saved too, German

import torch


def _merke(modell):
    """Alles, was nachher wieder so sein muss."""
    zustand = {}
    zustand["modus"] = {name: modul.training for name, modul in modell.named_modules()}
    zustand["puffer"] = {name: puffer.detach().clone() for name, puffer in modell.named_buffers()}
    zustand["zufall"] = torch.get_rng_state()
    return zustand


def _stelle_wieder_her(modell, zustand):
    for name, modul in modell.named_modules():
        modul.training = zustand["modus"][name]
    with torch.no_grad():
        for name, puffer in modell.named_buffers():
            if not torch.equal(puffer, zustand["puffer"][name]):
                puffer.copy_(zustand["puffer"][name])
    torch.set_rng_state(zustand["zufall"])


def validate(model, loss_fn, batches):
    zustand = _merke(model)
    summe = 0.0
    treffer = 0
    anzahl = 0
    try:
        for modul in model.modules():
            modul.training = False
        for bilder, klassen in batches:
            with torch.inference_mode():
                ausgabe = model(bilder)
                verlust = loss_fn(ausgabe, klassen)
                vorhersage = torch.argmax(ausgabe, dim=-1)
            n = bilder.size(0)
            summe = summe + verlust.item() * n
            treffer = treffer + sum(int(a == b) for a, b in zip(vorhersage.tolist(), klassen.tolist()))
            anzahl = anzahl + n
    finally:
        _stelle_wieder_her(model, zustand)
    ergebnis = {"loss": summe / anzahl, "accuracy": treffer / anzahl}
    print("Validierung:", ergebnis)
    return ergebnis
