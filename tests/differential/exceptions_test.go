package differential

// What the kernel sends and no peer shows: not iproute2 6.1, nor the library,
// nor a file. A newer peer that shows it needs a row instead of the line here.
// Where it says zero, that is held: it is no comparison, but better than none.

var aloneLinks = []exception{
	{path: "hdr.ifi-family", zero: true, why: "unspec in this dump"},
	{path: "hdr.ifi-change", zero: true, why: "no change in a dump"},
	{path: "map.*", zero: true, why: "resources of ISA cards: none here"},
	{path: "headroom", why: "ip 6.1 does not show it"},
	{path: "tailroom", why: "ip 6.1 does not show it"},
	{path: "netns-immutable", why: "ip 6.1 does not show it"},
	{path: "max-pacing-offload-horizon", why: "ip 6.1 does not show it"},
	{path: "devlink-port", zero: true, why: "empty: no devlink device here"},
	{path: "dpll-pin", zero: true, why: "empty: no DPLL here"},
	{path: "af-spec.inet6.flags", why: "state of IPv6 on the link: nobody shows it"},
	{path: "af-spec.inet6.token", why: "ip token leaves out loopback and links without ARP; the others are compared"},
	{path: "af-spec.inet6.cacheinfo.max-reasm-len", why: "a constant that nobody shows"},
	{path: "af-spec.inet6.cacheinfo.tstamp", why: "jiffies of the last change: nobody shows it"},
	{path: "af-spec.inet6.cacheinfo.reachable-time", why: "a random number that nobody shows"},
	{path: "af-spec.inet6.conf[36]", why: "stable_secret: the file is unreadable until it is set"},
	{path: "af-spec.inet6.stats[0]", why: "the number of counters"},
	{path: "af-spec.inet6.stats[30]", why: "inbcastpkts: not in /proc/net/dev_snmp6"},
	{path: "af-spec.inet6.stats[31]", why: "outbcastpkts: not in /proc/net/dev_snmp6"},
	{path: "af-spec.inet6.stats[36]", why: "csumerrors: not in /proc/net/dev_snmp6"},
	{path: "af-spec.inet6.stats[37]", why: "reasm-overlaps: not in /proc/net/dev_snmp6"},
	{path: "af-spec.inet6.icmp6stats[0]", why: "the number of counters"},
	{path: "af-spec.inet6.icmp6stats[6]", why: "ratelimithost: not in /proc/net/dev_snmp6"},
	{path: "linkinfo.data.fdb-n-learned", why: "ip 6.1 does not show it"},
	{path: "linkinfo.data.fdb-max-learned", why: "ip 6.1 does not show it"},
	{path: "linkinfo.data.label-policy", why: "ip 6.1 does not show it"},
	{path: "linkinfo.data.localbypass", why: "ip 6.1 does not show it"},
	{path: "linkinfo.data.reserved-bits.*", why: "ip 6.1 does not show it"},
	{path: "linkinfo.data.ttl-inherit", zero: true, why: "ip shows it as ttl, and only where it is set"},
	{path: "linkinfo.slave-data.mab", why: "ip 6.1 does not show it"},
	{path: "linkinfo.slave-data.neigh-vlan-suppress", why: "ip 6.1 does not show it"},
	{path: "linkinfo.slave-data.mcast-eht-hosts-cnt", why: "ip does not show it"},
	{path: "linkinfo.slave-data.mcast-eht-hosts-limit", why: "ip does not show it"},
	{path: "linkinfo.slave-data.mcast-n-groups", why: "ip 6.1 does not show it"},
	{path: "linkinfo.slave-data.mcast-max-groups", why: "ip 6.1 does not show it"},
	{path: "linkinfo.slave-data.mrp-ring-open", why: "ip does not show it"},
	{path: "linkinfo.slave-data.mrp-in-open", why: "ip does not show it"},
}

