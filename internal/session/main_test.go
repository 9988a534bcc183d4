package session_test

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/specs"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

// m is the fields of a request, as a script would name them.
type m = map[string]any

func registry() *session.Registry { return session.NewRegistry(specs.All(), specs.Errata()) }

// kernel is a registry whose sockets lead to answer.
func kernel(tb testing.TB, answer socktest.Answer) *session.Registry {
	reg := registry()
	reg.Dial = func(o sock.Options) (*sock.Conn, error) { return socktest.Start(tb, o, answer).Conn, nil }
	return reg
}

func mustOpen(tb testing.TB, reg *session.Registry, name string, o session.Options) *session.Family {
	tb.Helper()
	f, err := reg.Open(context.Background(), name, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	return f
}

// fakeRoute is NETLINK_ROUTE as answer has it.
func fakeRoute(tb testing.TB, answer socktest.Answer) *session.Family {
	tb.Helper()
	return mustOpen(tb, kernel(tb, answer), "route", session.Options{})
}

// liveRoute is NETLINK_ROUTE in a namespace of its own.
func liveRoute(tb testing.TB) *session.Family {
	tb.Helper()
	return mustOpen(tb, registry(), "route", session.Options{NetNS: netnstest.New(tb)})
}

func mustOp(tb testing.TB, f *session.Family, name string) *session.Op {
	tb.Helper()
	op, err := f.Op(name)
	if err != nil {
		tb.Fatal(err)
	}
	return op
}

func mustBuild(tb testing.TB, f *session.Family, op string, mode session.Mode, fields m, flags ...string) *session.Request {
	tb.Helper()
	mask, err := registry().Flags(flags...)
	if err != nil {
		tb.Fatal(err)
	}
	req, err := mustOp(tb, f, op).Build(mode, fieldsOf(fields), mask)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

func do(tb testing.TB, f *session.Family, op string, fields m, flags ...string) (*session.Reply, error) {
	tb.Helper()
	return f.Do(context.Background(), mustBuild(tb, f, op, session.Do, fields, flags...), session.CallOptions{})
}

func mustDo(tb testing.TB, f *session.Family, op string, fields m, flags ...string) *session.Reply {
	tb.Helper()
	r, err := do(tb, f, op, fields, flags...)
	if err != nil {
		tb.Fatalf("%s: %v", op, err)
	}
	return r
}

func dump(tb testing.TB, f *session.Family, op string, fields m) (*session.Dumped, error) {
	tb.Helper()
	return f.Dump(context.Background(), mustBuild(tb, f, op, session.Dump, fields), session.CallOptions{})
}

// wantErr compares an error's text.
func wantErr(tb testing.TB, err error, want string) {
	tb.Helper()
	if err == nil || err.Error() != want {
		tb.Errorf("got  %v\nwant %s", err, want)
	}
}

// text is a value of a message as a script would write it, "none" if absent.
func text(tb testing.TB, msg *schema.Msg, name string) string {
	tb.Helper()
	v, ok, err := msg.Get(name)
	switch {
	case err != nil:
		tb.Errorf("%s: %v", name, err)
	case !ok:
		return "none"
	}
	return v.String()
}

// shared is a file of ../shared, which is not part of the project.
func shared(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("NLSH_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	file := filepath.Join(dir, name)
	if _, err := os.Stat(file); err != nil {
		tb.Skipf("kernel specs and recordings: no %s (set NLSH_SHARED)", file)
	}
	return file
}

func mustWrite(tb testing.TB, file, text string) string {
	tb.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return file
}

func u32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }
func u16(v uint16) []byte { return binary.NativeEndian.AppendUint16(nil, v) }

// link is the body of a message about a link: the header, then a name.
func link(index uint32, name string) []byte {
	body := append(append(make([]byte, 4), u32(index)...), make([]byte, 8)...)
	return append(body, socktest.TLV(3, append([]byte(name), 0)...)...)
}

func inside(tb testing.TB, ns *netns.Handle, fn func() error) {
	tb.Helper()
	if err := netns.Do(ns, fn); err != nil {
		tb.Fatal(err)
	}
}

func fieldsOf(fields m) []schema.Field { return schema.Of(map[string]any(fields)).Fields() }
