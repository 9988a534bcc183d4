package differential

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

// The test of the test: it must be able to say no.
func TestComparisonSaysNo(t *testing.T) {
	tab := &table{peer: byIP, key: func(v view) string { return "x" }, rows: []row{num("mtu", "mtu"), text("name", "name")},
		skip: []exception{{path: "extra*", why: "for the test"}}}
	good := map[string]string{"mtu": "1500", "name": "a"}
	with := func(change map[string]string) map[string]string {
		m := map[string]string{}
		for _, from := range []map[string]string{good, change} {
			for k, v := range from {
				m[k] = v
			}
		}
		return m
	}
	for _, c := range []struct {
		name string
		nlsh []uint64 // mtu before and after
		peer []found
		want string // part of the only complaint; none
	}{
		{"equal", []uint64{1500, 1500}, []found{{"x", good}}, ""},
		{"excepted", []uint64{1500, 1500}, []found{{"x", with(map[string]string{"extra.y": "1"})}}, ""},
		{"moving", []uint64{1400, 1600}, []found{{"x", good}}, ""},
		{"moved away", []uint64{1501, 1600}, []found{{"x", good}}, `x: mtu: nlsh says "1501", iproute2 "1500"`},
		{"other value", []uint64{1500, 1500}, []found{{"x", with(map[string]string{"name": "b"})}}, `x: name: nlsh says "a", iproute2 "b"`},
		{"unknown key", []uint64{1500, 1500}, []found{{"x", with(map[string]string{"new": "1"})}}, `x: new: iproute2 shows "1", no row`},
		{"missing key", []uint64{1500, 1500}, []found{{"x", map[string]string{"mtu": "1500"}}}, `x: name: nlsh says "a", iproute2 shows nothing`},
		{"missing object", []uint64{1500, 1500}, nil, "x: nlsh has it, iproute2 has not"},
		{"other object", []uint64{1500, 1500}, []found{{"x", good}, {"y", good}}, "y: iproute2 has it, nlsh has not"},
		{"object twice", []uint64{1500, 1500}, []found{{"x", good}, {"x", good}}, "x: iproute2 has it twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := complaints(t, func(cmp *comparison) {
				call := 0
				cmp.with(tab, func() []*object { call++; return []*object{sample(c.nlsh[(call-1)%2])} }, func() []found { return c.peer })
			})
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCoverageSaysNo(t *testing.T) {
	tab := &table{peer: byIP, key: func(v view) string { return "x" }, rows: []row{num("mtu", "mtu")}}
	got := complaints(t, func(c *comparison) {
		c.with(tab, func() []*object { return []*object{sample(1500)} },
			func() []found { return []found{{"x", map[string]string{"mtu": "1500"}}} })
		c.finish(nil, map[peer]int{byIP: 2})
	})
	want := []string{"name: the kernel sent it in 1 objects and it was compared with nobody", "compared 1 values with iproute2, want at least 2"}
	if len(got) != 2 || !strings.Contains(got[0], want[0]) || !strings.Contains(got[1], want[1]) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// sample is an object with two values.
func sample(mtu uint64) *object {
	o := &object{leaves: map[string]*leaf{}}
	o.put("mtu", &leaf{val: schema.UintValue(mtu), num: mtu, hasNum: true})
	o.put("name", &leaf{val: schema.TextValue("a")})
	return o
}

func complaints(t *testing.T, do func(c *comparison)) []string {
	t.Helper()
	var list []string
	c := newComparison(t, "test")
	c.errorf = func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	do(c)
	return list
}

func TestFlatten(t *testing.T) {
	dec := json.NewDecoder(strings.NewReader(`[{"dst":"a","dst":"b","l":[1,null],"e":[]}]`))
	dec.UseNumber()
	v, err := decode(dec)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	flatten(m, "", v.([]any)[0], false)
	var got []string
	for _, k := range []string{"dst", "dst#2", "l[0]", "l[1]", "e"} {
		got = append(got, m[k])
	}
	if want := []string{"a", "b", "1", "<nil>", "[]"}; !slices.Equal(got, want) || len(m) != 5 {
		t.Errorf("got %q, want %q", m, want)
	}
}
