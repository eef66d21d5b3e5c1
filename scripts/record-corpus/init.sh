#!/bin/sh
# The first process of a scene: orphans become its children, and vanish when they end. It lives for as long as a scene
# may last, and the kernel ends all others with it. usage: init.sh COMMAND...   (with this standard input and output)
exec 3<&0
setsid "$@" <&3 3<&- &
exec env --ignore-signal=CHLD setsid sleep 240 </dev/null >/dev/null 3<&-
