#!/bin/sh
# liar.sh PORT KIND plays a guest agent. It answers libvirt's question whether it listens as it should, and anything else with a lie.
echo $$ >/tmp/liar
exec 3<>"$1"

answer() {
	case $1 in
	*guest-sync*)
		printf '\377{"return":%s}\n' "$(echo "$1" | tr -cd 0-9)" >&3
		return
		;;
	esac
	case $2 in
	stall) ;;
	broken) echo '{"return":{"pid":' >&3 ;;
	id) printf '\377{"return":1}\n' >&3 ;;
	type) echo '{"return":[1,2]}' >&3 ;;
	flood) dd if=/dev/zero bs=1048576 count=100 2>/dev/null | tr '\0' x >&3 ;;
	esac
}

while :; do # the port has an end as long as nobody listens on the host
	while read -r line <&3; do answer "$line" "$2"; done
	sleep 1
done
