package repl

import "testing"

// Whether there is more to come.
func TestMore(t *testing.T) {
	for text, want := range map[string]bool{
		"x = 1\n": false, "f(\n": true, "f(1,\n2)\n": false, "def f():\n": true, "def f():\n    return 1\n": true, "def f():\n    return 1\n\n": false,
		"x = '''a\n": true, "x = '''a\nb'''\n": false, "1 +\n": false, "if x:\n    1\nelse:\n": true, "if x:\n    1\nelse:\n    2\n\n": false, ")\n": false, "\n": false, "# c\n": false,
		"for i in x: print(i)\n": true, "for i in x: print(i)\n\n": false, "x = \\\n": true, "x = [\n\n1,\n": true, "def f(\n": true, "def f():\n  x = (\n": true, "'abc\n": false, "while True:\n": true, "x = 1\ny = 2\n": false, "def f():\n    '''doc\n": true,
		"def f():\n    '''doc\n\n": true, "x = '''a\nb\n": true, "def f():\n    r\"\"\"doc\n\n    more # 'x\n": true, ") + '''a\nb\n": false, "x = 1 # '''\ny = )\n": false, "x = 1; y = [\n": true,
	} {
		if got := more(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
