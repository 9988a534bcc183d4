package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

func parsed(t *testing.T, text string) *source {
	t.Helper()
	s := &source{path: "internal/x/x.go", dir: "internal/x", fset: token.NewFileSet()}
	var err error
	if s.ast, err = parser.ParseFile(s.fset, s.path, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStateIsRecognised(t *testing.T) {
	s := parsed(t, `package x
var (
	errGone = errors.New("gone")
	names   = [...]string{"a"}
	table   = map[string]int{"a": 1}
	ne      = binary.NativeEndian
	shadow  = 1
	_ error = (*E)(nil)

	cache   = map[string]int{}
	later   string
	mu      = &sync.Mutex{}
	filled  = make([]int, 3)
	counter = 1
	listed  = []int{1}
	shared  = T{}
	dropped = map[string]int{"a": 1}
)
//go:embed a.txt
var text []byte

func f(shadow int) {
	shadow = 2
	counter++
	listed[0] = 2
	use(&shared)
	delete(dropped, "a")
	names := 3
	names = 4
}`)
	changed := changes([]*source{s})
	var state []string
	for _, v := range variables(s) {
		if v.why != "" || changed[v.name] != "" {
			state = append(state, v.name)
		}
	}
	want := []string{"cache", "later", "mu", "filled", "counter", "listed", "shared", "dropped"}
	if !slices.Equal(state, want) {
		t.Errorf("state: got %v, want %v", state, want)
	}
}

func TestReasonsAreRecognised(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"package x\n\n// Long: one arm for each kind.\n\nvar a = 1\n", true},
		{"package x\n\nimport \"fmt\"\n\n// Long: one arm for each kind.\n\nfunc f() {}\n", true},
		{"package x\n\n// Long:\n\nvar a = 1\n", false},
		{"package x\n\nvar a = 1\n\n// Long: said too late.\n", false},
	} {
		if got := fileHasReason(parsed(t, c.text)); got != c.want {
			t.Errorf("%q: got %v", c.text, got)
		}
	}
}

func TestKernelNamesAreRecognised(t *testing.T) {
	for name, want := range map[string]bool{
		"IFLA_MTU": true, `"IFA_LOCAL"`: true, "CTRL_ATTR_OP": true,
		"IFF_UP": false, "NLM_F_ACK": false, "PREFIX_IFLA_X": false, "RTA_": false,
	} {
		if got := kernelNames.MatchString(name); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestCallsAreRecognised(t *testing.T) {
	s := parsed(t, "package x\nfunc (t *T[K]) m() { panic(1); os.Exit(2); a.b.c(3) }\n")
	var got []string
	s.each(func(in string, n ast.Node) {
		if call := callee(n); call != "" {
			got = append(got, in+" "+call)
		}
	})
	if want := []string{"T.m panic", "T.m os.Exit"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
