package specs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/specs"
)

// TestRTNumbers holds the numbers of the operations and groups of rtnetlink against its header: getlink is
// RTM_GETLINK, rtnlgrp-link is RTNLGRP_LINK.
func TestRTNumbers(t *testing.T) {
	text, err := os.ReadFile("/usr/include/linux/rtnetlink.h")
	if err != nil {
		t.Skipf("no header: %v", err)
	}
	types, groups := enumWith(string(text), "RTM_NEWLINK"), enumWith(string(text), "RTNLGRP_LINK")
	constant := func(prefix, name string) string {
		return prefix + strings.ToUpper(strings.ReplaceAll(strings.TrimSuffix(name, "-ntf"), "-", "_"))
	}
	compared := 0
	seen := map[string]string{}
	for _, s := range specs.All() {
		if s.Generic() || s.ProtoNum != 0 || len(s.Ops) == 0 {
			continue
		}
		for i := range s.Ops {
			op := &s.Ops[i]
			if other := seen[op.Key]; other != "" {
				t.Errorf("%s and %s both have %s", other, s.Name, op.Key)
			}
			seen[op.Key] = s.Name
			want, ok := types[constant("RTM_", op.Name)]
			if !ok {
				t.Logf("rtnetlink.h has no %s", constant("RTM_", op.Name))
				continue
			}
			compared++
			for _, n := range []int32{op.Do.Request, op.Dump.Request, op.Ntf} {
				if n != -1 && int(n) != want {
					t.Errorf("%s: got %d, want %d", op.Name, n, want)
				}
			}
			checkReply(t, op, types)
		}
		for _, g := range s.Groups {
			if n, ok := groups[constant("", g.Name)]; ok && n != int(g.Value) {
				t.Errorf("%s: got %d, want %d", g.Name, g.Value, n)
			} else if !ok {
				t.Logf("rtnetlink.h has no %s", constant("", g.Name))
			}
		}
	}
	if t.Logf("%d operations", compared); compared < 60 {
		t.Error("too few")
	}
}

// checkReply holds that getx is answered by newx.
func checkReply(t *testing.T, op *schema.Op, types map[string]int) {
	t.Helper()
	name, isGet := strings.CutPrefix(op.Name, "get")
	want, ok := types["RTM_NEW"+strings.ToUpper(name)]
	for _, m := range []schema.Mode{op.Do, op.Dump} {
		if isGet && ok && m.Has && int(m.Reply) != want && !(op.Name == "getmdb" && m.Reply == m.Request) { // mdb.yaml says why
			t.Errorf("%s: answered by %d, want %d", op.Name, m.Reply, want)
		}
	}
}
