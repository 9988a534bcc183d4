package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

// The example of the design, against the kernel that runs.
func TestVxlanOutOfRange(t *testing.T) {
	f := liveRoute(t)
	_, err := do(t, f, "newlink", m{"ifname": "v0", "linkinfo": m{"kind": "vxlan", "data": m{"id": 16777216}}}, "create", "excl")
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("links of kind vxlan: this kernel was built without CONFIG_VXLAN")
	}
	wantErr(t, err, `linkinfo.data.id: kernel says ERANGE "VXLAN ID must be lower than 16777216" (sent 16777216)`)
	var ke *session.Error
	if !errors.As(err, &ke) || ke.Op != "newlink" || ke.Errno != unix.ERANGE || ke.Path != "linkinfo.data.id" || ke.Sent != "16777216" {
		t.Errorf("got %+v", ke)
	}
}

func TestUnknownKindOfLink(t *testing.T) {
	_, err := do(t, liveRoute(t), "newlink", m{"ifname": "v0", "linkinfo": m{"kind": "quidditch"}}, "create")
	wantErr(t, err, `kernel says EOPNOTSUPP "Unknown device type"`)
}

// With and without the echo of the request, and without any explanation.
func TestAcknowledgementOptions(t *testing.T) {
	for want, o := range map[string]session.Options{
		`mtu: kernel says ERANGE "Attribute failed policy validation" (sent b"\x01", want u32, 0 to 4294967295)`: {NoCapAck: true},
		`kernel says ERANGE (numerical result out of range)`:                                                     {NoExtAck: true},
	} {
		o.NetNS = netnstest.New(t)
		f := mustOpen(t, registry(), "route", o)
		_, err := do(t, f, "newlink", m{"index": 1, "mtu": []byte{1}})
		if err == nil || !strings.HasPrefix(err.Error(), want[:30]) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// The kernel has no routes of MPLS here, and answers for all families instead.
func TestDumpOfAnotherFamily(t *testing.T) {
	ns := netnstest.New(t)
	f := mustOpen(t, registry(), "route", session.Options{NetNS: ns})
	mustDo(t, f, "newlink", m{"index": 1, "ifi-flags": "up", "change": "up"})
	d, err := dump(t, f, "getroute", m{"family": 28})
	if err == nil && d.Len() == 0 || err != nil && strings.HasPrefix(err.Error(), "kernel says") {
		t.Skip("a dump that falls back: this kernel has CONFIG_MPLS_ROUTING or refuses")
	}
	var fe *session.FamilyError
	if !errors.As(err, &fe) || fe.Asked != "mpls" || fe.Count != d.Len() || !slices.Contains(fe.Got, "inet") {
		t.Fatalf("got %v", err)
	}
	want := fmt.Sprintf("the kernel has nothing registered for family mpls and answered for all (%d messages of inet, inet6)", d.Len())
	wantErr(t, err, want)
	s, err := f.Stream(context.Background(), mustBuild(t, f, "getroute", session.Dump, m{"family": 28}), true, session.CallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Next(context.Background()) || !errors.As(s.Err(), &fe) || fe.Asked != "mpls" {
		t.Errorf("stream: got %v", s.Err())
	}
	for _, family := range []string{"inet", "inet6", "unspec"} {
		if d, err := dump(t, f, "getroute", m{"family": family}); err != nil || d.Len() == 0 {
			t.Errorf("%s: %v, %v", family, d, err)
		}
	}
}

// A dump whose messages are of several families, of which one was asked for.
func TestDumpOfMixedFamilies(t *testing.T) {
	f := fakeRoute(t, func(req []byte) [][]byte {
		body := func(family byte) []byte { return append([]byte{family}, make([]byte, 11)...) }
		return [][]byte{
			socktest.Multi(req, 24, body(2)...), socktest.Multi(req, 24, body(10)...), socktest.Multi(req, 24, body(2)...),
			socktest.Multi(req, 24), socktest.Done(req, 0),
		}
	})
	_, err := dump(t, f, "getroute", m{"family": "inet"})
	wantErr(t, err, "the kernel has nothing registered for family inet and answered for all (1 messages of inet6)")
	if _, err := dump(t, f, "getroute", nil); err != nil {
		t.Error(err)
	}
}

// picky is a kernel that refuses dumps under strict checking. strict is false
// for the sockets on which it was switched off.
func picky(t *testing.T) (reg *session.Registry, asked *int) {
	reg, asked = registry(), new(int)
	reg.Dial = func(o sock.Options) (*sock.Conn, error) {
		nth := *asked
		*asked++
		return socktest.Start(t, o, func(req []byte) [][]byte {
			if nth < 2 { // the family's own socket, and the first of its pool
				return [][]byte{socktest.Error(req, unix.EINVAL, socktest.Text("Invalid values in header for dump request"))}
			}
			return [][]byte{socktest.Multi(req, newlink, link(1, "a")...), socktest.Done(req, 0)}
		}).Conn, nil
	}
	return reg, asked
}

// A stand-in takes no option, so what the second socket was asked is what counts.
func TestStrictCheckingStays(t *testing.T) {
	for name, fields := range map[string]m{
		"filter by attribute": {"master": 3},
		"filter by member":    {"index": 3},
	} {
		reg, asked := picky(t)
		f := mustOpen(t, reg, "route", session.Options{})
		_, err := dump(t, f, "getlink", fields)
		wantErr(t, err, `kernel says EINVAL "Invalid values in header for dump request"`)
		if *asked != 2 {
			t.Errorf("%s: %d sockets: the filter would be ignored", name, *asked)
		}
	}
	reg, asked := picky(t)
	f := mustOpen(t, reg, "route", session.Options{NoStrict: true})
	if _, err := dump(t, f, "getlink", nil); err == nil || *asked != 2 {
		t.Errorf("not strict: got %v from %d sockets", err, *asked)
	}
}

// An old request, of a size that strict checking refuses, is repeated without.
func TestStrictCheckingDropped(t *testing.T) {
	reg := registry()
	load(t, reg, `
name: rt-old
protocol: netlink-raw
protonum: 0
definitions:
  - {name: rtgenmsg, type: struct, members: [{name: rtgen-family, type: u8}]}
attribute-sets: [{name: none, attributes: [{name: ifname, value: 3, type: string}]}]
operations:
  enum-model: directional
  list:
    - name: getlink
      attribute-set: none
      fixed-header: rtgenmsg
      dump: {request: {value: 18}, reply: {value: 16}}
`)
	f := mustOpen(t, reg, "rt-old", session.Options{NetNS: netnstest.New(t)})
	d, err := dump(t, f, "getlink", nil)
	if err != nil || d.Len() == 0 {
		t.Fatal(err)
	}
	if !slices.Equal(d.Notes, []string{"the kernel refused this request under strict checking, so it was repeated without"}) {
		t.Errorf("notes %q: it must be said", d.Notes)
	}
	strict := mustOpen(t, reg, "route", session.Options{NetNS: netnstest.New(t), NoStrict: true})
	if d, err := dump(t, strict, "getlink", nil); err != nil || len(d.Notes) != 0 {
		t.Errorf("not strict from the start: %q, %v", d.Notes, err)
	}
}

func TestInterfaceByName(t *testing.T) {
	here, there := netnstest.New(t), netnstest.New(t)
	f := mustOpen(t, registry(), "route", session.Options{NetNS: here})
	long := "an-alternative-name-" + strings.Repeat("x", 107) // 127 bytes, as many as there may be
	cut := long[:56]
	far := mustOpen(t, registry(), "route", session.Options{NetNS: there})
	mustDo(t, f, "newlink", m{"ifname": "br0", "index": 41, "linkinfo": m{"kind": "bridge"}}, "create", "excl")
	mustDo(t, far, "newlink", m{"ifname": "br0", "index": 52, "linkinfo": m{"kind": "bridge"}}, "create", "excl")
	mustDo(t, f, "newlinkprop", m{"index": 41, "prop-list": m{"alt-ifname": []any{"other", long}}}, "create", "append")
	for name, tt := range map[string]struct {
		f    *session.Family
		want string
	}{"br0": {f, "41"}, "other": {f, "41"}, long: {f, "41"}, "far": {far, "52"}} {
		if name == "far" {
			name = "br0"
		}
		r := mustDo(t, tt.f, "getlink", m{"index": name})
		if got := text(t, &r.Msgs[0].Msg, "index"); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	build := func(f *session.Family, fields m) error {
		op := mustOp(t, f, "getlink")
		_, err := op.Build(session.Do, fieldsOf(fields), 0)
		return err
	}
	wantErr(t, build(far, m{"index": "other"}), `ifi_index: got string "other", want an interface: index, name or link (no such interface)`)
	wantErr(t, build(f, m{"index": "a-name-of-twenty-byt"}),
		`ifi_index: got string "a-name-of-twenty-byt", want an interface: index, name or link (no such interface)`)
	wantErr(t, build(f, m{"index": long + "x"}),
		`ifi_index: got string "`+cut+`..., want an interface: index, name or link (no interface can have this name: it has 128 bytes, want at most 127)`)
	wantErr(t, build(far, m{"index": long}), `ifi_index: got string "`+cut+`..., want an interface: index, name or link (no such interface)`)
	var near *session.Family
	inside(t, here, func() error {
		near = mustOpen(t, registry(), "route", session.Options{})
		return nil
	})
	inside(t, there, func() error { // asked in the namespace of the socket, and not of the thread
		return build(near, m{"index": long})
	})
	inside(t, here, func() error {
		near := mustOpen(t, registry(), "route", session.Options{})
		wantErr(t, build(near, m{"index": "br1"}), `ifi_index: got string "br1", want an interface: index, name or link (no such interface, did you mean "br0"?)`)
		wantErr(t, build(near, m{"index": "quidditch"}), `ifi_index: got string "quidditch", want an interface: index, name or link (no such interface)`)
		near.Close()
		if err := build(near, m{"index": "br0"}); err == nil {
			t.Error("a closed family found an interface")
		}
		return nil
	})
}

// Statistics are asked for with attributes of another set than they come in.
func TestRequestsOfAnotherSet(t *testing.T) {
	f := liveRoute(t)
	r := mustDo(t, f, "getstats", m{"ifindex": 1, "filter-mask": 1})
	if len(r.Msgs) != 1 || text(t, &r.Msgs[0].Msg, "link-64") == "none" {
		t.Errorf("got %+v", r.Msgs)
	}
	req := mustBuild(t, f, "getstats", session.Dump, m{"filter-mask": 8, "get-filters": m{"link-offload-xstats": 1}})
	if got := text(t, req.Msg(), "get-filters"); !strings.Contains(got, "link-offload-xstats") && !strings.Contains(got, "link_offload_xstats") {
		t.Errorf("the request reads %s", got)
	}
}

func TestBuildRefuses(t *testing.T) {
	f := fakeRoute(t, nil)
	for op, tt := range map[string]struct {
		mode   session.Mode
		fields m
		want   string
	}{
		"newlink":     {session.Dump, nil, `got dump, want a mode that newlink has (it can only be called once: newlink(...))`},
		"getrule":     {session.Do, nil, `got do, want a mode that getrule has (it can only be dumped: getrule.dump(...))`},
		"newlink-ntf": {session.Do, nil, `got do, want a mode that newlink_ntf has (it is a notification of the kernel)`},
		"getlink":     {session.Do, m{"ifnam": "x"}, `got unknown name "ifnam", want an attribute of link-attrs or a member of ifinfomsg (did you mean "ifname"?)`},
		"setlink":     {session.Do, m{"net-ns-fd": "blue"}, `net_ns_fd: got string "blue", want `},
	} {
		o, err := f.Op(op)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err = o.Build(tt.mode, fieldsOf(tt.fields), 0); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got  %v\nwant %s", op, err, tt.want)
		}
	}
}

// A family stays where it was opened: the sockets of its dumps too, though they
// are opened later and from wherever the caller is by then.
func TestDumpsStayAtHome(t *testing.T) {
	var f *session.Family
	inside(t, netnstest.New(t), func() error {
		f = mustOpen(t, registry(), "route", session.Options{})
		return nil
	})
	mustDo(t, f, "newlink", m{"ifname": "br0", "linkinfo": m{"kind": "bridge"}}, "create", "excl")
	inside(t, netnstest.New(t), func() error {
		if d, err := dump(t, f, "getlink", nil); err != nil || d.Len() != 2 {
			t.Errorf("got %d links, %v, want lo and br0", d.Len(), err)
		}
		return nil
	})
}