// The values of a port are compared as those of the link, too.
var alonePorts = []exception{
	{path: "hdr.*", why: "compared with ip link"},
	{path: "operstate", why: "compared with ip link"},
	{path: "address", why: "compared with ip link"},
	{path: "protinfo.root-id.*", why: "compared as slave-data of ip link"},
	{path: "protinfo.bridge-id.*", why: "compared as slave-data of ip link"},
	{path: "protinfo.designated-*", why: "compared as slave-data of ip link"},
	{path: "protinfo.id", why: "compared as slave-data of ip link"},
	{path: "protinfo.no", why: "compared as slave-data of ip link"},
	{path: "protinfo.topology-change-ack", why: "compared as slave-data of ip link"},
	{path: "protinfo.config-pending", why: "compared as slave-data of ip link"},
	{path: "protinfo.message-age-timer", why: "compared as slave-data of ip link"},
	{path: "protinfo.forward-delay-timer", why: "compared as slave-data of ip link"},
	{path: "protinfo.hold-timer", why: "compared as slave-data of ip link"},
	{path: "protinfo.group-fwd-mask", why: "compared as slave-data of ip link"},
	{path: "protinfo.mab", why: "bridge 6.1 does not show it"},
	{path: "protinfo.neigh-vlan-suppress", why: "bridge 6.1 does not show it"},
	{path: "protinfo.mcast-eht-hosts-cnt", why: "bridge does not show it"},
	{path: "protinfo.mcast-eht-hosts-limit", why: "bridge does not show it"},
	{path: "protinfo.mcast-n-groups", why: "bridge 6.1 does not show it"},
	{path: "protinfo.mcast-max-groups", why: "bridge 6.1 does not show it"},
	{path: "protinfo.mrp-ring-open", why: "bridge does not show it"},
	{path: "protinfo.mrp-in-open", why: "bridge does not show it"},
}

var aloneAddrs = []exception{
	{path: "cacheinfo.cstamp", why: "jiffies: nobody shows them"},
	{path: "cacheinfo.tstamp", why: "jiffies: nobody shows them"},
	{path: "proto", why: "ip 6.1 does not show it"},
}

var aloneRoutes = []exception{
	{path: "cacheinfo.rta-id", zero: true, why: "not used any more"},
	{path: "cacheinfo.rta-ts", zero: true, why: "not used any more"},
	{path: "cacheinfo.rta-tsage", zero: true, why: "not used any more"},
	{path: "multipath[].rtnh-len", why: "framing: the decoder follows it"},
	{path: "encap.flags", zero: true, why: "flags of an ip tunnel, shown only where set"},
	{path: "encap.srh.srh.nexthdr", zero: true, why: "filled in when it is in a packet"},
	{path: "encap.srh.srh.flags", zero: true, why: "ip shows only the flag of an HMAC"},
	{path: "encap.srh.srh.tag", zero: true, why: "ip does not show it"},
}

var aloneNeighs []exception

var aloneFDB = []exception{
	{path: "cacheinfo.refcnt", zero: true, why: "bridge does not show it"},
}

var aloneRules = []exception{
	{path: "dport-mask", why: "ip 6.1 does not show it"},
	{path: "sport-mask", why: "ip 6.1 does not show it"},
}

var aloneNexthops = []exception{
	{path: "op-flags", why: "says that weight-high is meant, which the weights are compared with"},
}

var aloneBuckets = []exception{
	{path: "hdr.nh-family", zero: true, why: "of no meaning for a bucket"},
	{path: "hdr.nh-scope", zero: true, why: "of no meaning for a bucket"},
	{path: "hdr.nh-protocol", zero: true, why: "of no meaning for a bucket"},
}

var aloneNSIDs = []exception{
	{path: "hdr.family", zero: true, why: "of no meaning"},
}

var aloneNetconf = []exception{
	{path: "bc-forwarding", why: "ip 6.1 does not show it"},
	{path: "force-forwarding", why: "ip 6.1 does not show it"},
}

var aloneLabels = []exception{
	{path: "hdr.ifal-family", why: "there are only those of IPv6"},
	{path: "hdr.ifal-flags", zero: true, why: "there are none"},
	{path: "hdr.ifal-seq", why: "ip does not show it"},
}

var aloneMDB = []exception{
	{path: "hdr.family", why: "there are only those of bridges"},
}

var aloneRouters = []exception{
	{path: "hdr.family", why: "there are only those of bridges"},
	{path: "inet-timer", why: "bridge 6.1 does not show it"},
	{path: "inet6-timer", why: "bridge 6.1 does not show it"},
}
