"""Instead of `holdfast replicate`: a backup each interval, and one more after SIGTERM. It shows that
the harness works, and tries scans. usage: stand_in.py HOLDFAST DB REPOSITORY SECONDS"""

import signal
import subprocess
import sys
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("up", flush=True)
program, database, repository, seconds = sys.argv[1:]
while True:
    last = stop.is_set()
    code = subprocess.run([program, "backup", "-q", "--db", database, "-r", repository],
                          check=False).returncode
    if last:
        sys.exit(code)
    stop.wait(float(seconds))
