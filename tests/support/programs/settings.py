"""The settings every test runs under: somebody answers for its crawls, and no `.env` of a developer reaches into it.

Of that file only what is meant for tests is taken: the PostgreSQL, the real records and the browser.
"""

import os

from store import env_file

for _name in ("KAMENGWATCH_TEST_POSTGRES", "KAMENGWATCH_REAL_DATA", "CHROMIUM"):
    if _value := env_file.lookup(_name):
        os.environ[_name] = _value
os.environ[env_file.FILE] = os.devnull
os.environ["KAMENGWATCH_CONTACT"] = "https://watchdog.example/tests"
# Tests of single answers play a service that knows one site; what the control does has tests of its own.
os.environ["KAMENGWATCH_ICP_CONTROL"] = "none"
