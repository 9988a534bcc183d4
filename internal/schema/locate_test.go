package schema_test

import "testing"

// TestLocate asks for offsets of a message with everything that nests.
func TestLocate(t *testing.T) {
	spec := load(t, common+inner+`
  - name: main
    attributes:
      - {name: num, type: u32}
      - {name: nest, type: nest, nested-attributes: leafs}
      - {name: list, type: indexed-array, sub-type: nest, nested-attributes: leafs}
      - {name: pair, type: nest-type-value, type-value: [a, b], nested-attributes: leafs}
      - {name: recs, type: records, struct: hop, length-member: hop-len, nested-attributes: leafs}
      - {name: point, type: binary, struct: point}
      - {name: nums, type: indexed-array, sub-type: u32}
      - {name: bare, type: indexed-array, sub-type: nest, nested-attributes: leafs, index: unused}
`)
	s := shape{spec: spec, header: "hdr", set: "main"}
	parts := [][]byte{
		header(1, 7, 0, 0), // 0
		at(1, n32(5)),      // 12
		at(nested(2), at(2, name("a")), at(99, n32(1))),                      // 20
		at(nested(3), at(nested(4), leaf)),                                   // 40: entry 44, leaf 48
		at(nested(4), at(nested(5), at(nested(6), leaf))),                    // 56: 60, 64, leaf 68
		at(5, n16(16), hx("0000"), n32(1), leaf, n16(8), hx("0000"), n32(2)), // 76: head 80, leaf 88, head 96
		at(6, point),                 // 104
		at(nested(7), at(9, n32(1))), // 120
		at(nested(98), n32(1)),       // 132
		at(nested(8), at(nested(0), leaf), at(nested(0), leaf)), // 140: entries 144, 156, leafs 148, 160
	}
	m := s.message(cat(parts...))
	for _, c := range []struct {
		off   int
		path  string // "-" for nothing
		exact bool
	}{
		{0, "ti_family", true}, {1, "-", false}, {4, "ti_index", true}, {6, "ti_index", false},
		{12, "num", true}, {14, "num", false}, {16, "num", false}, {20, "nest", true}, {24, "nest.name", true}, {26, "nest.name", false},
		{32, "nest[99]", true}, {40, "list", true}, {44, "list[4]", true}, {48, "list[4].num", true}, {54, "list[4].num", false},
		{56, "pair", true}, {60, "pair[5]", true}, {64, "pair[5][6]", true}, {68, "pair[5][6].num", true},
		{76, "recs", true}, {80, "recs[0].hop_len", true}, {84, "recs[0].hop_if", true}, {88, "recs[0].num", true}, {96, "recs[1].hop_len", true},
		{104, "point", true}, {108, "point.pt_x", true}, {112, "point.pt_y", true}, {120, "nums", true}, {124, "nums[9]", true}, {129, "nums[9]", false},
		{132, "[98]", true}, {136, "[98]", false}, {144, "bare[0]", true}, {148, "bare[0].num", true}, {156, "bare[1]", true}, {160, "bare[1].num", true},
		{168, "-", false}, {1000, "-", false},
	} {
		at, ok := m.Locate(c.off)
		if ok != (c.path != "-") || ok && (at.Path != c.path || at.Exact != c.exact) {
			t.Errorf("%d: got %q, exact %v, found %v, want %q, %v", c.off, at.Path, at.Exact, ok, c.path, c.exact)
		}
	}
	if at, ok := s.message(parts[0][:2]).Locate(4); ok {
		t.Errorf("a member that was cut off: got %q", at.Path)
	}
}
