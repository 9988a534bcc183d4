package ynl_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
)

// specSeeds are specs: ours, and the kernel's where they are there.
func specSeeds(f *testing.F) {
	files, _ := filepath.Glob("../../../specs/*.yaml")
	dir := os.Getenv("NLSH_SHARED")
	if dir == "" {
		dir = "../../../../shared"
	}
	more, _ := filepath.Glob(filepath.Join(dir, "ynl", "specs", "*.yaml"))
	files = append(files, more...)
	for _, c := range faultCases {
		f.Add([]byte("name: f\nprotocol: netlink-raw\nprotonum: 0\n" + c.spec))
	}
	f.Add([]byte(erring))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && len(data) < 12_000 {
			f.Add(data)
		}
	}
}

// exercise uses every set of a loaded spec.
func exercise(s *schema.Spec) {
	data := []byte{8, 0, 1, 0, 1, 0, 0, 0, 12, 0, 2, 0, 8, 0, 1, 0, 2, 0, 0, 0, 5, 0, 3, 0, 7, 0, 0, 0}
	for i := range s.Sets {
		look(&schema.Msg{Spec: s, Set: &s.Sets[i], Data: data})
	}
	for i := range s.Structs {
		look(&schema.Msg{Spec: s, Header: &s.Structs[i], Data: data})
	}
}

// FuzzLoad: a file is refused, or becomes a spec that holds together.
func FuzzLoad(f *testing.F) {
	specSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ynl.Load(data, "f.yaml", nil)
		if (s == nil) == (err == nil) {
			t.Fatalf("got spec %v and error %v", s, err)
		}
		if err != nil {
			return
		}
		if err := valid(s); err != nil {
			t.Fatal(err)
		}
		exercise(s)
	})
}

// FuzzErrata: any overlay on a spec: refused, or the spec is refused, or it
// holds together.
func FuzzErrata(f *testing.F) {
	for _, c := range errataCases {
		f.Add([]byte("errata:\n"+c.rows), []byte(erring))
	}
	for _, c := range badErrata {
		f.Add([]byte(c.text), []byte(erring))
	}
	f.Fuzz(func(t *testing.T, rows, data []byte) {
		e, err := ynl.LoadErrata(rows, "e.yaml")
		if err != nil {
			return
		}
		s, err := ynl.Load(data, "f.yaml", e)
		if err != nil {
			return
		}
		if err := valid(s); err != nil {
			t.Fatal(err)
		}
		exercise(s)
	})
}
