# right: a class of its own (never pickled) with parameters and all buffers by name, copied in place; default_generator
# believes: a module is its named parameters and its named buffers
import torch


class Snapshot:
    __slots__ = ("parameters", "buffers", "optimizer", "generator", "epoch")

    def __init__(self, *fields):
        for slot, field in zip(self.__slots__, fields):
            setattr(self, slot, field)

    @classmethod
    def taken_of(cls, model, optimizer, epoch):
        return cls(
            {name: p.detach().clone() for name, p in model.named_parameters()},
            {name: b.detach().clone() for name, b in model.named_buffers()},
            optimizer.state_dict(),
            torch.default_generator.get_state(),
            epoch,
        )

    @classmethod
    def read(cls, path):
        return cls(*torch.load(path, weights_only=True))

    def write(self, path):
        torch.save(tuple(getattr(self, slot) for slot in self.__slots__), path)

    @torch.no_grad()
    def give_back(self, model, optimizer):
        for name, p in model.named_parameters():
            p.copy_(self.parameters[name])
        for name, b in model.named_buffers():
            b.copy_(self.buffers[name])
        optimizer.load_state_dict(self.optimizer)
        torch.default_generator.set_state(self.generator)
        return self.epoch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    Snapshot.taken_of(model, optimizer, epoch).write(path)


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    return Snapshot.read(path).give_back(model, optimizer)
