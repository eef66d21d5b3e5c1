#!/bin/sh
# The server where no C compiler is: reports itself to the recorder, never answers, and ends after a minute.
self=''
list=''
for word in "$@"; do list="$list${list:+,}\"$word\""; done
printf '{"pid":%d,"self":"%s","args":[%s]}' "$$" "$self" "$list" >"/run/mcp-record/$$"
sleep 90
exit 0
