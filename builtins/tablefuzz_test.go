package builtins_test

import (
	"strings"
	"testing"
	"unicode"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// Whatever the kernel sends can be shown, in lines that are no wider than the terminal and that move no cursor.
func FuzzTable(f *testing.F) {
	f.Add(uint8(16), []byte("\x00\x00\x01\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x08\x00\x03\x00br0\x00\x10\x00\x12\x00\x0b\x00\x01\x00bridge\x00\x00"), uint8(80))
	f.Add(uint8(24), []byte("\x02\x18\x00\x00\xfe\x03\x00\x01\x00\x00\x00\x00\x08\x00\x01\x00\x0a\x00\x00\x01\x0c\x00\x09\x00\x08\x00\x00\x00\x01\x00\x00\x00"), uint8(30))
	f.Add(uint8(28), []byte("\x07\x00\x00\x00\x01\x00\x00\x00\x80\x00\x00\x01\x09\x00\x02\x00\x1b[2J\x00"), uint8(1))
	f.Add(uint8(20), []byte("\x02\x18\x80"), uint8(200))
	reg := registry()
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: reg})})
	decode, err := h.Globals()["nl"].(starlark.HasAttrs).Attr("decode")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, typ uint8, body []byte, width uint8) {
		raw := append([]byte{byte(16 + len(body)), byte((16 + len(body)) >> 8), 0, 0, typ, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, body...)
		if err := h.Run(host.Job{}, func(th *starlark.Thread) error {
			m, err := host.Call(th, decode, starlark.Tuple{starlark.String("route"), starlark.Bytes(raw)}, nil)
			if err != nil {
				return nil // no message of the spec
			}
			text, err := builtins.Shown(th, starlark.NewList([]starlark.Value{m, m}), builtins.Look{Width: int(width), Tables: true, Long: true})
			if err != nil {
				return err
			}
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) }) || len([]rune(line)) > max(int(width), 1) {
					t.Errorf("%d columns: got %q", width, line)
				}
			}
			_, err = builtins.Shown(th, m, builtins.Look{Width: int(width), Tables: true, Long: true})
			return err
		}); err != nil {
			t.Fatal(host.Format(err, false))
		}
	})
}
