package builtins_test

import (
	"regexp"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// colored is what a program prints where colours are wanted.
func colored(t *testing.T, color bool, src string) string {
	t.Helper()
	var out strings.Builder
	show := starlark.NewBuiltin("show", func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		text, err := builtins.Shown(th, args[0], builtins.Look{Width: 80, Tables: true, Long: true})
		out.WriteString(text)
		return starlark.None, err
	})
	globals := builtins.Globals(builtins.Config{Registry: registry(), Color: func() bool { return color }})
	globals["show"] = show
	h := host.New(host.Options{Globals: globals, Stdout: &out})
	source, err := host.NewSource("color.star", "", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	owner := host.NewOwner("test", nil)
	if err := h.Run(host.Job{Owner: owner}, func(th *starlark.Thread) error {
		_, err := h.Exec(th, source)
		return err
	}); err != nil {
		t.Fatal(host.Format(err, false))
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Colours are added to the text and nothing else, and only where they are wanted.
func TestColors(t *testing.T) {
	sequence := regexp.MustCompile("\x1b\\[[0-9]*m")
	for _, c := range []struct {
		src  string
		want []string
	}{
		{`hexdump(nl.decode("route", nl.raw(type = 16, body = b"\0" * 16 + nl.attr(3, b"br0\0") + b"\5\0\0")), mark = 32)`, []string{
			"\x1b[2m0000\x1b[0m  ", "  \x1b[36mnlmsg_len\x1b[0m = ", "\x1b[2m00                       (padding)\x1b[0m\n",
			"      \x1b[31m^^ ^^ ^^ ^^\x1b[0m\n", "\x1b[31m!! ", "\x1b[36mifname\x1b[0m = \"br0\"\n",
		}},
		{`show([nl.decode("route", nl.raw(type = 16, body = b"\0" * 16 + nl.attr(3, b"br0\0")))])`, []string{"\x1b[1m#  ifname\x1b[0m\n0  br0\n"}},
	} {
		got, plain := colored(t, true, c.src), colored(t, false, c.src)
		for _, part := range c.want {
			if !strings.Contains(strings.ReplaceAll(got, "\x1b[31m      ^", "      \x1b[31m^"), part) {
				t.Errorf("%s: got %q, want in it %q", c.src, got, part)
			}
		}
		if bare := sequence.ReplaceAllString(got, ""); bare != plain || strings.Contains(plain, "\x1b") {
			t.Errorf("%s: got %q without its colours, want %q", c.src, bare, plain)
		}
	}
}
