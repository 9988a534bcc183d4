package builtins

import (
	"encoding/hex"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
)

const exportDoc = `writes a message as text: hex, hexdump, or a literal in Go, C, Python or Rust, with a comment for each part

    print(nl.export(rt.newlink.msg(ifname = "br0"), "c", name = "newlink"))`

var exportParams = []param{
	{"m", "message, bytes or error", "what to write"},
	{"format", "string = \"hex\"", `"hex" (the default), "hexdump", "go", "c", "python" or "rust"`},
	{"name", "string = \"message\"", "name of the variable"},
	{"spec", "string or family = None", "what explains bytes: a protocol, a spec or an open family"},
}

// language is how a list of bytes is written.
type language struct {
	name              string
	open              string // %[1]s is the variable, %[2]d the number of bytes
	lead, close       string
	comment, commentE string // begin and end of a comment
}

func languages() []language {
	return []language{
		{"go", "var %[1]s = []byte{ // %[2]d bytes\n", "\t", "}\n", "// ", ""},
		{"c", "static const unsigned char %[1]s[%[2]d] = {\n", "\t", "};\n", "/* ", " */"},
		{"python", "%[1]s = bytes([  # %[2]d bytes\n", "    ", "])\n", "# ", ""},
		{"rust", "const %[1]s: [u8; %[2]d] = [\n", "    ", "];\n", "// ", ""},
	}
}

func (env *environ) nlExport(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var m, spec starlark.Value
	format, name := "hex", "message"
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "m", &m, "format?", &format, "name?", &name, "spec??", &spec); err != nil {
		return nil, err
	}
	if !identifier(name) {
		return nil, fmt.Errorf("%s: for parameter name: got %q, want letters, digits and underscores", fn.Name(), name)
	}
	known := []string{"hex", "hexdump"}
	for _, l := range languages() {
		known = append(known, l.name)
	}
	d, err := env.dissect(th, m, spec, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	switch format {
	case "hex":
		return starlark.String(hex.EncodeToString(d.data)), nil
	case "hexdump":
		text, err := d.text(host.Context(th), false)
		return starlark.String(text), err
	}
	for _, l := range languages() {
		if l.name != format {
			continue
		}
		if len(d.data) == 0 {
			return nil, fmt.Errorf("%s: for parameter m: got no bytes, want at least one", fn.Name())
		}
		return starlark.String(d.literal(l, name)), nil
	}
	return nil, fmt.Errorf("%s: for parameter format: got %q, want one of %s%s", fn.Name(), format, strings.Join(known, ", "), hint(schema.Suggest(format, known)))
}

// literal writes the bytes piece by piece, each with its comment.
func (d *dissected) literal(l language, name string) string {
	if l.name == "rust" {
		name = strings.ToUpper(name) // as its compiler wants constants
	}
	var b strings.Builder
	fmt.Fprintf(&b, l.open, name, len(d.data))
	for _, p := range d.pieces {
		label := commentText(pieceLabel(p))
		for off := p.Off; off < p.Off+p.Len; off += dumpWidth {
			b.WriteString(l.lead)
			for i, c := range d.data[off:min(off+dumpWidth, p.Off+p.Len)] {
				if i > 0 {
					b.WriteByte(' ')
				}
				fmt.Fprintf(&b, "0x%02x,", c)
			}
			if label != "" {
				b.WriteString(" " + l.comment + label + l.commentE)
			}
			b.WriteByte('\n')
			label = ""
		}
	}
	b.WriteString(l.close)
	return b.String()
}

// commentText keeps what a message says from ending the comment that says it.
func commentText(s string) string {
	s = strings.NewReplacer("*/", "* /", "/*", "/ *", "\\", "\\\\").Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, s)
}

// identifier reports whether all the languages take name for a variable's.
func identifier(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && name != "_"
}
