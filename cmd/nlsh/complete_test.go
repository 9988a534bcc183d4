package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/repl"
	"github.com/nlsh/nlsh/specs"
	"github.com/nlsh/nlsh/stdlib"
)

// TAB knows what calls return without making them: nothing is asked of the kernel.
func TestCompletion(t *testing.T) {
	reg := session.NewRegistry(specs.All(), specs.Errata())
	opened := false
	reg.Dial = func(sock.Options) (*sock.Conn, error) {
		opened = true
		return nil, fmt.Errorf("a socket was opened")
	}
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: reg, Interactive: true}), Std: stdlib.FS()})
	src, err := host.NewSource("names.star", "", []byte(`def set_up(dev, mtu = 5): pass`))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Run(host.Job{}, func(th *starlark.Thread) error {
		_, err := h.Interact(th, src)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	names := &repl.Names{}
	complete(names, h, builtins.NewReference(h.Globals(), reg))
	began := time.Now()
	for before, want := range map[string]string{
		`nl.open("rou`:                                                  `route"`,
		`nl.open("rt-l`:                                                 `rt-link"`,
		`nl.open(name = "nlc`:                                           `nlctrl"`,
		`nl.open("route", groups = ["ipv4-r`:                            `ipv4-route" ipv4-rule"`,
		`nl.open("route").join("ipv6-mr`:                                `ipv6-mroute"`,
		`nl.open("route").getli`:                                        `getlink`,
		`nl.open("nosuch").getli`:                                       ``,
		`nl.open("route").getlink.du`:                                   `dump(`,
		`nl.open("route").getlink.dump().fir`:                           `first(`,
		`nl.open("route").getlink.dump()[0].linkin`:                     `linkinfo`,
		`nl.open("route").getlink.dump()[0].linkinfo.ki`:                `kind`,
		`nl.open("route").getlink.dump()[0].linkinfo.data.vlan_stats_e`: `vlan_stats_enabled`,
		`nl.open("route").getlink(ifname = "lo").stats64.rx_pa`:         `rx_packets`,
		`nl.open("route").getlink.stream()[0].operst`:                   `operstate`,
		`nl.open("route").getlink.dump().where(mtu = 5)[1:].sort_by("mtu").first().operst`: `operstate`,
		`nl.open("route").getlink.dump().where(operst`:                                     `operstate = `,
		`nl.open("route").getlink.dump().where(operstate = "dorm`:                          `dormant"`,
		`nl.open("route").getlink.dump().column("operst`:                                   `operstate"`,
		`nl.open("route").getlink.dump()[0].linkinfo["slave_data"].priori`:                 `priority`,
		`nl.open("route").getroute.dump()[0].multipath[0].gatew`:                           `gateway`,
		`nl.open("route").newlink(operst`:                                                  `operstate = `,
		`nl.open("route").newlink(operstate = "dorm`:                                       `dormant"`,
		`nl.open("route").newlink(flags = ["repl`:                                          `replace"`,
		`nl.open("route").newlink(ifi_flags = ["multi`:                                     `multicast"`,
		`nl.open("route").newlink(linkinfo = {"ki`:                                         `kind": `,
		`nl.open("route").newlink(linkinfo = {"kind": "ipvl`:                               `ipvlan"`,
		`nl.open("route").newlink(linkinfo = {"kind": "vlan", "data": {"egress`:            `egress_qos": `,
		`nl.open("route").newlink({"ifna`:                                                  `ifname": `,
		`nl.open("route").newlink.msg(master = "lo`:                                        `lo"`,
		`nl.open("route").newlink.msg(mtu = 4).linkinfo.slave_k`:                           `slave_kind`,
		`nl.open("route").getlink(ifname = "lo`:                                            `lo"`,
		`set_up("lo`:                                                                       `lo"`,
		`set_up(mt`:                                                                        `mtu = `,
		`probe.ping("1", dev = "lo`:                                                        `lo"`,
		`netns.host.ino`:                                                                   `inode`,
		`netns.new("a").ru`:                                                                `run(`,
		`netns.open("a").run(`:                                                             `fn = `,
		`try_(len, 1).error.exta`:                                                          `extack`,
		`exec(["true"]).stat`:                                                              `status`,
		`ls("rt-rul`:                                                                       `rt-rule"`,
		`help("nl.ope`:                                                                     `nl.open"`,
		`load("@std//topo.star", "to`:                                                      `topo"`,
		`load("@std//nosuch.star", "to`:                                                    ``,
		`read_file("complete_t`:                                                            `complete_test.go"`,
		`read_file(path = "complete_t`:                                                     `complete_test.go"`,
		`nl.load_spec("testda`:                                                             ``,
		`exit(3).x`:                                                                        ``,
		`:monitor ipv6-mr`:                                                                 `ipv6-mroute`,
		`:monitor link ipv6-mr`:                                                            `ipv6-mroute`,
		`:monitor rt-nei`:                                                                  `rt-neigh:`,
		`:monitor rt-neigh:ne`:                                                             `rt-neigh:neigh`,
		`:trace rt-rul`:                                                                    `rt-rule`,
		`nl.open(nl.open("route").getlink`:                                                 `getlink`,
	} {
		word, list := names.Complete(before)
		var got []string
		for _, c := range list {
			got = append(got, c.Name+c.Tail)
		}
		found := strings.Join(got, " ")
		if want != "" && strings.HasSuffix(before, "getlink") {
			found = strings.TrimSuffix(found, "(")
		}
		if found != want && !(slices.Contains(got, want) && before == `netns.open("a").run(`) || !strings.HasSuffix(before, word) {
			t.Errorf("%s: got %s, want %s", before, found, want)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if opened {
		t.Error("a socket was opened")
	}
	if h.Globals()["netns"].String() != "<module netns>" {
		t.Error("netns is another")
	}
}

// NAME? goes as far as TAB does.
func TestQuestionOfACall(t *testing.T) {
	x := start(t, setting{cols: 100, rows: 160})
	x.keys("nl.open('route').getlink.dump()[0].linkinfo?" + enter)
	x.see("attributes linkinfo-attrs:")
	x.see("  slave_kind ")
	x.prompt()
	x.keys(ctrlL + "nl.open('route').getlink.dump()?" + enter)
	x.see("dump of messages")
	x.see("largest packet, in bytes")
	x.prompt()
	x.keys(ctrlL + "netns.new().run?" + enter)
	x.see("netns.run(fn, *args")
	x.prompt()
	x.end(ctrlD, 0)
}

// A script has no ls: it prints for people.
func TestExploringIsForSessions(t *testing.T) {
	for _, name := range []string{"ls", "find"} {
		if got := nlsh(t, "", "-c", name+"()"); got.code != 1 || !strings.Contains(got.errOut, "undefined: "+name) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
