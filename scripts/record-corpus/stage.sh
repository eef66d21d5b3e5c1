#!/bin/sh
# The recorder's own place, in fresh network, mount and pid namespaces: loopback alone, an empty home, an empty /run and
# /tmp, the project and the tools below /opt. So nothing leaves, and no path of this machine gets into a case.
# usage: stage.sh PROJECT NODE CLIENTS TOOLS COMMAND...   (CLIENTS, TOOLS and NODE may be empty)
set -eu
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /mnt
place() {
  mkdir "/mnt/$2"
  [ -z "$1" ] || mount --rbind "$1" "/mnt/$2"
}
place "$1" mcp-watch
place "$2" node
place "$3" clients
place "$4" tools
shift 4
mount --rbind /mnt /opt
for folder in home run; do mount -t tmpfs -o mode=755 tmpfs "/$folder"; done
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /run/mcp-record /home/ada
chmod 1777 /run/mcp-record
printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'ada:x:1000:1000:Ada:/home/ada:/bin/bash' >/run/passwd
printf '%s\n' 'root:x:0:' 'ada:x:1000:' >/run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
cd /
exec "$@"
