#!/bin/sh
# Called by udhcpc with the event as its argument and the lease in its environment: puts the lease to
# use, and shows with a ping and a DNS query that the network behind it works.

apply_lease() {
	ip addr add "$ip/$mask" dev "$interface" 2>/dev/null
	[ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
	[ -n "$router" ] && ip route replace default via "${router%% *}" dev "$interface"
	for server in $dns; do
		echo "nameserver $server"
	done >/etc/resolv.conf
	say IP "$interface $ip/$mask gw=$router dns=$dns domain=$domain mtu=$mtu"
}

ping_gateway() {
	[ -n "$router" ] || return
	result=failed
	ping -c 3 -W 2 -q "${router%% *}" >/dev/null 2>&1 && result=ok
	say PING "gateway $result"
}

# ask_dns looks up the name that a network's own DNS server has for its router.
ask_dns() {
	[ -n "$dns" ] || return
	name=router${domain:+.$domain}
	answer=$(timeout 10 nslookup -type=a "$name" "${dns%% *}" 2>/dev/null |
		awk '/^Name:/ { found = 1 } found && /^Address/ { print $NF; exit }')
	say DNS "$name ${answer:-failed}"
}

case $1 in
deconfig)
	ip addr flush dev "$interface"
	;;
renew)
	apply_lease
	;;
bound)
	apply_lease
	{ ping_gateway; ask_dns; } & # the lease must not wait for them
	;;
esac
