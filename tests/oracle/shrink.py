"""Makes a configuration smaller while something holds of it: whole lists first, then halves of them, then single items
and fields."""
import copy

KEPT = {"address", "name", "@type", "typed_config", "stat_prefix", "access_log", "type", "connect_timeout", "match", "domains", "admin", "static_resources",
        "listeners", "filter_chains", "filters"}


def places(value, path=()):
    """Every list and map below, the outermost first."""
    queue = [(path, value)]
    while queue:
        at, it = queue.pop(0)
        if isinstance(it, (list, dict)):
            yield at
            inner = it.items() if isinstance(it, dict) else enumerate(it)
            queue += [(at + (key,), value) for key, value in inner if key != "access_log"]


def at(value, path):
    for key in path:
        value = value[key]
    return value


def without(config, path, keys):
    """A copy without these items of what is at a path."""
    out = copy.deepcopy(config)
    it = at(out, path)
    if isinstance(it, list):
        it[:] = [inner for number, inner in enumerate(it) if number not in keys]
    else:
        for key in keys:
            del it[key]
    return out


def shrink(config, holds, budget=250):
    """The smallest that was found; `holds` is asked at most `budget` times."""
    progress = True
    while progress and budget > 0:
        progress = False
        for path in list(places(config)):
            try:
                it = at(config, path)
            except (KeyError, IndexError, TypeError):
                continue
            keys = list(range(len(it))) if isinstance(it, list) else [key for key in it if key not in KEPT]
            size = len(keys)
            while size and budget > 0:
                parts, removed = [keys[begin:begin + size] for begin in range(0, len(keys), size)], False
                for part in reversed(parts):
                    if budget <= 0:
                        break
                    smaller = without(config, path, part)
                    budget -= 1
                    if holds(smaller):
                        config, progress, removed = smaller, True, True
                        keys = [key for key in keys if key not in part] if not isinstance(it, list) else list(range(len(at(config, path))))
                        if isinstance(it, list):
                            break
                if not removed or not isinstance(it, list):
                    size //= 2
                else:
                    size = min(size, len(keys))
    return config
