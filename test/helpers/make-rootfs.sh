#!/bin/sh
# Makes the root folder that test/e2e/service-systemd.test.ts boots: a small Debian with systemd and the tools that the
# daemon uses. About two minutes and 260 MB. usage: make-rootfs.sh FOLDER [RELEASE]
set -eu
debootstrap --variant=minbase \
  --include=systemd,systemd-sysv,dbus,libpam-systemd,iproute2,procps,lsof,libstdc++6 \
  "${2:-bookworm}" "$1" >"$1.log" 2>&1 || { tail -n 20 "$1.log" >&2; exit 1; }
rm -rf "$1.log" "$1"/var/cache/apt "$1"/var/lib/apt/lists
