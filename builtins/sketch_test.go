package builtins_test

import (
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

// Attributes that cost something are only sketched; a nest that a message lacks is one that it might have.
func TestPeek(t *testing.T) {
	globals := builtins.Globals(builtins.Config{Registry: registry()})
	module := globals["netns"]
	if got := builtins.Peek(module, "host"); got == nil || got.Type() != "netns" || got.String() != "<some netns>" {
		t.Errorf("got %v, want what a namespace is like", got)
	}
	if got := builtins.Peek(module, "open"); got == nil || got.Type() != "builtin_function_or_method" {
		t.Errorf("got %v, want the builtin", got)
	}
	for _, name := range []string{"nosuch", ""} {
		if got := builtins.Peek(module, name); got != nil {
			t.Errorf("%q: got %v", name, got)
		}
	}
	if got := builtins.Peek(starlark.None, "x"); got != nil {
		t.Errorf("got %v", got)
	}
}

// What is completed of what is at hand asks the kernel nothing, and the pieces say what they are.
func TestSketches(t *testing.T) {
	asked := 0
	reg := kernel(t, func(req []byte) [][]byte { asked++; return [][]byte{socktest.Ack(req)} })
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: reg})})
	ref := builtins.NewReference(h.Globals(), reg)
	owner := host.NewOwner("test", nil)
	src, err := host.NewSource("sketch.star", "", []byte("rt = nl.open(\"route\")\nm = rt.newlink.msg(mtu = 5)\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Run(host.Job{Owner: owner}, func(th *starlark.Thread) error {
		_, err := h.Interact(th, src)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	rt, m := h.Globals()["rt"], h.Globals()["m"]
	op := builtins.Peek(rt, "getlink")
	if got := builtins.Peek(m, "mtu"); got == nil || got.String() != "5" {
		t.Errorf("got %v", got)
	}
	nest := builtins.Peek(m, "linkinfo")
	if nest == nil || !slices.Contains(nest.(starlark.HasAttrs).AttrNames(), "slave_kind") {
		t.Errorf("got %v, want what the nest may have", nest)
	}
	if _, found, _ := nest.(starlark.Mapping).Get(starlark.String("kind")); found {
		t.Error("a text has nothing inside")
	}
	dump := ref.Called(op, "dump", builtins.Peek(op, "dump"), "")
	if dump == nil || dump.Type() != "dump" {
		t.Fatalf("got %v, want a dump", dump)
	}
	for _, c := range []struct {
		of   starlark.Value
		name string
		want string
	}{{dump, "where", "dump"}, {dump, "first", "message"}, {dump, "count", ""}, {m, "copy", "message"}, {rt, "recv", "event"}, {rt, "drain", "list"}, {rt, "close", ""}, {nil, "x", ""}} {
		var fn starlark.Value
		if c.of != nil {
			fn = builtins.Peek(c.of, c.name)
		}
		got := ""
		if v := ref.Called(c.of, c.name, fn, ""); v != nil {
			got = v.Type()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	where := builtins.Peek(dump, "where").(starlark.Callable)
	if _, err := where.CallInternal(nil, nil, nil); err == nil || !strings.HasPrefix(err.Error(), "dump.where: ") {
		t.Errorf("got %v", err)
	}
	if text, files := ref.Texts(rt, builtins.Peek(rt, "join"), builtins.Argument{}); files || !slices.Contains(text, "ipv4-route") {
		t.Errorf("got %s, %v, want groups", text, files)
	}
	if asked != 0 {
		t.Errorf("the kernel was asked %d times", asked)
	}
	if err := owner.Close(); err != nil {
		t.Error(err)
	}
}
