package main

import (
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/scenario"
)

// What a kernel has of traffic control is found out by trying: every kernel with it has pfifo, and none has nosuch. That
// there is no action is ENOENT, or EPERM without privilege in the first user namespace.
func TestNeedTrafficControl(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	t.Chdir(t.TempDir())
	mustWrite(t, "tc.star", `
def test_has(t): need("qdisc:pfifo")
def test_no_qdisc(t): need("qdisc:pfifo", "qdisc:nosuch")
def test_no_filter(t): need("filter:nosuch")
def test_no_action(t): need("action:nosuch")
`)
	mustWrite(t, "tc.golden", "# nlsh golden 1\n=== test_has\n")
	nlsh(t, "", "test", "--no-write", "--jsonl", "r.jsonl")
	all := results(t, "r.jsonl")
	for test, want := range map[string]string{
		"test_no_qdisc": "qdisc:nosuch: ENOENT", "test_no_filter": "filter:nosuch: ENOENT", "test_no_action": "action:nosuch: E",
	} {
		if r := all[test]; r == nil || r.Verdict != scenario.Skip || !strings.HasPrefix(r.Reason, want) {
			t.Errorf("%s: got %+v, want a skip with %s", test, r, want)
		}
	}
	if r := all["test_has"]; r == nil || r.Verdict != scenario.Pass {
		t.Errorf("pfifo: got %+v", r)
	}
}
