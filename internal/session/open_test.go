package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

func TestOpenByProtocol(t *testing.T) {
	f := liveRoute(t)
	var specs []string
	for _, s := range f.Specs {
		specs = append(specs, s.Name)
	}
	for _, want := range []string{"rt-link", "rt-addr", "rt-route", "rt-neigh", "rt-rule"} {
		if !slices.Contains(specs, want) {
			t.Errorf("specs %v lack %s", specs, want)
		}
	}
	for _, op := range []string{"getlink", "newaddr", "getroute", "delneigh", "newrule"} {
		if !slices.Contains(f.OpNames(), op) {
			t.Errorf("no operation %s", op)
		}
	}
	if f.Proto != unix.NETLINK_ROUTE || f.ID != 0 || f.NetNS() == nil || f.Conn().FD() < 0 {
		t.Errorf("got %+v", f)
	}
}

func TestOpenBySpec(t *testing.T) {
	f := mustOpen(t, registry(), "rt-addr", session.Options{NetNS: netnstest.New(t)})
	if len(f.Specs) != 1 || slices.Contains(f.OpNames(), "getlink") {
		t.Errorf("operations %v, want those of addresses only", f.OpNames())
	}
	if _, err := dump(t, f, "getaddr", nil); err != nil {
		t.Error(err)
	}
}

func TestOpenGeneric(t *testing.T) {
	f := mustOpen(t, registry(), "nlctrl", session.Options{NetNS: netnstest.New(t), Groups: []string{"notify"}})
	if f.ID != 16 || f.Version != 2 || len(f.Groups) != 1 || f.Groups[0].Name != "notify" || f.Groups[0].Value != 16 {
		t.Errorf("id %d, version %d, groups %v", f.ID, f.Version, f.Groups)
	}
	groups, err := f.EventConn().Groups()
	if err != nil || !slices.Equal(groups, []uint32{16}) {
		t.Errorf("member of %v, %v", groups, err)
	}
	r := mustDo(t, f, "getfamily", m{"family-name": "nlctrl"})
	if len(r.Msgs) != 1 || r.Msgs[0].Op.Key != "getfamily" || r.Msgs[0].Type() != 16 || text(t, &r.Msgs[0].Msg, "family-name") != `"nlctrl"` {
		t.Errorf("got %+v", r.Msgs)
	}
	d, err := dump(t, f, "getfamily", nil)
	if err != nil || d.Len() < 2 {
		t.Fatalf("got %v, %v", d, err)
	}
	first := d.Message(0)
	if got := text(t, &first.Msg, "family-id"); got != "16" {
		t.Errorf("first family has id %s", got)
	}
}

