"""What every client program here is asked in the same words (README.md): VERB BROKER TOPIC [GROUP [COUNT]] [NAME=VALUE…]."""
import signal
import sys


class Request:
    def __init__(self):
        plain = [word for word in sys.argv[1:] if "=" not in word]
        self.options = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
        self.verb, self.broker, self.topic = plain[:3]
        self.group = plain[3] if len(plain) > 3 else None
        self.count = int(plain[4]) if len(plain) > 4 else None
        self.told_to_stop = False
        if self.verb == "member":
            signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_):
        self.told_to_stop = True

    def get(self, name):
        return self.options.get(name)

    def more(self, seen):
        """Whether a consumer goes on: until COUNT records, or as a member until it is told to stop."""
        return not self.told_to_stop and (self.count is None or seen < self.count)

    def show(self, partition, key, value):
        where = f"{partition}\t" if self.verb == "member" else ""
        print(f"{where}{key.decode()}\t{value.decode()}", flush=True)


def lines():
    for line in sys.stdin:
        yield line.rstrip("\n").split("\t", 1)
