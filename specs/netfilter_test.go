package specs_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
	"github.com/nlsh/nlsh/specs"
)

// The groups, the operations and the events that the errata bring to specs of the kernel, by the numbers that
// golang.org/x/sys took from the headers; those of conntrack are not there.
func TestEventsOfTheErrata(t *testing.T) {
	const ctNew, ctDelete = unix.NFNL_SUBSYS_CTNETLINK << 8, unix.NFNL_SUBSYS_CTNETLINK<<8 | 2
	for _, c := range []struct {
		file   string
		groups map[string]int32
		ops    map[string]int32
		events map[string]int32
	}{
		{"conntrack.yaml",
			map[string]int32{"new": unix.NFNLGRP_CONNTRACK_NEW, "update": unix.NFNLGRP_CONNTRACK_UPDATE, "destroy": unix.NFNLGRP_CONNTRACK_DESTROY},
			map[string]int32{"new": ctNew, "delete": ctDelete}, nil},
		{"nftables.yaml", map[string]int32{"mgmt": unix.NFNLGRP_NFTABLES}, nil,
			map[string]int32{"newgen": unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_NEWGEN}},
		{"tc.yaml", nil, map[string]int32{"newaction": unix.RTM_NEWACTION, "delaction": unix.RTM_DELACTION, "getaction": unix.RTM_GETACTION}, nil},
	} {
		spec := corrected(t, c.file)
		for name, want := range c.groups {
			i := slices.IndexFunc(spec.Groups, func(g schema.Group) bool { return g.Name == name })
			if i < 0 || spec.Groups[i].Value != want {
				t.Errorf("%s: group %s: got %+v, want %d", c.file, name, spec.Groups, want)
			}
		}
		for name, want := range c.ops {
			if op := spec.FindOp(name); op == nil || !op.Do.Has || op.Do.Request != want {
				t.Errorf("%s: operation %s: got %+v, want request %d", c.file, name, op, want)
			}
		}
		for name, want := range c.events {
			if op := spec.FindOp(name); op == nil || op.Ntf != want {
				t.Errorf("%s: event %s: got %+v, want %d", c.file, name, op, want)
			}
		}
	}
}

// A member of the header in front of attributes cannot be given or read where an attribute has its name. In no format
// of a sub-message of the kernel's specs that is so.
func TestNothingIsHidden(t *testing.T) {
	errata, err := ynl.LoadErrata(specs.Errata(), "errata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(shared(t), "specs", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := ynl.Load(data, file, errata)
		if err != nil {
			t.Fatal(err)
		}
		for _, sub := range spec.SubMsgs {
			for _, f := range sub.Formats {
				st, set := spec.Struct(f.Header), spec.Set(f.Set)
				if st == nil || set == nil {
					continue
				}
				looked++
				for _, m := range st.Members {
					if set.Find(m.Name) != nil && m.Kind != schema.KindPad {
						t.Errorf("%s: %s %s: %s is both a member of %s and an attribute of %s", spec.Name, sub.Name, f.Value, m.Name, st.Name, set.Name)
					}
				}
			}
		}
	}
	if looked == 0 {
		t.Error("no format with a header and attributes")
	}
}

// What is in sets and filters: several fields in one list, flags by their names, places by words.
func TestNetfilterAndTCSpellings(t *testing.T) {
	nft, ct, tc := corrected(t, "nftables.yaml"), corrected(t, "conntrack.yaml"), corrected(t, "tc.yaml")
	if a := nft.FindSet("set-desc-attrs").Find("concat"); a.Multi {
		t.Error("nftables: concat is several lists")
	}
	if a := nft.FindSet("set-desc-concat-attrs").Find("elem"); !a.Multi {
		t.Error("nftables: a concatenation has one field")
	}
	for name, want := range map[string]bool{"key-vlan-id": false, "key-cvlan-id": false, "key-mpls-label": false, "key-vlan-eth-type": true, "key-tcp-dst": true} {
		if a := tc.FindSet("flower-attrs").Find(name); a.BigEndian != want {
			t.Errorf("tc: flower-attrs.%s: got big-endian %v, want %v", name, a.BigEndian, want)
		}
	}
	for _, c := range []struct {
		spec *schema.Spec
		enum string
		num  int64
		want string
	}{
		{ct, "filter-flags", 3, "proto-num"}, {ct, "filter-flags", 11, "proto-icmpv6-id"}, {ct, "nfproto", unix.NFPROTO_IPV6, "ipv6"},
		{tc, "tc-h", 0xffffffff, "root"}, {tc, "tc-h", 0xfffffff1, "ingress"}, {tc, "tc-act", -1, "unspec"}, {tc, "tc-act", 4, "stolen"},
		{tc, "tc-act", 8, "trap"}, {tc, "cls-flags", 3, "not-in-hw"},
	} {
		if got := c.spec.FindEnum(c.enum).NameOf(c.num); got != c.want {
			t.Errorf("%s %s %d: got %q, want %q", c.spec.Name, c.enum, c.num, got, c.want)
		}
	}
}