// The numbers are the kernel's, whatever they are today.
func TestOpenGenericNumbers(t *testing.T) {
	for name, tt := range map[string]struct {
		attrs  [][]byte
		answer func(req []byte, attrs []byte) [][]byte
		groups []string
		want   string // error
	}{
		"all": {attrs: [][]byte{
			socktest.TLV(1, u16(0x1234)...), socktest.TLV(3, u32(7)...), socktest.TLV(7,
				append(socktest.TLV(1, append(socktest.TLV(1, []byte("one\x00")...), socktest.TLV(2, u32(300)...)...)...),
					socktest.TLV(2, append(socktest.TLV(1, []byte("two\x00")...), socktest.TLV(2, u32(301)...)...)...)...)...)},
			groups: []string{"two"}},
		"no groups": {attrs: [][]byte{socktest.TLV(1, u16(0x1234)...), socktest.TLV(3, u32(7)...)}},
		"group of no family": {attrs: [][]byte{socktest.TLV(1, u16(0x1234)...)}, groups: []string{"two"},
			want: `groups: got "two", want no group: the family has none`},
		"empty name of a group": {attrs: [][]byte{socktest.TLV(1, u16(0x1234)...), socktest.TLV(7,
			socktest.TLV(1, append(socktest.TLV(1, []byte("one\x00")...), socktest.TLV(2, u32(300)...)...)...)...)}, groups: []string{""},
			want: `groups: got "", want a multicast group: one`},
		"no id":    {want: `the kernel's answer about generic netlink family "eth" has no id`},
		"short id": {attrs: [][]byte{socktest.TLV(1, 1)}, want: `the kernel's answer about generic netlink family "eth" has no id`},
		"huge id":  {attrs: [][]byte{socktest.TLV(1, u32(1<<16)...)}, want: `the kernel's answer about generic netlink family "eth" has no id`},
		"no answer": {answer: func(req, _ []byte) [][]byte { return [][]byte{socktest.Ack(req)} },
			want: `the kernel answered nothing about generic netlink family "eth"`},
		"not there": {answer: func(req, _ []byte) [][]byte { return [][]byte{socktest.Error(req, unix.ENOENT)} },
			want: `the kernel has no generic netlink family "eth"`},
		"not allowed": {answer: func(req, _ []byte) [][]byte { return [][]byte{socktest.Error(req, unix.EPERM, socktest.Text("no"))} },
			want: `kernel says EPERM "no"`},
	} {
		t.Run(name, func(t *testing.T) {
			reg := kernel(t, func(req []byte) [][]byte {
				body := append([]byte{1, 2, 0, 0}, slices.Concat(tt.attrs...)...)
				if tt.answer != nil {
					return tt.answer(req, body)
				}
				return [][]byte{socktest.Reply(req, 16, body...), socktest.Ack(req)}
			})
			if _, err := reg.Load([]byte("name: eth\nprotocol: genetlink\nattribute-sets: []\noperations: {list: []}\n"), "eth.yaml"); err != nil {
				t.Fatal(err)
			}
			f, err := reg.Open(context.Background(), "eth", session.Options{Groups: tt.groups})
			if tt.want != "" {
				wantErr(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.ID != 0x1234 || f.Version != 7 || len(f.Groups) != 2*len(tt.groups) {
				t.Errorf("id %#x, version %d, groups %v", f.ID, f.Version, f.Groups)
			}
		})
	}
}

func TestOpenUnknown(t *testing.T) {
	reg := registry()
	for name, want := range map[string]string{
		"rout":      `(did you mean "route"?)`,
		"nlctl":     `(did you mean "nlctrl"?)`,
		"quidditch": `(load its spec: --specs DIR, or nl.load_spec(FILE))`,
		"netlink":   `got unknown family "netlink"`,

		"NETLINK_ROUTE": `(did you mean "route"?)`,
		"rtnetlink":     `(did you mean "route"?)`,
		"genl":          `(did you mean "generic"?)`,
		"rt_link":       `(did you mean "rt-link"?)`,
		"":              `got unknown family ""`,
	} {
		_, err := reg.Open(context.Background(), name, session.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "want one of route, addrlabel, bridge-vlan,") {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
	_, err := reg.Open(context.Background(), "audit", session.Options{})
	wantErr(t, err, `got protocol "audit", want one that a spec describes (load its spec: --specs DIR; nl.socket takes it without)`)
	_, err = reg.Open(context.Background(), "generic", session.Options{})
	wantErr(t, err, `got protocol "generic", want one of its families (nl.families(kernel = True) lists those that this kernel has)`)
	reg.Dial = func(o sock.Options) (*sock.Conn, error) {
		return socktest.Start(t, o, func(req []byte) [][]byte { return [][]byte{socktest.Error(req, unix.ENOENT)} }).Conn, nil
	}
	_, err = reg.Open(context.Background(), "nl80211", session.Options{})
	wantErr(t, err, `the kernel has no generic netlink family "nl80211" (usually provided by cfg80211 (CONFIG_CFG80211))`)
	reg = registry()
	for _, name := range []string{"Route", "ROUTE"} {
		if f, err := reg.Open(context.Background(), name, session.Options{NetNS: netnstest.New(t)}); err != nil || f.Name != "route" {
			t.Errorf("%s: %v, want it called route", name, err)
		}
	}
	_, err = reg.Open(context.Background(), "route", session.Options{Groups: []string{"lnk"}, NetNS: netnstest.New(t)})
	if err == nil || !strings.HasPrefix(err.Error(), `groups: got "lnk", want a multicast group: `) || !strings.HasSuffix(err.Error(), `(did you mean "link"?)`) {
		t.Errorf("got %v", err)
	}
}

// What the kernel lacks is named, with what usually brings it.
func TestOpenMissing(t *testing.T) {
	reg := registry()
	if _, err := reg.LoadFile(shared(t, "ynl/specs/wireguard.yaml")); err != nil {
		t.Fatal(err)
	}
	_, err := reg.Open(context.Background(), "wireguard", session.Options{NetNS: netnstest.New(t)})
	var missing *session.MissingError
	if err == nil {
		t.Skip("this kernel has wireguard, which is to be missing")
	}
	wantErr(t, err, `the kernel has no generic netlink family "wireguard" (usually provided by wireguard (CONFIG_WIREGUARD))`)
	if !errors.As(err, &missing) || missing.Family != "wireguard" {
		t.Errorf("got %#v", err)
	}
}

func TestOpenMissingProtocol(t *testing.T) {
	reg := registry()
	reg.Dial = func(o sock.Options) (*sock.Conn, error) {
		return nil, &sock.OpError{Op: "open", Proto: o.Proto, Err: unix.EPROTONOSUPPORT}
	}
	load(t, reg, "name: rdma-nldev\nprotocol: netlink-raw\nprotonum: 20\nattribute-sets: []\noperations: {list: []}\n")
	for _, name := range []string{"rdma", "rdma-nldev"} {
		_, err := reg.Open(context.Background(), name, session.Options{})
		wantErr(t, err, `the kernel has no protocol "rdma" (usually provided by ib_core (CONFIG_INFINIBAND))`)
	}
	reg.Dial = func(sock.Options) (*sock.Conn, error) { return nil, unix.EMFILE }
	_, err := reg.Open(context.Background(), "route", session.Options{})
	if !errors.Is(err, unix.EMFILE) {
		t.Errorf("got %v", err)
	}
}

func TestOpenClosedNamespace(t *testing.T) {
	ns := netnstest.New(t)
	ns.Close()
	_, err := registry().Open(context.Background(), "route", session.Options{NetNS: ns})
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v", err)
	}
}

func TestGroups(t *testing.T) {
	f := mustOpen(t, registry(), "route", session.Options{
		NetNS: netnstest.New(t), Groups: []string{"link", "ipv4_route", "rtnlgrp-neigh", "rtnlgrp_tunnel"},
	})
	if groups, err := f.EventConn().Groups(); err != nil || !slices.Equal(groups, []uint32{1, 3, 7, 35}) {
		t.Errorf("member of %v, %v", groups, err)
	}
}

func TestClose(t *testing.T) {
	f := fakeRoute(t, nil)
	get := mustBuild(t, f, "getlink", session.Do, nil)
	if f.Closed() {
		t.Error("closed from the start")
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil || !f.Closed() {
		t.Errorf("got %v, %v", err, f.Closed())
	}
	ctx := context.Background()
	_, doErr := f.Do(ctx, get, session.CallOptions{})
	_, dumpErr := f.Dump(ctx, get, session.CallOptions{})
	_, streamErr := f.Stream(ctx, get, false, session.CallOptions{})
	_, batchErr := f.Batch(ctx, []*session.Request{get}, session.CallOptions{})
	for what, err := range map[string]error{"do": doErr, "dump": dumpErr, "stream": streamErr, "batch": batchErr} {
		if !errors.Is(err, session.ErrClosed) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestUnknownOperation(t *testing.T) {
	f := fakeRoute(t, nil)
	_, err := f.Op("getlnk")
	wantErr(t, err, `got unknown operation "getlnk", want an operation of route (did you mean "getlink"?)`)
}
