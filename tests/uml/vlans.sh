#!/bin/sh -eu
# vlans.sh NLSH OUT RELEASE: what runs in the guest for TestBridges, as root of a kernel of its own.
nlsh=$1 out=$2
cd "$(dirname "$0")"
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # whose packets would be counted
"$nlsh" vlans.star make "$3" >"$out/said"
ip -j link >"$out/ip"
for what in plain stats global mdb; do "$nlsh" vlans.star dump $what >"$out/$what"; done
bridge -j -d vlan >"$out/bridge-plain"
bridge -j -d -s vlan >"$out/bridge-stats"
bridge -j -d vlan global >"$out/bridge-global"
bridge -j vlan tunnelshow >"$out/bridge-tunnels"
bridge -j -d -s mdb >"$out/bridge-mdb"
for what in plain stats global mdb; do "$nlsh" vlans.star dump $what >"$out/$what-after"; done
