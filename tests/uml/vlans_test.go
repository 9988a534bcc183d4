package uml

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/guest/guesttest"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

//go:embed vlans.sh vlans.star
var vlanScripts embed.FS

// TestBridges makes VLANs, multicast groups and nexthops with the specs that the kernel has none of, and compares what
// nlsh then decodes with what bridge shows: the whole of it, so that neither may have more.
func TestBridges(t *testing.T) {
	boot := guesttest.Boot(t, "ip")
	nlsh := build(t)
	for _, kernel := range kernels {
		t.Run(kernel, func(t *testing.T) {
			g := bootBridges(t, boot, kernel, nlsh)
			g.compare(t, "plain", "bridge-plain", g.vlans)
			g.compare(t, "stats", "bridge-stats", g.vlans)
			g.compare(t, "plain", "bridge-tunnels", g.tunnels)
			g.compare(t, "global", "bridge-global", g.globals)
			g.compare(t, "mdb", "bridge-mdb", g.groups)
		})
	}
}

// guest is what a boot left.
type guest struct {
	out   string
	names map[float64]string
}

func bootBridges(t *testing.T, boot, kernel, nlsh string) *guest {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, vlanScripts); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(boot, "sh", filepath.Join(out, "vlans.sh"), nlsh, out, kernel)
	cmd.Env = append(os.Environ(), "UML_KERNEL="+kernel, "UML_TIMEOUT=60")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if said := read(t, out, "said"); len(said) > 0 {
		t.Errorf("%s", said)
	}
	var links []struct {
		IfIndex float64
		IfName  string
	}
	if err := json.Unmarshal(read(t, out, "ip"), &links); err != nil {
		t.Fatal(err)
	}
	g := &guest{out: out, names: map[float64]string{}}
	for _, l := range links {
		g.names[l.IfIndex] = l.IfName
	}
	return g
}

// compare makes of a dump, before or after bridge looked, what bridge showed.
func (g *guest) compare(t *testing.T, dump, shown string, as func(t *testing.T, messages []object) any) {
	t.Helper()
	var want any
	if err := json.Unmarshal(read(t, g.out, shown), &want); err != nil {
		t.Fatalf("%s: %v", shown, err)
	}
	if text := string(read(t, g.out, shown)); len(text) < 80 {
		t.Errorf("%s shows nothing: %s", shown, text)
	}
	before := as(t, g.decoded(t, dump))
	if after := as(t, g.decoded(t, dump+"-after")); !reflect.DeepEqual(want, before) && !reflect.DeepEqual(want, after) {
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(before)
		t.Errorf("%s:\nbridge %s\nnlsh   %s", shown, a, b)
	}
}

// object is a message or nest as values of JSON. take removes what was used; done complains of the rest.
type object map[string]any

func (o object) take(name string) any {
	v := o[name]
	delete(o, name)
	return v
}

func (o object) done(t *testing.T, what string, excused ...string) {
	t.Helper()
	for name, v := range o {
		if !slices.Contains(excused, name) {
			t.Errorf("%s: %s = %v is compared with nothing", what, name, v)
		}
	}
}

// put takes values that have another name in bridge's output, where they are there.
func (o object) put(to map[string]any, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		if v := o.take(pairs[i+1]); v != nil {
			to[pairs[i]] = v
		}
	}
}

func (g *guest) decoded(t *testing.T, dump string) []object {
	t.Helper()
	spec, op := specs.Find("bridge-vlan"), "getvlan"
	if dump == "mdb" || dump == "mdb-after" {
		spec, op = specs.Find("mdb"), "getmdb"
	}
	o := spec.FindOp(op)
	var list []object
	for _, raw := range messages(t, g.out, dump) {
		m := &schema.Msg{Spec: spec, Header: spec.Struct(o.Header), Set: spec.Set(o.Set), Data: raw[wire.HeaderLen:]}
		if err := m.Err(); err != nil {
			t.Error(err)
		}
		list = append(list, jsonOf(t, dump, schema.MsgValue(m)).(object))
	}
	return list
}

// jsonOf takes a value apart, and complains of what the spec does not explain.
func jsonOf(t *testing.T, path string, v schema.Value) any {
	t.Helper()
	if v.Odd() || v.Kind() == schema.Bytes {
		t.Errorf("%s: the spec does not explain %v", path, v)
	}
	switch v.Kind() {
	case schema.Message:
		o := object{}
		for _, f := range v.Msg().Fields() {
			if f.Name == "" {
				t.Errorf("%s: attribute %d is unknown", path, f.Type)
			}
			one := jsonOf(t, path+"."+f.Name, f.Val)
			if a := v.Msg().Set; a != nil && !f.Header && a.Find(f.Name).Multi {
				list, _ := o[f.Name].([]any)
				one = append(list, one)
			}
			o[f.Name] = one
		}
		return o
	case schema.List, schema.FlagSet:
		list := []any{}
		for _, e := range v.List() {
			list = append(list, jsonOf(t, path, e))
		}
		return list
	case schema.Text:
		return v.Text()
	}
	return float64(v.Uint64())
}

// each calls do with every nest of a kind, and lists by device what it makes of them.
func (g *guest) each(t *testing.T, messages []object, nest, key string, do func(o object) map[string]any) any {
	t.Helper()
	all := []any{}
	for _, m := range messages {
		list := []any{}
		nests, _ := m.take(nest).([]any)
		for _, o := range nests {
			if shown := do(o.(object)); shown != nil {
				list = append(list, shown)
			}
		}
		if len(list) > 0 {
			all = append(all, map[string]any{"ifname": g.names[m.take("ifindex").(float64)], key: list})
		}
		m.done(t, nest, "family", "ifindex")
	}
	return all
}

