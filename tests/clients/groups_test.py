#!/usr/bin/env python3
"""Members of a group come and go while records flow: partitions are shared out anew, nothing is lost, and who comes back goes on
where the group was. groups_test.py [CLIENT…]"""
import subprocess
import sys
import time

from programs import CLIENTS, ENVIRONMENT, Member, PYTHON, finish, run_cases
from freshet import Freshet

PARTITIONS = 6
PHASE_S = 60
# Per client: how its members are set, one list a run; an empty one is its default settings.
MEMBERS = {
    "confluent": [[], ["assignor=roundrobin"], ["assignor=cooperative-sticky"]],
    "kafka_python": [[], ["assignor=roundrobin"], ["assignor=sticky"], ["assignor=cooperative-sticky"]],
    "aiokafka": [[], ["assignor=range"], ["assignor=sticky"]],
    "kafkajs": [[]],
    "franz": [[], ["assignor=range"], ["assignor=roundrobin"], ["assignor=sticky"]],
    "sarama": [[], ["assignor=roundrobin"], ["assignor=sticky"]],
    "kafkago": [[], ["assignor=roundrobin"]],
    "kcat": [[]],
    "java": [[], ["assignor=cooperative-sticky"]],
}
STATIC = ["confluent", "kafka_python", "franz", "sarama"]


class Trickle:
    """A producer that sends a record to each partition now and then, and knows what it sent."""

    def __init__(self, broker, topic):
        # Written by hand into each partition: every one must have news, whatever a client's partitioner thinks.
        program = ("import sys\nfrom confluent_kafka import Producer\n"
                   "p = Producer({'bootstrap.servers': sys.argv[1], 'linger.ms': 0})\n"
                   "for n in range(10**9):\n"
                   "    line = sys.stdin.readline()\n"
                   "    if not line: break\n"
                   f"    p.produce(sys.argv[2], key='k', value=line.strip(), partition=n % {PARTITIONS})\n"
                   "    p.poll(0)\n"
                   "sys.exit(p.flush(30))\n")
        self.process = subprocess.Popen([PYTHON, "-c", program, broker, topic], stdin=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.sent = []

    def more(self):
        for _ in range(PARTITIONS):
            self.sent.append(f"k\tv{len(self.sent)}")
            self.process.stdin.write(f"v{len(self.sent) - 1}\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(40)
        assert code == 0, f"the producer ended with {code}"


class Story:
    """One group of one client."""

    def __init__(self, freshet, kind, name, options):
        self.client, self.options, self.broker = CLIENTS[name], options, freshet.kafka
        self.topic = "-".join([kind, name, *(option.replace("=", "-") for option in options)])
        freshet.run("topics", "create", self.topic, "--partitions", str(PARTITIONS))
        self.trickle = Trickle(self.broker, self.topic)
        self.members = []

    def join(self, *more):
        member = Member(self.client.member(self.broker, self.topic, "group-" + self.topic, [*self.options, *more]))
        self.members.append(member)
        return member

    def owners(self):
        """Who read from each partition last."""
        last = {}
        for member in self.members:
            for when, partition, _ in member.seen():
                if partition not in last or last[partition][0] < when:
                    last[partition] = (when, member)
        return {partition: member for partition, (_, member) in last.items()}

    def wait_for(self, what, condition):
        """Lets records flow until the condition holds."""
        deadline = time.monotonic() + PHASE_S
        while not condition():
            for member in self.members:
                assert member.process.returncode is not None or not member.fault(), member.fault()
            shares = sorted(sum(1 for owner in self.owners().values() if owner is member) for member in self.members)
            assert time.monotonic() < deadline, f"{what}: not within {PHASE_S} s; partitions per member {shares}"
            self.trickle.more()
            time.sleep(0.1)

    def shared_by(self, members, each):
        """Whether each of them, and nobody else, reads its share."""
        owners = list(self.owners().values())
        return len(owners) == PARTITIONS and all(owners.count(member) == each for member in members)

    def read(self):
        return [text for member in self.members for _, _, text in member.seen()]

    def clear(self):
        for member in self.members:
            if member.process.poll() is None:
                member.kill()
        self.trickle.process.kill()


def come_and_go(freshet, name, options):
    story = Story(freshet, "members", name, options)
    try:
        first = story.join()
        story.wait_for("one member reads all partitions", lambda: story.shared_by([first], 6))
        second, third = story.join(), story.join()
        story.wait_for("two more join at once", lambda: story.shared_by([first, second, third], 2))
        for member in (first, second):
            member.ask_to_stop()
        for member in (first, second):
            member.stopped()
        story.wait_for("two leave at once", lambda: story.shared_by([third], 6))
        story.trickle.end()
        deadline = time.monotonic() + PHASE_S
        while set(story.read()) != set(story.trickle.sent):
            assert time.monotonic() < deadline, f"lost: {sorted(set(story.trickle.sent) - set(story.read()))[:10]}"
            time.sleep(0.1)
        third.ask_to_stop()
        third.stopped()
        goes_on(story)
    finally:
        story.clear()


def goes_on(story):
    """All left and committed: the next member sees what comes now, and nothing that was read."""
    old = story.trickle.sent
    story.trickle = Trickle(story.broker, story.topic)
    story.trickle.sent = list(old)
    back = story.join()
    story.wait_for("one comes back", lambda: len({partition for _, partition, _ in back.seen()}) == PARTITIONS)
    again = {text for _, _, text in back.seen()} & set(old)
    assert not again, f"read again after an orderly end: {len(again)} of {len(old)}"
    back.ask_to_stop()
    back.stopped()


def static_members(freshet, name):
    """A static member that is killed and started again gets its partitions back; nobody else's change."""
    story = Story(freshet, "static", name, [])
    try:
        first, second = story.join("instance=one"), story.join("instance=two")
        story.wait_for("two static members share", lambda: story.shared_by([first, second], 3))
        before = {partition for partition, owner in story.owners().items() if owner is first}
        first.kill()
        first.stopped()
        back = story.join("instance=one")
        story.wait_for("the killed one is back", lambda: story.shared_by([back, second], 3))
        after = {partition for partition, owner in story.owners().items() if owner is back}
        assert after == before, f"partitions {before} before, {after} after"
    finally:
        story.clear()


def main():
    with Freshet("telemetry") as freshet:
        freshet.start()
        names = sys.argv[1:] or MEMBERS
        cases = [(f"{name} static members", lambda name=name: static_members(freshet, name)) for name in names if name in STATIC]
        cases += [(f"{name} {' '.join(options)} members come and go", lambda name=name, options=options: come_and_go(freshet, name, options))
                  for name in names for options in MEMBERS[name]]
        return finish(freshet, *run_cases(cases, 6))


if __name__ == "__main__":
    sys.exit(main())
