#!/usr/bin/env python3
"""The server in Python: reports itself to the recorder, never answers, and ends after a minute."""

import json
import os
import sys
import time

SELF = ''


def main() -> None:
    with open(f"/run/mcp-record/{os.getpid()}", "w", encoding="utf-8") as report:
        json.dump({"pid": os.getpid(), "self": SELF, "args": sys.argv[1:]}, report)
    time.sleep(90)


if __name__ == "__main__":
    main()