var (
	vlanFlags   = map[any]string{"pvid": "PVID", "untagged": "Egress Untagged"}
	routerTypes = []string{"disabled", "temp-query", "perm", "temp"}
)

func (g *guest) vlans(t *testing.T, messages []object) any {
	return g.each(t, messages, "entry", "vlans", func(o object) map[string]any {
		info := o.take("info").(object)
		v := map[string]any{"vlan": info["vid"]}
		var flags []any
		for _, f := range info["flags"].([]any) {
			if name := vlanFlags[f]; name != "" {
				flags = append(flags, name)
			} else if f != "brentry" {
				t.Errorf("flag %v", f)
			}
		}
		if flags != nil {
			v["flags"] = flags
		}
		o.put(v, "vlanEnd", "range", "state", "state")
		if router := o.take("mcast-router"); router != nil {
			v["mcast_router"] = float64(slices.Index(routerTypes, router.(string)))
		}
		if stats, ok := o.take("stats").(object); ok {
			stats.put(v, "rx_bytes", "rx-bytes", "rx_packets", "rx-packets", "tx_bytes", "tx-bytes", "tx_packets", "tx-packets")
			stats.done(t, "stats")
		}
		// bridge 6.1 does not know the last three; tunnels have a look of their own.
		o.done(t, "entry", "tunnel-info", "neigh-suppress", "mcast-n-groups", "mcast-max-groups")
		return v
	})
}

func (g *guest) tunnels(t *testing.T, messages []object) any {
	return g.each(t, messages, "entry", "tunnels", func(o object) map[string]any {
		tunnel, ok := o.take("tunnel-info").(object)
		if !ok {
			return nil
		}
		first := o.take("info").(object)["vid"].(float64)
		v := map[string]any{"vlan": first, "tunid": tunnel["id"]}
		if last, ok := o.take("range").(float64); ok {
			v["vlanEnd"], v["tunidEnd"] = last, tunnel["id"].(float64)+last-first
		}
		return v
	})
}

func (g *guest) globals(t *testing.T, messages []object) any {
	return g.each(t, messages, "global-options", "vlans", func(o object) map[string]any {
		v, id := map[string]any{}, o["id"]
		o.put(v, "vlan", "id", "vlanEnd", "range", "mcast_snooping", "mcast-snooping", "mcast_querier", "mcast-querier",
			"mcast_igmp_version", "mcast-igmp-version", "mcast_mld_version", "mcast-mld-version",
			"mcast_last_member_count", "mcast-last-member-cnt", "mcast_last_member_interval", "mcast-last-member-intvl",
			"mcast_startup_query_count", "mcast-startup-query-cnt", "mcast_startup_query_interval", "mcast-startup-query-intvl",
			"mcast_membership_interval", "mcast-membership-intvl", "mcast_querier_interval", "mcast-querier-intvl",
			"mcast_query_interval", "mcast-query-intvl", "mcast_query_response_interval", "mcast-query-response-intvl")
		if ports, ok := o.take("mcast-router-ports").(object); ok {
			list := []any{}
			for _, p := range ports["router"].(object)["port"].([]any) {
				port := p.(object)
				if port["vid"] != id || port["type"] != "temp-query" { // the type is that of the port, not of the VLAN
					t.Errorf("router of VLAN %v: %v", id, port)
				}
				list = append(list, map[string]any{"port": g.names[port["ifindex"].(float64)]})
			}
			v["router_ports"] = list
		}
		querier, elected := o.take("mcast-querier-state").(object) // bridge shows it with statistics only
		own := object{"ip-address": "0.0.0.0", "ipv6-address": "::"}
		if elected != (v["mcast_querier"] == 1.0) || elected && !reflect.DeepEqual(querier, own) {
			t.Errorf("VLAN %v: querier %v, want %v where it is on", id, querier, own)
		}
		o.done(t, "global-options", "msti") // bridge 6.1 shows no msti
		return v
	})
}

func (g *guest) groups(t *testing.T, messages []object) any {
	list, router := []any{}, map[string]any{}
	for _, m := range messages {
		device := m.take("ifindex").(float64)
		mdb, _ := m.take("mdb").(object)
		entries, _ := mdb.take("entry").([]any)
		for _, e := range entries {
			for _, i := range e.(object)["info"].([]any) {
				list = append(list, g.group(t, device, i.(object)))
			}
		}
		m.done(t, "mdb", "family")
	}
	return []any{map[string]any{"mdb": list, "router": router}}
}

func (g *guest) group(t *testing.T, device float64, o object) any {
	addr := o.take("addr").(object)
	v := map[string]any{"index": device, "dev": g.names[device], "port": g.names[o.take("ifindex").(float64)], "grp": addr["u"],
		"state": strings.TrimSuffix(o.take("state").(string), "orary"), "flags": o.take("flags"),
		"timer": hundredth(o.take("timer").(float64))}
	if vid := o.take("vid"); vid != 0.0 {
		v["vid"] = vid
	}
	o.put(v, "src", "source", "filter_mode", "group-mode", "protocol", "rtprot")
	if sources, ok := o.take("src-list").(object); ok {
		var shown []any
		for _, s := range sources["entry"].([]any) {
			shown = append(shown, map[string]any{"address": s.(object)["address"], "timer": hundredth(s.(object)["timer"].(float64))})
		}
		v["source_list"] = shown
	}
	o.done(t, "group", "dst", "dst-port", "vni", "eattr-ifindex", "src-vni") // bridge 6.1 does not show them
	return v
}

// hundredth is a time as bridge shows it.
func hundredth(n float64) string { return fmt.Sprintf("%4d.%02d", int(n)/100, int(n)%100) }
