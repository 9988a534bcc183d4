package builtins_test

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Literals compile, whatever a message says in the comments.
func TestExportCompiles(t *testing.T) {
	p := &program{t: t, reg: registry()}
	err := p.run("test.star", `
rt = nl.open("route")
m = rt.newlink.msg(ifname = "*/ \\u0000 \" //\n", linkinfo = {"kind": "vxlan", "data": {"id": 5}}, alt_ifname = "/* é")
for format in ["go", "c", "python", "rust"]:
    print(nl.export(m, format, name = "newlink"))
    print("====")
    print(nl.export(nl.raw(type = 16, length = 3, body = [b"\0" * 16, b"\2\0\3\0" + b"x" * 20]), format, name = "broken", spec = "route"))
    print("====")
`)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(p.out.String(), "====\n")
	dir := t.TempDir()
	compile := func(file, text string, command ...string) {
		t.Helper()
		path, err := exec.LookPath(command[0])
		if err != nil {
			t.Logf("%s: not compiled, there is no %s", file, command[0])
			return
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, command[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", file, err, out, text)
		}
	}
	for i, text := range []string{parts[0] + parts[1], parts[2] + parts[3], parts[4] + parts[5]} {
		switch i {
		case 0:
			if _, err := parser.ParseFile(token.NewFileSet(), "m.go", "package p\n"+text, 0); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		case 1:
			compile("m.c", text, "gcc", "-std=c99", "-Wall", "-Wno-unused-variable", "-Wno-unused-const-variable", "-Werror", "-fsyntax-only", "m.c")
		case 2:
			compile("m.py", text+"assert newlink[16:17] == b'\\0' and len(broken) == 16 + 16 + 24\n", "python3", "-I", "m.py")
		}
	}
	if rust := parts[6]; !strings.HasPrefix(rust, "const NEWLINK: [u8; ") || !strings.Contains(rust, "\n];\n") {
		t.Errorf("rust: got %s", rust)
	}
}

// What is exported is the message: the literals have its bytes and no others.
func TestExportedBytes(t *testing.T) {
	p := &program{t: t, reg: registry()}
	if err := p.run("test.star", `
m = nl.raw(type = 1, flags = 2, seq = 3, port = 4, body = b"\5\6\7\x08\x09")
print(m.bytes == nl.bytes([m]))
print(nl.export(m))
print(nl.export(m, "rust"))
`); err != nil {
		t.Fatal(err)
	}
	want := `True
150000000100020003000000040000000506070809
`
	want += `const MESSAGE: [u8; 21] = [
    0x15, 0x00, 0x00, 0x00, // nlmsg_len = 21
    0x01, 0x00, // nlmsg_type = 1 noop
    0x02, 0x00, // nlmsg_flags = 0x2 multi
    0x03, 0x00, 0x00, 0x00, // nlmsg_seq = 3
    0x04, 0x00, 0x00, 0x00, // nlmsg_pid = 4
    0x05, 0x06, 0x07, 0x08, 0x09, // payload
];

`
	if got := p.out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
