"""The one input: a random walk, written once; every size is a prefix of it, so that all see the same numbers."""
import numpy

SEED = 20060515
START, STEP = 1147651200000, 1000


def walk(settings, count):
    """The file of at least `count` packed doubles."""
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / "walk.f64"
    if not path.exists() or path.stat().st_size < 8 * count:
        making = path.with_suffix(".part")
        numpy.random.default_rng(SEED).standard_normal(count).cumsum().astype("<f8").tofile(making)
        making.rename(path)
    return path


def pairs(settings, count):
    """The file of `count` packed rows x, y."""
    path = settings.data / f"pairs-{count}.f64"
    if not path.exists():
        rows = numpy.empty((count, 2))
        rows[:, 0] = START + STEP * numpy.arange(count)
        rows[:, 1] = numpy.fromfile(walk(settings, count), "<f8", count)
        making = path.with_suffix(".part")
        rows.astype("<f8").tofile(making)
        making.rename(path)
    return path


def load(settings, count):
    return numpy.fromfile(walk(settings, count), "<f8", count)
