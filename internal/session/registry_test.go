package session_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

func load(t *testing.T, reg *session.Registry, text string) *schema.Spec {
	t.Helper()
	s, err := reg.Load([]byte(text), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	headOfMine = "name: mine\nprotocol: netlink-raw\nprotonum: 30\n"
	restOfSpec = "attribute-sets: []\noperations: {list: []}\n"
	faulty     = "attribute-sets: nonsense\n"
)

// A spec that is loaded takes the place of a shipped one.
func TestLoadOverrides(t *testing.T) {
	reg := registry()
	dir := t.TempDir()
	file := mustWrite(t, filepath.Join(dir, "x.yaml"), `
name: rt-addr
protocol: netlink-raw
protonum: 0
attribute-sets: [{name: a, attributes: [{name: mine, type: u32}]}]
operations: {list: [{name: getaddr, attribute-set: a, do: {request: {value: 22}}}]}
`)
	s, err := reg.LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found, err := reg.Find("rt-addr")
	if found != s || err != nil {
		t.Errorf("got %v, %v", found, err)
	}
	reg.Dial = kernel(t, nil).Dial
	f := mustOpen(t, reg, "route", session.Options{})
	if op := mustOp(t, f, "getaddr"); op.Set().Find("mine") == nil {
		t.Error("the protocol still has the shipped spec")
	}
	if n := slices.Index(reg.Names(), "rt-addr"); n < 0 || slices.Index(reg.Names()[n+1:], "rt-addr") >= 0 {
		t.Errorf("names %v", reg.Names())
	}
}

// Folders cost nothing until a family is asked for that no spec at hand
// describes: a file that cannot be parsed is not noticed before.
func TestFoldersAreLazy(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "bad.yaml"), "name: bad # it is\nprotocol: genetlink\n"+faulty)
	mustWrite(t, filepath.Join(dir, "mine.yaml"), headOfMine+restOfSpec)
	mustWrite(t, filepath.Join(dir, "more.yaml"), "name: 'rt-more'\nprotocol: netlink-raw\nprotonum: 0\n"+restOfSpec)
	mustWrite(t, filepath.Join(dir, "README"), "name: readme\n")
	reg := kernel(t, nil)
	if err := reg.AddDir(dir); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, reg, "rt-link", session.Options{})
	f := mustOpen(t, reg, "route", session.Options{})
	if !slices.ContainsFunc(f.Specs, func(s *schema.Spec) bool { return s.Name == "rt-more" }) {
		t.Error("the protocol lacks a spec of the folder")
	}
	if f := mustOpen(t, reg, "mine", session.Options{}); f.Proto != 30 {
		t.Errorf("protocol %d", f.Proto)
	}
	names := reg.Names()
	for _, want := range []string{"bad", "mine", "rt-more", "rt-link"} {
		if !slices.Contains(names, want) {
			t.Errorf("names %v lack %s", names, want)
		}
	}
	if slices.Contains(names, "netlink") || slices.Contains(names, "readme") {
		t.Errorf("names %v", names)
	}
	_, err := reg.Open(context.Background(), "bad", session.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "bad.yaml")+":3") {
		t.Errorf("got %v, want file and line", err)
	}
}

// A folder is read when it is needed: by then it may be gone, or hold faults.
func TestFoldersFail(t *testing.T) {
	dir := t.TempDir()
	reg := kernel(t, nil)
	if err := reg.AddDir(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	file := mustWrite(t, filepath.Join(dir, "one.yaml"), headOfMine+restOfSpec)
	if err := reg.AddDir(file); err != nil {
		t.Errorf("a file: %v", err)
	}
	if s, err := reg.Find("mine"); s == nil || err != nil {
		t.Errorf("got %v, %v", s, err)
	}
	if err := reg.AddDir(mustWrite(t, filepath.Join(dir, "two.yaml"), headOfMine+faulty)); err == nil || !strings.Contains(err.Error(), "two.yaml:4") {
		t.Errorf("got %v, want file and line", err)
	}
	if _, err := reg.LoadFile(filepath.Join(dir, "three.yaml")); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	deep := filepath.Join(dir, "deep")
	if err := os.Mkdir(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := reg.AddDir(deep); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(deep, "rt.yaml"), "name: rt-x\nprotocol: netlink-raw\nprotonum: 0\n"+faulty)
	if _, err := reg.Open(context.Background(), "route", session.Options{}); err == nil || !strings.Contains(err.Error(), "rt.yaml:4") {
		t.Errorf("got %v", err)
	}
	if err := os.Symlink("nowhere", filepath.Join(deep, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"unheard", "route"} {
		if _, err := reg.Open(context.Background(), name, session.Options{}); !os.IsNotExist(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if !slices.Contains(reg.Names(), "rt-link") {
		t.Error("a folder that cannot be read hides what is at hand")
	}
}

// The errata correct specs of the user too: the kernel's rt-rule has tun-id in
// host order.
func TestErrataOnLoadedSpecs(t *testing.T) {
	reg := registry()
	s, err := reg.LoadFile(shared(t, "ynl/specs/rt-rule.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if a := s.FindSet("fib-rule-attrs").Find("tun-id"); a == nil || !a.BigEndian {
		t.Errorf("got %+v, want big endian", a)
	}
	if _, err := session.NewRegistry(nil, []byte("errata: 3")).Load([]byte(headOfMine+restOfSpec), "x.yaml"); err == nil || !strings.Contains(err.Error(), "errata.yaml") {
		t.Errorf("got %v", err)
	}
}

// Every spec of the kernel loads as a user would load it.
func TestKernelSpecsLoad(t *testing.T) {
	dir := filepath.Dir(shared(t, "ynl/specs/tc.yaml"))
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	reg := registry()
	for _, file := range files {
		if _, err := reg.LoadFile(file); err != nil {
			t.Error(err)
		}
	}
	reg.Dial = kernel(t, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} }).Dial
	f := mustOpen(t, reg, "route", session.Options{})
	if !slices.Contains(f.OpNames(), "getqdisc") {
		t.Errorf("no getqdisc in %v", f.OpNames())
	}
}

func TestProtocolNames(t *testing.T) {
	names := registry().ProtocolNames()
	if !slices.Contains(names, "route") || !slices.Contains(names, "kobject-uevent") {
		t.Errorf("got %v", names)
	}
}

func TestFlags(t *testing.T) {
	reg := registry()
	for _, tt := range []struct {
		names []string
		want  uint16
	}{
		{nil, 0},
		{[]string{"create", "excl"}, 0x600},
		{[]string{"replace"}, 0x100},
		{[]string{"append"}, 0x800},
		{[]string{"echo", "ECHO"}, 0x8},
		{[]string{"bulk"}, 0x200},
		{[]string{"root", "match"}, 0x300},
	} {
		if got, err := reg.Flags(tt.names...); got != tt.want || err != nil {
			t.Errorf("%v: got %#x, %v, want %#x", tt.names, got, err, tt.want)
		}
	}
	_, err := reg.Flags("create", "exlc")
	if err == nil || !strings.HasPrefix(err.Error(), `flags: got "exlc", want one of request, `) || !strings.HasSuffix(err.Error(), `(did you mean "excl"?)`) {
		t.Errorf("got %v", err)
	}
}
