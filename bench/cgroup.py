"""A control group with a limit of memory, made by hand: version 2, or version 1's memory controller."""
import os
import pathlib
import time

ROOT = pathlib.Path("/sys/fs/cgroup")


def numbers(path):
    return {k: int(v) for k, v in (line.split() for line in path.read_text().splitlines())}


class Cgroup:
    """Makes it, or raises OSError with words. A process joins by `enter`, between fork and exec."""

    def __init__(self, limit):
        self.second = (ROOT / "cgroup.controllers").exists()
        place = ROOT if self.second else ROOT / "memory"
        self.folder = place / f"thimble-bench-{os.getpid()}"
        try:
            self.folder.mkdir()
        except OSError as error:
            raise OSError(f"no control group can be made in {place} ({error.strerror}): run it as root, where "
                          f"{place} can be written and memory is one of its controllers") from error
        try:
            if self.second:
                (self.folder / "memory.max").write_text(str(limit))
            else:
                (self.folder / "memory.limit_in_bytes").write_text(str(limit))
        except OSError as error:
            self.remove()
            raise OSError(f"{self.folder} takes no limit of memory ({error.strerror})") from error
        swap = self.folder / ("memory.swap.max" if self.second else "memory.memsw.limit_in_bytes")
        if swap.exists():
            swap.write_text("0" if self.second else str(limit))

    def enter(self):
        (self.folder / "cgroup.procs").write_text("0")

    def used_mb(self):
        """What is charged without the pages of files, which the kernel takes back when it wants to."""
        stat = numbers(self.folder / "memory.stat")
        if self.second:
            used = int((self.folder / "memory.current").read_text()) - stat["file"] - stat.get("slab_reclaimable", 0)
        else:
            used = int((self.folder / "memory.usage_in_bytes").read_text()) - stat["total_cache"]
        return used / 2 ** 20

    def anonymous_mb(self):
        stat = numbers(self.folder / "memory.stat")
        return stat["anon" if self.second else "total_rss"] / 2 ** 20

    def kills(self):
        file = self.folder / ("memory.events" if self.second else "memory.oom_control")
        return numbers(file)["oom_kill"]

    def remove(self):
        for _ in range(50):
            try:
                self.folder.rmdir()
                return
            except OSError:
                time.sleep(0.1)


def make(limit, say):
    """One, or None, having said why."""
    try:
        return Cgroup(limit)
    except OSError as error:
        say(f"{error}. Without one: what the process would be killed for is told by what it uses.")
        return None
