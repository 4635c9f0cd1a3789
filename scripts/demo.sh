#!/usr/bin/env bash
# demo.sh: Dewpoint's main job before your eyes. Starts the server, uploads the test guest's ISO over TUS, makes a network with DHCP and
# a VM through the API, powers it on, waits for its address and fetches a page from its web server. Every call is printed as a curl line
# that can be pasted. The server stays in the foreground; a second run finds everything as it was.
#   DATA=directory  where the state lives (default /var/lib/dewpoint)
#   LISTEN=address  where the server answers (default 127.0.0.1:7770)
set -euo pipefail
cd "$(dirname "$0")/.."

data=${DATA:-/var/lib/dewpoint}
listen=${LISTEN:-127.0.0.1:7770}
iso=.cache/guest/guest.iso
log=$data/demo.log
token_file=$data/demo.token
net=demo-net vm=demo-vm

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }

# call prints a curl line as it could be pasted and runs it; the reply goes to standard output. $TOKEN stays a name in what is printed.
call() {
	local shown=(curl -sk -H "'Authorization: Bearer \$TOKEN'") real=(curl -sk --fail-with-body -H "Authorization: Bearer $TOKEN") arg
	for arg in "$@"; do
		if [[ $arg =~ ^[A-Za-z0-9_./:=@%,+-]+$ ]]; then shown+=("$arg"); else shown+=("'$arg'"); fi
		real+=("$arg")
	done
	printf '%s\n' "${shown[*]}" >&2
	"${real[@]}"
}

# wait_for WHAT SECONDS COMMAND...: runs the command every second until it prints something, and shows how the time goes.
wait_for() {
	local what=$1 limit=$2 start=$SECONDS out
	shift 2
	while :; do
		out=$("$@" || true)
		[[ -n $out && $out != null ]] && break
		((SECONDS - start < limit)) || { printf '\n%s: not within %s s; the log is %s\n' "$what" "$limit" "$log" >&2; exit 1; }
		[[ -t 2 ]] && printf '\r  waiting for %s … %2d s' "$what" $((SECONDS - start)) >&2
		sleep 1
	done
	printf '\r  %s: %s (%d s)          \n' "$what" "$out" $((SECONDS - start)) >&2
	result=$out
}

start_server() {
	mkdir -p "$data"
	chmod 711 "$data"
	local out=$data/demo.out
	: >"$out"
	bin/dewpoint serve --data "$data" --listen "$listen" >"$out" 2>>"$log" &
	server=$!
	trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; exit 0' INT TERM
	trap 'kill "$server" 2>/dev/null || true' EXIT
	until grep -q '^dewpoint: ready on ' "$out"; do
		kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
		sleep 0.1
	done
	cat "$out"
	echo "The server's log is $log"
	url=$(sed -n 's/^dewpoint: ready on //p' "$out")
	password=$(sed -n 's/^dewpoint: .*password .*: //p' "$out")
}

# log_in gets an API token: by the password that was printed at first start, later by the token that the first demo kept for root only.
log_in() {
	if [[ -n $password ]]; then
		say "Log in with the password above and make an API token (kept in $token_file for the next demo)"
		printf "%s\n" "curl -sk $url/api/v1/auth/login -H 'Content-Type: application/json' -d '{\"username\":\"admin\",\"password\":\"…\"}'" >&2
		TOKEN=$(jq -n --arg p "$password" '{username:"admin",password:$p}' | curl -sk --fail-with-body "$url/api/v1/auth/login" -H 'Content-Type: application/json' -d @- | jq -r .data.token)
		(umask 077 && call -X POST "$url/api/v1/auth/tokens" -H 'Content-Type: application/json' -d '{"name":"demo"}' | jq -r .data.token >"$token_file")
	elif [[ ! -s $token_file ]]; then
		echo "This server was not first started by the demo: put an API token of an administrator into $token_file and run it again." >&2
		exit 1
	fi
	TOKEN=$(<"$token_file")
}

