package session_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// details are those of the cases of extackTexts by name: a whole attribute is marked, one that does
// not fit is cut, and of what is no attribute only the first byte.
var details = map[string][]string{
	"nothing":                {},
	"text":                   {},
	"past the end":           {},
	"just past the end":      {},
	"missing":                {},
	"missing nowhere":        {},
	"missing beyond 16 bits": {},
	"policy": {
		"0048: 6e 00 00 00 08 00 04 00 78 05 00 00",
		"                  ^^^^^^^^^^^^^^^^^^^^^^^ mtu, at 76, 8 of 84 bytes",
	},
	"missing in a nest": {
		"0028: 24 00 12 80 14 00 02 80 08 00 01 00 01 00 00 00 ...",
		"                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ lacks linkinfo.data.port, at 44, 20 of 84 bytes",
	},
	"hop of a route": {
		"003c: 01 00 00 00 08 00 05 00 c0 00 02 07",
		"                  ^^^^^^^^^^^^^^^^^^^^^^^ multipath[1].gateway, at 64, 8 of 72 bytes",
	},
}

func TestDetails(t *testing.T) {
	for name, tt := range extackTexts {
		op := tt.op
		if op == "" {
			op = "newlink"
		}
		f := fakeRoute(t, func(req []byte) [][]byte {
			var tlvs [][]byte
			if tt.tlvs != nil {
				tlvs = tt.tlvs(t, req)
			}
			return [][]byte{socktest.Error(req, unix.ERANGE, tlvs...)}
		})
		_, err := do(t, f, op, tt.send)
		var ke *session.Error
		if !errors.As(err, &ke) {
			t.Fatal(name, err)
		}
		got := ke.Details()
		if name == "message header" && (len(got) != 2 || got[1] != "                  ^^ at 4, 1 of 84 bytes") {
			t.Errorf("%s: got %q", name, got)
		}
		if want, ok := details[name]; ok && !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(got) != 0 && (len(got) != 2 || ke.Ext.Offset < 0 && ke.Ext.MissingNest < 0) {
			t.Errorf("%s: got %q, want two lines, where the kernel points somewhere", name, got)
		}
	}
	if (&session.Error{Ext: session.Extack{Offset: wire.HeaderLen}}).Details() != nil {
		t.Error("details of a request that is not there")
	}
}
