#!/usr/bin/python3
"""Tortures `holdfast replicate`: an application of several processes that keeps a ledger, a
replicator that is killed, stopped and started again, a store that fails, and restores, meanwhile
and afterwards, of which each must be a state that the database really went through.

usage: script/torture [--minutes N] [--seed S] [--bin PROGRAM]
"""

import argparse
import collections
import contextlib
import faulthandler
import heapq
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from faults import Disks, Faults, Store
from judge import Judge, Wrong
from notes import Notes, Past, now
from processes import HERE, Process, actor, descendants, signal_all
from stage import STOP, Stage

ROOT = os.path.dirname(os.path.dirname(HERE))
WRITERS = 3
SETTLING = 3_000_000  # microseconds after a disturbance, in which nothing is expected yet
STARTS_WITHIN = 20  # seconds of healthy store in which a replicator that gave up must not do so again
ENDS_WITHIN = 30  # seconds, after SIGTERM


def say(text):
    print(text, file=sys.stderr, flush=True)


class Failed(Exception):
    """A check failed, and the run ends here."""


class Torture:
    def __init__(self, args, folder):
        self.args = args
        self.rng = random.Random(args.seed)
        self.stage = Stage(folder).build().attach()
        self.disks = Disks(self.stage) if args.mount else None
        self.store = Store(self.stage, folder)
        self.faults = Faults(random.Random(f"{args.seed} faults"), self.stage, self.store,
                             self.disks or argparse.Namespace(mounted=[]))
        self.plain = {name: value for name, value in os.environ.items()
                      if not name.startswith("HOLDFAST_")} | {"TZ": "UTC"}
        self.judge = Judge(self.stage, args.bin, self.plain)
        self.notes = Notes(self.stage.notes, "harness")
        self.replicator = Process("replicator", self.command(), self.stage.logs,
                                  self.plain | self.store.environment())
        self.actors = [actor(self.stage, kind, name, args.seed, slot) for slot, (kind, name) in
                       enumerate([*(("writer", f"writer{i}") for i in range(WRITERS)),
                                  ("operator", "operator"), ("reader", "reader"),
                                  ("checkpointer", "checkpointer")])]
        self.counts = collections.Counter()
        self.passed, self.failures = 0, []
        self.disturbed = []  # [since, until or None]: when nobody expects a point
        self.later = []  # (when, number, what): the ends of what goes on
        self.busy = set()  # what goes on: "store", "replicator", or an actor's name
        self.number = 0
        self.sampling = None
        self.began = now()

    def command(self):
        where = ["--db", self.stage.database, "--repository", self.stage.repository]
        if self.args.stand_in:
            return [sys.executable, "-B", os.path.join(HERE, "stand_in.py"), self.args.bin,
                    self.stage.database, self.stage.repository, self.args.interval]
        return [self.args.bin, "replicate", *where, "--log", "json", "--sync-interval",
                f"{round(self.args.interval * 1000)}ms"]

    # What is checked.

    def check(self, name, action, *words):
        """Runs a check; what it raises is its failure."""
        try:
            result = action(*words)
        except (Wrong, subprocess.TimeoutExpired, OSError, ValueError, KeyError) as problem:
            self.fail(name, str(problem) or repr(problem))
            return None
        self.passed += 1
        return result

    def fail(self, name, detail):
        self.failures.append(f"{name}: {detail}")
        say(f"FAILED after {(now() - self.began) / 1e6:.1f} s: {name}: {detail}")
        if not self.args.go_on:
            raise Failed

    def quiet(self, since, until):
        """True when nothing disturbed the replicator within these moments, or shortly before."""
        return not any(begun <= until and (end is None or end + SETTLING >= since)
                       for begun, end in self.disturbed)

    def disturb(self, seconds=None):
        """Notes a disturbance from now on; it ends after so many seconds, or when it is told to."""
        self.disturbed.append([now(), None if seconds is None else now() + int(seconds * 1e6)])
        return self.disturbed[-1]

    def alarms(self):
        past = Past(self.stage.notes)
        for at, who, what in past.alarms:
            self.fail("the application", f"{who} at {(at - self.began) / 1e6:.1f} s: {what}")
        for at, who, waited, what in past.refused:
            if self.quiet(at - int(waited * 1e6), at):
                self.fail("the application", f"{who} at {(at - self.began) / 1e6:.1f} s: refused "
                          f"after {waited:.1f} s: {what}")
        for one in self.actors:
            if one.child and one.child.poll() and one.name not in self.busy:
                self.fail("the application", f"{one.name} ended: {one.tail(20)}")
        return past

    # What happens.

    def after(self, seconds, what):
        self.number += 1
        heapq.heappush(self.later, (time.monotonic() + seconds, self.number, what))

    def start_replicator(self):
        self.replicator.start()
        self.notes.write("did", "start of the replicator", self.replicator.child.pid)
        self.counts["starts of the replicator"] += 1

    def kill_replicator(self):
        """All of it, or one of its processes; then nothing of it may be left. And a disaster: what
        would a restore give at this moment?"""
        self.disturb_replicator()
        family = self.replicator.processes()
        healthy_since = max([end or now() for _, end in self.disturbed[:-1]], default=self.began)
        killed = now()
        self.notes.write("did", "kill of the replicator")
        whole = self.rng.random() < 0.7 or len(family) < 2
        if whole:
            left = self.replicator.kill()
        else:
            victim = self.rng.choice(family)
            signal_all([victim], signal.SIGKILL)
            left = self.replicator.outlived(family) if victim == family[0] else []
        self.counts["kills of the replicator"] += 1
        if left:
            self.fail("kill of the replicator", f"processes {left} outlived it")
        if whole and "store" not in self.busy and killed - healthy_since > 6_000_000 and not \
                self.args.stand_in:
            floor = killed - (now() - self.interval_ago())
            self.counts["disasters"] += 1
            self.check("restore after a kill", self.restore_newest, floor)
        self.after(self.rng.choice((0, 0.5, 3)) * self.rng.random(), self.replicator_again)

    def disturb_replicator(self):
        self.busy.add("replicator")
        self.downtime = self.disturb()

    def replicator_again(self):
        if not self.replicator.lives():
            self.start_replicator()
        self.downtime[1] = now()
        self.busy.discard("replicator")

    def end_replicator(self):
        self.disturb_replicator()
        self.terminate_replicator("store" not in self.busy)
        self.after(self.rng.choice((0, 0.5, 3)) * self.rng.random(), self.replicator_again)

    def terminate_replicator(self, healthy):
        # While the guard waits to start the replicator again nobody stores what came last.
        healthy = healthy and len(self.replicator.processes()) > 1
        self.notes.write("did", "SIGTERM to the replicator")
        code = self.replicator.terminate(ENDS_WITHIN)
        self.notes.write("did", "the replicator ended with", code)
        self.counts["clean ends of the replicator"] += 1
        if code is None:
            self.fail("end of the replicator", f"it did not end within {ENDS_WITHIN} s of SIGTERM: "
                      + self.replicator.tail())
        elif healthy and code and os.path.exists(self.stage.database):
            self.fail("end of the replicator", f"exit code {code}: {self.replicator.tail()}")
        else:
            self.passed += 1

    def stop_replicator(self):
        self.disturb_replicator()
        family = self.replicator.processes()
        stopped = family if self.rng.random() < 0.5 else self.rng.sample(family, min(1, len(family)))
        signal_all(stopped, signal.SIGSTOP)
        self.notes.write("did", "SIGSTOP to the replicator's", stopped, "of", family)
        self.counts["stops of the replicator"] += 1

        def go_on():
            signal_all(stopped, signal.SIGCONT)
            self.notes.write("did", "SIGCONT to the replicator")
            self.replicator_again()
        self.after(self.rng.choice((0.05, 0.5, 4, 4)) * self.rng.random(), go_on)

    def stop_actor(self):
        one = self.rng.choice([one for one in self.actors if one.name != "operator"])
        if one.name not in self.busy and one.lives():
            self.busy.add(one.name)
            pid = one.child.pid
            seconds = self.rng.choice((0.05, 0.5, 2)) * self.rng.random()
            self.disturb(seconds)  # it may hold a lock that everybody waits for
            signal_all([pid], signal.SIGSTOP)
            self.notes.write("did", "SIGSTOP to", one.name, "for", f"{seconds:.3f} s")
            self.counts["stops of the application's processes"] += 1

            def go_on():
                signal_all([pid], signal.SIGCONT)
                self.busy.discard(one.name)
            self.after(seconds, go_on)

    def kill_actor(self):
        one = self.rng.choice([one for one in self.actors if one.name != "operator"])
        if one.name not in self.busy and one.lives():
            one.kill()
            self.notes.write("did", "kill of", one.name)
            one.start()
            self.counts["kills of the application's processes"] += 1

    def store_fault(self):
        if "store" not in self.busy:
            self.busy.add("store")
            window = self.disturb()
            name, end, seconds = self.faults.choose()
            self.counts[name] += 1
            self.notes.write("did", "begin of:", name)

            def heal():
                self.check(f"end of: {name}", end)
                self.notes.write("did", "end of:", name)
                window[1] = now()
                self.busy.discard("store")
            self.after(seconds, heal)

    def sample(self):
        """Restores a point in a thread of its own, so that what goes on does not wait for it."""
        if self.sampling and self.sampling.is_alive():
            return
        if "store" not in self.busy:
            choice = self.rng.random()
            self.sampling = threading.Thread(target=self.sampled, args=(choice,), daemon=True)
            self.sampling.start()

    def sampled(self, choice):
        with contextlib.suppress(Failed):
            try:
                self.restore_some(choice)
                self.passed += 1
                self.counts["restores meanwhile"] += 1
            except (Wrong, subprocess.TimeoutExpired, ValueError, KeyError) as problem:
                if "store" in self.busy or not self.quiet(now(), now()):
                    time.sleep(0.5)  # the store went away under it: only what was restored counts
                    if not str(problem).startswith(("holdfast", "Expecting")):
                        self.fail("restore meanwhile", str(problem))
                else:
                    self.fail("restore meanwhile", str(problem) or repr(problem))

    def restore_some(self, choice):
        points = self.judge.points()
        if not points:
            return
        if choice < 0.5:
            self.restore_point(points[int(choice * 2 * len(points))][0])
        elif choice < 0.8:
            first = points[0][1]
            self.restore_at(first + int((choice - 0.5) / 0.3 * (now() - first)))
        else:
            recent = self.interval_ago()
            self.restore_newest(recent if self.quiet(recent - SETTLING, now()) else None)

    def interval_ago(self):
        """What was acknowledged before that must be in the repository when nothing is wrong."""
        return now() - int((self.args.interval + self.args.slack) * 1e6)

    # Restores, each judged.

    def restore_point(self, number):
        path, _, at = self.judge.restore("app", "--point", number)
        self.judge.judge(path, at, self.quiet)
        self.judge.keep_or_remove(path, True)

    def restore_at(self, moment):
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10**6)) + \
            f".{moment // 1000 % 1000:03}Z"
        before = [at for _, at in self.judge.points() if at <= moment]
        if not before:
            return
        path, _, at = self.judge.restore("app", "--at", text)
        if at > moment:
            raise Wrong(f"--at {text} gave a later point, of {at}")
        if at < max(before) and not self.args.thins:
            raise Wrong(f"--at {text} gave the point of {at}, where there is one of {max(before)}")
        self.judge.judge(path, at, self.quiet)
        self.judge.keep_or_remove(path, True)

    def restore_newest(self, floor=None):
        path, _, at = self.judge.restore("app")
        self.judge.judge(path, at, self.quiet, floor)
        self.judge.keep_or_remove(path, True)

    # The run.

    def begin(self):
        creator = actor(self.stage, "creator", "creator", self.args.seed, 63)
        creator.start()
        if creator.child.wait(60):
            raise RuntimeError(creator.tail(20))
        done = self.judge.holdfast("init", check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.disturb(5)
        self.start_replicator()
        for one in self.actors:
            one.start()

    def meanwhile(self, until):
        acts = [(self.kill_replicator, 4), (self.end_replicator, 2), (self.stop_replicator, 3),
                (self.stop_actor, 5), (self.kill_actor, 3), (self.store_fault, 4), (self.sample, 6)]
        next_act = next_alarm = time.monotonic() + 1
        while (moment := time.monotonic()) < until:
            while self.later and self.later[0][0] <= moment:
                heapq.heappop(self.later)[2]()
            if moment >= next_alarm:
                self.alarms()
                self.replicator_is_there()
                next_alarm = moment + 5
            if self.failures and not self.args.go_on:
                raise Failed
            if moment >= next_act:
                act = self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
                if "replicator" not in act.__name__ or "replicator" not in self.busy:
                    act()
                next_act = moment + self.rng.uniform(0.05, 1.6)
            time.sleep(0.01)

    def replicator_is_there(self):
        if "replicator" in self.busy or self.replicator.lives():
            return
        text = f"exit code {self.replicator.child.returncode}: {self.replicator.tail()}"
        if self.quiet(now() - STARTS_WITHIN * 10**6, now()):
            self.fail("the replicator", "ended by itself: " + text)
        self.counts["ends of the replicator by itself"] += 1
        self.disturb_replicator()
        self.replicator_again()

    def settle(self):
        """Everything that goes on ends; the application stops as applications do."""
        while self.later:
            heapq.heappop(self.later)[2]()
        self.stage.put(STOP, 1)
        for one in self.actors:
            try:
                code = one.child.wait(60)
            except subprocess.TimeoutExpired:
                self.fail("the application", f"{one.name} does not end")
                one.kill()
                continue
            if code:
                self.fail("the application", f"{one.name} ended with {code}: {one.tail(20)}")
        if self.sampling:
            self.sampling.join(120)
        if not self.replicator.lives():
            self.start_replicator()
        deadline = time.monotonic() + STARTS_WITHIN
        while len(self.replicator.processes()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)  # the guard pauses after a kill

    def finish(self):
        """After a clean end the newest point is the live file, byte for byte, and has everything."""
        self.terminate_replicator(True)
        past = self.alarms()
        self.check("the newest point is the live database", self.newest_is_live, past)
        before = self.check("points", self.judge.points)
        self.start_replicator()
        self.terminate_replicator(True)
        self.check("the newest point, after a start on a quiet database", self.newest_is_live, past)
        self.check("a start on a quiet database adds no point", self.no_more_points, before)
        return past

    def newest_is_live(self, past):
        live, state = self.judge.live_state()
        newest, _, _ = self.judge.restore("app")
        found = self.judge.state(newest)
        if found != state:
            raise Wrong(f"{newest} is in state {found}, the live database in {state}")
        number, n = past.acknowledged(now())
        if (state[0], state[1]) < (number, n):
            raise Wrong(f"the live database is in state {state}, and {number}, {n} was acknowledged")
        self.judge.same_bytes(live, newest)
        self.judge.keep_or_remove(live, True)
        self.judge.keep_or_remove(newest, True)

    def no_more_points(self, before):
        more = len(self.judge.points()) - len(before)
        if more > 0:
            raise Wrong(f"{more} more")

    def afterwards(self, seconds):
        """Random points and moments, and a check of every byte."""
        until = time.monotonic() + seconds
        points = self.judge.points()
        self.counts["points"] = len(points)
        self.check("check --read-data", self.judge.holdfast, "check", "--read-data")
        self.check("the oldest point", self.restore_point, points[0][0])
        while time.monotonic() < until:
            if self.rng.random() < 0.6:
                number = self.rng.choice(points)[0]
                self.check(f"point {number}", self.restore_point, number)
            else:
                moment = self.rng.randint(points[0][1], now())
                self.check(f"moment {moment}", self.restore_at, moment)
            self.counts["restores afterwards"] += 1

    def run(self):
        seconds = self.args.minutes * 60
        afterwards = max(10, seconds * 0.2)
        self.begin()
        self.meanwhile(time.monotonic() + max(10, seconds - afterwards))
        self.settle()
        past = self.finish()
        self.afterwards(afterwards)
        self.counts["commits"] = past.commits
        self.counts["files"] = len(past.generations)
        self.counts["calls on the store that failed"] = self.store.failed_calls
        self.counts["slow transactions"] = len(past.slow)
        self.counts["errors that were meant"] = len(past.errors)
        calm = [waited for at, _, waited, _ in past.slow if self.quiet(at - int(waited * 1e6), at)]
        self.counts["slow transactions while nothing disturbed"] = len(calm)
        for name, waits in (("", [one[2] for one in past.slow]), (" while nothing disturbed", calm)):
            self.counts[f"slowest transaction{name}, ms"] = int(1000 * max(waits, default=0))

    def end_all(self):
        for one in [self.replicator, *self.actors]:
            if one.child:
                family = descendants(one.child.pid)
                signal_all(family, signal.SIGCONT)
                one.kill()
        for path in list(self.disks.ballast) if self.disks else []:
            self.disks.relieve(path)


def keep_evidence(torture, kept):
    """What is on small disks of its own is copied, the rest moved."""
    for path in torture.disks.mounted if torture.disks else []:
        shutil.copytree(path, os.path.join(kept, os.path.basename(path) + ".kept"), symlinks=True)
    return kept


def arguments():
    parser = argparse.ArgumentParser(prog="script/torture", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=5, metavar="N", help="how long (5)")
    parser.add_argument("--seed", type=int, metavar="S", help="of all that is random (the time)")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/plain/src/cli/holdfast"),
                        metavar="PROGRAM", help="the program (build/plain)")
    parser.add_argument("--interval", type=float, default=1, metavar="SECONDS",
                        help="the replicator's sync interval (1)")
    parser.add_argument("--slack", type=float, default=2, metavar="SECONDS",
                        help="what may be lost beside the interval when all is killed (2)")
    parser.add_argument("--folder", metavar="FOLDER", help="where to make the run's folder (build/torture)")
    parser.add_argument("--stand-in", action="store_true",
                        help="`holdfast backup` in a loop instead of `replicate`")
    parser.add_argument("--thins", action="store_true", help="points may go while it runs")
    parser.add_argument("--go-on", action="store_true", help="not only to the first failure")
    parser.add_argument("--no-mount", dest="mount", action="store_false",
                        help="no small disks, which only root may mount")
    args = parser.parse_args()
    args.seed = int(time.time()) if args.seed is None else args.seed
    args.bin = os.path.abspath(args.bin)
    return args