upload_iso() {
	if call "$url/api/v1/virtualization/isos/$(basename $iso)" >/dev/null 2>&1; then
		say "The ISO $(basename $iso) is there already"
		return
	fi
	local size location at=0 chunk=$((4 << 20))
	size=$(stat -c %s $iso)
	say "Upload the guest's ISO over TUS ($((size >> 20)) MiB)"
	location=$(call -i -X POST "$url/api/v1/virtualmachines/isos/upload" -H 'Tus-Resumable: 1.0.0' -H "Upload-Length: $size" \
		-H "Upload-Metadata: filename $(printf %s "$(basename $iso)" | base64),filetype $(printf application/x-iso9660-image | base64)" |
		tr -d '\r' | awk 'tolower($1) == "location:" { print $2 }')
	while ((at < size)); do
		dd if=$iso bs=$chunk skip=$((at / chunk)) count=1 2>/dev/null | curl -sk --fail-with-body -X PATCH "$location" -H "Authorization: Bearer $TOKEN" -H 'Tus-Resumable: 1.0.0' \
			-H "Upload-Offset: $at" -H 'Content-Type: application/offset+octet-stream' --data-binary @-
		at=$((at + chunk < size ? at + chunk : size))
		printf '\r  PATCH %s  %3d %%' "${location##*/}" $((at * 100 / size)) >&2
	done
	printf '\n' >&2
	call -X POST "$location/complete" | jq -c .data.iso
}

make_network() {
	if call "$url/api/v1/virtualization/networks/$net" >/dev/null 2>&1; then
		say "The network $net is there already"
		return
	fi
	say "Make a network with DHCP, DNS and a way out"
	call -X POST "$url/api/v4/vnets" -d "{\"name\":\"$net\",\"network\":\"10.70.0.0/24\",\"dhcp_enabled\":true,\"domain\":\"demo.test\",\"powerstate\":true}"
	echo
}

make_vm() {
	if call "$url/api/v1/virtualization/computes/$vm" >/dev/null 2>&1; then
		say "The VM $vm is there already"
		return
	fi
	say "Make a VM: the ISO in its CD-ROM drive, a new disk of 1 GB, one NIC"
	call -X POST "$url/api/v1/virtualization/computes" -H 'Content-Type: application/json' -d "{\"name\":\"$vm\",\"memory\":512,\"vcpus\":1,
  \"storage\":{\"disks\":[{\"action\":\"attach\",\"path\":\"$(basename $iso)\"},{\"action\":\"create\",\"size\":1,\"storage_pool\":\"default\"}]},
  \"networks\":[{\"type\":\"network\",\"source\":\"$net\"}]}" | jq -c '.data | {uuid, name, state, memory, vcpus}'
}

state() { curl -sk -H "Authorization: Bearer $TOKEN" "$url/api/v1/virtualization/computes/$vm" | jq -r 'select(.data.state == "running") | .data.state'; }
address() { curl -sk -H "Authorization: Bearer $TOKEN" "$url/api/v1/virtualization/networks/$net/ports" | jq -r --arg vm "$vm" '.data.ports[] | select(.vm_name == $vm) | .ip_address // empty'; }

run_guest() {
	if [[ -z $(state) ]]; then
		say "Power it on"
		call -X POST "$url/api/v1/virtualization/computes/$vm/action" -H 'Content-Type: application/json' -d '{"action":"start"}'
		echo
	fi
	wait_for "the VM's state" 60 state
	say "Wait for its address (a guest boots in about 15 s by emulation, faster with KVM)"
	wait_for "the guest's address" 240 address
	local ip=$result row instance namespace
	say "Fetch a page from the guest's web server, through the network's router namespace"
	row=$(call "$url/api/v4/vnets?name=$net&fields=\$key" | jq -r '.[0]["$key"]')
	instance=$(call "$url/api/v4/system?fields=instance" | jq -r '.[0].instance')
	namespace=dp$instance-$row
	printf 'ip netns exec %s curl -s http://%s/\n' "$namespace" "$ip" >&2
	page() { ip netns exec "$namespace" curl -s --max-time 5 "http://$ip/" | head -c 300; }
	wait_for "the guest's page" 120 page
}

[[ $EUID -eq 0 ]] || { echo "Run it as root: it drives libvirt and the network." >&2; exit 1; }
start_server
log_in
upload_iso
make_network
make_vm
run_guest
say "Done. The API document: $url/api/v1 — the token: TOKEN=\$(cat $token_file)"
echo "The server stays in the foreground; Ctrl-C stops it and leaves the guest running. Run make demo again and it finds everything as it was."
echo "$url" >"$data/demo.url"
wait "$server"
