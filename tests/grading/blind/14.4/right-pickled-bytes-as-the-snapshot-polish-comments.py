# right: pickled bytes as the snapshot, Polish comments

import pickle
import numpy as np


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    migawka = None                 # bajty najlepszych wag
    najlepsza, prog = 0, np.inf    # numer epoki i wartość, poniżej której jest poprawa
    straty = []
    for epoka in range(1, max_epochs + 1):
        train_epoch(model)
        strata = validate(model)
        straty.append(strata)
        # porównanie z NaN jest zawsze fałszywe, więc NaN nigdy nie jest poprawą
        if strata < prog or (migawka is None and not np.isnan(strata)):
            prog = strata - min_delta
            najlepsza = epoka
            migawka = pickle.dumps(model.state_dict())
        elif epoka - najlepsza == patience:
            break
    model.load_state_dict(pickle.loads(migawka))
    return najlepsza, straty
