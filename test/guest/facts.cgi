#!/bin/sh
# GET /cgi-bin/facts: what the guest reported, and its network and uptime as they are now.
printf 'Content-Type: text/plain\r\n\r\n'
cat /tmp/facts
ip addr
ip route
cat /proc/uptime
