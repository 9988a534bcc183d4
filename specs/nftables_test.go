package specs_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
	"github.com/nlsh/nlsh/specs"
)

// corrected is a spec of the kernel's with the errata.
func corrected(t *testing.T, name string) *schema.Spec {
	t.Helper()
	errata, err := ynl.LoadErrata(specs.Errata(), "errata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(shared(t), "specs", name))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ynl.Load(data, name, errata)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// The sets of nftables in which the kernel's spec lacks a PAD, or has another
// order, by the numbers that golang.org/x/sys took from the header. 11 and
// 12 are not there.
func TestNftablesNumbers(t *testing.T) {
	spec := corrected(t, "nftables.yaml")
	for set, attrs := range map[string]map[string]int{
		"chain-attrs": {"counters": unix.NFTA_CHAIN_COUNTERS, "pad": unix.NFTA_CHAIN_PAD, "flags": 10, "id": 11, "userdata": 12},
		"rule-attrs": {"userdata": unix.NFTA_RULE_USERDATA, "pad": unix.NFTA_RULE_PAD, "id": unix.NFTA_RULE_ID,
			"position-id": unix.NFTA_RULE_ID + 1, "chain-id": unix.NFTA_RULE_ID + 2},
		"setelem-attrs": {"expr": unix.NFTA_SET_ELEM_EXPR, "pad": unix.NFTA_SET_ELEM_PAD, "objref": unix.NFTA_SET_ELEM_OBJREF,
			"key-end": unix.NFTA_SET_ELEM_OBJREF + 1, "expressions": unix.NFTA_SET_ELEM_OBJREF + 2},
		"expr-lookup-attrs": {"set": unix.NFTA_LOOKUP_SET, "sreg": unix.NFTA_LOOKUP_SREG, "dreg": unix.NFTA_LOOKUP_DREG,
			"set-id": unix.NFTA_LOOKUP_SET_ID, "flags": unix.NFTA_LOOKUP_FLAGS},
	} {
		for name, want := range attrs {
			if a := spec.FindSet(set).Find(name); a == nil || int(a.Num) != want {
				t.Errorf("%s.%s: got %+v, want number %d", set, name, a, want)
			}
		}
	}
	fib := spec.FindEnum("fib-result")
	if got := fib.NameOf(unix.NFT_FIB_RESULT_OIF); got != "oif" {
		t.Errorf("fib-result %d: got %s", unix.NFT_FIB_RESULT_OIF, got)
	}
	for name, want := range map[string]schema.Bracket{"batch-begin": schema.Begin, "batch-end": schema.End, "newtable": schema.NoBracket} {
		if op := spec.FindOp(name); op.Bracket != want {
			t.Errorf("%s: got bracket %d, want %d", name, op.Bracket, want)
		}
	}
	subsys := spec.Enum(spec.Struct(spec.FindOp("batch-begin").Header).Members[2].Enum)
	if got := subsys.NameOf(unix.NFNL_SUBSYS_NFTABLES); got != "nftables" {
		t.Errorf("res-id %d: got %s", unix.NFNL_SUBSYS_NFTABLES, got)
	}
}
