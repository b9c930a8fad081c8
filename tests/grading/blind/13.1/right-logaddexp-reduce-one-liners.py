# right: logaddexp.reduce one-liners

import numpy as np

cross_entropy = lambda logits, labels: (
    (lambda lp, hot: (float(-(lp * hot).sum() / len(lp)), (np.exp(lp) - hot) / len(lp)))(
        logits - np.logaddexp.reduce(logits, axis=1)[:, None],
        (np.asarray(labels)[:, None] == np.arange(logits.shape[1])).astype(float),
    )
)