def watch(torture, seconds):
    """Ends everything when the run does not."""
    def expire():
        say(f"script/torture: not done after {seconds:.0f} s")
        faulthandler.dump_traceback(all_threads=True)
        torture.end_all()
        os._exit(3)
    watchdog = threading.Timer(seconds, expire)
    watchdog.daemon = True
    watchdog.start()


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parent = args.folder or os.path.join(ROOT, "build", "torture")
    os.makedirs(parent, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=f"{args.seed}-", dir=parent)
    say(f"script/torture: seed {args.seed}, {args.minutes:g} minutes, in {folder}")
    torture = Torture(args, folder)
    watch(torture, args.minutes * 60 * 1.5 + 240)
    if args.mount and not torture.disks.mounted:
        say("no full disks: small ones cannot be mounted here")
    try:
        torture.run()
    except Failed:
        pass
    except BaseException as error:  # pylint: disable=broad-exception-caught
        torture.failures.append(f"the harness: {error!r}")
        traceback.print_exc()
    finally:
        torture.end_all()
        if torture.failures:
            keep_evidence(torture, folder)
        if torture.disks:
            torture.disks.release()
    if torture.failures:
        say(f"evidence is in {folder}\nagain: script/torture --minutes {args.minutes:g} "
            f"--seed {args.seed}" + (" --stand-in" if args.stand_in else ""))
    else:
        shutil.rmtree(folder)
    for name, count in sorted(torture.counts.items()):
        say(f"  {name}: {count:,}")
    print(f"{torture.passed} passed, {len(torture.failures)} failed", flush=True)
    os._exit(1 if torture.failures else 0)


if __name__ == "__main__":
    main()
